"""The loop that pings devices: once a minute, on every server.

    lease the shards of this minute ─► rows that are due ─► each, at a moment of its own:
        claim (compare and swap: "it was sent") ─► send ─► maybe: to be brought again later

A claim is durable before anything is sent. So a server that ends in between loses the pings that
were claimed and not sent, at most one of a device and `AT_ONCE` in all, and nobody sends them
twice; what it had not claimed another server, or the same one started again, sends within
`GRACE_MIN`. Every ping, whatever its kind, goes this way, and waits in its minute for a moment that
dice decide: by time no kind is told from another.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

from rejoint_server.clock import Clock
from rejoint_server.reminders import Row, Rows, Sender
from rejoint_sync.errors import SyncError
from rejoint_sync.reminders import (
    DAY_MIN,
    FORGET_DAYS,
    Minute,
    Ping,
    claimed,
    due,
    is_silent,
    put_off,
)

AT_ONCE: Final = 64
"""Pings that are claimed and not sent yet, at most."""

PAGE: Final = 5000
"""Rows that are looked at in one go, about 10 MB."""

JITTER_S: Final = 30.0
"""Within so many seconds of its minute, at a moment drawn by dice, a ping goes out."""

STOP_S_MAX: Final = 5.0
"""How long an ending server waits for pings that it has claimed."""

Step = Callable[[Minute], Awaitable[None]]
Tell = Callable[[str], Awaitable[None]]


class Scheduler:
    """Pings what is due.

    Args:
        rows: Where schedules are kept.
        sender: Brings the pings.
        clock: The time.
        holder: Name of this server among those on the same rows.
        before: Done first in every minute: news are noted.
        silent: Told of a device that was not heard of for long.
        jitter_s: As `JITTER_S`; 0 for tests whose clock stands still.

    Attributes:
        failed: Rows, and whole minutes, that went wrong since the start.
    """

    def __init__(  # noqa: PLR0913  # its parts, each another's affair
        self,
        rows: Rows,
        sender: Sender,
        clock: Clock,
        *,
        holder: str,
        before: Step | None = None,
        silent: Tell | None = None,
        jitter_s: float = JITTER_S,
    ) -> None:
        self._rows = rows
        self._sender = sender
        self._clock = clock
        self._holder = holder
        self._before = before
        self._silent = silent
        self._jitter_s = jitter_s
        self._dice: random.Random = random.SystemRandom()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._stopping = asyncio.Event()
        self.failed = 0

    async def run(self) -> None:
        """Go on minute by minute until `stop`; a store that is away is asked again in the next."""
        while not self._stopping.is_set():
            try:
                await self.once(self._now())
            except Exception:  # noqa: BLE001  # whatever it was, the next minute has its own pings
                self.failed += 1
            await self._pause(60 - self._clock.now_s() % 60)

    async def stop(self, running: "asyncio.Task[None]") -> None:
        """End `run`: what is claimed is sent, nothing more is claimed.

        Args:
            running: The task of `run`.
        """
        self._stopping.set()
        await asyncio.wait([running], timeout=STOP_S_MAX)
        running.cancel()
        await asyncio.wait([running])

    async def once(self, minute: Minute) -> None:
        """Send what is due in a minute, or was due shortly before.

        Args:
            minute: This one.
        """
        if self._before is not None:
            await self._before(minute)
        shards = await self._rows.lease(minute, self._holder)
        jitter_s = self._jitter_s
        while shards and not self._stopping.is_set():
            rows = await self._rows.due(shards, minute, PAGE)
            self._dice.shuffle(rows)
            looked = await asyncio.gather(*(self._look(row, jitter_s) for row in rows))
            if len(rows) < PAGE or not any(looked):
                return
            # So many at a time are spread by their number.
            jitter_s = 0.0

    async def _look(self, row: Row, jitter_s: float) -> bool:
        """Look at one row at a moment of its own; whether it is over with it."""
        await self._pause(self._dice.uniform(0, jitter_s))
        async with self._room:
            if self._stopping.is_set():
                return False
            try:
                await self._serve(row)
            except SyncError:
                self.failed += 1
                return False
            except Exception:  # noqa: BLE001  # one row must not hold up the others, nor come each minute
                self.failed += 1
                await self._set_aside(row)
            return True

    async def _serve(self, row: Row) -> None:
        now = self._now()
        if now // DAY_MIN - row.marks.heard >= FORGET_DAYS:
            await self._rows.remove(row.device)
            return
        marks, sent = row.marks, row.sent
        ping = due(now, row.schedule, marks, sent)
        if ping is not None:
            marks, sent = claimed(ping, now, row.schedule, (marks, sent))
        is_told = bool(row.schedule.times) and is_silent(now, marks) and not marks.told
        if is_told:
            marks = marks.model_copy(update={"told": True})
        written = await self._rows.write(row.at(now, marks, sent))
        if written is None:
            return  # another server was faster, or the device changed something: it is due again
        if ping is not None:
            await self._send(written, ping, now)
        if is_told and self._silent is not None:
            await self._silent(row.device)

    async def _send(self, row: Row, ping: Ping, now: Minute) -> None:
        outcome = await self._sender.send(row.device, ping)
        if outcome.word == "later" and outcome.after_s > 0:
            sent = put_off(ping, now, outcome.after_s, row.sent)
            if sent != row.sent:
                # Where the device changed something meanwhile, that is the newer word.
                await self._rows.write(row.at(now, row.marks, sent))

    async def _set_aside(self, row: Row) -> None:
        """Look at a row that cannot be understood again tomorrow."""
        marks, sent, due_at = row.marks, row.sent, self._now() + DAY_MIN
        try:
            await self._rows.write(Row(row.device, row.schedule, marks, sent, due_at, row.rev))
        except SyncError:
            return

    async def _pause(self, seconds: float) -> None:
        """Wait, unless the server ends."""
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    def _now(self) -> Minute:
        return self._clock.now_s() // 60
