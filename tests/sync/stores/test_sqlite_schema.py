import os
import stat
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from rejoint_sync.document import Document
from rejoint_sync.errors import StoreInUse, StoreUnavailable
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import FORMAT, LOCK_FILE, STORE_FILE, connect, lock
from sync.stores.disk import Disk

OPEN = """
import asyncio, pathlib, sys
from rejoint_sync.document import Document
from rejoint_sync.errors import StoreInUse
from rejoint_sync.stores.sqlite import SqliteStore
try:
    asyncio.run(SqliteStore.open(pathlib.Path(sys.argv[1])))
except StoreInUse as error:
    sys.exit(error.reason)
"""


def opened_elsewhere(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", OPEN, str(directory)], capture_output=True, text=True, check=False
    )


async def test_a_second_process_is_refused_in_one_line(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "data")
    second = opened_elsewhere(tmp_path / "data")
    assert second.returncode == 1
    assert second.stderr == f"the data directory is in use by process {os.getpid()}\n"
    await store.create("circle")
    await store.close()
    assert opened_elsewhere(tmp_path / "data").returncode == 0


async def test_the_same_process_is_refused_too(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path)
    with pytest.raises(StoreInUse):
        await SqliteStore.open(tmp_path)
    await store.close()
    await (await SqliteStore.open(tmp_path)).close()


async def test_only_the_owner_may_read(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "new" / "data")
    await store.create("circle")
    directory = tmp_path / "new" / "data"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert modes.keys() >= {STORE_FILE, f"{STORE_FILE}-wal", LOCK_FILE}
    assert set(modes.values()) == {0o600}
    await store.close()


async def test_a_write_waits_for_the_disk(tmp_path: Path) -> None:
    """FULL is 2; NORMAL would be twice as fast and lose what was acknowledged."""
    connection = connect(tmp_path, writes=True)
    assert connection.pragma("synchronous") == 2
    assert connection.pragma("journal_mode") == "wal"
    connection.close()


async def test_the_reading_connection_cannot_write(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path)
    with pytest.raises(apsw.ReadOnlyError):
        store._reading.execute("INSERT INTO gone VALUES('x', 1)")
    await store.close()


async def test_a_newer_format_is_refused_and_not_touched(tmp_path: Path) -> None:
    await (await SqliteStore.open(tmp_path)).close()
    connection = connect(tmp_path, writes=True)
    connection.pragma("user_version", FORMAT + 1)
    connection.close()
    before = (tmp_path / STORE_FILE).read_bytes()
    with pytest.raises(StoreUnavailable, match=f"format {FORMAT + 1}.*reads {FORMAT}"):
        await SqliteStore.open(tmp_path)
    assert (tmp_path / STORE_FILE).read_bytes() == before
    os.close(lock(tmp_path))  # and the directory is free again


FORMAT_1 = """
PRAGMA journal_mode=WAL;
PRAGMA application_id=%d;
PRAGMA user_version=1;
CREATE TABLE meta(incarnation TEXT NOT NULL);
CREATE TABLE database(
  num INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, floor INTEGER NOT NULL);
CREATE TABLE gone(name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE dropped(num INTEGER PRIMARY KEY);
CREATE TABLE doc(
  database INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, rev TEXT NOT NULL,
  older TEXT NOT NULL, deleted INTEGER NOT NULL, others TEXT, tail BLOB NOT NULL,
  PRIMARY KEY(database, seq)) WITHOUT ROWID;
CREATE UNIQUE INDEX doc_id ON doc(database, id);
CREATE TABLE leaf(
  database INTEGER NOT NULL, id TEXT NOT NULL, rev TEXT NOT NULL, tail BLOB NOT NULL,
  PRIMARY KEY(database, id, rev)) WITHOUT ROWID;
CREATE TABLE local(
  database INTEGER NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(database, id)) WITHOUT ROWID;
INSERT INTO meta VALUES('k3x9a');
INSERT INTO database(num, name, floor) VALUES(1, 'circle', 4), (3, 'empty', 9);
INSERT INTO gone VALUES('lost', 12);
INSERT INTO doc VALUES
  (1, 6, 'x', '2-b', ',"a"', 0, '[["2-a",",\\"a\\"",0],["1-z","",1]]', x'2c2276223a317d'),
  (1, 7, 'y', '3-c', ',"b","a"', 1, NULL, x'2c225f64656c65746564223a747275657d');
INSERT INTO leaf VALUES(1, 'x', '2-a', x'2c2276223a327d'),
  (1, 'x', '1-z', x'2c225f64656c65746564223a747275657d');
INSERT INTO local VALUES(1, 'note', 5, x'7b7d');
"""
"""What version 1 of the format wrote, as text: two databases, a conflict, a tombstone, a note."""


