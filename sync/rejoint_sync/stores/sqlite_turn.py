"""What a job may do in the writer's turn: statements of one open transaction.

Everything here runs on the write connection between BEGIN and COMMIT and sees what earlier jobs of
the same turn did. A method raises `SyncError` only before it has changed anything, or after it has
taken everything back.
"""

# ruff: noqa: S608  # statements are put together from this file's own words, never from input

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import apsw

from rejoint_sync.document import Document
from rejoint_sync.errors import DatabaseExists, NotFound
from rejoint_sync.stores import Judge, Outcome
from rejoint_sync.stores.sqlite_graft import Grafting
from rejoint_sync.stores.sqlite_heads import Draft, Heads
from rejoint_sync.stores.sqlite_rows import select

SWEEP_ROWS: Final = 500
"""Rows removed in one turn when a database goes: other writers wait no longer than that takes."""


class Turn:
    """One transaction and the figures that become visible with it.

    Args:
        connection: The write connection, inside BEGIN.
        heads: What is on disk already.

    Attributes:
        drafts: The databases touched so far, by name; None for those removed.
    """

    def __init__(self, connection: apsw.Connection, heads: Heads) -> None:
        self._connection = connection
        self._heads = heads
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
            draft = Draft(self._connection.last_insert_rowid(), floor, is_new=True)
            self.drafts[database] = draft
            grafting = Grafting(self._connection, draft, documents, new_edits=False)
            for document in documents:
                grafting.put(document)
            grafting.flush()

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

    def sweep(self, num: int) -> bool:
        """Remove up to `SWEEP_ROWS` rows that a removed database left; True when none is left."""
        for table, key in (("doc", "seq"), ("leaf", "id"), ("local", "id")):
            self._connection.execute(
                f"DELETE FROM {table} WHERE database = ?1 AND {key} IN"
                f" (SELECT {key} FROM {table} WHERE database = ?1 LIMIT ?2)",
                (num, SWEEP_ROWS),
            )
            if self._connection.changes():
                return False
        self._connection.execute("DELETE FROM dropped WHERE num = ?", (num,))
        return True

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
        grafting = Grafting(
            self._connection, self._draft(database), documents, new_edits=new_edits, judge=judge
        )
        if whole:
            with self._all_or_nothing(database):
                outcomes = [grafting.put(document) for document in documents]
                grafting.flush()
            return outcomes
        outcomes = [grafting.offer(document) for document in documents]
        grafting.flush()
        return outcomes

    def local_put(self, database: str, local_id: str, body: bytes) -> int:
        """As the port's `local_put`."""
        [(count,)] = select(
            self._connection,
            "INSERT INTO local VALUES(?, ?, 1, ?) ON CONFLICT(database, id)"
            " DO UPDATE SET rev = rev + 1, body = excluded.body RETURNING rev",
            (self._draft(database).num, local_id, body),
        )
        return int(count)

    def local_delete(self, database: str, local_id: str) -> bool:
        """As the port's `local_delete`."""
        self._connection.execute(
            "DELETE FROM local WHERE database = ? AND id = ?",
            (self._draft(database).num, local_id),
        )
        return self._connection.changes() > 0

    def _draft(self, database: str) -> Draft:
        if database not in self.drafts:
            # Not touched in this turn, so the write connection sees only what is on disk.
            head = self._heads.find(self._connection, database)
            self.drafts[database] = Draft(head.num, head.seq)
        draft = self.drafts[database]
        if draft is None:
            raise NotFound("Database does not exist.")
        return draft

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
