"""Requests to a CouchDB: JSON there, JSON back, and what went wrong as our own errors."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx
import orjson

from rejoint_sync.errors import BadRequest, Forbidden, NotFound, StoreUnavailable, TooLarge
from rejoint_sync.stores.couch_address import CouchAddress

CONNECTIONS: Final = 32
"""Requests under way at once; more wait. Waiting feeds are not counted."""

ANSWER_S_MAX: Final = 60.0
"""How long a CouchDB may be silent before it counts as out of reach."""

CONNECT_S_MAX: Final = 10.0

Parameters = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What CouchDB said.

    Attributes:
        status: Of HTTP; below 300, or one that was asked for.
        value: The parsed JSON.
    """

    status: int
    value: Any


class CouchHttp:
    """A connection to one CouchDB.

    Args:
        address: Where it is.
        transport: Another network, for tests.
    """

    def __init__(
        self, address: CouchAddress, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        timeout = httpx.Timeout(ANSWER_S_MAX, connect=CONNECT_S_MAX)
        login = httpx.BasicAuth(address.user, address.password) if address.user else None
        self._asking = httpx.AsyncClient(
            base_url=address.url, auth=login, limits=limits, timeout=timeout, transport=transport
        )
        # Waiting feeds hold their connections; they must not use up those of the others.
        endless = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._waiting = httpx.AsyncClient(
            base_url=address.url, auth=login, limits=endless, timeout=timeout, transport=transport
        )

        self._under_way = 0
        self._silent = asyncio.Event()
        self._silent.set()
        self._closed = False

    async def close(self) -> None:
        """Let go of all connections when what was asked is answered; nothing new is asked."""
        self._closed = True
        await self._silent.wait()
        await self._asking.aclose()
        await self._waiting.aclose()

    async def get(
        self, *path: str, query: Parameters | None = None, fine: tuple[int, ...] = ()
    ) -> Answer:
        """`GET`; see `ask`."""
        return await self.ask("GET", path, query=query, fine=fine)

    async def put(self, *path: str, body: Any, fine: tuple[int, ...] = ()) -> Answer:
        """`PUT`; see `ask`."""
        return await self.ask("PUT", path, body=body, fine=fine)

    async def post(self, *path: str, body: Any, query: Parameters | None = None) -> Answer:
        """`POST`; see `ask`."""
        return await self.ask("POST", path, query=query, body=body)

    async def delete(self, *path: str, rev: str, fine: tuple[int, ...] = ()) -> Answer:
        """`DELETE` of a revision; see `ask`."""
        return await self.ask("DELETE", path, query={"rev": rev}, fine=fine)

    async def wait(self, *path: str, query: Parameters) -> Answer:
        """`GET` of a feed that answers when there is something, on a connection of its own."""
        return await self.ask("GET", path, query=query, client=self._waiting)

    async def ask(  # noqa: PLR0913  # all that a request has
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Parameters | None = None,
        body: Any = None,
        fine: tuple[int, ...] = (),
        client: httpx.AsyncClient | None = None,
    ) -> Answer:
        """Ask once.

        Args:
            method: Of HTTP.
            path: Its segments, not encoded.
            query: Parameters; a value that CouchDB reads as JSON is JSON text already.
            body: Anything that is JSON; None for none.
            fine: Statuses from 400 on that the caller understands; they are returned.
            client: The connection to use.

        Raises:
            NotFound: 404.
            Forbidden: 403.
            TooLarge: 413.
            BadRequest: 400, 406, 415 and the like.
            StoreUnavailable: No answer, half of one, 401 or 5xx.
        """
        async with self._talking():
            response = await (client or self._asking).request(
                method,
                _target(path),
                params=dict(query or {}),
                content=None if body is None else orjson.dumps(body),
                headers={"Accept": "application/json", "Content-Type": "application/json"},
            )
        # An error may come without JSON; a good answer may not.
        value = _parsed(response)
        status = response.status_code
        if status not in fine:
            _raise_for(status, value)
        return Answer(status, value)

    @asynccontextmanager
    async def raw(self, *path: str, **query: str | int) -> AsyncGenerator[httpx.Response]:
        """`GET` of bytes as they are kept: `aiter_raw` of the response. 404 is `NotFound`."""
        headers = {"Accept": "*/*", "Accept-Encoding": "gzip"}
        async with (
            self._talking(),
            self._asking.stream(
                "GET", _target(path), params=dict(query), headers=headers
            ) as response,
        ):
            _raise_for(response.status_code, None)
            yield response

    @asynccontextmanager
    async def _talking(self) -> AsyncGenerator[None]:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        self._under_way += 1
        self._silent.clear()
        try:
            yield
        except httpx.HTTPError as error:
            raise _unavailable(type(error).__name__) from error
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._silent.set()


def _target(path: tuple[str, ...]) -> str:
    return "/" + "/".join(quote(segment, safe="") for segment in path)


def _parsed(response: httpx.Response) -> Any:
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        if response.is_success:
            raise _unavailable("an answer that is not JSON") from None
        return None


def _unavailable(what: str) -> StoreUnavailable:
    return StoreUnavailable(f"CouchDB cannot be reached: {what}")


def _raise_for(status: int, value: Any) -> None:
    if status < 300:
        return
    reason = str(value.get("reason", ""))[:200] if isinstance(value, dict) else ""
    match status:
        case 404:
            raise NotFound("Database does not exist.")
        case 403:
            raise Forbidden(reason or "CouchDB forbids it")
        case 413:
            raise TooLarge(reason or "too large for CouchDB")
        case _ if 400 <= status < 500 and status not in (401, 408, 429):
            raise BadRequest(reason or f"CouchDB answered {status}")
        case _:
            raise StoreUnavailable(f"CouchDB answered {status}")
