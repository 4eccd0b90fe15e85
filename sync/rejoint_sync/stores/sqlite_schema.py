"""The file of the SQLite store: its lock, its tables, its version.

`reminder` has nothing to do with the databases: who is pinged when, see `rejoint_server.reminders`.

`seq` numbers the changes of one database and is the row's place in it, so a feed lies together on
disk. One row per document holds the winner whole; bodies of losing leaves lie apart in `leaf`,
those of earlier revisions, where history is kept, in `old`. A column `attachments` is what
sqlite_rows.py makes of them; their bytes are in `blob`, once, and `holder` says which revisions
have them. What has lost a holder is `loose` until somebody looked whether it has another.
Bodies are JSON text stored as bytes and pasted into answers as they are. `database.num` is never
reused, and `gone` keeps where a removed database's numbers ended.

`doc.number` counts the turns of the writer over all databases; within one feed it never falls. The
numbers up to `meta.numbers` are set aside: they are given out without being written down, and who
opens the file begins after them.

`synchronous=FULL` makes COMMIT wait for the disk: nothing is answered before.
"""

import errno
import fcntl
import os
import secrets
from pathlib import Path
from typing import Final

import apsw

from rejoint_sync.errors import StoreInUse, StoreUnavailable

STORE_FILE: Final = "rejoint.sqlite3"
LOCK_FILE: Final = "lock"

FORMAT: Final = 4
"""`PRAGMA user_version` of the files written by this code.

An older one is brought up to it when it is opened, in one transaction; a newer one is refused.
"""

RESTORING_FILE: Final = "rejoint.sqlite3.restoring"
"""A store that a restore was about to put in its place; while it is there nothing is opened."""

NUMBERS_AT_ONCE: Final = 1_000_000
"""How many numbers are set aside at once; those that a process leaves over are never given out."""

_APPLICATION_ID: Final = int.from_bytes(b"Rjnt")
_INCARNATION_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_BUSY_MS: Final = 10_000

_PRAGMAS: Final = """
PRAGMA synchronous=FULL;
PRAGMA mmap_size=268435456;
PRAGMA cache_size=-65536;
PRAGMA wal_autocheckpoint=4000;
"""

_TABLES_1: Final = """
CREATE TABLE meta(incarnation TEXT NOT NULL);
CREATE TABLE database(
  num INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  floor INTEGER NOT NULL            -- numbers of its changes are greater than this
);
CREATE TABLE gone(name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE dropped(num INTEGER PRIMARY KEY);  -- removed databases whose rows are not all swept
CREATE TABLE doc(
  database INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  rev TEXT NOT NULL,                -- the winner
  older TEXT NOT NULL,              -- its ancestors, newest first, to paste: ',"b","a"'
  deleted INTEGER NOT NULL,
  others TEXT,                      -- losing leaves by rank: [[rev, older, deleted], …]
  tail BLOB NOT NULL,               -- the winner's body to paste: ',"h":"…"}' or '}'
  PRIMARY KEY(database, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX doc_id ON doc(database, id);
CREATE TABLE leaf(
  database INTEGER NOT NULL,
  id TEXT NOT NULL,
  rev TEXT NOT NULL,
  tail BLOB NOT NULL,
  PRIMARY KEY(database, id, rev)
) WITHOUT ROWID;
CREATE TABLE local(
  database INTEGER NOT NULL,
  id TEXT NOT NULL,
  rev INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY(database, id)
) WITHOUT ROWID;
"""

_FROM_1_TO_2: Final = """
ALTER TABLE database ADD COLUMN revs_limit INTEGER NOT NULL DEFAULT 1000;
ALTER TABLE database ADD COLUMN purges INTEGER NOT NULL DEFAULT 0;
ALTER TABLE database ADD COLUMN security BLOB;
ALTER TABLE doc ADD COLUMN attachments TEXT;
ALTER TABLE leaf ADD COLUMN attachments TEXT;
CREATE INDEX doc_deleted ON doc(database) WHERE deleted;
CREATE TABLE old(
  database INTEGER NOT NULL,
  id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  rev TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  tail BLOB NOT NULL,
  attachments TEXT,
  PRIMARY KEY(database, id, generation, rev)
) WITHOUT ROWID;
CREATE TABLE blob(
  num INTEGER PRIMARY KEY,
  database INTEGER NOT NULL,
  hash TEXT NOT NULL,               -- SHA-256 of `bytes`, hexadecimal
  bytes BLOB NOT NULL
);
CREATE UNIQUE INDEX blob_hash ON blob(database, hash);
CREATE TABLE holder(
  database INTEGER NOT NULL,
  hash TEXT NOT NULL,
  id TEXT NOT NULL,
  rev TEXT NOT NULL,
  PRIMARY KEY(database, hash, id, rev)
) WITHOUT ROWID;
CREATE TABLE loose(
  database INTEGER NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY(database, hash)
) WITHOUT ROWID;
"""

_FROM_2_TO_3: Final = """
ALTER TABLE meta ADD COLUMN numbers INTEGER NOT NULL DEFAULT 1;
ALTER TABLE doc ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
"""

_FROM_3_TO_4: Final = """
CREATE TABLE reminder(
  device TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  due INTEGER NOT NULL,             -- the minute at which to look at it, counted from 1970
  silent INTEGER NOT NULL,
  body BLOB NOT NULL                -- JSON: schedule, marks, what was sent
) WITHOUT ROWID;
CREATE INDEX reminder_due ON reminder(due, shard, silent);
"""

