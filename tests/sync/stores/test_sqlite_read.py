from typing import Any

import apsw
import pytest

from rejoint_sync.errors import BadRequest, StoreUnavailable
from rejoint_sync.stores import ChangesQuery, Sight
from rejoint_sync.stores import sqlite_read as read
from rejoint_sync.stores.sqlite import SqliteStore

NO_UNICODE = "\ud800"


async def plans(store: SqliteStore, query: ChangesQuery) -> list[str]:
    """The plans of all statements that a page of the feed takes."""
    found: list[str] = []

    def watch(_: Any, sql: str, bindings: Any) -> bool:
        if sql.startswith("SELECT"):
            plain = apsw.Connection(store._reading.filename)
            rows = plain.execute("EXPLAIN QUERY PLAN " + sql, bindings).fetchall()
            found.extend(str(row[3]) for row in rows)
            plain.close()
        return True

    store._reading.exec_trace = watch
    await store.changes("circle", query)
    store._reading.exec_trace = None
    return [line for line in found if " doc" in line]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (ChangesQuery(limit=0), "USING PRIMARY KEY (database=? AND seq>?)"),
        (ChangesQuery(include_docs=True), "USING PRIMARY KEY (database=? AND seq>?)"),
        (ChangesQuery(all_leaves=True), "USING PRIMARY KEY (database=? AND seq>?)"),
        (ChangesQuery(descending=True), "USING PRIMARY KEY (database=?)"),
        (ChangesQuery(sight=Sight("w:", ":d")), "USING PRIMARY KEY (database=? AND seq>?)"),
        (
            ChangesQuery(sight=Sight(hidden=((29, ":k"),), start="log:", end="log:000001")),
            "USING PRIMARY KEY (database=? AND seq>?)",
        ),
        (ChangesQuery(document_ids=frozenset("x")), "INDEX doc_id (database=? AND id=?"),
    ],
)
async def test_a_page_of_the_feed_uses_an_index(
    store: SqliteStore, query: ChangesQuery, index: str
) -> None:
    await store.local_put("circle", "l", b"{}")
    store._heads.find(store._reading, "circle").seq = 1  # as if there were something to read
    found = await plans(store, query)
    assert found
    assert all(index in line for line in found), found


async def test_single_and_many_reads_use_an_index(store: SqliteStore) -> None:
    for sql in (read.ONE, read.MANY):
        rows = store._reading.execute("EXPLAIN QUERY PLAN " + sql, (1, "[]")).fetchall()
        assert any("doc_id (database=? AND id=?)" in str(row[3]) for row in rows)
        assert not any("SCAN doc" in str(row[3]) for row in rows)


async def test_an_idle_reader_is_answered_without_the_file(store: SqliteStore) -> None:
    def refuse(*_: Any) -> bool:
        raise AssertionError

    await store.info("circle")
    store._reading.exec_trace = refuse
    page = await store.changes("circle", ChangesQuery(since=0))
    assert (page.count, page.last) == (0, 0)
    assert not await store.wait("circle", 0, 0)
    assert (await store.info("circle")).documents == 0
    store._reading.exec_trace = None


async def test_names_that_are_no_text_are_refused(store: SqliteStore) -> None:
    with pytest.raises(BadRequest):
        await store.read("circle", NO_UNICODE)
    with pytest.raises(BadRequest):
        await store.read_many("circle", [NO_UNICODE])
    with pytest.raises(BadRequest):
        await store.range("circle", NO_UNICODE, "z", limit=1)


async def test_a_snapshot_sees_one_state(store: SqliteStore) -> None:
    with read.snapshot(store._reading):
        before = store._reading.execute("SELECT count(*) FROM database").get
        await store.create("other")
        assert store._reading.execute("SELECT count(*) FROM database").get == before
    assert store._reading.execute("SELECT count(*) FROM database").get == before + 1


async def test_a_file_that_cannot_be_read_is_unavailable(store: SqliteStore) -> None:
    with pytest.raises(StoreUnavailable), read.snapshot(store._reading):
        store._reading.execute("SELECT * FROM nothing")
