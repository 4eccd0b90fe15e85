"""Bodies are tested through the contract and its machine; what only the tables show is here."""

from pathlib import Path

import apsw
import pytest

from rejoint_sync.document import Document
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import STORE_FILE


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
