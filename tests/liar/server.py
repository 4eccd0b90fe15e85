"""A server that lies: the real one on a real port, and in front of it one lie at a time.

Requests and answers pass through the lie that is told: it may change what the server is asked,
answer in its place, and change what it answers. Devices reach it as they reach every server, by
HTTP, and cannot tell the two apart but by what they check themselves.
"""

import asyncio
import base64
import contextlib
import json
import threading
import zlib
from collections.abc import Coroutine
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

from rejoint_server.app import Application, create_app
from rejoint_server.clock import ManualClock
from rejoint_server.settings import Settings
from rejoint_server.web import http_server
from rejoint_server.web.asgi import Message, Receive, Scope, Send
from rejoint_server.web.logs import open_log
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.exchange.frames import read, write
from rejoint_sync.exchange.messages import (
    Asked,
    Told,
    Welcome,
    answer_item,
    read_answer_item,
    read_request,
    request_items,
)
from rejoint_sync.stores.sqlite import SqliteStore

T = TypeVar("T")

NOW_S = 1_795_000_000
WEB = Path(__file__).parents[2] / "pwa" / "dist"
WAIT_S_MAX = 60.0

_SPOKEN = ("/db", "/circles", "/clinics", "/recovery", "/session")


@dataclass(slots=True)
class Call:
    """A request.

    Attributes:
        method: Of HTTP.
        path: Without the query.
        body: Parsed JSON, None without one.
        device: Who is logged in, or has signed the entry that is brought; "" when nobody is.
    """

    method: str
    path: str
    body: Any
    device: str


@dataclass(slots=True)
class Answer:
    """What goes back: a status, parsed JSON, and headers that are set."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class Lie:
    """The truth: everything passes as it is. A lie is a subclass."""

    def ask(self, call: Call) -> Answer | None:  # noqa: ARG002 - lies look at it
        """Answer in the server's place; None lets the (perhaps changed) call through."""
        return None

    def tell(self, call: Call, answer: Answer) -> None:
        """Change what the server answered."""

    def ask_one(self, device: str, asked: list[Asked]) -> list[Asked]:  # noqa: ARG002 - as above
        """Change what a device brings by one-request sync; as many items as there were."""
        return asked

    def tell_one(self, device: str, told: list[Told]) -> list[Told]:  # noqa: ARG002 - as above
        """Change what one-request sync answers."""
        return told


