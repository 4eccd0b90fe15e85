"""Requests and answers of the raw ASGI routes: paths as they came, bodies read within bounds."""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from rejoint_sync.errors import BadContentType, BadRequest, TooLarge
from rejoint_sync.limits import BODY_SECONDS_MAX
from rejoint_sync.multipart import accepts
from rejoint_sync.wire.query import Query

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# A client that sends too much reads our answer only after it has sent everything, so some more is
# read and dropped before the connection is given up.
_DRAIN_FACTOR: Final = 4
BODY_PAUSE_S_MAX: Final = 60.0
"""A client that sends nothing of its body for so long is taken for gone."""

_THIS_MACHINE: Final = ("127.", "::1")
_DIGITS_MAX: Final = 18
"""A body announced with more digits than these never comes to its end."""

_GZIP_WBITS: Final = 31
ROUTE: Final = "rejoint.route"
"""Key of the scope under which a raw route notes its template, a list of one, for the log."""


class Disconnected(Exception):
    """The client went away before its request was complete."""


class Request:
    """One HTTP request.

    Args:
        scope: Of ASGI.
        receive: Of ASGI.
        prefix: First segments of the path that belong to the mount.
        body_bytes_max: Longest body, as sent and after decompression.

    Attributes:
        scope: Of ASGI.
        method: Of HTTP.
        query: Its options.
        segments: The path below the mount, between its slashes.
        base: The mount's path as the client wrote it, "" when it asked at the root.

    Raises:
        BadRequest: A segment of the path or the query is not UTF-8.
    """

    def __init__(
        self, scope: Scope, receive: Receive, *, prefix: tuple[str, ...], body_bytes_max: int
    ) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.query = Query(scope["query_string"])
        self.segments = _segments(scope)
        self.base = ""
        if self.segments[: len(prefix)] == prefix:
            self.segments = self.segments[len(prefix) :]
            self.base = "".join(f"/{name}" for name in prefix)
        self._receive = receive
        self._body_bytes_max = body_bytes_max
        self._body: bytes | None = None
        announced = self.header(b"content-length")
        self._left = int(announced[:_DIGITS_MAX]) if announced.isdecimal() else None
        self._more = self._left != 0
        self._end_s = 0.0

    def header(self, name: bytes) -> str:
        """The value of a header, "" when it is not there; `name` in lower case."""
        for known, value in self.scope["headers"]:
            if known == name:
                return bytes(value).decode("latin-1")
        return ""

    def origin(self) -> str:
        """Scheme and host as the client wrote them, for example `http://127.0.0.1:8000`."""
        return f"{self.scope['scheme']}://{self.header(b'host').lower()}"

    @property
    def takes_gzip(self) -> bool:
        """Whether the answer may be compressed."""
        coding = self.header(b"accept-encoding")
        return bool(coding) and accepts(coding, "gzip")

    @property
    def gains_by_gzip(self) -> bool:
        """Whether the answer should be compressed: it may be, and has a way to go.

        To compress a sealed record costs more than all else that is done to read it. For who asks
        from this machine nothing is won by it; a proxy here does it for who is behind it.
        """
        peer = self.scope.get("client")
        if peer is not None and peer[0].startswith(_THIS_MACHINE):
            return False
        return self.takes_gzip

    def accepts(self, media_type: str) -> bool:
        """Whether the answer may be of this type; without an `Accept` it may be of any."""
        return accepts(self.header(b"accept"), media_type)

    async def encoded_body(self) -> tuple[bytes, str]:
        """The whole body as it was sent, and its encoding, `identity` or `gzip`.

        Raises:
            TooLarge: Longer than allowed.
            BadContentType: Another Content-Encoding than gzip.
            Disconnected: The client went away.
        """
        encoding = self.header(b"content-encoding").strip().lower() or "identity"
        if encoding not in ("identity", "gzip"):
            raise BadContentType("Only gzip and identity content-encodings are supported")
        return await self._raw_body(), encoding

    async def body(self) -> bytes:
        """The whole body, decompressed, read at the first call.

        Raises:
            TooLarge: Longer than allowed, as sent or decompressed.
            BadRequest: Damaged gzip.
            BadContentType: Another Content-Encoding than gzip.
            Disconnected: The client went away.
        """
        if self._body is None:
            raw, encoding = await self.encoded_body()
            self._body = raw if encoding == "identity" else _inflate(raw, self._body_bytes_max)
        return self._body

    async def drop_body(self) -> None:
        """Read on to the end of the body without keeping it, within bounds.

        A client that is still writing reads no answer, and some take the closed connection for a
        broken network.
        """
        length = 0
        with contextlib.suppress(Disconnected):
            while self._more and length <= self._body_bytes_max:
                length += len(await self._part())

    async def _raw_body(self) -> bytes:
        parts: list[bytes] = []
        length = 0
        while self._more and length <= _DRAIN_FACTOR * self._body_bytes_max:
            part = await self._part()
            length += len(part)
            if length > self._body_bytes_max:
                parts.clear()
            else:
                parts.append(part)
        if length > self._body_bytes_max:
            raise _too_large(self._body_bytes_max)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _part(self) -> bytes:
        """The next bytes of the body. Raises `Disconnected`."""
        message = await self._message()
        if message["type"] == "http.disconnect":
            self._more = False
            raise Disconnected
        part: bytes = message.get("body", b"")
        self._more = message.get("more_body", False)
        if self._left is not None:
            # To ask once more only to hear that this was all is a trip to another thread.
            self._left -= len(part)
            self._more = self._more and self._left > 0
        return part

    async def _message(self) -> Message:
        """What the client sent next; after too long a pause that it is gone.

        `asyncio.timeout` does the same for five times as much, which is felt: nearly every request
        of a phone is one short part.
        """
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # a request is a task
        now_s = loop.time()
        if self._end_s == 0.0:
            self._end_s = now_s + BODY_SECONDS_MAX
        is_late = False

        def give_up() -> None:
            nonlocal is_late
            is_late = task.cancel()

        timer = loop.call_at(min(self._end_s, now_s + BODY_PAUSE_S_MAX), give_up)
        try:
            return await self._receive()
        except asyncio.CancelledError:
            if not is_late or task.uncancel() > 0:
                raise
            return {"type": "http.disconnect"}
        finally:
            timer.cancel()

    async def gone(self) -> None:
        """Return when the client has gone; what it still sends is dropped."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _segments(scope: Scope) -> tuple[str, ...]:
    """The path between its slashes, each part decoded alone; a slash at the end says nothing."""
    raw = bytes(scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    try:
        if b"%" in raw:
            parts = [unquote_to_bytes(part).decode() for part in raw.split(b"/")[1:]]
        else:
            parts = raw.decode().split("/")[1:]
    except UnicodeDecodeError:
        raise BadRequest("The path must be UTF-8.") from None
    if parts and not parts[-1]:
        parts.pop()
    return tuple(parts)


def _inflate(raw: bytes, bytes_max: int) -> bytes:
    stream = zlib.decompressobj(_GZIP_WBITS)
    try:
        text = stream.decompress(raw, bytes_max + 1)
    except zlib.error:
        raise BadRequest("The gzip body is damaged.") from None
    if len(text) > bytes_max:
        raise _too_large(bytes_max)
    if not stream.eof or stream.unused_data:
        raise BadRequest("The gzip body is damaged.")
    return text


def _too_large(bytes_max: int) -> TooLarge:
    return TooLarge(f"A request may have at most {bytes_max} bytes.")


GZIP_BYTES_MIN: Final = 1024
"""Shorter answers are sent as they are: they fit into one packet anyway."""

WHOLE_BYTES_MAX: Final = 64 * 1024
"""From here on a streamed answer is on its way before it is all there."""

_GZIP_LEVEL: Final = 3
_GZIP: Final = ((b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is there whole.

    Attributes:
        status: Of HTTP.
        body: What is sent.
        headers: More headers.
        content_type: Of the body.
        is_fixed: The body is sent as it is, never compressed on the way.
    """

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    content_type: bytes = b"application/json"
    is_fixed: bool = False

    async def send(self, send: Send, *, head: bool, gzip: bool = False) -> None:
        """Send it; with `head` without its body, with `gzip` compressed where that pays."""
        body, headers = self.body, self.headers
        if gzip and not self.is_fixed and self.status == 200 and len(body) >= GZIP_BYTES_MIN:
            body, headers = _deflate(body), headers + _GZIP
        if self.status not in (204, 304):
            length = (b"content-length", str(len(body)).encode())
            headers = ((b"content-type", self.content_type), length, *headers)
        start = {"type": "http.response.start", "status": self.status, "headers": list(headers)}
        await send(start)
        await send({"type": "http.response.body", "body": b"" if head else body})


