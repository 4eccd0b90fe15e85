"""The outermost layer: what every answer carries, one line of log per request, the last catch.

Everything that leaves the server passes here, so no route can forget a security header, and no
error can reach a client in another shape than CouchDB's.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from rejoint_server.clock import Clock, http_date
from rejoint_server.web.asgi import ROUTE, Answer, App, Disconnected, Message, Receive, Scope, Send
from rejoint_server.web.logs import Log
from rejoint_server.web.problems import problem_of
from rejoint_sync.errors import BadRequest, StoreUnavailable
from rejoint_sync.exchange.frames import MEDIA_TYPE

_DIRECTIVES: Final = (
    "default-src 'none'",
    # Argon2id, which a printed code is hashed with, is WebAssembly of this origin.
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types rejoint",
)
CONTENT_SECURITY_POLICY: Final = "; ".join(_DIRECTIVES).encode("ascii")
_PERMISSIONS: Final = (
    "accelerometer",
    "autoplay",
    # Chromium names itself in three more headers of each request otherwise.
    "ch-ua",
    "ch-ua-mobile",
    "ch-ua-platform",
    "display-capture",
    "geolocation",
    "gyroscope",
    "midi",
    "payment",
    "usb",
)
PERMISSIONS_POLICY: Final = ", ".join(
    [*(f"{name}=()" for name in _PERMISSIONS), "camera=(self)", "microphone=(self)"]
).encode("ascii")

SECURITY_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", PERMISSIONS_POLICY),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
STRICT_TRANSPORT_SECURITY: Final = (
    b"strict-transport-security",
    b"max-age=31536000",
)
NO_STORE: Final = (b"cache-control", b"no-store")
_OF_PAGES: Final = frozenset(
    {
        b"content-security-policy",
        b"referrer-policy",
        b"permissions-policy",
        b"cross-origin-opener-policy",
        b"x-frame-options",
    }
)
"""What a browser obeys in documents only: 560 bytes that no answer of frames needs to carry."""

_FRAMES: Final = (b"content-type", MEDIA_TYPE.encode())
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "COPY", "OPTIONS", "PATCH"})


Observe = Callable[[str, str, int, float], None]


def _ignore(_method: str, _route: str, _status: int, _seconds: float) -> None:
    pass


class Cut(Exception):
    """Raised to the HTTP server when half an answer is out: it closes the connection."""


class _Started:
    """`send`, with the status that went out; 0 before."""

    def __init__(self, send: Send, dress: Callable[[Message], Message]) -> None:
        self._send = send
        self._dress = dress
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = self._dress(message)
        await self._send(message)


class Edge:
    """Wraps the whole app.

    Args:
        app: What answers.
        clock: Gives the Date header and the durations.
        log: Gets one line per request.
        challenge: `WWW-Authenticate` of a 401.
        https: Whether clients reach the server by https.
        stopping: Once set, new requests are refused.
        observe: Told method, route, status and seconds of each request.
    """

    def __init__(  # noqa: PLR0913 - it is put together in one place, by name
        self,
        app: App,
        *,
        clock: Clock,
        log: Log,
        challenge: bytes,
        https: bool,
        stopping: asyncio.Event,
        observe: Observe = _ignore,
    ) -> None:
        self._app = app
        self._clock = clock
        self._log = log
        self._challenge = challenge
        self._stopping = stopping
        self._observe = observe
        more = (STRICT_TRANSPORT_SECURITY,) if https else ()
        self._headers = (*SECURITY_HEADERS, *more, NO_STORE)
        self._bare_headers = [one for one in self._headers if one[0] not in _OF_PAGES]
        self._names = frozenset(name for name, _ in self._headers)
        self._under_way = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        if scope["type"] != "http":
            return
        scope[ROUTE] = [""]
        answer = _Started(send, self._dress)
        begun_s = self._clock.monotonic_s()
        self._under_way += 1
        self._quiet.clear()
        error_type = ""
        cut = False
        try:
            if self._stopping.is_set():
                raise StoreUnavailable("The server is stopping; ask again in a moment.")  # noqa: TRY301
            await self._app(scope, receive, answer)
        except Disconnected:
            await self._answer_break(answer, scope["method"])
            answer.status = 499
        except Exception as error:  # noqa: BLE001 - the one place where nothing may pass
            cut = answer.status != 0
            error_type = await self._answer_problem(error, answer, scope["method"])
        finally:
            self._note(scope, answer.status, self._clock.monotonic_s() - begun_s, error_type)
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()
        if cut:
            raise Cut

    @property
    def under_way(self) -> int:
        """Requests that are not answered yet."""
        return self._under_way

    async def drain(self, seconds: float) -> bool:
        """Wait until no request is under way; False when the time is over first."""
        try:
            await asyncio.wait_for(self._quiet.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _answer_break(self, answer: _Started, method: str) -> None:
        """Say why to who may still read; without a word the HTTP server would say 500 for us."""
        if answer.status == 0:
            broken = BadRequest("The request broke off before its end.")
            with contextlib.suppress(Exception):
                await self._answer_problem(broken, answer, method)

    async def _answer_problem(self, error: Exception, answer: _Started, method: str) -> str:
        problem = problem_of(error, now_s=self._clock.now_s(), challenge=self._challenge)
        if answer.status:
            return problem.unexpected or type(error).__qualname__
        known = Answer(problem.status, problem.body + b"\n", problem.headers)
        await known.send(answer, head=method == "HEAD")
        return problem.unexpected

    def _dress(self, message: Message) -> Message:
        headers = list(message.get("headers", ()))
        if _FRAMES in headers:
            date = (b"date", http_date(self._clock.now_s()))
            return {**message, "headers": [*headers, *self._bare_headers, date]}
        given = {name.lower() for name, _ in headers}
        if given.isdisjoint(self._names):
            headers += self._headers
        else:
            headers += [(name, value) for name, value in self._headers if name not in given]
        headers.append((b"date", http_date(self._clock.now_s())))
        headers.append((b"server", b"rejoint"))
        return {**message, "headers": headers}

    def _note(self, scope: Scope, status: int, seconds: float, error_type: str) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = scope[ROUTE][0] or scope.get("path_template") or "…"
        if error_type:
            self._log.error(
                "failed",
                method=method,
                route=route,
                status=status,
                duration_ms=round(seconds * 1000, 1),
                error_type=error_type,
            )
        else:
            self._log.request(method, route, status, seconds)
        self._observe(method, route, status, seconds)
