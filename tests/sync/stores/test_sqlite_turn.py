"""Turns are tested through the store; what is only a turn's own is here."""

from pathlib import Path

import pytest

from rejoint_sync.document import Document
from rejoint_sync.errors import NotFound
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_turn import Turn


async def test_a_number_of_a_database_is_never_used_again(tmp_path: Path) -> None:
    """Rows that a removal has not reached yet would appear in the next database."""
    store = await SqliteStore.open(tmp_path)
    for name in ("one", "two"):
        await store.create(name)
        await store.delete(name)
    await store.create("three")
    assert store._head("three").num == 3
    await store.close()


async def test_what_a_turn_did_to_a_database_is_one_event(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path)
    document = Document.parse({"_id": "x", "_rev": "1-a"})

    def job(turn: Turn) -> None:
        turn.create("one", [])
        for _ in range(2):
            turn.write("one", [document], new_edits=False, judge=None, whole=False)
        turn.create("two", [document])
        turn.create("three", [])
        turn.delete("three")
        turn.set_revs_limit("two", 7)

    await store._writer.do(job)
    found, _ = await store.updates(0, limit=9)
    assert [(one.database, one.kind) for one in found] == [
        ("one", "updated"),
        ("two", "created"),
        ("three", "deleted"),
    ]
    with pytest.raises(NotFound):
        await store.info("three")
    await store.close()