def _deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WBITS)
    return stream.compress(body) + stream.flush()


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that comes in parts; an error on the way cuts the connection.

    Attributes:
        parts: What is sent, part by part.
        status: Of HTTP.
        headers: More headers.
        content_type: Of the whole.
        is_live: It may pause between two parts, so each is sent as it comes and as it is.
    """

    parts: AsyncGenerator[bytes, None]
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = field(default=())
    content_type: bytes = b"application/json"
    is_live: bool = False

    async def send(self, send: Send, *, head: bool, gzip: bool = False) -> None:
        """Send it part by part; with `head` without its body, with `gzip` compressed.

        One that is over before `WHOLE_BYTES_MAX` is sent whole, with its length: that is half the
        way for most answers, and an error on the way is told like any other.
        """
        async with aclosing(self.parts):
            parts: AsyncGenerator[bytes, None] = self.parts
            headers = self.headers
            if not head and not self.is_live:
                first, is_over = await _begin(parts)
                if is_over:
                    whole = Answer(self.status, first, headers, self.content_type)
                    await whole.send(send, head=False, gzip=gzip)
                    return
                parts = _from_begin(first, parts)
                if gzip:
                    parts, headers = _compressed(parts), headers + _GZIP
            headers = ((b"content-type", self.content_type), *headers)
            start = {"type": "http.response.start", "status": self.status, "headers": list(headers)}
            await send(start)
            if not head:
                async for part in parts:
                    if part:
                        await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _begin(parts: AsyncGenerator[bytes, None]) -> tuple[bytes, bool]:
    """The first parts, up to one that reaches `WHOLE_BYTES_MAX`; whether these are all."""
    taken: list[bytes] = []
    length = 0
    async for part in parts:
        taken.append(part)
        length += len(part)
        if length >= WHOLE_BYTES_MAX:
            return b"".join(taken), False
    return b"".join(taken), True


async def _from_begin(
    first: bytes, parts: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    yield first
    async for part in parts:
        yield part


async def _compressed(parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    stream = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WBITS)
    async for part in parts:
        yield stream.compress(part)
    yield stream.flush()
