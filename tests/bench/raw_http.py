"""A small HTTP/1.1 client that costs little, so that the server is what is measured.

One request at a time on each connection, which is kept open. It knows what the servers of this
bench send: a length, or chunks; nothing else.
"""

import asyncio
import base64
from typing import Any
from urllib.parse import urlsplit

import orjson

_LAST_CHUNK = b"0\r\n\r\n"


class Refused(Exception):
    """An answer that the bench did not expect."""


class _Conversation(asyncio.Protocol):
    """Collects one answer at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parts: list[bytes] = []
        self._length = 0
        self._end: int | None = None
        self._chunked = False
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Refused(f"the connection was closed: {exc}"))

    def ask(self, request: bytes) -> "asyncio.Future[bytes]":
        """Send a request; the whole answer, head and body."""
        assert self._transport is not None
        self._parts, self._length, self._end, self._chunked = [], 0, None, False
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        self._length += len(data)
        if self._end is None and not self._chunked:
            self._read_head()
        if self._end is not None:
            over = self._length >= self._end
        else:
            tail = b"".join(self._parts[1:][-2:])
            over = self._chunked and (tail == _LAST_CHUNK or tail.endswith(b"\n" + _LAST_CHUNK))
        if over and self._answer is not None and not self._answer.done():
            self._answer.set_result(b"".join(self._parts))

    def _read_head(self) -> None:
        text = b"".join(self._parts)
        self._parts = [text]
        head, mark, rest = text.partition(b"\r\n\r\n")
        if not mark:
            return
        # Apart from the body: a head may end like a last chunk.
        self._parts = [head + mark, rest]
        for line in head.lower().split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name == b"content-length":
                self._end = len(head) + 4 + int(value)
            elif name == b"transfer-encoding":
                self._chunked = True

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


class Client:
    """One connection to one server.

    Args:
        url: `http://user:password@host:port`; paths are asked below its own path.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._prefix = parts.path.rstrip("/")
        login = f"{parts.username or ''}:{parts.password or ''}".encode()
        self._head = (
            f"Host: {parts.hostname}:{parts.port}\r\n"
            "Accept: application/json\r\n"
            f"Authorization: Basic {base64.b64encode(login).decode()}\r\n"
            "Content-Type: application/json\r\n"
        )
        self._conversation: _Conversation | None = None

    async def open(self) -> "Client":
        """Connect."""
        loop = asyncio.get_running_loop()
        _, self._conversation = await loop.create_connection(_Conversation, *self._address)
        return self

    def close(self) -> None:
        """Hang up."""
        if self._conversation is not None:
            self._conversation.close()

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The bytes of a request, made before the clock runs."""
        head = f"{method} {self._prefix}{path} HTTP/1.1\r\n{self._head}"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def send(self, request: bytes) -> bytes:
        """Ask; the body of an answer of 2xx, chunk marks and all. Raises `Refused`."""
        assert self._conversation is not None
        answer = await self._conversation.ask(request)
        if answer[9:10] != b"2":
            raise Refused(answer[:300].decode("latin-1"))
        return answer

    async def json(self, method: str, path: str, value: object = None) -> Any:
        """Ask for something small; the parsed answer."""
        body = b"" if value is None else orjson.dumps(value)
        answer = await self.send(self.request(method, path, body))
        head, _, rest = answer.partition(b"\r\n\r\n")
        if b"chunked" in head.lower():
            rest = _unchunked(rest)
        return orjson.loads(rest)


def _unchunked(text: bytes) -> bytes:
    parts: list[bytes] = []
    while True:
        size, _, text = text.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return b"".join(parts)
        parts.append(text[:length])
        text = text[length + 2 :]
