"""The one place of this package that talks to a network: it asks what a conversation wants asked.

`drive` runs a conversation of `replicator.py` between two peers. `RemotePeer` asks a server that
speaks CouchDB's protocol over HTTP; `device/replica.py` answers from a local store. `Connection` is
also what the device uses for the routes of circles.

A network is weather: a refused connection, a time-out, a cut body, a login page of a public
network that answers 200 with HTML, a redirect, a 5xx: all are `Unreachable`, and the same bytes
may be sent again. What the server itself refused comes back as the error it named.

Bytes are those of HTTP/1.1 as the client writes and reads it: request line, headers and body up;
status line, headers and body as it came (still compressed) down. Chunk marks, TLS and TCP are not
in it.
"""

import contextlib
import ssl
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, TypeVar
from urllib.parse import quote, urlsplit

import orjson

from rejoint_sync import errors
from rejoint_sync.errors import CircleError, NotOffered, StoreUnavailable, SyncError
from rejoint_sync.replicator import (
    BulkDocs,
    BulkGet,
    Changes,
    Conversation,
    Fetched,
    GetLocal,
    Page,
    PutLocal,
    Refusal,
    Request,
    Revisions,
    RevsDiff,
    Row,
    SetAside,
    refusal,
)
from rejoint_sync.traffic import Dial, Traffic

CONNECT_S: Final = 10.0
READ_S: Final = 30.0

ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024
"""A streamed answer, in bytes after decompression: many times what a server gives at once."""

GZIP_BYTES_MIN: Final = 600
"""Shorter bodies fit into one packet as they are."""

_GZIP_WBITS: Final = 31
_GAIN: Final = 0.95

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Keep = Callable[[Sequence[Refusal]], Awaitable[None]]
"""Keeps refusals durably."""


class Unreachable(StoreUnavailable):
    """No answer, or not that of a server of ours; the same bytes may be sent again."""


class Peer(Protocol):
    """One side of a replication."""

    async def answer(self, request: Request[Any]) -> Any:
        """Answer one question; raises a `SyncError`."""


async def drive(conversation: Conversation[T], source: Peer, target: Peer, keep: Keep) -> T:
    """Run a conversation to its end.

    Args:
        conversation: For example `replicator.replicate(…)`.
        source: Asked what is asked of the source.
        target: Likewise.
        keep: Given refusals; when it returns they are durable.

    Raises:
        SyncError: What ended the conversation.
    """
    answer: Any = None
    failure: SyncError | None = None
    while True:
        try:
            request = conversation.throw(failure) if failure else conversation.send(answer)
        except StopIteration as stop:
            result: T = stop.value
            return result
        answer, failure = None, None
        try:
            if isinstance(request, SetAside):
                await keep(request.refusals)
            else:
                answer = await (source if request.side == "source" else target).answer(request)
        except SyncError as error:
            failure = error


# -- over HTTP -----------------------------------------------------------------------------------


