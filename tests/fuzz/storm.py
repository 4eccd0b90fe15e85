"""Requests of every kind, made from the route table, and one server in this process to take them.

A request goes in as ASGI, so that its path, query and headers arrive byte for byte. What must hold
of every answer is checked in `Target.ask`.
"""

import asyncio
import gzip
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, unquote

from hypothesis import strategies as st

from rejoint_server.app import ENDPOINTS, Application, create_app
from rejoint_server.clock import ManualClock
from rejoint_server.logs import open_log
from rejoint_server.routes import ROUTES, Body, Route
from rejoint_server.settings import Settings
from rejoint_sync.circle.keys import login_token
from rejoint_sync.stores.sqlite import SqliteStore
from server.scene import Person

NOW_S = 1_795_000_000
ANSWER_S_MAX = 10.0
"""No answer may take longer, feeds excepted, which end when their client goes."""
STAY_S = 0.05
"""A client stays so long after its request is sent; then it goes."""
DATABASE = "db1"
REQUEST_BYTES_MAX = 256 * 1024
"""The server's own bound, so that a bomb need not be big."""


@dataclass(frozen=True)
class Asked:
    """One request, byte for byte."""

    method: str
    path: bytes
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Answered:
    """What came back; status 0 when the client went before."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class Target:
    """A server in this process, over SQLite.

    Args:
        folder: Of its data.
        policy: `open` or `circles`.

    Attributes:
        database: What `db1` in a path stands for.
        login: Of a device that is live in that circle; none with `open`.
        person: The device; with `circles` only.
    """

    def __init__(self, folder: Path, policy: str) -> None:
        self.folder = folder
        self.policy = policy
        self.database = DATABASE.encode()
        self.login: tuple[tuple[bytes, bytes], ...] = ()
        self.person = Person()
        self.secret: str | None = None
        self.log = StringIO()
        self.runner = asyncio.Runner()
        self.application = self.runner.run(self._open())

    async def _open(self) -> Application:
        self._store = await SqliteStore.open(self.folder)
        settings = Settings.model_validate(
            {
                "data": self.folder,
                "policy": self.policy,
                "web": self.folder / "no-web",
                "request_bytes_max": REQUEST_BYTES_MAX,
            }
        )
        application = create_app(settings, self._store, ManualClock(NOW_S), open_log(self.log))
        self.secret = await application.start()
        return application

    def found(self) -> None:
        """Found the clinic's circle and write one record; from now on requests are its admin's."""
        bundle = self.person.genesis(NOW_S).to_json() | {"setup": self.secret}
        assert self.post(b"/circles", bundle).status == 201
        token = login_token(self.person.keys, "http://rejoint.test", NOW_S)
        self.login = ((b"authorization", b"Bearer " + token.encode()),)
        self.database = self.person.circle.encode()
        record = {"docs": [self.person.record()], "new_edits": False}
        assert self.post(b"/db/db1/_bulk_docs", record).json() == []

    def post(self, path: bytes, value: Any) -> Answered:
        """POST a JSON value."""
        return self.ask(Asked("POST", path, body=(_dumped(value),)))

    def close(self) -> None:
        """Stop it; every answer must have ended."""
        assert self.runner.run(self.application.stop())
        self.runner.run(self._store.close())
        self.runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, asked: Asked) -> Answered:
        """Send a request and check what must hold of every answer."""
        if not any(name == b"authorization" for name, _ in asked.headers):
            asked = replace(asked, headers=asked.headers + self.login)
        path = b"/".join(self.database if s == b"db1" else s for s in asked.path.split(b"/"))
        asked = replace(asked, path=path)
        begun_s = time.monotonic()
        self.log.seek(0)
        self.log.truncate()
        answered = self.runner.run(self._ask(asked))
        assert time.monotonic() - begun_s < ANSWER_S_MAX
        lines = self.log.getvalue()
        assert "level=error" not in lines, lines
        assert "Traceback" not in lines, lines
        first = decoded(asked.path).lstrip("/").partition("/")[0]
        if self.policy == "circles" and first not in ENDPOINTS and answered.status:
            # Files of the web app; its errors are plain text.
            assert answered.status in (200, 304, 404, 405, 413), answered
        else:
            check(asked, answered)
        return answered

    async def _ask(self, asked: Asked) -> Answered:
        parts = list(asked.body) or [b""]
        gone = asyncio.Event()
        started: list[Any] = []
        body: list[bytes] = []

        async def receive() -> dict[str, Any]:
            if parts:
                part = parts.pop(0)
                return {"type": "http.request", "body": part, "more_body": bool(parts)}
            await asyncio.sleep(STAY_S)
            gone.set()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                assert not started
                started.append(message)
            else:
                body.append(message.get("body", b""))

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": asked.method,
            "scheme": "http",
            "path": decoded(asked.path),
            "raw_path": asked.path,
            "query_string": asked.query,
            "root_path": "",
            "headers": [(b"host", b"rejoint.test"), *asked.headers],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                await self.application.edge(scope, receive, send)
        except TimeoutError:
            # A feed stays open for as long as its client: a client that only listens is cut here.
            raise AssertionError(f"no end of {asked}") from None
        if not started:
            assert gone.is_set(), f"no answer to {asked}"
            return Answered(0, {}, b"")
        headers = dict(started[0]["headers"])
        return Answered(started[0]["status"], headers, b"".join(body))


def decoded(path: bytes) -> str:
    """The path as an HTTP server gives it beside the raw one."""
    return unquote(path.decode("latin-1"))


def check(asked: Asked, answered: Answered) -> None:
    """What holds of every answer: no mistake of ours, and CouchDB's shape for every error."""
    if answered.status == 0:
        return
    assert answered.status < 500 or answered.status == 501, answered
    if b"content-length" in answered.headers and asked.method != "HEAD":
        assert int(answered.headers[b"content-length"]) == len(answered.body)
    if asked.method == "HEAD":
        assert answered.body == b""
    elif answered.status >= 400:
        assert answered.headers[b"content-type"].startswith(b"application/json"), answered
        value = answered.json()
        assert {"error", "reason"} <= value.keys() <= {"error", "reason", "code", "now"}, value
        assert all(value[name] and isinstance(value[name], str) for name in ("error", "reason"))


