"""Rows of `_bulk_get`, put together where the documents lie.

A pull asks for thousands of winners by their revision. To make objects of the rows of a table, and
text of the objects, takes several times as long as to let SQLite write the text.
"""

# ruff: noqa: S608  # statements are put together from this file's own words, never from input

from collections.abc import Sequence
from typing import Final

import apsw

from rejoint_sync.stores.sqlite_read import names_of
from rejoint_sync.stores.sqlite_rows import select

_HISTORY: Final = (
    '||\',"_revisions":{"start":\'||CAST(rev AS INTEGER)||\',"ids":["\''
    "||substr(rev, instr(rev, '-') + 1)||'\"'||older||']}'"
)


def _statement(history: str) -> str:
    # Left to itself the planner walks the whole database and tries each row against the list.
    return (
        "SELECT count(*), group_concat(rev, ' '), CAST(group_concat(row, ',\n') AS BLOB) FROM ("
        'SELECT rev, \'{"id":\'||json_quote(id)||\',"docs":[{"ok":{"_id":\'||json_quote(id)'
        f"||',\"_rev\":\"'||rev||'\"'{history}||tail||'}}]}}' AS row"
        " FROM (SELECT key AS place, value AS name FROM json_each(?2))"
        " CROSS JOIN doc INDEXED BY doc_id"
        " WHERE database = ?1 AND id = name AND attachments IS NULL ORDER BY place)"
    )


_PLAIN: Final = _statement("")
_WITH_HISTORY: Final = _statement(_HISTORY)


def winners(
    connection: apsw.Connection, num: int, names: Sequence[str], asked: str, *, revs: bool
) -> bytes | None:
    """As the store's `pasted`; inside `snapshot`."""
    sql = _WITH_HISTORY if revs else _PLAIN
    [(found, won, rows)] = select(connection, sql, (num, names_of(names)))
    return rows if found == len(names) and won == asked else None
