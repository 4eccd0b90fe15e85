"""Reads of the SQLite store: one snapshot each, answers put together by SQLite.

Rows of the feed are never parsed in Python: SQLite pastes the stored text into JSON and hands over
the bytes.
"""

# ruff: noqa: S608  # statements are put together from this file's own words, never from input

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, Final

import apsw
import orjson

from rejoint_sync.errors import BadRequest, StoreUnavailable
from rejoint_sync.stores import ChangesPage, ChangesQuery, Leaf, Sight, Stored
from rejoint_sync.stores.graft import leaf_of
from rejoint_sync.stores.sqlite_heads import Head
from rejoint_sync.stores.sqlite_rows import TREE_COLUMNS, select, tree_of

# Left to itself the planner walks the whole database and tries each row against a list of names.
DOCUMENTS: Final = (
    f"SELECT seq, id, tail, {TREE_COLUMNS} FROM doc INDEXED BY doc_id WHERE database = ?1 AND id "
)
ONE: Final = DOCUMENTS + "= ?2"
MANY: Final = DOCUMENTS + "IN (SELECT value FROM json_each(?2))"

_LOSERS: Final = "SELECT rev, tail FROM leaf WHERE database = ? AND id = ?"

# Bytes are compared, not characters: SQLite's text functions stop at a NUL.
_SEEN: Final = (
    " AND (substr(CAST(id AS BLOB), 1, length(:prefix)) != :prefix"
    " OR substr(CAST(id AS BLOB), -length(:suffix)) = :suffix)"
)
_OTHER_REVS: Final = (
    "||coalesce((SELECT group_concat(',{\"rev\":\"'||json_extract(value, '$[0]')||'\"}', ''"
    " ORDER BY key) FROM json_each(others)), '')"
)
_DOCUMENT: Final = '||\',"doc":{"_id":\'||json_quote(id)||\',"_rev":"\'||rev||\'"\'||tail'


@contextmanager
def snapshot(connection: apsw.Connection) -> Generator[None]:
    """Let several statements see one state of the file.

    Raises:
        StoreUnavailable: The file cannot be read.
        BadRequest: A name is not Unicode text.
    """
    try:
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("COMMIT")
    except apsw.Error as error:
        raise StoreUnavailable(f"the store could not read: {error}") from error
    except UnicodeEncodeError as error:
        raise BadRequest("a document's name must be Unicode text") from error


def names_of(document_ids: Iterable[str]) -> str:
    """Names for `json_each`. Raises `BadRequest` when one is not Unicode text."""
    try:
        return orjson.dumps(list(document_ids)).decode()
    except TypeError as error:
        raise BadRequest("a document's name must be Unicode text") from error


def documents(
    connection: apsw.Connection, num: int, sql: str, parameters: tuple[object, ...]
) -> Iterable[Stored]:
    """Documents with all their leaves.

    Args:
        connection: Inside `snapshot`.
        num: The database.
        sql: `DOCUMENTS` and the rest of the condition.
        parameters: Of the condition, from `?2` on.
    """
    for row in select(connection, sql, (num, *parameters)):
        seq, name, tail = row[:3]
        tree = tree_of(row[3:])
        leaves: tuple[Leaf, ...] = (leaf_of(tree[0], tail),)
        if len(tree) > 1:
            losers = select(connection, _LOSERS, (num, name))
            tails: dict[str, bytes] = {row[0]: row[1] for row in losers}
            leaves += tuple(leaf_of(branch, tails[str(branch.rev)]) for branch in tree[1:])
        yield Stored(name, seq, leaves)


def range_of(sight: Sight) -> tuple[str, tuple[object, ...]]:
    """The statement and the last parameters of the port's `range`."""
    seen, parameters = _seen(sight)
    for place, name in ((":prefix", "?5"), (":suffix", "?6")):
        seen = seen.replace(place, name)
    sql = DOCUMENTS + f">= ?2 AND id < ?3{seen} ORDER BY id LIMIT ?4"
    return sql, tuple(parameters.values())


def changes(
    connection: apsw.Connection, head: Head, query: ChangesQuery, incarnation: str
) -> ChangesPage:
    """As the port's `changes`; inside `snapshot`."""
    where, parameters = _condition(query)
    parameters |= {"database": head.num, "since": query.since, "limit": query.limit}
    order = "DESC" if query.descending else "ASC"
    page = (
        "SELECT count(*), min(seq), max(seq), CAST(group_concat(row, ',\n') AS BLOB)"
        f" FROM (SELECT seq, {_row(query, incarnation)} AS row{where}"
        f" ORDER BY seq {order} LIMIT :limit)"
    )
    [(count, first, last, rows)] = select(connection, page, parameters)
    reached = query.since
    if count:
        reached = first if query.descending else last
    pending = 0
    if count == query.limit:
        parameters["since"] = reached
        beyond = " AND seq < :since" if query.descending and count else ""
        [(pending,)] = select(connection, f"SELECT count(*){where}{beyond}", parameters)
    if not pending:
        reached = max(head.seq, last or 0)
    return ChangesPage(rows or b"", count, reached, pending)


def _condition(query: ChangesQuery) -> tuple[str, dict[str, Any]]:
    seen, parameters = _seen(query.sight)
    source = " FROM doc"
    named = ""
    if query.document_ids is not None:
        source = " FROM doc INDEXED BY doc_id"
        named = " AND id IN (SELECT value FROM json_each(:names))"
        parameters["names"] = names_of(query.document_ids)
    newer = "" if query.descending else " AND seq > :since"
    return f"{source} WHERE database = :database{newer}{named}{seen}", parameters


def _seen(sight: Sight) -> tuple[str, dict[str, Any]]:
    if not sight.prefix or not sight.suffix:
        return "", {}
    return _SEEN, {"prefix": sight.prefix.encode(), "suffix": sight.suffix.encode()}


def _row(query: ChangesQuery, incarnation: str) -> str:
    return (
        f'\'{{"seq":"\'||seq||\'-{incarnation}","id":\'||json_quote(id)'
        '||\',"changes":[{"rev":"\'||rev||\'"}\''
        + (_OTHER_REVS if query.all_leaves else "")
        + "||']'||CASE deleted WHEN 0 THEN '' ELSE ',\"deleted\":true' END"
        + (_DOCUMENT if query.include_docs else "")
        + "||'}'"
    )