def open_client(origin: str) -> "httpx.AsyncClient":
    """An HTTP client for one server; close it with `async with`.

    Args:
        origin: `http://host:port` or `https://host`.
    """
    import httpx  # noqa: PLC0415 - a quarter of the start of a command that stays offline

    parts = urlsplit(origin)
    # Loading the certificates of all authorities takes longer than a whole sync over plain HTTP.
    context = (
        ssl.create_default_context()
        if parts.scheme == "https"
        else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
    return httpx.AsyncClient(
        base_url=origin,
        verify=context,
        timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
        follow_redirects=False,
        trust_env=parts.hostname not in {"localhost", "127.0.0.1", "::1"},
        headers={"user-agent": "rejoint", "accept": "application/json"},
    )


class Connection:
    """A server, asked one thing at a time or several at once.

    Args:
        client: From `open_client`.
        traffic: Counts what goes over it.
        token: Makes a login token for now; None when nobody is logged in.
        heard: Told the server's time, unix seconds, at each answer.
    """

    def __init__(
        self,
        client: "httpx.AsyncClient",
        traffic: Traffic,
        token: Callable[[], str] | None,
        heard: Callable[[int], None],
    ) -> None:
        self._client = client
        self._traffic = traffic
        self._token = token
        self._heard = heard

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
    ) -> Any:
        """One request; the parsed JSON of its answer. Bytes are sent as they are, all else as JSON.

        When the server says that the token's time is wrong, asked once more by the server's time.

        Raises:
            Unreachable: No answer, or one that is not the server's.
            SyncError: What the server refused, as the class of its status; `CircleError` when it
                named a code.
        """
        try:
            return await self._once(method, path, params, body)
        except CircleError as error:
            if error.code != "clock" or self._token is None:
                raise
        return await self._once(method, path, params, body)

    async def stream(
        self, path: str, content: bytes, media_type: str, session: str = ""
    ) -> AsyncGenerator[bytes, None]:
        """One POST of bytes; its answer part by part, as it comes, decompressed.

        To be closed (`contextlib.aclosing`) where it is not read to its end.

        Args:
            path: Of the route.
            content: The body; goes in gzip where that makes it smaller.
            media_type: Of the body and of the answer.
            session: Shown instead of a token; empty for none.

        Raises:
            NotOffered: This server does not have the route, whoever says so.
            Unreachable: No answer, one that is not the server's, or one that was cut: what came
                before is good.
            SyncError: As `call`.
        """
        try:
            async for part in self._streamed(path, content, media_type, session):
                yield part
        except CircleError as error:
            if error.code != "clock" or session or self._token is None:
                raise
        else:
            return
        async for part in self._streamed(path, content, media_type, session):
            yield part

    async def _streamed(
        self, path: str, content: bytes, media_type: str, session: str
    ) -> AsyncGenerator[bytes, None]:
        import httpx  # noqa: PLC0415 - as above

        body, headers = _deflated(content)
        headers |= {"content-type": media_type, "accept-encoding": "gzip"}
        if session:
            headers["authorization"] = f"Session {session}"
        elif self._token is not None:
            headers["authorization"] = f"Bearer {self._token()}"
        dial = Dial(self._traffic)
        request = self._client.build_request(
            "POST", path, content=body, headers=headers, extensions={"trace": dial.note}
        )
        for name in _LEFT_OUT:
            request.headers.pop(name, None)
        self._traffic.requests += 1
        self._traffic.bytes_up += _request_bytes(request, body)
        response: httpx.Response | None = None
        try:
            response = await self._client.send(request, stream=True)
            if response.status_code != _OK or _media_type(response) != media_type:
                await response.aread()
                self._refused(response)
            self._note_time(response)
            taken = 0
            async for part in response.aiter_bytes():
                taken += len(part)
                if taken > ANSWER_BYTES_MAX:
                    raise Unreachable("an answer that does not end")
                yield part
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"no answer from the server ({type(error).__name__})") from None
        finally:
            dial.end()
            if response is not None:
                self._traffic.bytes_down += _response_bytes(response)
                with contextlib.suppress(httpx.HTTPError):
                    await response.aclose()

    def _refused(self, response: "httpx.Response") -> NoReturn:
        """Raise what an answer means that is not the one that was asked for."""
        if response.status_code in _MISSING_ROUTE:
            raise NotOffered("this server does not have this route")
        self._read(response)
        raise Unreachable("an answer that is not a Rejoint server's")

    async def _once(
        self, method: str, path: str, params: Mapping[str, str | int] | None, body: object
    ) -> Any:
        import httpx  # noqa: PLC0415 - as above

        headers = {}
        content = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        if body is not None:
            kind = "octet-stream" if isinstance(body, bytes) else "json"
            headers["content-type"] = f"application/{kind}"
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._token()}"
        try:
            request = self._client.build_request(
                method, path, params=params, content=content, headers=headers
            )
            self._traffic.requests += 1
            self._traffic.bytes_up += _request_bytes(request, content)
            response = await self._client.send(request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"no answer from the server ({type(error).__name__})") from None
        self._traffic.bytes_down += _response_bytes(response)
        return self._read(response)

    def _read(self, response: "httpx.Response") -> Any:
        status = response.status_code
        try:
            value = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            raise Unreachable(
                f"an answer that is not a Rejoint server's (status {status})"
            ) from None
        if 200 <= status < 300:
            self._note_time(response)
            return value
        if not isinstance(value, dict) or not isinstance(value.get("error"), str):
            raise Unreachable(f"an answer that is not a Rejoint server's (status {status})")
        self._note_time(response)
        raise error_of(status, value)

    def _note_time(self, response: "httpx.Response") -> None:
        try:
            self._heard(int(parsedate_to_datetime(response.headers["date"]).timestamp()))
        except (KeyError, ValueError, TypeError):
            return


_OK: Final = 200
_LEFT_OUT: Final = ("accept", "connection", "user-agent")
"""Headers of which a stream has no use: on a bad link they weigh as much as half a record."""

_MISSING_ROUTE: Final = (404, 405, 501)


def _deflated(content: bytes) -> tuple[bytes, dict[str, str]]:
    """A body as it is sent, and the headers that go with it."""
    if len(content) >= GZIP_BYTES_MIN:
        stream = zlib.compressobj(wbits=_GZIP_WBITS)
        smaller = stream.compress(content) + stream.flush()
        if len(smaller) < _GAIN * len(content):
            return smaller, {"content-encoding": "gzip"}
    return content, {}


def _media_type(response: "httpx.Response") -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()


_BY_STATUS: Final[dict[int, type[SyncError]]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.ConflictError,
    412: errors.DatabaseExists,
    413: errors.TooLarge,
    501: errors.NotOffered,
}


def error_of(status: int, value: Mapping[str, Any]) -> SyncError:
    """The error that `{"error", "reason", "code"?}` means."""
    reason = str(value.get("reason") or value.get("error") or "no reason given")[:300]
    code = value.get("code")
    if isinstance(code, str) and code in errors.CODES:
        return CircleError(code, reason)
    known = _BY_STATUS.get(status)
    if known is not None:
        return known(reason)
    if 400 <= status < 500:
        error = SyncError(reason)
        error.status, error.error = status, str(value.get("error"))
        return error
    return Unreachable(reason)


