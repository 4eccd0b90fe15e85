"""The real server of a world: its data on a real disk, killed, backed up and restored as one wants.

A kill takes what is in memory: requests under way, sessions, statements without a COMMIT. What
was committed stays, since the machine goes on.
"""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from rejoint_server.app import Application, create_app
from rejoint_server.clock import SystemClock
from rejoint_server.commands.backup import back_up
from rejoint_server.commands.restore import restore
from rejoint_server.settings import Admin, Settings
from rejoint_server.web.logs import Log
from rejoint_sync.errors import StoreFull
from rejoint_sync.stores.journal import Journal
from rejoint_sync.stores.sqlite import SqliteStore
from sim.stand_ins import stand_in

ORIGIN = "http://clinic.example"
EPOCH_S = 1_795_000_000
"""Unix time at which every loop begins."""


class Gone(Exception):
    """The server went away in the middle."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it stands on the wire."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(slots=True)
class Answered:
    """An answer whose body is still coming."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: AsyncIterator[bytes]


class WorldClock:
    """The server's time: it begins at `EPOCH_S` and goes on with the loop."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> float:
        return EPOCH_S + asyncio.get_running_loop().time() + self.ahead_s

    def now_s(self) -> int:
        return int(self.now())

    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()


class _Failures(Log):
    """Keeps the lines of what failed inside, which nothing in a world may."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, event: str, **fields: Any) -> None:
        pass

    def error(self, event: str, **fields: Any) -> None:  # noqa: ARG002  # as the log
        self.lines.append(
            f"{fields.get('method')} {fields.get('route')} {fields.get('error_type')}"
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        pass


def without_disk(store: SqliteStore) -> None:
    """Wait for no disk: kills end a process here and never the machine."""
    store._writer._connection.pragma("synchronous", 0)


def drop(store: SqliteStore) -> None:
    """What the end of its process leaves of a store: what was committed."""
    if store._closed:
        return
    store._closed = store._writer._closed = True
    for connection in (store._reading, store._writer._connection):
        with contextlib.suppress(apsw.Error):
            connection.close()
    if store._writer._file is not None:
        os.close(store._writer._file)
    os.close(store._lock)


class Hosting:
    """A server and its data directory.

    Args:
        folder: Where data, journal and backups lie.
        policy: `circles` or `open`.

    Attributes:
        full: How many of the next writes find no room.
        failures: What failed inside; nothing may.
        restores: How often it was put back to a backup.
    """

    def __init__(self, folder: Path, *, policy: Any = "circles") -> None:
        self.data = folder / "data"
        self._backups = folder / "backups"
        self._backups.mkdir(parents=True, exist_ok=True)
        self.clock = WorldClock()
        admin = Admin.parse("admin:secret") if policy == "open" else None
        self._settings = Settings(
            data=self.data, web=folder / "web", policy=policy, admin=admin, stop_s_max=1.0
        )
        self._log = _Failures()
        self._journal: Journal | None = None
        self._application: Application | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0
        self._wrote = asyncio.Event()
        self.store: SqliteStore | None = None
        self.full = 0
        self.restores = 0
        stand_in(SystemClock, "now_s", lambda _: self.clock.now_s())

    @property
    def up(self) -> bool:
        """Whether somebody listens."""
        return self._application is not None

    @property
    def failures(self) -> list[str]:
        return self._log.lines

    async def start(self) -> str | None:
        """Start it over what is on its disk, with room there; the setup secret when it is new."""
        self.full = 0
        store = await SqliteStore.open(self.data, history=self._settings.policy == "open")
        without_disk(store)
        self._spoil(store)
        if self._settings.policy == "circles":
            self._journal = Journal.open(self._settings.journal_directory)
        application = create_app(self._settings, store, self.clock, self._log, self._journal)
        secret = await application.start()
        self.store, self._application = store, application
        if application.upkeep is not None:
            self._spawn(application.upkeep.run())
        return secret

    def _spoil(self, store: SqliteStore) -> None:
        do = store._writer.do

        async def write(work: Any) -> Any:
            if self.full > 0:
                self.full -= 1
                raise StoreFull("There is no room left for writes; reading works.")
            answer = await do(work)
            self._wrote.set()
            return answer

        store._writer.do = write  # type: ignore[method-assign]

    async def written(self, within_s: float) -> None:
        """Return when something was written next, or after a time."""
        self._wrote.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wrote.wait(), within_s)

    async def kill(self) -> None:
        """End its process at once."""
        self._application = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if self.store is not None:
            drop(self.store)
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        if self._journal is not None:
            await _release(self._journal)
        self.store = self._journal = None

    def back_up(self) -> Path:
        """Copy the store as it is now; the file."""
        self._count += 1
        to = self._backups / f"{self._count}.backup"
        back_up(self.data, to, self._settings.journal_directory)
        return to

    async def restore(self, backup: Path, *, journal: bool) -> None:
        """Kill it, put a backup in the place of its store and start it again.

        Args:
            backup: From `back_up`.
            journal: Whether the journal was on another disk; without it is lost too.
        """
        await self.kill()
        directory = self._settings.journal_directory
        if not journal:
            shutil.rmtree(directory)
        await restore(self.data, backup, force=True, journal=directory)
        self.restores += 1
        await self.start()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def answer(self, asked: Asked, parts: Sequence[bytes], *, whole: bool) -> Answered:
        """Ask it something.

        Args:
            asked: Its body is given by `parts`.
            parts: What arrives of the body.
            whole: False when the client is gone after the last part.

        Raises:
            Gone: It is not up, went away before its first byte, or the client did.
        """
        if self._application is None:
            raise Gone
        call = _Call(parts, whole=whole)
        self._spawn(call.run(self._application.edge, asked))
        started = await call.next()
        if started is None:
            raise Gone
        return Answered(started["status"], list(started["headers"]), call.rest())


async def _release(journal: Journal) -> None:
    """What the end of its process leaves of a journal."""
    with contextlib.suppress(Exception):
        await journal.close()


class _Call:
    """One request inside the server."""

    def __init__(self, parts: Sequence[bytes], *, whole: bool) -> None:
        self._parts = list(parts) or [b""]
        self._whole = whole
        self._gone = asyncio.Event()
        self._messages: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    async def run(self, app: Any, asked: Asked) -> None:
        path, _, query = asked.target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": asked.method,
            "scheme": "http",
            "path": path,
            "raw_path": asked.target.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in asked.headers],
            "client": ("203.0.113.9", 4000),
            "server": ("clinic.example", 80),
        }
        try:
            await app(scope, self._receive, self._send)
        except Exception:  # noqa: BLE001  # the connection breaks; what failed is in the log
            pass
        finally:
            self._messages.put_nowait(None)

    async def _receive(self) -> dict[str, Any]:
        if self._parts:
            part = self._parts.pop(0)
            more = bool(self._parts) or not self._whole
            return {"type": "http.request", "body": part, "more_body": more}
        if self._whole:
            await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self._messages.put_nowait(message)

    async def next(self) -> dict[str, Any] | None:
        return await self._messages.get()

    async def rest(self) -> AsyncIterator[bytes]:
        try:
            while True:
                message = await self._messages.get()
                if message is None:
                    raise Gone
                yield message.get("body", b"")
                if not message.get("more_body", False):
                    return
        finally:
            self._gone.set()
