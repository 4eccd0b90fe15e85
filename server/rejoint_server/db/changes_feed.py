"""`_changes`: what happened in a database."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from rejoint_server.db import reading
from rejoint_server.db.call import READ_AT_ONCE, Call
from rejoint_server.db.feeds import answer_feed
from rejoint_server.db.filters import Filter
from rejoint_server.web.asgi import Stream
from rejoint_sync.answers.rows import change_row
from rejoint_sync.answers.shown import document_text
from rejoint_sync.sequence import Sequence
from rejoint_sync.stores import ChangesPage, ChangesQuery, Leaf, Stored
from rejoint_sync.wire.changes import ChangesRequest

Passed = frozenset[tuple[str, str]] | None
ROWS_AT_ONCE: Final = 2000
"""Rows held in memory at once, about 150 bytes each."""


async def changes(call: Call) -> Stream:
    """`GET` and `POST /db/{db}/_changes`."""
    body = await call.optional_object()
    function = await Filter.of(call, body)
    asked = ChangesRequest.parse(
        call.query,
        body,
        last_event=call.request.header(b"last-event-id"),
        by_function=function is not None,
    )
    since = await _start(call, asked.feed.since)
    source = _Changes(call, asked, function)
    return await answer_feed(
        call.service, call.request, asked=asked.feed, source=source, since=since
    )


async def _start(call: Call, since: str) -> int:
    """The number to start after; a sequence of another incarnation starts over at 0."""
    if since == "now":
        return (await call.store.info(call.database)).sequence
    return Sequence.parse(since).position(call.store.incarnation)


@dataclass(frozen=True, slots=True)
class _Changes:
    """The rows of one `_changes`: the store's own where they will do, else made one by one."""

    call: Call
    asked: ChangesRequest
    function: Filter | None

    def sequence(self, number: int) -> str:
        return str(Sequence(number, self.call.store.incarnation))

    async def wait(self, since: int, timeout_s: float) -> bool:
        return await self.call.store.wait(self.call.database, since, timeout_s)

    async def renew(self) -> None:
        await self.call.service.policy.renew(self.call.guest)

    async def page(self, since: int, left: int | None) -> ChangesPage:
        query = ChangesQuery(
            since=since,
            descending=self.asked.feed.descending,
            all_leaves=self.asked.all_leaves,
            include_docs=self.asked.include_docs,
            document_ids=self.asked.document_ids,
            sight=self.call.guest.sight,
        )
        if self.asked.reads_documents:
            return await self._read(replace(query, include_docs=False), left)
        at_once = READ_AT_ONCE if self.asked.include_docs else ROWS_AT_ONCE
        if query.descending:
            # Only the ascending feed can be continued by `since`.
            limit = await self._all() if left is None else left
        else:
            limit = at_once if left is None else min(left, at_once)
        return await self.call.store.changes(self.call.database, replace(query, limit=limit))

    async def _all(self) -> int:
        return max(1, (await self.call.store.info(self.call.database)).sequence)

    async def _read(self, query: ChangesQuery, left: int | None) -> ChangesPage:
        """Rows that pass the filter; pages in which none does are read over."""
        limit = await self._all() if query.descending else READ_AT_ONCE
        while True:
            plain = await self.call.store.changes(self.call.database, replace(query, limit=limit))
            page = await self._passed(plain, left)
            if page.count or not page.pending or query.descending:
                return page
            query = replace(query, since=page.last)

    async def _passed(self, plain: ChangesPage, left: int | None) -> ChangesPage:
        listed: list[dict[str, Any]] = orjson.loads(b"[" + plain.rows + b"]")
        rows: list[bytes] = []
        for start in range(0, len(listed), READ_AT_ONCE):
            chunk = listed[start : start + READ_AT_ONCE]
            found = await self.call.read_many([row["id"] for row in chunk])
            passed = await self._asked(found)
            for number, row in enumerate(chunk, start + 1):
                made = await self._row(found.get(row["id"]), row["seq"], passed)
                rows += [made] if made is not None else []
                if left is not None and len(rows) == left:
                    last = Sequence.parse(row["seq"]).number
                    pending = plain.pending + len(listed) - number
                    return ChangesPage(b",\n".join(rows), len(rows), last, pending)
        return ChangesPage(b",\n".join(rows), len(rows), plain.last, plain.pending)

    async def _asked(self, found: Mapping[str, Stored]) -> Passed:
        if self.function is None:
            return None
        return await self.function.passed(found.values(), all_leaves=self.asked.all_leaves)

    async def _row(self, stored: Stored | None, sequence: str, passed: Passed) -> bytes | None:
        if stored is None or (self.asked.design_only and not stored.id.startswith("_design/")):
            return None
        leaves = stored.leaves if self.asked.all_leaves else stored.leaves[:1]
        leaves = tuple(leaf for leaf in leaves if self._passes(stored, leaf, passed))
        if not leaves:
            return None
        shown = None
        if self.asked.include_docs:
            shown = await reading.text(self.call, stored, stored.leaves[0], self.asked.options)
        return change_row(stored, leaves, sequence, shown)

    def _passes(self, stored: Stored, leaf: Leaf, passed: Passed) -> bool:
        if passed is not None:
            return (stored.id, leaf.rev) in passed
        passes = self.asked.passes
        return passes is None or passes(orjson.loads(document_text(stored, leaf)))
