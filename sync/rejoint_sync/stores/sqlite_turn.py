"""What a job may do in the writer's turn: statements of one open transaction.

Everything here runs on the write connection between BEGIN and COMMIT and sees what earlier jobs of
the same turn did. A method raises `SyncError` only before it has changed anything, or after it has
taken everything back.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import apsw

from rejoint_sync.document import Document
from rejoint_sync.errors import DatabaseExists, NotFound
from rejoint_sync.revision import Revision
from rejoint_sync.stores import Judge, Outcome, Purged
from rejoint_sync.stores.sqlite_bodies import Bodies
from rejoint_sync.stores.sqlite_graft import Grafting
from rejoint_sync.stores.sqlite_heads import Draft, Heads
from rejoint_sync.stores.sqlite_purge import (
    Purging,
    drop_history,
    overwriting,
    sweep_blobs,
    sweep_database,
)
from rejoint_sync.stores.sqlite_rows import select


class Turn:
    """One transaction and the figures that become visible with it.

    Args:
        connection: The write connection, inside BEGIN.
        heads: What is on disk already.
        history: Whether bodies of earlier revisions are kept.
        number: What its changes have, counted over all databases.

    Attributes:
        has_loose: Whether `sweep_blobs` has something to do.
        wants_checkpoint: Whether the WAL must not keep what this turn removed.
        drafts: The databases touched so far, by name; None for those removed.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        heads: Heads,
        *,
        history: bool = False,
        number: int = 0,
    ) -> None:
        self._number = number
        self._connection = connection
        self._heads = heads
        self._history = history
        self.has_loose = False
        self.wants_checkpoint = False
        self.drafts: dict[str, Draft | None] = {}

    def create(self, database: str, documents: Sequence[Document]) -> None:
        """As the port's `create`."""
        try:
            self._draft(database)
        except NotFound:
            pass
        else:
            raise DatabaseExists("The database could not be created, the file already exists.")
        with self._all_or_nothing(database):
            [(floor,)] = select(
                self._connection,
                "SELECT coalesce((SELECT seq FROM gone WHERE name = ?), 0)",
                (database,),
            )
            self._connection.execute(
                "INSERT INTO database(name, floor) VALUES(?, ?)", (database, floor)
            )
            draft = Draft(
                self._connection.last_insert_rowid(), floor, number=self._number, is_new=True
            )
            self.drafts[database] = draft
            bodies = self._bodies(draft)
            grafting = Grafting(bodies, draft, documents, new_edits=False)
            for document in documents:
                grafting.put(document)
            grafting.flush()
            self.has_loose |= bodies.has_loose
            draft.event = "created"

    def delete(self, database: str) -> int:
        """Take the name away and mark the rows for `sweep`.

        Returns:
            What to give `sweep`.
        """
        draft = self._draft(database)
        execute = self._connection.execute
        execute("INSERT OR REPLACE INTO gone VALUES(?, ?)", (database, draft.next))
        execute("DELETE FROM database WHERE num = ?", (draft.num,))
        execute("INSERT INTO dropped VALUES(?)", (draft.num,))
        self.drafts[database] = None
        return draft.num

    def write(
        self,
        database: str,
        documents: Sequence[Document],
        *,
        new_edits: bool,
        judge: Judge | None,
        whole: bool,
    ) -> list[Outcome]:
        """As the port's `write`."""
        draft = self._draft(database)
        before = draft.next
        bodies = self._bodies(draft)
        grafting = Grafting(bodies, draft, documents, new_edits=new_edits, judge=judge)
        if whole:
            with self._all_or_nothing(database):
                outcomes = [grafting.put(document) for document in documents]
                grafting.flush()
        else:
            outcomes = [grafting.offer(document) for document in documents]
            grafting.flush()
        self.has_loose |= bodies.has_loose
        if draft.next != before:
            draft.event = "updated"
        return outcomes

    def purge(self, database: str, revs: Mapping[str, Sequence[Revision]]) -> Purged:
        """As the port's `purge`; the bytes of attachments are left to `sweep_blobs`."""
        draft = self._draft(database)
        before = draft.next
        bodies = self._bodies(draft)
        with overwriting(self._connection):
            purging = Purging(self._connection, draft, bodies)
            gone = {name: purging.purge(name, listed) for name, listed in revs.items()}
        self.has_loose |= bodies.has_loose
        self._connection.execute(
            "UPDATE database SET purges = ?, floor = ? WHERE num = ?",
            (draft.purges, draft.next, draft.num),
        )
        if draft.next != before:
            draft.event = "updated"
        return Purged(draft.purges, gone)

    def compact(self, database: str) -> bool:
        """Drop up to `SWEEP_ROWS` bodies of earlier revisions; True when none is left."""
        draft = self._draft(database)
        bodies = self._bodies(draft)
        with overwriting(self._connection):
            is_done = drop_history(self._connection, draft.num, bodies)
        self.has_loose |= bodies.has_loose
        return is_done

    def sweep(self, num: int) -> bool:
        """Remove some rows that a removed database left; True when none is left."""
        with overwriting(self._connection):
            return sweep_database(self._connection, num)

    def sweep_blobs(self) -> bool:
        """Remove some of the bytes that nobody has any more; True when none are left."""
        with overwriting(self._connection):
            is_done = sweep_blobs(self._connection)
        self.has_loose |= not is_done
        return is_done

    def finish_removal(self) -> bool:
        """As `sweep_blobs`; with the last of them the WAL is emptied."""
        self.wants_checkpoint = self.sweep_blobs()
        return self.wants_checkpoint

    def set_revs_limit(self, database: str, limit: int) -> None:
        """As the port's `set_revs_limit`."""
        draft = self._draft(database)
        draft.revs_limit = limit
        self._connection.execute(
            "UPDATE database SET revs_limit = ? WHERE num = ?", (limit, draft.num)
        )

    def set_security(self, database: str, body: bytes) -> None:
        """As the port's `set_security`."""
        self._connection.execute(
            "UPDATE database SET security = ? WHERE num = ?", (body, self._draft(database).num)
        )

    def local_put(self, database: str, local_id: str, body: bytes, after: int | None) -> int:
        """As the port's `local_put`."""
        [(count,)] = select(
            self._connection,
            "INSERT INTO local VALUES(?1, ?2, coalesce(?4, 0) + 1, ?3) ON CONFLICT(database, id)"
            " DO UPDATE SET rev = coalesce(?4, rev) + 1, body = excluded.body RETURNING rev",
            (self._draft(database).num, local_id, body, after),
        )
        return int(count)

    def local_delete(self, database: str, local_id: str) -> bool:
        """As the port's `local_delete`."""
        self._connection.execute(
            "DELETE FROM local WHERE database = ? AND id = ?",
            (self._draft(database).num, local_id),
        )
        return self._connection.changes() > 0

    def select(self, sql: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """Run a statement on a table beside the databases; its rows."""
        return select(self._connection, sql, parameters)

    def _draft(self, database: str) -> Draft:
        if database not in self.drafts:
            # Not touched in this turn, so the write connection sees only what is on disk.
            head = self._heads.find(self._connection, database)
            self.drafts[database] = Draft(
                head.num, head.seq, head.revs_limit, head.purges, self._number
            )
        draft = self.drafts[database]
        if draft is None:
            raise NotFound("Database does not exist.")
        return draft

    def _bodies(self, draft: Draft) -> Bodies:
        return Bodies(self._connection, draft.num, history=self._history, number=draft.number)

    @contextmanager
    def _all_or_nothing(self, database: str) -> Generator[None]:
        """Take back both rows and figures when the block raises."""
        had = database in self.drafts
        draft = self.drafts.get(database)
        before = replace(draft) if draft else None
        try:
            with self._connection:  # a savepoint
                yield
        except BaseException:
            if had:
                self.drafts[database] = before
            else:
                self.drafts.pop(database, None)
            raise
