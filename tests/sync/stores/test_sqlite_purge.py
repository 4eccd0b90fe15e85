import asyncio
import base64
from pathlib import Path
from typing import Any

import apsw
import pytest

from rejoint_sync.document import Document
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_purge import SWEEP_BLOBS, SWEEP_ROWS
from rejoint_sync.stores.sqlite_schema import STORE_FILE


def rows_left(directory: Path) -> list[int]:
    connection = apsw.Connection(str(directory / STORE_FILE))
    counts = [
        connection.execute(f"SELECT count(*) FROM {table}").get
        for table in ("doc", "leaf", "local", "dropped")
    ]
    connection.close()
    return counts


async def filled(directory: Path) -> SqliteStore:
    store = await SqliteStore.open(directory)
    await store.create("circle")
    documents = [
        Document.parse({"_id": f"d{n}", "_rev": rev})
        for n in range(SWEEP_ROWS + 10)
        for rev in ("1-a", "1-b")
    ]
    await store.write("circle", documents, new_edits=False)
    await store.local_put("circle", "l", b"{}")
    return store


async def test_a_removed_database_leaves_no_rows(tmp_path: Path) -> None:
    store = await filled(tmp_path)
    assert rows_left(tmp_path) == [SWEEP_ROWS + 10, SWEEP_ROWS + 10, 1, 0]
    await store.delete("circle")
    assert rows_left(tmp_path) == [0, 0, 0, 0]
    await store.close()


async def test_an_interrupted_removal_is_finished_at_the_next_start(tmp_path: Path) -> None:
    store = await filled(tmp_path)
    num = await store._writer.do(lambda turn: turn.delete("circle"))
    assert not await store._writer.do(lambda turn: turn.sweep(num))
    await store.close()
    assert rows_left(tmp_path) == [10, SWEEP_ROWS + 10, 1, 1]
    store = await SqliteStore.open(tmp_path)
    assert rows_left(tmp_path) == [0, 0, 0, 0]
    assert await store.databases() == []
    await store.close()


SECRET = b"the bytes that must go"


def attached(name: str, *path: str, data: bytes = SECRET, **members: Any) -> Document:
    return Document.parse(
        {
            "_id": name,
            "_revisions": {"start": len(path), "ids": list(path)},
            "_attachments": {"a": {"data": base64.b64encode(data).decode()}},
            **members,
        }
    )


def blobs(directory: Path) -> list[int]:
    """Rows of `blob`, `holder`, `loose` and `old`."""
    connection = apsw.Connection(str(directory / STORE_FILE))
    counts = [
        connection.execute(f"SELECT count(*) FROM {table}").get
        for table in ("blob", "holder", "loose", "old")
    ]
    connection.close()
    return counts


def on_disk(directory: Path, needle: bytes) -> bool:
    return any(needle in path.read_bytes() for path in directory.iterdir())


async def test_bytes_are_kept_once_and_go_with_the_last_revision(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path)
    await store.create("circle")
    documents = [attached("x", "a"), attached("y", "a"), attached("x", "z")]
    await store.write("circle", documents, new_edits=False)
    assert blobs(tmp_path) == [1, 3, 0, 0]
    for document in (
        Document.parse({"_id": "x", "_revisions": {"start": 2, "ids": ["b", "a"]}}),
        Document.parse({"_id": "y", "_revisions": {"start": 2, "ids": ["b", "a"]}}),
    ):
        await store.write("circle", [document], new_edits=False)
    assert blobs(tmp_path)[0] == 1
    document = Document.parse({"_id": "x", "_revisions": {"start": 2, "ids": ["c", "z"]}})
    await store.write("circle", [document], new_edits=False)
    await store.close()
    store = await SqliteStore.open(tmp_path)  # finishes what the closing left
    assert blobs(tmp_path) == [0, 0, 0, 0]
    await store.close()


async def test_sweeping_goes_on_by_itself(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path)
    await store.create("circle")
    many = SWEEP_BLOBS * 3
    for n in range(many):
        await store.write("circle", [attached(f"d{n}", "a", data=b"%d" % n)], new_edits=False)
    assert blobs(tmp_path) == [many, many, 0, 0]
    documents = [
        Document.parse({"_id": f"d{n}", "_revisions": {"start": 2, "ids": ["b", "a"]}})
        for n in range(many)
    ]
    await store.write("circle", documents, new_edits=False)
    for _ in range(200):
        if blobs(tmp_path) == [0, 0, 0, 0]:
            break
        await asyncio.sleep(0.01)
    assert blobs(tmp_path) == [0, 0, 0, 0]
    await store.close()


@pytest.mark.parametrize("history", [False, True])
async def test_what_was_purged_is_nowhere_in_the_files(tmp_path: Path, *, history: bool) -> None:
    """Body and bytes, of the leaf and of all before it; neither in the file nor in the WAL."""
    store = await SqliteStore.open(tmp_path, history=history)
    await store.create("circle")
    long = "l" * 9000 + "the body that must go"
    await store.write("circle", [attached("x", "a", data=b"A" * 9000 + SECRET)], new_edits=False)
    await store.write("circle", [attached("x", "b", "a", v=long)], new_edits=False)
    await store.write("circle", [attached("y", "a", data=b"other")], new_edits=False)
    assert on_disk(tmp_path, SECRET)
    assert on_disk(tmp_path, b"the body that must go")
    await store.purge("circle", {"x": ["2-b"]})
    assert not on_disk(tmp_path, SECRET)
    assert not on_disk(tmp_path, b"the body that must go")
    assert blobs(tmp_path) == [1, 1, 0, 0]
    await store.close()


async def test_compaction_goes_turn_by_turn(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path, history=True)
    await store.create("circle")
    for path in (("a",), ("b", "a")):
        documents = [
            Document.parse({"_id": f"d{n}", "_revisions": {"start": len(path), "ids": list(path)}})
            for n in range(SWEEP_ROWS + 5)
        ]
        await store.write("circle", documents, new_edits=False)
    assert blobs(tmp_path) == [0, 0, 0, SWEEP_ROWS + 5]
    assert not await store._writer.do(lambda turn: turn.compact("circle"))
    assert blobs(tmp_path) == [0, 0, 0, 5]
    await store.compact("circle")
    assert blobs(tmp_path) == [0, 0, 0, 0]
    await store.close()


async def test_a_removed_database_leaves_no_bytes(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path, history=True)
    await store.create("circle")
    for n in range(SWEEP_BLOBS + 3):
        await store.write("circle", [attached(f"d{n}", "a", data=b"%d" % n)], new_edits=False)
        documents = [attached(f"d{n}", "b", "a", data=b"%d" % n)]
        await store.write("circle", documents, new_edits=False)
    await store.delete("circle")
    assert blobs(tmp_path) == [0, 0, 0, 0]
    await store.close()
