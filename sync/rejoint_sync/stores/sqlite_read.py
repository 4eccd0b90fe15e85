"""Reads of the SQLite store: one snapshot each, answers put together by SQLite.

Rows of the feed are never parsed in Python: SQLite pastes the stored text into JSON and hands over
the bytes.
"""

# ruff: noqa: S608  # statements are put together from this file's own words, never from input

import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, Final

import apsw
import orjson

from rejoint_sync.attachment import Attachment
from rejoint_sync.errors import BadRequest, StoreUnavailable, SyncError
from rejoint_sync.revtree import Tree
from rejoint_sync.stores import ChangesPage, ChangesQuery, Leaf, Sight, Stored, Update
from rejoint_sync.stores.graft import leaf_of
from rejoint_sync.stores.sqlite_graft import TREES_OF_MANY
from rejoint_sync.stores.sqlite_heads import Head
from rejoint_sync.stores.sqlite_rows import (
    TREE_COLUMNS,
    ancestors_of,
    attachments_of,
    select,
    tree_of,
)

# Left to itself the planner walks the whole database and tries each row against a list of names.
DOCUMENTS: Final = (
    f"SELECT seq, id, tail, attachments, {TREE_COLUMNS} FROM doc INDEXED BY doc_id"
    " WHERE database = ?1 AND id "
)
ONE: Final = DOCUMENTS + "= ?2"
_NAMED: Final = " INDEXED BY doc_id WHERE database = ? AND id = ?"
MANY: Final = DOCUMENTS + "IN (SELECT value FROM json_each(?2))"

_LOSERS: Final = "SELECT rev, tail, attachments FROM leaf WHERE database = ? AND id = ?"
_EARLIER: Final = "SELECT rev, deleted, tail, attachments FROM old WHERE database = ?1 AND id = ?2"

# Bytes are compared, not characters: SQLite's text functions stop at a NUL.
_OWN: Final = (
    " AND (substr(CAST(id AS BLOB), 1, length(:prefix)) != :prefix"
    " OR substr(CAST(id AS BLOB), -length(:suffix)) = :suffix)"
)
# The plus keeps the planner from walking names where the feed asks for numbers.
_BOUNDED: Final = " AND +id >= :start AND +id < :end"
_PARAMETER: Final = re.compile(r":([a-z]+[0-9]*)")
_OTHER_REVS: Final = (
    "||coalesce((SELECT group_concat(',{\"rev\":\"'||json_extract(value, '$[0]')||'\"}', ''"
    " ORDER BY key) FROM json_each(others)), '')"
)
_DOCUMENT: Final = (
    '||\',"doc":{"_id":\'||json_quote(id)||\',"_rev":"\'||rev||\'"\''
    "||CASE WHEN attachments IS NULL THEN '' ELSE ',\"_attachments\":'"
    "||substr(attachments, 1, instr(attachments, char(10)) - 1) END||tail"
)


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
    except (apsw.Error, UnicodeEncodeError) as error:
        raise _translated(error) from error


def _translated(error: Exception) -> SyncError:
    if isinstance(error, UnicodeEncodeError):
        return BadRequest("a document's name must be Unicode text")
    return StoreUnavailable(f"the store could not read: {error}")


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
        stored = _with_winner(row)
        if row[-1] is not None:
            losers = select(connection, _LOSERS, (num, stored.id))
            bodies = {rev: (tail, attachments_of(column)) for rev, tail, column in losers}
            branches = tree_of(row[4:])[1:]
            leaves = tuple(leaf_of(branch, *bodies[str(branch.rev)]) for branch in branches)
            stored = Stored(stored.id, stored.sequence, (*stored.leaves, *leaves))
        yield stored


def _with_winner(row: tuple[Any, ...]) -> Stored:
    """A row of `DOCUMENTS` with its winner alone, which for nearly every document is all."""
    seq, name, tail, column, rev, older, deleted, _ = row
    winner = Leaf(rev, ancestors_of(older), bool(deleted), tail, attachments_of(column))
    return Stored(name, seq, (winner,))


def document(connection: apsw.Connection, num: int, document_id: str) -> Stored | None:
    """One document with all its leaves, None when it is not there; outside `snapshot`.

    One statement sees one state of the file by itself, and two statements less are half of what
    such a read costs. Only a document with losing leaves takes more than one.

    Raises:
        StoreUnavailable: The file cannot be read.
        BadRequest: The name is not Unicode text.
    """
    try:
        rows = select(connection, ONE, (num, document_id))
    except (apsw.Error, UnicodeEncodeError) as error:
        raise _translated(error) from error
    if rows and rows[0][-1] is not None:
        with snapshot(connection):
            return next(iter(documents(connection, num, ONE, (document_id,))), None)
    return _with_winner(rows[0]) if rows else None


def trees(connection: apsw.Connection, num: int, document_ids: Iterable[str]) -> dict[str, Tree]:
    """The trees of documents that are there; inside `snapshot`."""
    rows = select(connection, TREES_OF_MANY, (num, names_of(document_ids)))
    return {row[0]: tree_of(row[1:]) for row in rows}