def written_by_format_1(directory: Path) -> None:
    connection = apsw.Connection(str(directory / STORE_FILE))
    connection.execute(FORMAT_1 % int.from_bytes(b"Rjnt")).fetchall()
    connection.close()


async def test_a_file_of_format_1_is_brought_up(tmp_path: Path) -> None:
    """Nothing of it is lost, and what came since is offered."""
    written_by_format_1(tmp_path)
    for _ in range(2):
        store = await SqliteStore.open(tmp_path, history=True)
        assert store.incarnation == "k3x9a"
        assert await store.databases() == ["circle", "empty"]
        info = await store.info("circle")
        assert (info.documents, info.deleted, info.sequence, info.revs_limit) == (1, 1, 7, 1000)
        assert (await store.info("empty")).sequence == 9
        stored = await store.read("circle", "x")
        assert stored is not None
        assert [(leaf.rev, leaf.ancestors, leaf.tail) for leaf in stored.leaves] == [
            ("2-b", ("a",), b',"v":1}'),
            ("2-a", ("a",), b',"v":2}'),
            ("1-z", (), b',"_deleted":true}'),
        ]
        assert await store.local_get("circle", "note") == (5, b"{}")
        await store.close()
    store = await SqliteStore.open(tmp_path, history=True)
    value = {"_id": "x", "_rev": "2-b", "_attachments": {"a": {"data": "aGk="}}}
    [outcome] = await store.write("circle", [Document.parse(value)], new_edits=True)
    assert outcome.error is None
    assert (await store.earlier("circle", "x")).keys() == {"2-b"}
    found = await store.attachment("circle", "x", "a")
    assert found is not None
    assert found[1] == b"hi"
    await store.purge("circle", {"y": ["3-c"]})
    await store.create("lost")
    assert (await store.info("lost")).sequence == 12
    await store.close()


async def test_an_upgraded_file_is_like_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    written_by_format_1(tmp_path / "old")
    found = []
    for name in ("old", "new"):
        await (await SqliteStore.open(tmp_path / name)).close()
        connection = apsw.Connection(str(tmp_path / name / STORE_FILE))
        assert connection.pragma("user_version") == FORMAT
        tables = {}
        for (table,) in connection.execute("SELECT name FROM sqlite_schema").fetchall():
            rows = connection.execute(f"PRAGMA table_xinfo({table})").fetchall()
            tables[table] = [row[1:] for row in rows]
        found.append(tables)
        connection.close()
    assert found[0] == found[1]


async def test_an_upgrade_that_fails_leaves_the_old_file(tmp_path: Path, disk: Disk) -> None:
    written_by_format_1(tmp_path)
    before = (tmp_path / STORE_FILE).read_bytes()
    disk.is_full = True
    with pytest.raises(StoreUnavailable):
        await SqliteStore.open(tmp_path, vfs=disk.name)
    disk.is_full = False
    assert (tmp_path / STORE_FILE).read_bytes() == before
    await (await SqliteStore.open(tmp_path)).close()


async def test_another_programs_file_is_refused(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / STORE_FILE))
    connection.execute("CREATE TABLE t(a)").fetchall()
    connection.close()
    with pytest.raises(StoreUnavailable, match="not a Rejoint store"):
        await SqliteStore.open(tmp_path)


async def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / STORE_FILE).write_bytes(b"something else entirely" * 100)
    with pytest.raises(StoreUnavailable):
        await SqliteStore.open(tmp_path)
    os.close(lock(tmp_path))


async def test_a_file_where_the_directory_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreUnavailable):
        await SqliteStore.open(tmp_path / "data")


async def test_the_incarnation_stays_and_differs_from_store_to_store(tmp_path: Path) -> None:
    seen = []
    for name in ("one", "one", "two"):
        store = await SqliteStore.open(tmp_path / name)
        seen.append(store.incarnation)
        await store.close()
    assert seen[0] == seen[1] != seen[2]
