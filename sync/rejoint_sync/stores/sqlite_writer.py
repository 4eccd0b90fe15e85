"""The one writer of the SQLite store, with group commit.

Jobs join a list. The first one schedules a turn; the turn takes all that have come, runs their
statements in the event loop and commits once, in a thread, because COMMIT is where the disk is
waited for. Jobs that arrive meanwhile form the next turn. There is no timer: one client alone pays
nothing for it, and sixty share one fsync.

Nothing touches the write connection while a COMMIT runs: statements run only inside a turn, and
turns follow one another. A turn that fails is rolled back and its jobs are run again, each in a
turn of its own, so a bad job cannot fail its neighbours. A job may therefore run twice.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import apsw

from rejoint_sync.errors import StoreFull, StoreUnavailable, SyncError
from rejoint_sync.limits import SEQUENCE_MAX
from rejoint_sync.stores.sqlite_heads import Heads
from rejoint_sync.stores.sqlite_schema import set_numbers_aside
from rejoint_sync.stores.sqlite_scrub import scrub
from rejoint_sync.stores.sqlite_turn import Turn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Turn], Any]
    answer: asyncio.Future[Any]

    def settle(self, result: Any) -> None:
        """Answer, unless whoever asked has gone."""
        if self.answer.done():
            return
        if isinstance(result, BaseException):
            self.answer.set_exception(result)
        else:
            self.answer.set_result(result)


class Writer:
    """Runs jobs on the write connection; belongs to one event loop.

    Args:
        connection: Nobody else may use it.
        heads: Where a turn is published after its COMMIT.
        history: Whether bodies of earlier revisions are kept.
        numbers_to: Last of the numbers that were set aside.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        heads: Heads,
        *,
        history: bool = False,
        numbers_to: int = SEQUENCE_MAX,
    ) -> None:
        self._numbers_to = numbers_to
        self._connection = connection
        self._heads = heads
        self._history = history
        self._has_loose = False
        self._jobs: list[_Job] = []
        self._running: asyncio.Task[None] | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="rejoint-commit")
        self._closed = False
        self._scrubs: list[asyncio.Future[None]] = []
        self._scrubbed_for = 0
        self._file: int | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a turn is on its way to the disk: readers may see it before its figures."""
        return self._running is not None

    async def do(self, work: Callable[[Turn], T]) -> T:
        """Run a job and return what it returns, after it is on disk.

        Args:
            work: Raises `SyncError` only when it has left no trace. It may be run twice.

        Raises:
            StoreUnavailable: The disk refused, or the store is closed; nothing was done.
        """
        if self._closed:
            raise StoreUnavailable("the store is closed")
        loop = asyncio.get_running_loop()
        job = _Job(work, loop.create_future())
        self._jobs.append(job)
        if self._running is None:
            self._running = loop.create_task(self._run())
        answer: T = await job.answer
        return answer

    async def scrub(self) -> None:
        """Overwrite what removed rows left in the file; other writers get turns in between.

        A reader that keeps the WAL from being emptied for long ends it; a later one does it then.
        """
        if self._closed:
            raise StoreUnavailable("the store is closed")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._scrubs.append(done)
        if self._running is None:
            self._running = loop.create_task(self._run())
        await done

    async def close(self) -> None:
        """Finish what is queued, then close the connection."""
        self._closed = True
        if self._running is not None:
            await asyncio.wait([self._running])
        self._executor.shutdown()
        self._connection.close()
        if self._file is not None:
            os.close(self._file)

    async def _run(self) -> None:
        try:
            page = 1
            while self._jobs or self._scrubs or (self._has_loose and not self._closed):
                if self._scrubs:
                    page = await self._scrub(page)
                if not self._jobs and not self._has_loose:
                    continue
                jobs, self._jobs = self._jobs, []
                if self._has_loose:
                    self._has_loose = False
                    jobs.append(self._sweep())
                await self._turn(jobs)
        finally:
            self._running = None

    def _sweep(self) -> _Job:
        """A job that nobody waits for: remove bytes that lost their last holder.

        When it fails, the next write that takes a holder away brings another, or the next opening.
        """
        answer = asyncio.get_running_loop().create_future()
        answer.add_done_callback(asyncio.Future.exception)
        return _Job(lambda turn: turn.sweep_blobs(), answer)

    async def _turn(self, jobs: list[_Job]) -> None:
        try:
            number = self._heads.number + 1
            turn = Turn(self._connection, self._heads, history=self._history, number=number)
            results, numbers_to = self._statements(turn, jobs, number)
            await self._commit()
            self._numbers_to = numbers_to
        except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to one of the jobs
            self._roll_back()
            if len(jobs) == 1:
                jobs[0].settle(_translated(error))
            else:
                for job in jobs:
                    await self._turn([job])
            return
        self._heads.publish(turn.drafts)
        self._has_loose |= turn.has_loose
        if turn.wants_checkpoint:
            await self._checkpoint()
        for job, result in zip(jobs, results, strict=True):
            job.settle(result)

    def _statements(self, turn: Turn, jobs: list[_Job], number: int) -> tuple[list[Any], int]:
        self._connection.execute("BEGIN IMMEDIATE")
        numbers_to = self._numbers_to
        if number > numbers_to:
            numbers_to = set_numbers_aside(self._connection)
        results: list[Any] = []
        for job in jobs:
            try:
                results.append(job.work(turn))
            except SyncError as refusal:
                results.append(refusal)
        return results, numbers_to

    async def _commit(self) -> None:
        def commit() -> None:
            self._connection.execute("COMMIT")

        await asyncio.get_running_loop().run_in_executor(self._executor, commit)

    async def _checkpoint(self) -> None:
        """Bring all of the WAL into the file and cut it.

        Someone who reads may keep it from being cut; then a later one does it.
        """

        def checkpoint() -> None:
            with contextlib.suppress(apsw.Error):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

        await asyncio.get_running_loop().run_in_executor(self._executor, checkpoint)

    async def _scrub(self, page: int) -> int:
        """Go over some pages; the page to go on with, 1 when whoever asked is answered."""

        def some() -> int:
            [(busy, _, _)] = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if busy:
                return 0
            # What is kept of a page must not bring back what is overwritten now.
            self._connection.release_memory()
            if self._file is None:
                name = self._connection.db_filename("main")
                self._file = os.open(name, os.O_RDWR | os.O_CLOEXEC)
            return scrub(self._file, page, int(self._connection.pragma("page_size")))

        if page == 1:
            self._scrubbed_for = len(self._scrubs)
        following = 0
        if not self._closed:
            with contextlib.suppress(apsw.Error, OSError):
                following = await asyncio.get_running_loop().run_in_executor(self._executor, some)
        if following:
            return following
        # Who came while it was under way waits for the next time.
        answered = self._scrubs[: self._scrubbed_for]
        del self._scrubs[: self._scrubbed_for]
        for done in answered:
            if not done.done():
                done.set_result(None)
        return 1

    def _roll_back(self) -> None:
        # A full disk has rolled back by itself already.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _translated(error: Exception) -> Exception:
    if _is_full(error):
        full = StoreFull("There is no room left for writes; reading works.")
        full.__cause__ = error
        return full
    if isinstance(error, apsw.Error):
        unavailable = StoreUnavailable(f"the store could not write: {error}")
        unavailable.__cause__ = error
        return unavailable
    return error


def _is_full(error: Exception) -> bool:
    """Whether the disk had no room, for the WAL or for the index of the WAL."""
    if isinstance(error, apsw.IOError):
        return getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE
    return isinstance(error, apsw.FullError)
