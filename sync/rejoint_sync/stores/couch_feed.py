"""The feed of a database in CouchDB.

CouchDB's sequences are opaque and belong to the copy that answered; the feed of one copy may be
behind another. Each becomes a `Position`: CouchDB's own count as the number, plus `base` of the
register, and the rest as the mark by which CouchDB goes on. A number that comes back without its
mark is only good where there is one copy; else the feed starts over, which shows again what the
reader knows and skips nothing.
"""

import contextlib
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from rejoint_sync.errors import NotFound, StoreUnavailable
from rejoint_sync.sequence import Position
from rejoint_sync.stores import ChangesQuery
from rejoint_sync.stores.couch_http import CouchHttp
from rejoint_sync.stores.couch_register import Entry

NAMED_AT_ONCE: Final = 100
"""Up to so many names CouchDB looks up one by one; for more it reads the whole feed.

As many databases tell their figures at once."""

INDEXES_KEPT: Final = 1000
"""Databases whose deleted names are remembered: none in an ordinary circle, 60 bytes each."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the feed.

    Attributes:
        id: The document.
        position: Of its newest change.
        revs: Its leaves, the winner first.
        deleted: Whether the winner is.
    """

    id: str
    position: Position
    revs: tuple[str, ...]
    deleted: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in the order of the feed.

    Attributes:
        rows: The rows.
        last: Up to where a reader of all of them is informed.
        pending: Rows that follow; None when CouchDB did not say.
    """

    rows: list[Row]
    last: Position
    pending: int | None


@dataclass(slots=True)
class _Deleted:
    last: Position = field(default_factory=lambda: Position(0))
    names: list[str] = field(default_factory=list)


class CouchFeed:
    """Feeds of all databases.

    Args:
        http: The data path.
        is_couchdb: Whether it can be asked for the figures of many databases at once.
    """

    def __init__(self, http: CouchHttp, *, is_couchdb: bool = True) -> None:
        self._http = http
        self._is_couchdb = is_couchdb
        self._deleted: OrderedDict[str, _Deleted] = OrderedDict()

    async def newest(self, entry: Entry) -> Position:
        """The position of the newest change."""
        answer = await self._http.get(entry.written)
        return position_of(entry, answer.value["update_seq"])

    async def newest_of(self, entries: Collection[Entry]) -> dict[str, Position]:
        """As `newest`, by our name, of those that are there."""
        found: dict[str, Position] = {}
        if not self._is_couchdb:
            for entry in entries:
                with contextlib.suppress(NotFound):
                    found[entry.name] = await self.newest(entry)
            return found
        asked = {entry.written: entry for entry in entries}
        names = list(asked)
        for start in range(0, len(names), NAMED_AT_ONCE):
            body = {"keys": names[start : start + NAMED_AT_ONCE]}
            for row in (await self._http.post("_dbs_info", body=body)).value:
                if "info" in row:
                    entry = asked[row["key"]]
                    found[entry.name] = position_of(entry, row["info"]["update_seq"])
        return found

    async def after(self, entry: Entry, since: int, *, limit: int | None = None) -> Rows:
        """The rows after a position, at most `limit`, which is at least 1."""
        text, least = where(entry, since)
        query: dict[str, str | int] = {"style": "all_docs", "since": text}
        if limit is not None and not least:
            query["limit"] = limit
        answer = (await self._http.get(entry.written, "_changes", query=query)).value
        if not isinstance(answer, dict) or "results" not in answer:
            raise StoreUnavailable("CouchDB cut its feed short")
        rows = [_row(entry, found) for found in answer["results"]]
        return Rows(
            [row for row in rows if row.position > least],
            position_of(entry, answer["last_seq"]),
            answer.get("pending"),
        )

    async def rows_of(self, entry: Entry, names: Collection[str]) -> dict[str, Row]:
        """The rows of these documents, as far as the feed has got."""
        wanted = sorted(set(names))
        found: dict[str, Row] = {}
        for start in range(0, len(wanted), NAMED_AT_ONCE):
            answer = await self._http.post(
                entry.written,
                "_changes",
                query={"filter": "_doc_ids", "style": "all_docs"},
                body={"doc_ids": wanted[start : start + NAMED_AT_ONCE]},
            )
            rows = (_row(entry, row) for row in answer.value["results"])
            found.update((row.id, row) for row in rows)
        return found

    async def all_of(self, entry: Entry, query: ChangesQuery) -> Rows:
        """Every row that a query may show, in its order."""
        if query.document_ids is None:
            found = await self.after(entry, 0 if query.descending else query.since)
            rows, last = found.rows, found.last
        else:
            # Asked before the rows: what comes in between is shown again, not skipped.
            last = await self.newest(entry)
            named = (await self.rows_of(entry, query.document_ids)).values()
            since = 0 if query.descending else await self._number(entry, query.since)
            rows = sorted((row for row in named if row.position > since), key=_number_of)
            last = max([last, *(row.position for row in rows)])
        shown = [row for row in rows if query.sight.shows(row.id)]
        return Rows(shown[::-1] if query.descending else shown, last, None)

    async def deleted(self, entry: Entry) -> list[str]:
        """The names of deleted documents, in order: `_all_docs` does not know them."""
        known = self._deleted.setdefault(entry.name, _Deleted())
        self._deleted.move_to_end(entry.name)
        while len(self._deleted) > INDEXES_KEPT:
            self._deleted.popitem(last=False)
        found = await self.after(entry, known.last)
        for row in found.rows:
            at = bisect_left(known.names, row.id)
            there = at < len(known.names) and known.names[at] == row.id
            if row.deleted and not there:
                insort(known.names, row.id)
            elif there and not row.deleted:
                del known.names[at]
        known.last = found.last
        return known.names

    def forget(self, name: str) -> None:
        """Read the names of a database's deleted documents anew next time."""
        self._deleted.pop(name, None)

    @staticmethod
    async def _number(entry: Entry, since: int) -> int:
        """The number from which rows that were named one by one are new to a reader."""
        return since if entry.copies == 1 else 0


def where(entry: Entry, since: int) -> tuple[str, int]:
    """How to ask CouchDB to go on after a position.

    Returns:
        Its `since`, and the greatest number that is to be left out of what it answers.
    """
    position = Position.of(since)
    if position.mark:
        return f"{max(0, position - entry.base)}-{position.mark}", 0
    return "0", position if entry.copies == 1 else 0


def position_of(entry: Entry, sequence: object) -> Position:
    """CouchDB's sequence, `"42-g1AAAA…"` or the number that a single server writes."""
    number, _, mark = str(sequence).partition("-")
    if not number.isdecimal():
        raise StoreUnavailable("CouchDB answered with a sequence that cannot be read")
    return Position(int(number) + entry.base, mark)


def _row(entry: Entry, row: dict[str, Any]) -> Row:
    return Row(
        id=row["id"],
        position=position_of(entry, row["seq"]),
        revs=tuple(change["rev"] for change in row["changes"]),
        deleted=bool(row.get("deleted", False)),
    )


def _number_of(row: Row) -> int:
    return row.position
