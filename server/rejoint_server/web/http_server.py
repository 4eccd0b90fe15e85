"""granian inside our own process and event loop, on a socket that we opened.

granian's usual server forks a worker that goes on serving when only its parent is killed. Embedded
there is one process: when it ends, all of it ends.
"""

import asyncio
import contextlib
import resource
import socket
from typing import Any, Final
from urllib.parse import urlsplit

from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.server.embed import Server as EmbeddedServer

from rejoint_server.web.asgi import App

BACKLOG: Final = 1024
REQUESTS_AT_ONCE_MAX: Final = 20_000
"""Most requests under way: each device that waits for news is one of them."""

STOP_S_MAX: Final = 5.0


class HttpServer(EmbeddedServer):
    """Serves an ASGI app until `stop`.

    Args:
        app: Answers requests.
        listener: Listens already; the server takes it over.
    """

    def __init__(self, app: App, listener: socket.socket) -> None:
        target: Any = app
        super().__init__(
            target,
            interface=Interfaces.ASGINL,
            backlog=BACKLOG,
            backpressure=REQUESTS_AT_ONCE_MAX,
            websockets=False,
            log_enabled=False,
        )
        self._listener = listener

    def _init_shared_socket(self) -> None:
        """Use our socket, and let it go with the server.

        granian's own would share its port with any other process.
        """
        self._ssp = None
        holder: Any = SocketHolder
        unix = False
        self._shd = holder(self._listener.detach(), unix, BACKLOG)

    async def end(self, serving: "asyncio.Task[None]") -> None:
        """Stop accepting, close connections, and wait until that is done."""
        self.stop()  # type: ignore[no-untyped-call]  # granian's
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(serving), STOP_S_MAX)


def listen(host: str, port: int) -> socket.socket:
    """Open a listening TCP socket.

    Raises:
        OSError: The address cannot be had, for example because the port is in use.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        # A port that a stopped server just left may be taken at once; one in use may not.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Taken over by each connection: the end of a streamed answer must not wait until the
        # client has confirmed its begin, which takes 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)  # noqa: FBT003 - its only argument
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """The URL of a listening socket, for example `http://127.0.0.1:8000`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def near(url: str) -> str:
    """The same socket as this machine reaches it, when it listens on every address."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


async def answers(url: str) -> bool:
    """Whether a request to a listening socket is answered."""
    parts = urlsplit(near(url))
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(b"GET /db/_up HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        return (await reader.readline()).startswith(b"HTTP/1.1 200")
    finally:
        writer.close()


def allow_many_connections() -> None:
    """Raise the number of open files to what the system allows this process."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
