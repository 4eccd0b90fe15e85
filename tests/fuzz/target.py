"""One server in this process that takes requests byte for byte, and what every answer must be.

A request goes in as ASGI, so that its path, query and headers arrive as they are.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from rejoint_server.app import ENDPOINTS, Application, create_app
from rejoint_server.clock import ManualClock
from rejoint_server.settings import Settings
from rejoint_server.web.logs import open_log
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

    def seed(self) -> None:
        """Make `db1` with its documents, if it is not there."""
        if self.ask(Asked("PUT", b"/db/db1")).status == 201:
            body = {"docs": DOCUMENTS, "new_edits": False}
            assert self.post(b"/db/db1/_bulk_docs", body).json() == []

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
        return self.ask(Asked("POST", path, body=(dumped(value),)))

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
        begun_s = time.process_time()
        self.log.seek(0)
        self.log.truncate()
        answered = self.runner.run(self._ask(asked))
        # Work, not time: a machine that is busy with something else proves nothing.
        assert time.process_time() - begun_s < ANSWER_S_MAX
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


def dumped(value: Any) -> bytes:
    """A JSON value as bytes, half surrogates too."""
    return json.dumps(value).encode("utf-8", "surrogatepass")


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
            opened.seed()
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
