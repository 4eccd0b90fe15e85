"""What removes things for good: purge, compaction, and sweeping up behind them.

Each step is bounded, so that other writers get their turns in between, and what it removes is
overwritten with zeros in the file.
"""

# ruff: noqa: S608  # statements are put together from this file's own words, never from input

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final

import apsw

from rejoint_sync.revision import Revision
from rejoint_sync.revtree import without
from rejoint_sync.stores.sqlite_bodies import Bodies
from rejoint_sync.stores.sqlite_heads import Draft
from rejoint_sync.stores.sqlite_rows import TREE_COLUMNS, select, tree_of

SWEEP_ROWS: Final = 500
"""Rows removed in one turn when a database goes: other writers wait no longer than that takes."""

SWEEP_BLOBS: Final = 16
"""Attachments whose bytes are removed in one turn: at most 128 MiB to be overwritten."""

_TABLES: Final = (
    ("doc", "seq", SWEEP_ROWS),
    ("leaf", "id", SWEEP_ROWS),
    ("old", "id", SWEEP_ROWS),
    ("local", "id", SWEEP_ROWS),
    ("holder", "hash", SWEEP_ROWS),
    ("loose", "hash", SWEEP_ROWS),
    ("blob", "hash", SWEEP_BLOBS),
)


@contextmanager
def overwriting(connection: apsw.Connection) -> Generator[None]:
    """Whatever is removed in the block is overwritten."""
    before = connection.pragma("secure_delete")
    connection.pragma("secure_delete", 1)
    try:
        yield
    finally:
        connection.pragma("secure_delete", before)


def sweep_database(connection: apsw.Connection, num: int) -> bool:
    """Remove some of the rows that a removed database left; True when none is left."""
    for table, key, most in _TABLES:
        connection.execute(
            f"DELETE FROM {table} WHERE database = ?1 AND {key} IN"
            f" (SELECT {key} FROM {table} WHERE database = ?1 LIMIT ?2)",
            (num, most),
        )
        if connection.changes():
            return False
    connection.execute("DELETE FROM dropped WHERE num = ?", (num,))
    return True


def sweep_blobs(connection: apsw.Connection) -> bool:
    """Remove bytes that nobody has any more, of `SWEEP_BLOBS` at most; True when none are left."""
    rows = select(connection, "SELECT database, hash FROM loose LIMIT ?", (SWEEP_BLOBS,))
    for key in rows:
        connection.execute(
            "DELETE FROM blob WHERE database = ?1 AND hash = ?2 AND NOT EXISTS"
            " (SELECT 1 FROM holder WHERE database = ?1 AND hash = ?2)",
            key,
        )
        connection.execute("DELETE FROM loose WHERE database = ? AND hash = ?", key)
    return len(rows) < SWEEP_BLOBS


def drop_history(connection: apsw.Connection, num: int, bodies: Bodies) -> bool:
    """Drop up to `SWEEP_ROWS` bodies of earlier revisions; True when none is left."""
    rows = select(
        connection,
        "SELECT id, generation, rev, attachments FROM old WHERE database = ? LIMIT ?",
        (num, SWEEP_ROWS),
    )
    for name, generation, rev, column in rows:
        connection.execute(
            "DELETE FROM old WHERE database = ? AND id = ? AND generation = ? AND rev = ?",
            (num, name, generation, rev),
        )
        bodies.release(name, rev, column)
    return len(rows) < SWEEP_ROWS


class Purging:
    """One call of `purge`.

    Args:
        connection: The write connection, inside a transaction.
        draft: The database.
        bodies: Of that database.
    """

    def __init__(self, connection: apsw.Connection, draft: Draft, bodies: Bodies) -> None:
        self._connection = connection
        self._draft = draft
        self._bodies = bodies

    def purge(self, document_id: str, revs: Sequence[Revision]) -> list[str]:
        """Remove the leaves among `revs`; which they were."""
        self._draft.purges += 1
        rows = select(
            self._connection,
            f"SELECT {TREE_COLUMNS} FROM doc INDEXED BY doc_id WHERE database = ? AND id = ?",
            (self._draft.num, document_id),
        )
        before = tree_of(rows[0]) if rows else ()
        after = without(before, set(revs))
        if len(after) == len(before):
            return []
        self._draft.next += 1
        self._draft.count(before, -1)
        self._draft.count(after, +1)
        if after:
            self._bodies.move(document_id, self._draft.next, before, after, new=None)
            self._bodies.forget_earlier(document_id, after)
        else:
            self._bodies.remove(document_id, before)
        gone = {leaf.rev for leaf in before} - {leaf.rev for leaf in after}
        return [str(rev) for rev in dict.fromkeys(revs) if rev in gone]