_STEPS: Final = (_TABLES_1, _FROM_1_TO_2, _FROM_2_TO_3, _FROM_3_TO_4)
"""`_STEPS[n]` makes format n + 1 of format n; of format 0, an empty file, the first."""


def lock(directory: Path) -> int:
    """Take the data directory for this process.

    Args:
        directory: Made, readable by its owner only, when it is not there.

    Returns:
        A descriptor; closing it, or the end of the process however it comes, lets go.

    Raises:
        StoreInUse: Someone has it, be it this process.
        StoreUnavailable: It cannot be made or written.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(f"cannot use the data directory: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise StoreUnavailable(f"cannot lock the data directory: {error.strerror}") from error
        raise StoreInUse(f"the data directory is in use by process {holder}") from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def connect(directory: Path, *, writes: bool, vfs: str | None = None) -> apsw.Connection:
    """A connection to the store's file, which is made when it is not there.

    Args:
        directory: The data directory, locked by this process.
        writes: Whether it may change anything.
        vfs: Name of a registered SQLite VFS, for tests that inject faults; None for the usual.

    Raises:
        StoreUnavailable: The file cannot be opened, or is not one of ours.
    """
    if (directory / RESTORING_FILE).exists():
        raise StoreUnavailable("a restore into this directory did not end: run it again")
    path = directory / STORE_FILE
    try:
        is_new = not path.exists()
        if is_new:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = apsw.Connection(str(path), vfs=vfs)
        connection.set_busy_timeout(_BUSY_MS)
        if connection.pragma("journal_mode", "wal") != "wal":
            raise StoreUnavailable("the data directory's file system cannot hold a shared WAL")
        if is_new:
            sync_directory(directory)
        connection.execute(_PRAGMAS).fetchall()
        if not writes:
            connection.pragma("query_only", 1)
    except (apsw.Error, OSError) as error:
        raise StoreUnavailable(f"cannot open the store: {error}") from error
    return connection


def prepare(connection: apsw.Connection) -> str:
    """Make the tables of a new file, or check an old one and bring it up to `FORMAT`.

    Returns:
        The incarnation.

    Raises:
        StoreUnavailable: The file is another program's, or of a newer format, or it cannot be
            written; then it stays as it was.
    """
    try:
        return _prepare(connection)
    except apsw.Error as error:
        raise StoreUnavailable(f"cannot prepare the store: {error}") from error


def _prepare(connection: apsw.Connection) -> str:
    with connection:  # a transaction
        application = connection.pragma("application_id")
        version = connection.pragma("user_version")
        is_new = connection.execute("SELECT count(*) FROM sqlite_schema").get == 0
        if is_new and application in (0, _APPLICATION_ID):
            version = 0
        elif application != _APPLICATION_ID:
            raise StoreUnavailable(f"{STORE_FILE} is not a Rejoint store")
        if version > FORMAT or (version == 0 and not is_new):
            raise StoreUnavailable(
                f"{STORE_FILE} has format {version}, this version of Rejoint reads {FORMAT}"
            )
        for step in _STEPS[version:]:
            connection.execute(step).fetchall()
        if is_new:
            connection.execute("INSERT INTO meta(incarnation) VALUES(?)", (_new_incarnation(),))
        if version < FORMAT:
            connection.pragma("application_id", _APPLICATION_ID)
            connection.pragma("user_version", FORMAT)
    return str(connection.execute("SELECT incarnation FROM meta").get)


def last_number(connection: apsw.Connection) -> int:
    """The last number that was set aside: nothing was given out beyond it."""
    last: int = connection.execute("SELECT numbers FROM meta").get
    return last


def set_numbers_aside(connection: apsw.Connection) -> int:
    """Set the next `NUMBERS_AT_ONCE` numbers aside; the last of them."""
    last: int = connection.execute(
        "UPDATE meta SET numbers = numbers + ? RETURNING numbers", (NUMBERS_AT_ONCE,)
    ).get
    return last


def require_readable(connection: apsw.Connection) -> None:
    """Check that a file is a store that this version can read, now or after an upgrade.

    Raises:
        StoreUnavailable: It is another program's, or of a newer format.
    """
    if connection.pragma("application_id") != _APPLICATION_ID:
        raise StoreUnavailable("this is not a Rejoint store")
    version = connection.pragma("user_version")
    if version > FORMAT:
        raise StoreUnavailable(
            f"this store has format {version}, this version of Rejoint reads {FORMAT}"
        )


def renew_incarnation(connection: apsw.Connection) -> str:
    """Give a restored store another incarnation than the one it was copied from.

    Numbers that the lost store gave out after the copy will be given out again; who brings one of
    them is told apart by the incarnation and starts over.
    """
    made = _new_incarnation()
    connection.execute("UPDATE meta SET incarnation = ?", (made,))
    return made


def _new_incarnation() -> str:
    return "".join(secrets.choice(_INCARNATION_ALPHABET) for _ in range(5))


def sync_directory(directory: Path) -> None:
    """Make the new file's name last, and the removal of the journal it was begun with.

    Were a power cut to bring that journal back, the file would be rolled back to nothing.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
