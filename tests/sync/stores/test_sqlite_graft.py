import apsw
import pytest

from rejoint_sync.stores import sqlite_graft
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_graft import after_prefix


@pytest.mark.parametrize(
    ("prefix", "after"),
    [
        ("a", "b"),
        ("log:", "log;"),
        ("a\U0010ffff", "b"),
        ("\ud7ff", "\ue000"),
        ("\U0010ffff", None),
        ("", None),
    ],
)
def test_what_comes_after_a_prefix(prefix: str, after: str | None) -> None:
    assert after_prefix(prefix) == after


def plan(connection: apsw.Connection, sql: str, count: int) -> str:
    rows = connection.execute("EXPLAIN QUERY PLAN " + sql, [None] * count).fetchall()
    return "; ".join(str(row[3]) for row in rows)


async def test_every_look_up_uses_an_index(store: SqliteStore) -> None:
    """A plan that walks the database is 2,000 times slower and gives the same answers."""
    wanted = {
        (sqlite_graft.TREE_OF_ONE, 2): "USING INDEX doc_id (database=? AND id=?)",
        (sqlite_graft.TREES_OF_MANY, 2): "USING INDEX doc_id (database=? AND id=?)",
        (sqlite_graft.LAST_ID, 3): "USING COVERING INDEX doc_id (database=? AND id>? AND id<?)",
        (sqlite_graft.LAST_ID_UNBOUNDED, 2): "COVERING INDEX doc_id (database=? AND id>?)",
    }
    for (sql, count), index in wanted.items():
        found = plan(store._reading, sql, count)
        assert index in found
        assert "SCAN doc" not in found