@contextmanager
def target(folder: Path, policy: str) -> Iterator[Target]:
    """A server; with `open` it has a database `db1` with some documents."""
    with Target(folder, policy) as opened:
        if policy == "open":
            assert opened.ask(Asked("PUT", b"/db/db1")).status == 201
            seed = {"docs": DOCUMENTS, "new_edits": False}
            body = (json.dumps(seed).encode(),)
            answered = opened.ask(Asked("POST", b"/db/db1/_bulk_docs", body=body))
            assert answered.status == 201, answered
        else:
            opened.found()
        yield opened


DOCUMENTS = [
    {"_id": "a", "_rev": "1-a", "n": 1},
    {"_id": "a/b", "_rev": "2-c", "_revisions": {"start": 2, "ids": ["c", "b"]}},
    {"_id": "a/b", "_rev": "2-d", "_revisions": {"start": 2, "ids": ["d", "b"]}, "_deleted": True},
    {
        "_id": "ü",
        "_rev": "1-a",
        "_attachments": {"t x": {"data": "aGVsbG8=", "content_type": "a/b"}},
    },
    {"_id": "_design/x", "_rev": "1-a", "language": "erlang"},
]

# ---- values ----

IDS = ("a", "a/b", "ü", "..", ".", "_design/x", "_local/n", "_x", "", " ", "\x00", "\u202e", "%2F")
REVS = ("1-a", "2-c", "2-d", "3-" + "f" * 32, "0-a", "-1-a", "1-", "a", "1-G", "9" * 20 + "-a", "")
SEQUENCES = (
    "0",
    "now",
    "3",
    "5-k3x9a",
    "99999999-zz",
    "-1",
    "12-g1AAAACbeJzLYWBgYMpgTmHgz8tPSTV0",
    '"7"',
)
ids = st.one_of(st.sampled_from(IDS), st.text(max_size=12))
revs = st.one_of(
    st.sampled_from(REVS),
    st.builds("{}-{}".format, st.integers(0, 2**70), st.text("0123456789abcdefG", max_size=40)),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    ids,
    revs,
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


def mostly(
    likely: st.SearchStrategy[Any], other: st.SearchStrategy[Any] = values
) -> st.SearchStrategy[Any]:
    """Seven times of eight the likely one."""
    return st.integers(0, 7).flatmap(lambda n: other if n == 0 else likely)


attachments = st.fixed_dictionaries(
    {},
    optional={
        "data": mostly(st.sampled_from(["aGVsbG8=", "aGVsbG8", "*", "", "AA==" * 300])),
        "content_type": mostly(st.sampled_from(["text/plain", "", "a\r\nb: c", "ü", "x" * 5000])),
        "length": mostly(st.integers(-5, 10)),
        "encoded_length": mostly(st.integers(-5, 10)),
        "encoding": mostly(st.sampled_from(["gzip", "identity", "br"])),
        "digest": mostly(
            st.sampled_from(["md5-XUFAKrxLKna5cZ2REBfFkg==", "md5-", "sha1-AA==", ""])
        ),
        "stub": mostly(st.booleans()),
        "follows": mostly(st.booleans()),
        "revpos": mostly(st.integers(-1, 5)),
    },
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "_id": mostly(ids),
        "_rev": mostly(revs),
        "_deleted": mostly(st.booleans()),
        "_revisions": mostly(
            st.fixed_dictionaries(
                {
                    "start": mostly(st.integers(-1, 6)),
                    "ids": mostly(
                        st.lists(mostly(st.text("abcdef", min_size=1, max_size=3)), max_size=6)
                    ),
                }
            )
        ),
        "_attachments": mostly(st.dictionaries(ids, mostly(attachments), max_size=3)),
        "_conflicts": values,
        "_unknown": values,
        "n": values,
    },
)
revisions_by_id = st.dictionaries(ids, mostly(st.lists(mostly(revs), max_size=4)), max_size=4)
members: dict[str, st.SearchStrategy[Any]] = {
    "docs": st.lists(mostly(documents), max_size=5),
    "new_edits": st.booleans(),
    "keys": st.lists(mostly(ids), max_size=5),
    "doc_ids": st.lists(mostly(ids), max_size=5),
    "queries": st.lists(
        st.dictionaries(st.sampled_from(["keys", "limit", "key"]), values), max_size=3
    ),
    "selector": st.recursive(
        st.dictionaries(
            st.sampled_from(
                ["_id", "n", "$or", "$not", "$regex", "$gt", "a.b", "$elemMatch", "$bad"]
            ),
            values,
            max_size=3,
        ),
        lambda inner: st.dictionaries(
            st.sampled_from(["$and", "$or", "$nor", "$not", "n", "_id", "$all"]),
            st.one_of(inner, st.lists(inner, max_size=2)),
            max_size=2,
        ),
        max_leaves=4,
    ),
    "name": ids,
    "password": ids,
}
options: dict[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(("since", "last-event-id"), st.sampled_from(SEQUENCES)),
    **dict.fromkeys(("rev",), revs),
    **dict.fromkeys(
        ("open_revs", "atts_since"),
        st.one_of(st.just("all"), st.lists(revs, max_size=3).map(json.dumps)),
    ),
    **dict.fromkeys(("key", "startkey", "endkey", "start_key", "end_key"), ids.map(json.dumps)),
    **dict.fromkeys(("keys", "doc_ids"), st.lists(ids, max_size=3).map(json.dumps)),
    **dict.fromkeys(
        ("limit", "skip", "count", "timeout", "heartbeat", "seq_interval"),
        st.sampled_from(["0", "1", "7", "-1", "1e3", "²", "9" * 30, "true"]),
    ),
    "feed": st.sampled_from(["normal", "longpoll", "continuous", "live", "eventsource", "x"]),
    "filter": st.sampled_from(["_doc_ids", "_selector", "_design", "_view", "x/y", ""]),
    "style": st.sampled_from(["main_only", "all_docs", "x"]),
}
flags = st.sampled_from(["true", "false", "", "1", "True"])