def _request_bytes(request: "httpx.Request", content: bytes) -> int:
    line = len(request.method) + len(request.url.raw_path) + len("  HTTP/1.1\r\n")
    return line + _header_bytes(request.headers.raw) + len(content)


def _response_bytes(response: "httpx.Response") -> int:
    line = len("HTTP/1.1 200 \r\n") + len(response.reason_phrase)
    return line + _header_bytes(response.headers.raw) + response.num_bytes_downloaded


def _header_bytes(headers: Iterable[tuple[bytes, bytes]]) -> int:
    return sum(len(name) + len(value) + 4 for name, value in headers) + 2


class RemotePeer:
    """A database of a server.

    Args:
        connection: To its server.
        database: Its name.
        again: Whether all that is written to it was acknowledged before, or is another's.
    """

    def __init__(self, connection: Connection, database: str, *, again: bool = False) -> None:
        self._connection = connection
        self._again = {"again": "true"} if again else None
        self._path = f"/db/{quote(database, safe='')}"

    async def answer(self, request: Request[Any]) -> Any:
        """Answer from the server; raises `Unreachable` when the answer has not the right form."""
        try:
            return await self._answer(request)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Unreachable("an answer that is not a Rejoint server's") from None

    async def _answer(self, request: Request[Any]) -> Any:
        answer: Any
        match request:
            case GetLocal(id=name):
                answer = await self._note(name)
            case PutLocal(id=name, body=body):
                answer = str((await self._call("PUT", f"/_local/{name}", body=body))["rev"])
            case Changes(since=since, limit=limit):
                params: dict[str, str | int] = {"style": "all_docs", "limit": limit}
                if since is not None:
                    params["since"] = since
                answer = page_of(await self._call("GET", "/_changes", params=params))
            case RevsDiff(revisions=revisions):
                value = await self._call("POST", "/_revs_diff", body=_plain(revisions))
                answer = {name: list(row["missing"]) for name, row in value.items()}
            case BulkGet(revisions=revisions):
                answer = _fetched(await self._bulk_get(revisions), revisions)
            case BulkDocs(documents=documents):
                body = {"new_edits": False, "docs": list(documents)}
                rows = await self._call("POST", "/_bulk_docs", params=self._again, body=body)
                answer = _refusals(rows)
            case _:
                raise AssertionError(request)
        return answer

    async def _note(self, name: str) -> Any:
        try:
            return await self._call("GET", f"/_local/{name}")
        except errors.NotFound:
            return None

    async def _bulk_get(self, revisions: Revisions) -> Any:
        asked = [{"id": name, "rev": rev} for name, revs in revisions.items() for rev in revs]
        options = {"revs": "true", "latest": "true"}
        return await self._call("POST", "/_bulk_get", params=options, body={"docs": asked})

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
    ) -> Any:
        return await self._connection.call(method, self._path + path, params=params, body=body)


def _plain(revisions: Revisions) -> dict[str, list[str]]:
    return {name: list(revs) for name, revs in revisions.items()}


def page_of(value: Mapping[str, Any]) -> Page:
    """A page of the feed from CouchDB's JSON."""
    rows = tuple(
        Row(str(row["id"]), tuple(str(change["rev"]) for change in row["changes"]))
        for row in value["results"]
    )
    last = value["last_seq"]
    if not isinstance(last, str | int):
        raise TypeError("expected a sequence")
    pending = value.get("pending")
    return Page(rows, last, int(pending) if pending is not None else None)


def _fetched(value: Mapping[str, Any], asked: Revisions) -> Fetched:
    documents: dict[tuple[str, str], dict[str, Any]] = {}
    refused: list[Refusal] = []
    for result in value["results"]:
        for item in result["docs"]:
            if "ok" in item:
                documents[item["ok"]["_id"], item["ok"]["_rev"]] = item["ok"]
            elif item["error"].get("error") != "not_found":
                error = error_of(403, item["error"])
                refused.append(refusal(str(result["id"]), "source", error))
    given: dict[str, set[str]] = {}
    for (name, _), document in documents.items():
        given.setdefault(name, set()).update(_lineage(document))
    named = {one.id for one in refused}
    gone = tuple(
        name
        for name, revs in asked.items()
        if name not in named and not given.get(name, set()).issuperset(revs)
    )
    return Fetched(tuple(documents.values()), gone, tuple(refused))


def _lineage(document: Mapping[str, Any]) -> set[str]:
    """This revision and its known ancestors."""
    known = {str(document["_rev"])}
    history = document.get("_revisions")
    if history is not None:
        start = int(history["start"])
        known.update(f"{start - age}-{digest}" for age, digest in enumerate(history["ids"]))
    return known


def _refusals(rows: Sequence[Mapping[str, Any]]) -> list[Refusal]:
    refused = []
    for row in rows:
        if row.get("error"):
            code = str(row.get("code") or row["error"])
            reason = str(row.get("reason") or code)[:300]
            refused.append(Refusal(str(row["id"]), "target", code, reason))
    return refused