class LyingServer:
    """A real server on a port of the loopback interface, with a lie in front of it.

    It runs in a thread with an event loop of its own.

    Attributes:
        lie: What it tells.
        clock: Its time.
        url: Its origin.
        setup: The one-time setup link of the data that is used.
        offers_sync: Whether it has one-request sync.
    """

    def __init__(self) -> None:
        self.lie = Lie()
        self.clock = ManualClock(NOW_S)
        self.setup = ""
        self.offers_sync = True
        self._sessions: dict[str, str] = {}
        self._servers: list[tuple[Application, SqliteStore]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listener = http_server.listen("127.0.0.1", 0)
        self.url = http_server.url_of(listener)
        self._http = http_server.HttpServer(self._answer, listener)
        self.run(self._serve())

    async def _serve(self) -> None:
        self._serving = asyncio.create_task(self._http.serve())
        assert await http_server.answers(self.url)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the server's event loop, for example what a device does."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S_MAX)

    def use(self, data: Path) -> None:
        """Serve this data directory from now on, and forget what was served before."""
        self.run(self._use(data))

    async def _use(self, data: Path) -> None:
        await self._leave()
        self.lie = Lie()
        _, secret = await self._open(data)
        self.setup = f"{self.url}/#s1.{secret}" if secret else ""

    async def _open(self, data: Path) -> tuple[Application, str | None]:
        store = await SqliteStore.open(data)
        settings = Settings(data=data, web=WEB)
        application = create_app(settings, store, self.clock, open_log(StringIO()))
        self._servers.append((application, store))
        return application, await application.start()

    def second(self, data: Path) -> Application:
        """Open another server over another directory; a lie decides whom it serves."""
        return self.run(self._open(data))[0]

    def replace(self, data: Path) -> None:
        """Go on with another directory, as after a backup was brought back, and the same lie."""
        lie = self.lie
        self.use(data)
        self.lie = lie

    @property
    def store(self) -> SqliteStore:
        """What the first server keeps."""
        return self._servers[0][1]

    async def _leave(self) -> None:
        for application, store in self._servers:
            await application.stop()
            await store.close()
        self._servers = []

    def leave(self) -> None:
        """Close the data that is served; nothing is answered then."""
        self.run(self._leave())

    def stop(self) -> None:
        """End it."""

        async def end() -> None:
            await self._leave()
            await self._http.end(self._serving)

        self.run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S_MAX)
        self._loop.close()

    # -- one-request sync ------------------------------------------------------------------------

    async def _sync(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.offers_sync:
            await _send(send, Answer(404, {"error": "not_found", "reason": "missing"}))
            return
        device = self._caller(scope)
        lie = self.lie
        begin, asked = read_request(read(_inflated(scope, await _body(scope, receive))))
        body = write(request_items(begin, lie.ask_one(device, asked)))
        chosen = getattr(lie, "application_of", lambda _: None)(device)
        status, headers, answer = await _asked(chosen or self._servers[0][0], scope, body)
        said = Answer(status, None, headers)
        lie.tell(Call("POST", "/sync", None, device), said)
        if status == 200:
            told = [one for one in map(read_answer_item, read(answer)) if one is not None]
            for one in told:
                if isinstance(one, Welcome) and one.session:
                    self._sessions[b64u_encode(one.session)] = device
            answer = write(map(answer_item, lie.tell_one(device, told)))
        await _send_bytes(send, said, answer)

    def _caller(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"authorization" and value.startswith(b"Session "):
                return self._sessions.get(value.decode().removeprefix("Session "), "")
        return _device(scope, None)

    # -- one request -----------------------------------------------------------------------------

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if not self._servers:
            await _send(send, Answer(200, {}))
            return
        if scope["path"] == "/sync":
            await self._sync(scope, receive, send)
            return
        if not scope["path"].startswith(_SPOKEN):
            await self._servers[0][0].edge(scope, receive, send)
            return
        call = await _read(scope, receive)
        lie = self.lie
        answer = lie.ask(call)
        if answer is None:
            chosen = getattr(lie, "application_of", lambda _: None)(call.device)
            application = chosen or self._servers[0][0]
            answer = await _through(application, scope, call)
            lie.tell(call, answer)
        await _send(send, answer)


async def _body(scope: Scope, receive: Receive) -> bytes:
    body = b""
    more = scope["method"] not in ("GET", "HEAD", "DELETE")
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False) and message["type"] == "http.request"
    return body


def _inflated(scope: Scope, body: bytes) -> bytes:
    packed = (b"content-encoding", b"gzip") in list(scope["headers"])
    return zlib.decompress(body, wbits=31) if packed else body


async def _read(scope: Scope, receive: Receive) -> Call:
    body = await _body(scope, receive)
    value = json.loads(body) if body else None
    return Call(scope["method"], scope["path"], value, _device(scope, value))


def _device(scope: Scope, body: Any) -> str:
    tokens = [
        value.removeprefix(b"Bearer ")
        for name, value in scope["headers"]
        if name == b"authorization" and value.startswith(b"Bearer ")
    ]
    with contextlib.suppress(KeyError, TypeError, AttributeError):
        tokens.append(body["log"]["j"].encode())
    for token in tokens:
        with contextlib.suppress(ValueError, KeyError):
            return str(
                json.loads(base64.urlsafe_b64decode(token.partition(b".")[0] + b"=="))["kid"]
            )
    return ""


async def _through(application: Application, scope: Scope, call: Call) -> Answer:
    """Ask the real server."""
    body = b"" if call.body is None else json.dumps(call.body).encode()
    status, headers, answer = await _asked(application, scope, body)
    return Answer(status, json.loads(answer) if answer else None, headers)


async def _asked(
    application: Application, scope: Scope, body: bytes
) -> tuple[int, dict[str, str], bytes]:
    left_out = (b"content-length", b"transfer-encoding", b"accept-encoding", b"content-encoding")
    kept = [(name, value) for name, value in scope["headers"] if name not in left_out]
    asked = dict(scope) | {"headers": [*kept, (b"content-length", str(len(body)).encode())]}
    given = False
    start: list[Message] = []
    parts: list[bytes] = []

    async def receive() -> Message:
        nonlocal given
        if given:
            await asyncio.Event().wait()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.append(message)
        else:
            parts.append(bytes(message.get("body", b"")))

    await application.edge(asked, receive, send)
    headers = {bytes(name).decode(): bytes(value).decode() for name, value in start[0]["headers"]}
    for name in ("content-length", "transfer-encoding"):
        headers.pop(name, None)
    return start[0]["status"], headers, b"".join(parts)


async def _send(send: Send, answer: Answer) -> None:
    body = b"" if answer.body is None else json.dumps(answer.body).encode()
    answer.headers = {"content-type": "application/json"} | answer.headers
    await _send_bytes(send, answer, body)


async def _send_bytes(send: Send, answer: Answer, body: bytes) -> None:
    headers = answer.headers
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    sent.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": False})