def quoted(text: str) -> bytes:
    """As a client writes a segment or an option."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="").encode()


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


raw_bodies = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"",
            b"{",
            b"NaN",
            b'{"n":NaN}',
            b'{"n":1e999}',
            b'{"n":-Infinity}',
            b'{"_id":"a","_id":"b","docs":[],"docs":[{"_id":"x"}]}',
            b'{"docs":[{"_id":"\xff"}]}',
            b'{"docs":[{"_id":"\\ud800"}]}',
            b'\xef\xbb\xbf{"docs":[]}',
            b"[" * 100_000,
            b'{"docs":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
            b'{"docs":[' + b"{}," * 30_000 + b"{}]}",
            b'{"keys":[' + b'"a",' * 30_000 + b'"a"]}',
            b"0" * (REQUEST_BYTES_MAX + 1),
            b'"' + b"x" * (REQUEST_BYTES_MAX - 2) + b'"',
        ]
    ),
)


def parts_of(route: Route) -> st.SearchStrategy[Any]:
    """JSON values that a route may be sent."""
    if route.template.endswith(("_revs_diff", "_missing_revs", "_purge")):
        return mostly(revisions_by_id)
    if route.template.endswith(("_limit",)):
        return mostly(st.integers(-1, 2000))
    if route.body is Body.DOCUMENT:
        return mostly(documents)
    known = {name: members[name] for name in route.members if name in members}
    return mostly(
        st.fixed_dictionaries({}, optional={name: mostly(one) for name, one in known.items()})
    )


def multipart(document: Any, contents: list[bytes], boundary: bytes) -> bytes:
    """As a client sends a document with its attachments, more or less."""
    head = b"--" + boundary + b"\r\ncontent-type: application/json\r\n\r\n" + _dumped(document)
    rest = b"".join(
        b"\r\n--"
        + boundary
        + b'\r\ncontent-disposition: attachment; filename="a"\r\n\r\n'
        + content
        for content in contents
    )
    return head + rest + b"\r\n--" + boundary + b"--"


@st.composite
def encoded(draw: st.DrawFn, body: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """A body as it is, in gzip, or in what is called gzip."""
    how = draw(st.integers(0, 15))
    if how > 4:
        return body, []
    said = [(b"content-encoding", draw(st.sampled_from([b"gzip", b"GZIP", b"deflate", b"br"])))]
    packed = gzip.compress(body, mtime=0)
    kinds = [packed, packed[: len(packed) // 2], packed + packed, body, BOMB]
    return kinds[how], said


BOMB = gzip.compress(b"0" * (REQUEST_BYTES_MAX * 64), mtime=0)


@st.composite
def bodies(draw: st.DrawFn, route: Route) -> tuple[tuple[bytes, ...], list[tuple[bytes, bytes]]]:
    """A body in parts, and the headers that speak of it."""
    headers: list[tuple[bytes, bytes]] = []
    if route.body is Body.NONE and draw(st.integers(0, 7)):
        return (), headers
    kind = draw(st.integers(0, 9))
    if kind == 0:
        body = draw(raw_bodies)
    elif kind < 3 and route.body is Body.DOCUMENT:
        boundary = draw(st.sampled_from([b"x", b"-", b"a b", b""]))
        contents = draw(st.lists(st.binary(max_size=20), max_size=3))
        whole = multipart(draw(documents), contents, boundary)
        body = whole[: draw(st.integers(0, len(whole)))] if draw(st.booleans()) else whole
        mark = b'"' if draw(st.booleans()) else b""
        headers.append((b"content-type", b"multipart/related; boundary=" + mark + boundary + mark))
    else:
        body = _dumped(draw(parts_of(route)))
    if not headers and draw(st.integers(0, 3)):
        kinds = [b"application/json"] * 5 + [
            b"text/plain",
            b"multipart/related",
            b"multipart/mixed; x",
        ]
        headers.append((b"content-type", draw(st.sampled_from(kinds))))
    body, said = draw(encoded(body))
    cut = draw(st.integers(0, len(body)))
    lengths = [str(len(body)).encode(), b"0", b"99999999999999999999", b"-1", b"x"]
    if draw(st.integers(0, 3)) == 0:
        said.append((b"content-length", draw(st.sampled_from(lengths))))
    return (body[:cut], body[cut:]), headers + said


@st.composite
def queries(draw: st.DrawFn, route: Route) -> bytes:
    """Options of the route, some with values that they may have."""
    parts = []
    for name in draw(st.lists(st.sampled_from([*route.options, "unknown"]), max_size=4)):
        likely = options.get(name, flags)
        parts.append(quoted(name) + b"=" + quoted(draw(mostly(likely, st.text(max_size=6)))))
    garbage = [
        b"%",
        b"%ff=1",
        b"rev=%ff",
        b"=",
        b"&&",
        b"a" * 3000,
        b"since=%00",
        b"keys=[",
        b"key=NaN",
    ]
    if draw(st.integers(0, 9)) == 0:
        parts.append(draw(st.sampled_from(garbage)))
    return b"&".join(parts)


HEADER_VALUES = (
    *(b"*/*", b"application/json", b"multipart/mixed", b"multipart/related", b"text/html;q=x"),
    *(b'"1-a"', b'"', b'W/"x"', b"*", b"bytes=0-1", b"bytes=-1", b"bytes=5-1", b"bytes=0-0,1-1"),
    *(b"bytes=99999999999999999999-", b"b?rev=1-a", b"../x", b"%ff", b"\xff", b"", b"gzip;q=0"),
    *(b"Basic ", b"Basic !!!", b"Basic YTpi", b"Bearer x", b"Bearer a.b.c", b"AuthSession=x"),
)


@st.composite
def requests(draw: st.DrawFn, database: str = DATABASE) -> Asked:
    """A request to one of the routes, or past them."""
    route = draw(st.sampled_from(ROUTES))
    template = route.template
    segments = []
    for segment in template.split("/")[1:]:
        if segment == "{db}":
            segments.append(quoted(draw(mostly(st.just(database), ids))))
        elif segment.startswith("{"):
            segments.append(quoted(draw(ids)))
        else:
            segments.append(segment.encode())
    path = b"/".join(
        [
            draw(mostly(st.just(b"/db"), st.sampled_from([b"", b"/", b"/db/", b"/circles"]))),
            *segments,
        ]
    )
    if draw(st.integers(0, 15)) == 0:
        odd = [
            b"/..",
            b"/%2e%2e/",
            b"//",
            b"/%",
            b"/%ff",
            b"/%00",
            b"/%2F",
            b"/_",
            b"/" + b"x" * 9000,
            b"?",
        ]
        path += draw(st.sampled_from(odd))
    methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "COPY", "OPTIONS", "PATCH", "BREW", "get"]
    method = draw(mostly(st.just(route.method), st.sampled_from(methods)))
    body, headers = draw(bodies(route))
    for name in (*route.headers, "authorization", "accept", "cookie", "expect"):
        if draw(st.integers(0, 5)) == 0 and name != "content-type":
            headers.append((name.encode(), draw(st.sampled_from(HEADER_VALUES))))
    return Asked(method, path, draw(queries(route)), tuple(headers), body)
