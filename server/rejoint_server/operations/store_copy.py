"""Copies of the SQLite store: made while a server writes, checked before they count.

A copy is one file without a WAL beside it. SQLite copies page by page inside one read transaction,
so the copy is the store as it was at one moment, and the writer is not held up. What is damaged is
found now, not on the day when the copy is needed.
"""

import contextlib
import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import apsw
import orjson

from rejoint_server.access.hints import NOTES
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.stores.journal import Position
from rejoint_sync.stores.sqlite_schema import require_readable, sync_directory

LAST_BACKUP_FILE: Final = "last-backup"
"""Empty; its time of change in the data directory is when the last backup was complete."""

_ORIGIN: Final = "backup"
_FAULTS_SHOWN: Final = 5
_FIGURES: Final = """
SELECT (SELECT incarnation FROM meta), (SELECT user_version FROM pragma_user_version),
  (SELECT count(*) FROM database),
  (SELECT count(*) FROM doc JOIN database ON database.num = doc.database WHERE doc.deleted = 0)
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a copy holds.

    Attributes:
        incarnation: Of the store in it.
        format: Its version.
        databases: How many.
        documents: How many are not deleted, in all databases.
    """

    incarnation: str
    format: int
    databases: int
    documents: int


def copy_into(source: apsw.Connection, target: Path) -> None:
    """Copy a store into a new file, which nobody but its owner may read.

    Raises:
        OSError: The file is there or cannot be made.
        StoreUnavailable: No room, or the source cannot be read.
    """
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with translated("copy the store"), contextlib.closing(apsw.Connection(str(target))) as copy:
        with copy.backup("main", source, "main") as work:
            work.step(-1)
        # A WAL would be a second file to keep together with the first.
        copy.pragma("journal_mode", "delete")


def require_whole(connection: apsw.Connection) -> None:
    """Check pages, indexes and constraints of a store. Raises `StoreUnavailable`."""
    with translated("check the store"):
        rows = connection.execute(f"PRAGMA integrity_check({_FAULTS_SHOWN})").fetchall()
    if rows != [("ok",)]:
        raise StoreUnavailable(f"the store is damaged: {str(rows[0][0])[:200]}")


def figures_of(connection: apsw.Connection) -> Figures:
    """Count what a store holds."""
    with translated("read the store"):
        row: Any = connection.execute(_FIGURES).get
    incarnation, version, databases, documents = row
    return Figures(incarnation, version, databases, documents)


@contextlib.contextmanager
def opened(file: Path) -> Generator[apsw.Connection]:
    """A copy, opened for reading only.

    Raises:
        StoreUnavailable: It is not there, is no store, or is of a newer format.
    """
    if not file.is_file():
        raise StoreUnavailable(f"there is no file {file}")
    with translated(f"read {file.name}"):
        connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
        with contextlib.closing(connection):
            require_readable(connection)
            yield connection


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a backup comes from.

    Attributes:
        made_s: Unix seconds before it was begun; 0 when it does not say so.
        journal: How far the journal had got; None when there was none.
    """

    made_s: int = 0
    journal: Position | None = None


def note_origin(connection: apsw.Connection, origin: Origin) -> None:
    """Write into a copy where it comes from; a store without the server's notes has no place."""
    position = origin.journal
    members: dict[str, object] = {"made_s": origin.made_s}
    if position is not None:
        members |= {"journal": position.journal, "number": position.number}
    with translated("complete the copy"):
        connection.execute(
            "INSERT OR REPLACE INTO local(database, id, rev, body)"
            " SELECT num, ?, 1, ? FROM database WHERE name = ?",
            (_ORIGIN, orjson.dumps(members), NOTES),
        ).fetchall()


def origin_of(connection: apsw.Connection) -> Origin:
    """What `note_origin` wrote."""
    with translated("read the backup"):
        body: Any = connection.execute(
            "SELECT body FROM local, database"
            " WHERE local.database = database.num AND name = ? AND id = ?",
            (NOTES, _ORIGIN),
        ).get
    if body is None:
        return Origin()
    members = orjson.loads(body)
    position = Position(members["journal"], members["number"]) if "journal" in members else None
    return Origin(members["made_s"], position)


def settle(file: Path) -> None:
    """Bring a file that is complete to the disk, then its name."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_directory(file.parent)


@contextlib.contextmanager
def translated(act: str) -> Generator[None]:
    """Let SQLite's errors leave as ours."""
    try:
        yield
    except apsw.Error as error:
        raise StoreUnavailable(f"cannot {act}: {error}") from error
