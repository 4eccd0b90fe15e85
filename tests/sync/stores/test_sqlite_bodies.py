"""Bodies are tested through the contract and its machine; what only the tables show is here."""

import asyncio
import base64
from pathlib import Path

import apsw
import pytest

from rejoint_sync.document import Document
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import STORE_FILE
from sync.stores.disk import Disk


def revision(*path: str, deleted: bool = False) -> Document:
    value = {"_id": "x", "_revisions": {"start": len(path), "ids": list(path)}, "at": path[0]}
    return Document.parse(value | ({"_deleted": True} if deleted else {}))


def old(directory: Path) -> list[tuple[object, ...]]:
    connection = apsw.Connection(str(directory / STORE_FILE))
    rows = connection.execute("SELECT rev, deleted, tail FROM old").fetchall()
    connection.close()
    return rows


@pytest.mark.parametrize("history", [False, True])
async def test_earlier_bodies_are_kept_where_history_is(tmp_path: Path, *, history: bool) -> None:
    store = await SqliteStore.open(tmp_path, history=history)
    await store.create("circle")
    for document in (revision("a", deleted=True), revision("z"), revision("b", "a")):
        await store.write("circle", [document], new_edits=False)
    kept = [("1-a", 1, b',"at":"a","_deleted":true}')]
    rows = old(tmp_path)
    assert [row[:2] for row in rows] == ([row[:2] for row in kept] if history else [])
    await store.close()


async def test_bodies_that_no_reader_can_name_any_more_go(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path, history=True)
    await store.create("circle")
    await store.set_revs_limit("circle", 2)
    path: list[str] = []
    for n in range(1, 6):
        path.insert(0, f"d{n}")
        await store.write("circle", [revision(*path)], new_edits=False)
    assert [row[0] for row in old(tmp_path)] == ["4-d4"]
    await store.close()


async def test_bytes_survive_a_power_cut(store: SqliteStore, disk: Disk, tmp_path: Path) -> None:
    """Promise 1 holds for attachments too: what was answered is on the disk."""
    payload = b"\x00x" * 50_000
    value = {"_id": "x", "_attachments": {"a": {"data": base64.b64encode(payload).decode()}}}
    [outcome] = await store.write("circle", [Document.parse(value)], new_edits=True)
    disk.cut(tmp_path / "after")
    after = await SqliteStore.open(tmp_path / "after")
    found = await after.attachment("circle", "x", "a", rev=outcome.rev)
    assert found is not None
    assert found[1] == payload
    await after.close()


async def test_a_full_disk_keeps_no_half_of_an_attachment(
    store: SqliteStore, disk: Disk, tmp_path: Path
) -> None:
    value = {"_id": "x", "_attachments": {"a": {"data": "aGk="}}}
    disk.is_full = True
    with pytest.raises(StoreUnavailable):
        await store.write("circle", [Document.parse(value)], new_edits=True)
    disk.is_full = False
    assert await store.read("circle", "x") is None
    connection = apsw.Connection(str(tmp_path / "data" / STORE_FILE))
    assert connection.execute("SELECT count(*) FROM blob").get == 0
    connection.close()
    [outcome] = await store.write("circle", [Document.parse(value)], new_edits=True)
    assert outcome.error is None


async def test_many_writers_of_the_same_bytes_keep_them_once(
    store: SqliteStore, tmp_path: Path
) -> None:
    value = {"_attachments": {"a": {"data": "aGk="}}}
    documents = [Document.parse({"_id": f"d{n}", **value}) for n in range(20)]
    await asyncio.gather(*(store.write("circle", [one], new_edits=True) for one in documents))
    connection = apsw.Connection(str(tmp_path / "data" / STORE_FILE))
    counts = [
        connection.execute(f"SELECT count(*) FROM {table}").get for table in ("blob", "holder")
    ]
    connection.close()
    assert counts == [1, 20]
