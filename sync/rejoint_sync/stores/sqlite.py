"""The Store port over one SQLite file, for exactly one process.

    write ─► Writer ─► Turn ─► Grafting        statements in the event loop, COMMIT in a thread
                └─► Heads                      what is on disk and may be shown
    read  ─► sqlite_read                       a second connection, in the event loop

WAL lets reads go on while a COMMIT waits for the disk. Everything here belongs to the event loop
that opened it.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self, TypeVar

import apsw

from rejoint_sync.attachment import Attachment
from rejoint_sync.document import Document
from rejoint_sync.errors import NotFound, StoreUnavailable
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Tree
from rejoint_sync.stores import (
    ChangesPage,
    ChangesQuery,
    DatabaseInfo,
    Judge,
    Leaf,
    LocalDocument,
    Outcome,
    Purged,
    Sight,
    Stored,
    Update,
)
from rejoint_sync.stores import sqlite_read as read
from rejoint_sync.stores.graft import check_revs_limit
from rejoint_sync.stores.sqlite_heads import Head, Heads
from rejoint_sync.stores.sqlite_paste import winners
from rejoint_sync.stores.sqlite_rows import select
from rejoint_sync.stores.sqlite_schema import connect, last_number, lock, prepare
from rejoint_sync.stores.sqlite_turn import Turn
from rejoint_sync.stores.sqlite_writer import Writer
from rejoint_sync.stores.updates import Updates

T = TypeVar("T")

_SHOW_ALL = Sight()
_WHOLE = slice(None)


class SqliteStore:
    """The Store port; made by `open`."""

    def __init__(  # noqa: PLR0913  # `open` alone calls this
        self,
        *,
        incarnation: str,
        reading: apsw.Connection,
        writing: apsw.Connection,
        lock_descriptor: int,
        history: bool,
        numbers: int,
    ) -> None:
        """Take over what `open` made; it alone calls this."""
        self._incarnation = incarnation
        self._reading = reading
        last = select(reading, "SELECT coalesce(max(num), 0) FROM database")[0][0]
        self._before = last
        self._updates = Updates(last)
        self._heads = Heads(self._updates, numbers)
        self._writer = Writer(writing, self._heads, history=history, numbers_to=numbers)
        self._lock = lock_descriptor
        self._closed = False

    @classmethod
    async def open(cls, directory: Path, *, vfs: str | None = None, history: bool = False) -> Self:
        """Open the store of a data directory; both are made when they are not there.

        Args:
            directory: Where the file and its lock lie. Nobody else may have it open.
            vfs: Name of a registered SQLite VFS, for tests that inject faults.
            history: Whether bodies of earlier revisions are kept until `compact` from now on.

        Raises:
            StoreInUse: Another process, or this one, has it open.
            StoreUnavailable: It cannot be read, or is of a newer format.
        """
        descriptor = lock(directory)
        connections: list[apsw.Connection] = []
        try:
            connections.append(connect(directory, writes=True, vfs=vfs))
            incarnation = prepare(connections[0])
            numbers = last_number(connections[0])
            if not history:
                # Circles replace next to nothing, and what they do is not to be found again.
                connections[0].pragma("secure_delete", 1)
            connections.append(connect(directory, writes=False, vfs=vfs))
        except BaseException:
            for connection in connections:
                connection.close()
            os.close(descriptor)
            raise
        writing, reading = connections
        store = cls(
            incarnation=incarnation,
            reading=reading,
            writing=writing,
            lock_descriptor=descriptor,
            history=history,
            numbers=numbers,
        )
        await store._finish_deletions()
        return store

    @property
    def incarnation(self) -> str:
        """As the port."""
        return self._incarnation

    @property
    def session(self) -> str:
        """As the port."""
        return self._updates.session

    @property
    def number(self) -> int:
        """As the port."""
        return self._heads.number

    async def behind(self, known: Mapping[str, int | None], number: int = 0) -> dict[str, int]:
        """As the port; what did not change is known without asking the file."""
        found: dict[str, int] = {}
        for name, at in known.items():
            try:
                head = self._head(name)
            except NotFound:
                continue
            if at is not None:
                if head.seq > at:
                    found[name] = at
            elif number == 0:
                found[name] = 0
            elif head.number > number:
                with self._snapshot():
                    found[name] = read.sequence_at(self._reading, head, number)
        return found

    async def create(self, database: str, documents: Sequence[Document] = ()) -> None:
        """As the port."""
        await self._writer.do(lambda turn: turn.create(database, documents))

    async def delete(self, database: str) -> None:
        """As the port; other writers get their turns while many rows are removed.

        What was removed is nowhere in the files when this returns.
        """
        num = await self._writer.do(lambda turn: turn.delete(database))
        await self._sweep(num)
        await self._finish_removal()
        await self._writer.scrub()

    async def databases(self) -> list[str]:
        """As the port."""
        with self._snapshot():
            rows = select(self._reading, "SELECT name FROM database ORDER BY name")
        return [name for (name,) in rows]

    async def info(self, database: str) -> DatabaseInfo:
        """As the port."""
        head = self._head(database)
        counts = head.counts
        if counts is None:
            with self._snapshot():
                counts = read.counts(self._reading, head.num)
            if not self._writer.is_busy:
                head.counts = counts
        return DatabaseInfo(
            name=database,
            documents=counts[0],
            deleted=counts[1],
            sequence=head.seq,
            purges=head.purges,
            revs_limit=head.revs_limit,
        )

    async def write(
        self,
        database: str,
        documents: Sequence[Document],
        *,
        new_edits: bool,
        judge: Judge | None = None,
        whole: bool = False,
    ) -> list[Outcome]:
        """As the port."""
        return await self._writer.do(
            lambda turn: turn.write(
                database, documents, new_edits=new_edits, judge=judge, whole=whole
            )
        )

    async def read(self, database: str, document_id: str) -> Stored | None:
        """As the port."""
        return read.document(self._reading, self._head(database).num, document_id)

    async def trees(self, database: str, document_ids: Sequence[str]) -> dict[str, Tree]:
        """As the port."""
        num = self._head(database).num
        with self._snapshot():
            return read.trees(self._reading, num, document_ids)

    async def earlier(
        self, database: str, document_id: str, revs: Sequence[str] | None = None
    ) -> dict[str, Leaf]:
        """As the port."""
        num = self._head(database).num
        with self._snapshot():
            return read.earlier(self._reading, num, document_id, revs)

    async def attachment(
        self,
        database: str,
        document_id: str,
        name: str,
        *,
        rev: str | None = None,
        part: slice = _WHOLE,
    ) -> tuple[Attachment, bytes] | None:
        """As the port; only the part wanted is read from the disk."""
        num = self._head(database).num
        with self._snapshot():
            found = read.attachment(self._reading, num, document_id, name, rev)
            return (found, read.blob(self._reading, num, found.blob, part)) if found else None

    async def read_many(self, database: str, document_ids: Sequence[str]) -> dict[str, Stored]:
        """As the port."""
        num = self._head(database).num
        names = read.names_of(document_ids)
        with self._snapshot():
            found = read.documents(self._reading, num, read.MANY, (names,))
            return {stored.id: stored for stored in found}

    async def pasted(
        self, database: str, names: Sequence[str], asked: str, *, revs: bool
    ) -> bytes | None:
        """Rows of `_bulk_get` with nothing unusual about them, in the order of asking.

        Args:
            database: Its name.
            names: Of documents.
            asked: Their revisions, with a space between any two.
            revs: With `_revisions`.

        Returns:
            None when one of them is no winner by this revision, or has attachments.
        """
        num = self._head(database).num
        with self._snapshot():
            return winners(self._reading, num, names, asked, revs=revs)

    async def range(  # noqa: PLR0913  # one call, one question
        self,
        database: str,
        start: str,
        end: str,
        *,
        limit: int,
        sight: Sight = _SHOW_ALL,
        descending: bool = False,
    ) -> list[Stored]:
        """As the port."""
        num = self._head(database).num
        sql, seen = read.range_of(sight, descending=descending)
        with self._snapshot():
            return list(read.documents(self._reading, num, sql, (start, end, limit, *seen)))

    async def changes(self, database: str, query: ChangesQuery) -> ChangesPage:
        """As the port."""
        head = self._head(database)
        if query.since >= head.seq and not query.descending:
            return ChangesPage(b"", 0, head.seq, 0)  # nothing new: no need to ask the file
        with self._snapshot():
            return read.changes(self._reading, head, query, self._incarnation)

    async def wait(self, database: str, since: int, timeout_s: float) -> bool:
        """As the port."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        while (head := self._head(database)).seq <= since:
            if not await head.waiters.sleep(end_s - loop.time()):
                return False
            if self._closed:
                return False
        return True

    async def local_get(self, database: str, local_id: str) -> tuple[int, bytes] | None:
        """As the port."""
        num = self._head(database).num
        with self._snapshot():
            rows = select(
                self._reading,
                "SELECT rev, body FROM local WHERE database = ? AND id = ?",
                (num, local_id),
            )
        return (rows[0][0], rows[0][1]) if rows else None

    async def local_range(
        self, database: str, start: str, end: str, *, limit: int
    ) -> list[LocalDocument]:
        """As the port."""
        num = self._head(database).num
        with self._snapshot():
            rows = select(
                self._reading,
                "SELECT id, rev, body FROM local WHERE database = ? AND id >= ? AND id < ?"
                " ORDER BY id LIMIT ?",
                (num, start, end, limit),
            )
        return [LocalDocument(*row) for row in rows]

    async def local_put(
        self, database: str, local_id: str, body: bytes, *, after: int | None = None
    ) -> int:
        """As the port."""
        return await self._writer.do(lambda turn: turn.local_put(database, local_id, body, after))

    async def local_delete(self, database: str, local_id: str) -> bool:
        """As the port."""
        return await self._writer.do(lambda turn: turn.local_delete(database, local_id))

    async def purge(self, database: str, revs: Mapping[str, Sequence[str]]) -> Purged:
        """As the port; what was purged is nowhere in the files when this returns."""
        self._check_open()
        asked = {name: [Revision.parse(rev) for rev in listed] for name, listed in revs.items()}
        purged = await self._writer.do(lambda turn: turn.purge(database, asked))
        await self._finish_removal()
        return purged

    async def compact(self, database: str) -> None:
        """As the port; other writers get their turns while many bodies are dropped."""
        while not await self._writer.do(lambda turn: turn.compact(database)):
            pass
        await self._finish_removal()

    async def set_revs_limit(self, database: str, limit: int) -> None:
        """As the port."""
        checked = check_revs_limit(limit)
        await self._writer.do(lambda turn: turn.set_revs_limit(database, checked))

    async def security(self, database: str) -> bytes | None:
        """As the port."""
        num = self._head(database).num
        with self._snapshot():
            rows = select(self._reading, "SELECT security FROM database WHERE num = ?", (num,))
        body: bytes | None = rows[0][0]
        return body

    async def set_security(self, database: str, body: bytes) -> None:
        """As the port."""
        await self._writer.do(lambda turn: turn.set_security(database, body))

    async def updates(self, since: int, *, limit: int) -> tuple[list[Update], int]:
        """As the port."""
        with self._snapshot():
            before = read.databases_before(self._reading, since, self._before)
            found = self._updates.after(since, before=before, limit=limit)
            before.close()
        return found, self._updates.number

    async def wait_any(self, since: int, timeout_s: float) -> bool:
        """As the port."""
        self._check_open()
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        while self._updates.number <= since:
            if not await self._updates.waiters.sleep(end_s - loop.time()) or self._closed:
                return False
        return True

    async def turn(self, work: Callable[[Turn], T]) -> T:
        """Run a job on tables beside the databases; what it returns, when it is on disk.

        Args:
            work: Raises nothing of its own, and may be run twice.
        """
        return await self._writer.do(work)

    def select(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of a question to tables beside the databases, as they are on disk."""
        with self._snapshot():
            return select(self._reading, sql, parameters)

    async def close(self) -> None:
        """As the port."""
        if self._closed:
            return
        self._closed = True
        self._heads.wake_all()
        self._reading.close()
        await self._writer.close()
        os.close(self._lock)

    def _head(self, database: str) -> Head:
        self._check_open()
        known = self._heads.known(database)
        if known is not None:
            return known
        with self._snapshot():
            return self._heads.find(self._reading, database)

    def _snapshot(self) -> AbstractContextManager[None]:
        self._check_open()
        return read.snapshot(self._reading)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")

    async def _sweep(self, num: int) -> None:
        while not await self._writer.do(lambda turn: turn.sweep(num)):
            pass

    async def _finish_removal(self) -> None:
        while not await self._writer.do(lambda turn: turn.finish_removal()):
            pass

    async def _finish_deletions(self) -> None:
        """Go on where a deletion was interrupted."""
        with self._snapshot():
            rows = select(self._reading, "SELECT num FROM dropped")
            loose = select(self._reading, "SELECT 1 FROM loose LIMIT 1")
        for (num,) in rows:
            await self._sweep(num)
        if loose:
            await self._finish_removal()
