"""How what is pasted is found; its text is compared in tests/server/db/test_bulk.py."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rejoint_sync.document import Document
from rejoint_sync.stores import sqlite_paste
from rejoint_sync.stores.sqlite import SqliteStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """One of a few documents."""
    opened = await SqliteStore.open(tmp_path)
    documents = [Document.parse({"_id": name, "_rev": f"1-{name}"}) for name in "abc"]
    await opened.create("circle", documents)
    yield opened
    await opened.close()


async def test_only_what_was_asked_for_in_that_order(store: SqliteStore) -> None:
    rows = await store.pasted("circle", ["c", "a"], "1-c 1-a", revs=False)
    assert rows == (
        b'{"id":"c","docs":[{"ok":{"_id":"c","_rev":"1-c"}}]},\n'
        b'{"id":"a","docs":[{"ok":{"_id":"a","_rev":"1-a"}}]}'
    )
    for names, revs in ((["c", "d"], "1-c 1-d"), (["c", "a"], "1-c 1-b"), (["c", "a"], "1-a 1-c")):
        assert await store.pasted("circle", names, revs, revs=False) is None


async def test_each_name_is_looked_up_in_the_index(store: SqliteStore) -> None:
    for sql in (sqlite_paste._PLAIN, sqlite_paste._WITH_HISTORY):
        rows = store._reading.execute("EXPLAIN QUERY PLAN " + sql, (1, "[]")).fetchall()
        plan = [str(row[3]) for row in rows if " doc" in str(row[3])]
        assert plan == ["SEARCH doc USING INDEX doc_id (database=? AND id=?)"]
