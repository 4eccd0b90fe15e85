"""`_design/x/_view/y`: a view computed when it is asked for, over the winners.

There is no index: each request reads the whole database, so its size is bounded. It is here for
clients and suites that define a small view beside their replication, not for queries over data.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Self

import orjson

from rejoint_server.db.call import READ_AT_ONCE, Call
from rejoint_server.db.databases import answer
from rejoint_server.design.design_functions import Function
from rejoint_server.web.asgi import Answer
from rejoint_sync.answers.shown import document_text
from rejoint_sync.errors import BadRequest, NotOffered, TooLarge
from rejoint_sync.selector import order_key
from rejoint_sync.stores import Stored
from rejoint_sync.wire.all_docs import LAST_ID
from rejoint_sync.wire.query import Query
from rejoint_sync.wire.show import DocumentOptions

VIEW_DOCUMENTS_MAX: Final = 10_000
"""Documents of a database whose views are computed: each request reads them all."""

VIEW_ROWS_MAX: Final = 100_000
"""Rows of one view: they are held at once to be sorted."""

_ELSEWHERE: Final = (
    *("startkey", "start_key", "endkey", "end_key", "startkey_docid", "endkey_docid"),
    *("group_level", "include_docs", "update_seq"),
)
_SHOWN: Final = DocumentOptions(conflicts=True, deleted_conflicts=True)
_BUILT_IN: Final = {
    "_count": "function (keys, values) { return values.length; }",
    "_sum": "function (keys, values) { return sum(values); }",
    "_stats": """function (keys, values) {
        return {
            sum: sum(values),
            count: values.length,
            min: values.reduce(function (a, b) { return Math.min(a, b); }, Infinity),
            max: values.reduce(function (a, b) { return Math.max(a, b); }, -Infinity),
            sumsqr: values.reduce(function (a, b) { return a + b * b; }, 0)
        };
    }""",
}

Row = tuple[Any, str, Any]
"""Key, document's name, value."""


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """What one view is asked for.

    Attributes:
        keys: Only rows of these keys, in this order; None for all.
        reduce: Whether the view's `reduce` is used, if it has one.
        group: One reduced row for each key, not one for all.
        limit: Most rows, None for all.
        skip: Rows left out first.
        descending: Greatest key first.
    """

    keys: tuple[Any, ...] | None
    reduce: bool
    group: bool
    limit: int | None
    skip: int
    descending: bool

    @classmethod
    def parse(cls, query: Query) -> Self:
        """Read the options.

        Raises:
            BadRequest: An option cannot be read.
            NotOffered: An option of CouchDB's that would change the answer and is not read.
        """
        for name in _ELSEWHERE:
            if query.text(name) not in (None, "false"):
                raise NotOffered(f"{name} is not offered for views.")
        keys = query.json("keys")
        if keys is not None and not isinstance(keys, list):
            raise BadRequest("`keys` parameter must be an array.")
        if query.text("key") is not None:
            keys = [query.json("key")]
        return cls(
            keys=None if keys is None else tuple(keys),
            reduce=query.flag("reduce", default=True),
            group=query.flag("group"),
            limit=query.count("limit"),
            skip=query.count("skip") or 0,
            descending=query.flag("descending"),
        )

    def page(self, rows: Sequence[Any]) -> Sequence[Any]:
        """What `skip` and `limit` leave."""
        rest = rows[self.skip :]
        return rest if self.limit is None else rest[: self.limit]


async def view(call: Call) -> Answer:
    """`GET /db/{db}/_design/{id}/_view/{name}`."""
    if call.service.designs is None:
        raise NotOffered("Views are not offered.")
    asked = ViewRequest.parse(call.query)
    stored = await call.read(f"_design/{call.name}")
    function = call.service.designs.named(stored, "views", call.part)
    if function.reduce is None and (asked.group or call.query.text("reduce") == "true"):
        raise BadRequest("`reduce` and `group` are for views with a reduce function.")
    try:
        return await _answered(call, function, asked)
    except (RecursionError, orjson.JSONEncodeError):
        raise BadRequest("The rows of this view are nested too deeply.") from None


async def _answered(call: Call, function: Function, asked: ViewRequest) -> Answer:
    whole = await _mapped(call, function)
    rows = _chosen(whole, asked)
    if function.reduce is not None and asked.reduce:
        return answer({"rows": asked.page(await _reduced(function, rows, asked))})
    listed = [{"id": name, "key": key, "value": value} for key, name, value in asked.page(rows)]
    return answer({"total_rows": len(whole), "offset": asked.skip, "rows": listed})


async def _mapped(call: Call, function: Function) -> list[Row]:
    """All rows of the view, by key and then by name."""
    info = await call.store.info(call.database)
    if info.documents > VIEW_DOCUMENTS_MAX:
        raise TooLarge(f"Views are computed over at most {VIEW_DOCUMENTS_MAX} documents.")
    rows: list[Row] = []
    async for page in _winners(call):
        texts = [document_text(stored, stored.leaves[0], _SHOWN) for stored in page]
        async for part, results in function.run("map", texts):
            for stored, emitted in zip(page[part], results, strict=True):
                rows += [(key, stored.id, value) for key, value in emitted]
        if len(rows) > VIEW_ROWS_MAX:
            raise TooLarge(f"A view may have at most {VIEW_ROWS_MAX} rows.")
    return sorted(rows, key=lambda row: (order_key(row[0]), row[1]))


async def _winners(call: Call) -> AsyncIterator[list[Stored]]:
    """Every document that is not deleted and no design document, a bounded number at a time."""
    start = ""
    while True:
        page = await call.store.range(call.database, start, LAST_ID, limit=READ_AT_ONCE)
        yield [
            stored
            for stored in page
            if not stored.leaves[0].deleted and not stored.id.startswith("_design/")
        ]
        if len(page) < READ_AT_ONCE:
            return
        start = page[-1].id + "\0"


def _chosen(rows: list[Row], asked: ViewRequest) -> list[Row]:
    if asked.keys is None:
        return rows[::-1] if asked.descending else rows
    by_key = {key: list(some) for key, some in groupby(rows, lambda row: order_key(row[0]))}
    keys = asked.keys[::-1] if asked.descending else asked.keys
    return [
        row
        for key in keys
        for row in by_key.get(order_key(key), [])[:: -1 if asked.descending else 1]
    ]


async def _reduced(
    function: Function, rows: Sequence[Row], asked: ViewRequest
) -> list[dict[str, Any]]:
    """One row for all, or for each key one; none where there is nothing to reduce."""
    if asked.group:
        grouped = [list(some) for _, some in groupby(rows, lambda row: order_key(row[0]))]
    else:
        grouped = [list(rows)] if rows else []
    source = function.reduce
    if isinstance(source, str) and source.startswith("_"):
        if source not in _BUILT_IN:
            raise NotOffered(f"{source[:80]} is not offered.")
        source = _BUILT_IN[source]
    groups = [
        [[[key, name] for key, name, _ in some], [value for _, _, value in some]]
        for some in grouped
    ]
    values = await function.engine.ask("reduce", source, function.design, {"groups": groups})
    keys = [some[0][0] if asked.group else None for some in grouped]
    return [{"key": key, "value": value} for key, value in zip(keys, values, strict=True)]