def earlier(
    connection: apsw.Connection, num: int, document_id: str, revs: Iterable[str] | None
) -> dict[str, Leaf]:
    """As the port's `earlier`; inside `snapshot`."""
    tree = trees(connection, num, [document_id]).get(document_id, ())
    sql = _EARLIER
    parameters: tuple[int | str, ...] = (num, document_id)
    if revs is not None:
        sql += " AND rev IN (SELECT value FROM json_each(?3))"
        parameters = (*parameters, names_of(revs))
    rows = {row[0]: row[1:] for row in select(connection, sql, parameters)}
    found: dict[str, Leaf] = {}
    for leaf in tree if rows else ():
        for rev in leaf.path()[1:]:
            name = str(rev)
            if name in rows and name not in found:
                deleted, tail, column = rows[name]
                attachments = attachments_of(column)
                found[name] = Leaf(name, leaf.below(rev), bool(deleted), tail, attachments)
    return found


def attachment(
    connection: apsw.Connection, num: int, document_id: str, name: str, rev: str | None
) -> Attachment | None:
    """One attachment of a revision whose body is kept, None for the winner; inside `snapshot`."""
    key = (num, document_id)
    winner = select(connection, "SELECT rev, attachments FROM doc" + _NAMED, key)
    if not winner:
        return None
    if rev in (None, winner[0][0]):
        found = attachments_of(winner[0][1])
    else:
        losers = select(connection, _LOSERS + " AND rev = ?", (*key, rev))
        if losers:
            found = attachments_of(losers[0][2])
        else:
            kept = earlier(connection, num, document_id, [str(rev)]).get(str(rev))
            found = kept.attachments if kept else ()
    return next((one for one in found if one.name == name), None)


def blob(connection: apsw.Connection, num: int, digest: str, part: slice) -> bytes:
    """Some of the bytes with this SHA-256; inside `snapshot`."""
    [(row,)] = select(
        connection, "SELECT num FROM blob WHERE database = ? AND hash = ?", (num, digest)
    )
    opened = connection.blob_open("main", "blob", "bytes", row, False)  # noqa: FBT003
    try:
        start, end, _ = part.indices(opened.length())
        opened.seek(start)
        return opened.read(max(0, end - start))
    finally:
        opened.close()


def counts(connection: apsw.Connection, num: int) -> tuple[int, int]:
    """How many documents have a living winner, how many a deleted one; inside `snapshot`.

    Both are counted in indexes, without a look at any body.
    """
    [(total, deleted)] = select(
        connection,
        "SELECT (SELECT count(*) FROM doc INDEXED BY doc_id WHERE database = ?1),"
        " (SELECT count(*) FROM doc INDEXED BY doc_deleted WHERE database = ?1 AND deleted)",
        (num,),
    )
    return total - deleted, deleted


def sequence_at(connection: apsw.Connection, head: Head, number: int) -> int:
    """Up to where in a feed nothing has a greater number, counted over all databases.

    Looks back in growing steps from the end, where what is asked for nearly always lies, then
    halves: each look is one row.
    """
    num, low, high, step = head.num, 0, head.seq + 1, 1
    at = head.seq
    while at > 0:
        seq, its = _number_at(connection, num, at)
        if its <= number:
            low = at
            break
        high, step = seq, 2 * step
        at = seq - step
    while high - low > 1:
        middle = (low + high) // 2
        seq, its = _number_at(connection, num, middle)
        if seq <= low or its <= number:
            low = middle
        else:
            high = seq
    return low


def _number_at(connection: apsw.Connection, num: int, seq: int) -> tuple[int, int]:
    rows = select(
        connection,
        "SELECT seq, number FROM doc WHERE database = ? AND seq <= ? ORDER BY seq DESC LIMIT 1",
        (num, seq),
    )
    return rows[0] if rows else (0, 0)


def databases_before(connection: apsw.Connection, since: int, last: int) -> Generator[Update]:
    """Databases whose number is above `since` and at most `last`; inside `snapshot`."""
    rows = connection.execute(
        "SELECT name, num FROM database WHERE num > ? AND num <= ? ORDER BY num", (since, last)
    )
    try:
        for name, num in rows:
            yield Update(name, "created", num)
    finally:
        rows.close()


def range_of(sight: Sight, *, descending: bool = False) -> tuple[str, tuple[object, ...]]:
    """The statement and the last parameters of the port's `range`."""
    seen, parameters = _seen(sight)
    places = {name: f"?{place}" for place, name in enumerate(parameters, 5)}
    seen = _PARAMETER.sub(lambda found: places[found[1]], seen)
    order = " DESC" if descending else ""
    sql = DOCUMENTS + f">= ?2 AND id < ?3{seen} ORDER BY id{order} LIMIT ?4"
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
    if count == query.limit and not query.exact:
        pending = 1
    elif count == query.limit:
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
    terms: list[str] = []
    parameters: dict[str, Any] = {}
    if sight.prefix and sight.suffix:
        terms.append(_OWN)
        parameters |= {"prefix": sight.prefix.encode(), "suffix": sight.suffix.encode()}
    for number, (offset, text) in enumerate(sight.hidden):
        name, value = f"hidden{number}", text.encode()
        terms.append(f" AND substr(CAST(id AS BLOB), {offset + 1}, {len(value)}) != :{name}")
        parameters[name] = value
    if sight.end:
        terms.append(_BOUNDED)
        parameters |= {"start": sight.start, "end": sight.end}
    return "".join(terms), parameters


def _row(query: ChangesQuery, incarnation: str) -> str:
    return (
        f'\'{{"seq":"\'||seq||\'-{incarnation}","id":\'||json_quote(id)'
        '||\',"changes":[{"rev":"\'||rev||\'"}\''
        + (_OTHER_REVS if query.all_leaves else "")
        + "||']'||CASE deleted WHEN 0 THEN '' ELSE ',\"deleted\":true' END"
        + (_DOCUMENT if query.include_docs else "")
        + "||'}'"
    )
