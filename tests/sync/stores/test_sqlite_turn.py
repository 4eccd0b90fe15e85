from pathlib import Path

import apsw

from rejoint_sync.document import Document
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import STORE_FILE
from rejoint_sync.stores.sqlite_turn import SWEEP_ROWS


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


async def test_a_number_of_a_database_is_never_used_again(tmp_path: Path) -> None:
    """Rows that a removal has not reached yet would appear in the next database."""
    store = await SqliteStore.open(tmp_path)
    for name in ("one", "two"):
        await store.create(name)
        await store.delete(name)
    await store.create("three")
    assert store._head("three").num == 3
    await store.close()
