"""Passes TCP on, in this process: it counts, and can be slow, cut, dark or mute.

It stands right before a server. What it counts is the payload of TCP, all from TLS upwards. As a
bad network it is only an approximation: what is lost on the way can only be late here, since each
side's kernel has had its confirmation already, and a phone that dials in the dark is let in and
then waits.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Final, Self

SEGMENT_BYTES: Final = 1348
"""Payload of a full segment on a link of 1,400 bytes."""

BUFFER_BYTES: Final = 4096
QUEUE_SEGMENTS: Final = 20
APPLICATION: Final = 23
"""Type of TLS records after the greetings."""

_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Conditions:
    """What a network is like; may be changed while it is used.

    Attributes:
        kbit_s: Speed in each direction; 0 for as fast as it goes.
        rtt_ms: There and back, in milliseconds.
        loss: Of 1 how much is lost, in each direction.
        is_dark: Nothing passes.
        is_mute: The server takes connections and their handshakes, and answers nothing of what is
            asked on them, then or later.
    """

    kbit_s: float = 0.0
    rtt_ms: float = 0.0
    loss: float = 0.0
    is_dark: bool = False
    is_mute: bool = False


@dataclass(slots=True)
class Records:
    """Finds the TLS records of one direction.

    Attributes:
        seen: Type and length of each, its five bytes of head included.
        data: All that passed, when it is kept.
    """

    keeps: bool
    seen: list[tuple[int, int]] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)
    _head: bytearray = field(default_factory=bytearray)
    _left: int = 0

    def take(self, data: bytes) -> None:
        """More has passed."""
        if self.keeps:
            self.data += data
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
            else:
                step = min(5 - len(self._head), len(data) - at)
                self._head += data[at : at + step]
                if len(self._head) == 5:
                    self._left = int.from_bytes(self._head[3:5], "big")
                    self.seen.append((self._head[0], 5 + self._left))
                    self._head.clear()
            at += step


@dataclass(slots=True)
class Connection:
    """One connection through it.

    Attributes:
        up, down: Bytes of payload that passed, from and to the client.
        begun_s: When it was made, of a clock that never goes back.
        port: Of the client.
        spoke_s: When the client first sent something after the handshake; None before.
        records_up, records_down: The TLS records in it.
        is_mute: It is never answered.
    """

    records_up: Records
    records_down: Records
    begun_s: float
    port: int = 0
    up: int = 0
    down: int = 0
    spoke_s: float | None = None
    is_mute: bool = False
    sockets: list[socket.socket] = field(default_factory=list)
    task: "asyncio.Task[None] | None" = None

    @property
    def greeting(self) -> int:
        """Bytes from the client before its first question: its part of the handshake."""
        sizes = [size for kind, size in self.records_up.seen if kind != APPLICATION]
        finished = [size for kind, size in self.records_up.seen if kind == APPLICATION][:1]
        return sum(sizes + finished)

    def count(self, data: bytes, *, up: bool) -> None:
        """Something passes."""
        if up:
            self.up += len(data)
            self.records_up.take(data)
            if self.spoke_s is None and any(t == APPLICATION for t, _ in self.records_up.seen):
                self.spoke_s = time.monotonic()
        else:
            self.down += len(data)
            self.records_down.take(data)

    def reset(self) -> None:
        """End it as a broken network does; in its thread."""
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        if self.task is not None:
            self.task.cancel()


class Forwarder:
    """Listens until it is left, in a thread of its own.

    Args:
        target: Where the server is; may be changed.
        host: Address to listen on; the port is `port`.
        keeps: Whether to keep all bytes that pass.
        port: 0 for a free one.
    """

    def __init__(
        self,
        target: tuple[str, int],
        *,
        host: str = "127.0.0.1",
        keeps: bool = False,
        port: int = 0,
    ) -> None:
        self.conditions = Conditions()
        self.connections: list[Connection] = []
        self.target = target
        self._keeps = keeps
        self._free_s = [0.0, 0.0]
        self._listener = socket.create_server((host, port), backlog=128)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self._listener.settimeout(0)
        self.port: int = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._listener.close()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        serving = self._loop.create_task(self._serve())
        self._loop.run_forever()
        tasks = [serving, *asyncio.all_tasks(self._loop)]
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    # -- what the bench does ---------------------------------------------------------------------

    def cut(self) -> None:
        """Reset every connection."""
        done = threading.Event()

        def reset() -> None:
            for connection in self.connections:
                connection.reset()
            self._free_s = [0.0, 0.0]
            done.set()

        self._loop.call_soon_threadsafe(reset)
        done.wait(5)

    @property
    def up(self) -> int:
        """Bytes of payload from clients so far."""
        return sum(connection.up for connection in self.connections)

    @property
    def down(self) -> int:
        """Bytes of payload to clients so far."""
        return sum(connection.down for connection in self.connections)

    # -- passing on ------------------------------------------------------------------------------

    async def _serve(self) -> None:
        while True:
            client, address = await self._loop.sock_accept(self._listener)
            client.settimeout(0)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            kept = Records(self._keeps), Records(self._keeps)
            connection = Connection(*kept, time.monotonic(), port=address[1], sockets=[client])
            self.connections.append(connection)
            connection.task = self._loop.create_task(self._pass(connection, client))

    async def _pass(self, connection: Connection, client: socket.socket) -> None:
        server = socket.socket()
        server.settimeout(0)
        connection.sockets.append(server)
        both: list[asyncio.Task[None]] = []
        try:
            await asyncio.sleep(self.conditions.rtt_ms / 1000)
            await self._light()
            await self._loop.sock_connect(server, self.target)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ways = (
                self._way(connection, client, server, up=True),
                self._way(connection, server, client, up=False),
            )
            both = [self._loop.create_task(way) for way in ways]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            # What is on its way to either side still arrives.
            await asyncio.wait(both, timeout=self.conditions.rtt_ms / 1000 + 1)
        except OSError:
            pass
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for one in connection.sockets:
                one.close()
            connection.sockets.clear()

    async def _light(self) -> None:
        while self.conditions.is_dark:  # noqa: ASYNC110 - conditions are plain values
            await asyncio.sleep(0.05)

    async def _way(
        self, connection: Connection, source: socket.socket, sink: socket.socket, *, up: bool
    ) -> None:
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(QUEUE_SEGMENTS)
        delivering = self._loop.create_task(self._deliver(queue, sink))
        try:
            while data := await self._loop.sock_recv(source, self._at_once()):
                await self._light()
                connection.count(data, up=up)
                if self.conditions.is_mute and connection.spoke_s is not None:
                    connection.is_mute = True
                if not connection.is_mute:
                    await queue.put((self._due_s(len(data), up=up), data))
            if connection.is_mute:
                await asyncio.Event().wait()
            await queue.put((0.0, b""))
            await delivering
        finally:
            delivering.cancel()

    def _at_once(self) -> int:
        shaped = self.conditions.kbit_s or self.conditions.rtt_ms or self.conditions.loss
        return SEGMENT_BYTES if shaped else 1 << 16

    def _due_s(self, length: int, *, up: bool) -> float:
        """When a segment that leaves now arrives."""
        conditions, now_s = self.conditions, time.monotonic()
        sent_s = max(now_s, self._free_s[up])
        if conditions.kbit_s:
            sent_s += length * 8 / 1000 / conditions.kbit_s
            self._free_s[up] = sent_s
        due_s = sent_s + conditions.rtt_ms / 2000
        patience_s = max(0.2, 1.5 * conditions.rtt_ms / 1000)
        while conditions.loss and random.random() < conditions.loss:
            due_s += patience_s
            patience_s *= 2
        return due_s

    async def _deliver(
        self, queue: asyncio.Queue[tuple[float, bytes]], sink: socket.socket
    ) -> None:
        while True:
            due_s, data = await queue.get()
            if not data:
                return
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            await self._loop.sock_sendall(sink, data)
