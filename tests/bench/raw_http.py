"""A small HTTP/1.1 client that costs little, so that the server is what is measured.

Plain sockets and epoll: one thread and no event loop, because client and server share the machine
and whatever the client burns is missing in the figures of both servers. One request at a time on
each connection, which is kept open. It knows what the servers of this bench send: a length, or
chunks; nothing else.
"""

import base64
import re
import select
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import orjson

_READ_BYTES = 1 << 20
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"


class Refused(Exception):
    """An answer that the bench did not expect."""


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
        self._socket = socket.socket()
        self._parts: list[bytes] = []
        self._left: int | None = None

    def open(self) -> "Client":
        """Connect."""
        self._socket.connect(self._address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    def fileno(self) -> int:
        """For epoll."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The bytes of a request, made before the clock runs."""
        head = f"{method} {self._prefix}{path} HTTP/1.1\r\n{self._head}"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def ask(self, request: bytes) -> None:
        """Send a request whose answer `hear` collects."""
        self._parts, self._left = [], None
        self._socket.sendall(request)

    def hear(self) -> bytes | None:
        """Take what has arrived; the whole answer, head and body, once it is there.

        Raises:
            Refused: The answer is not of 2xx, or the connection was closed.
        """
        data = self._socket.recv(_READ_BYTES)
        if not data:
            raise Refused("the connection was closed")
        self._parts.append(data)
        if len(self._parts) == 1:
            head, mark, body = data.partition(b"\r\n\r\n")
            if not mark:
                raise Refused("the head of an answer came in parts")
            length = _LENGTH.search(head)
            self._left = int(length[1]) - len(body) if length else None
        elif self._left is not None:
            self._left -= len(data)
        if self._left is None:
            # A last part may be shorter than the mark.
            whole = data.endswith(_LAST_CHUNK) or b"".join(self._parts[-3:]).endswith(_LAST_CHUNK)
        else:
            whole = self._left == 0
        if not whole:
            return None
        answer = b"".join(self._parts)
        if answer[9:10] != b"2":
            raise Refused(answer[:300].decode("latin-1"))
        return answer

    def json(self, method: str, path: str, value: object = None) -> Any:
        """Ask for something small; the parsed answer."""
        self.ask(self.request(method, path, b"" if value is None else orjson.dumps(value)))
        while (answer := self.hear()) is None:
            pass
        head, _, rest = answer.partition(b"\r\n\r\n")
        return orjson.loads(rest if _LENGTH.search(head) else _unchunked(rest))


def exchange(clients: list[Client], requests: list[bytes]) -> tuple[float, list[bytes]]:
    """Send all requests, each client its next one when it has its answer.

    Returns:
        Seconds from the first to the last byte, and the answers in the order of their ends.
    """
    waiting = list(reversed(requests))
    answers: list[bytes] = []
    by_number = {client.fileno(): client for client in clients}
    with select.epoll() as poll:
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        begun = time.perf_counter()
        for client in clients[: len(requests)]:
            client.ask(waiting.pop())
        while len(answers) < len(requests):
            for number, _ in poll.poll():
                client = by_number[number]
                answer = client.hear()
                if answer is not None:
                    answers.append(answer)
                    if waiting:
                        client.ask(waiting.pop())
        return time.perf_counter() - begun, answers


def _unchunked(text: bytes) -> bytes:
    parts: list[bytes] = []
    while True:
        size, _, text = text.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return b"".join(parts)
        parts.append(text[:length])
        text = text[length + 2 :]
