import os
import stat
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from rejoint_sync.errors import StoreInUse, StoreUnavailable
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import FORMAT, LOCK_FILE, STORE_FILE, connect, lock

OPEN = """
import asyncio, pathlib, sys
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
