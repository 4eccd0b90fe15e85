"""`_changes`: what happened in a database."""

from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from rejoint_server import reading
from rejoint_server.asgi import Stream
from rejoint_server.call import READ_AT_ONCE, Call
from rejoint_server.feeds import answer_feed
from rejoint_sync.answers.rows import change_row
from rejoint_sync.answers.shown import document_text
from rejoint_sync.errors import NotFound
from rejoint_sync.sequence import Sequence
from rejoint_sync.stores import ChangesPage, ChangesQuery, Leaf, Stored
from rejoint_sync.wire.changes import ChangesRequest

ROWS_AT_ONCE: Final = 2000
"""Rows held in memory at once, about 150 bytes each."""


async def changes(call: Call) -> Stream:
    """`GET` and `POST /db/{db}/_changes`."""
    await _check_function(call)
    asked = ChangesRequest.parse(
        call.query,
        await call.optional_object(),
        last_event=call.request.header(b"last-event-id"),
    )
    since = await _start(call, asked.feed.since)
    source = _Changes(call, asked)
    return await answer_feed(
        call.service, call.request, asked=asked.feed, source=source, since=since
    )


async def _check_function(call: Call) -> None:
    """Say of a filter function whether it is missing; one that is there is not offered."""
    named = ChangesRequest.function(call.query)
    if named is None:
        return
    design, member, function = named
    stored = await call.read(design)
    if stored is None or stored.leaves[0].deleted:
        raise NotFound("missing" if stored is None else "deleted")
    functions = orjson.loads(document_text(stored, stored.leaves[0])).get(member)
    if not isinstance(functions, dict) or function not in functions:
        raise NotFound(f"missing json key: {function[:80]}")


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
            for number, row in enumerate(chunk, start + 1):
                made = await self._row(found.get(row["id"]), row["seq"])
                rows += [made] if made is not None else []
                if left is not None and len(rows) == left:
                    last = Sequence.parse(row["seq"]).number
                    pending = plain.pending + len(listed) - number
                    return ChangesPage(b",\n".join(rows), len(rows), last, pending)
        return ChangesPage(b",\n".join(rows), len(rows), plain.last, plain.pending)

    async def _row(self, stored: Stored | None, sequence: str) -> bytes | None:
        if stored is None or (self.asked.design_only and not stored.id.startswith("_design/")):
            return None
        leaves = stored.leaves if self.asked.all_leaves else stored.leaves[:1]
        leaves = tuple(leaf for leaf in leaves if self._passes(stored, leaf))
        if not leaves:
            return None
        shown = None
        if self.asked.include_docs:
            shown = await reading.text(self.call, stored, stored.leaves[0], self.asked.options)
        return change_row(stored, leaves, sequence, shown)

    def _passes(self, stored: Stored, leaf: Leaf) -> bool:
        passes = self.asked.passes
        return passes is None or passes(orjson.loads(document_text(stored, leaf)))
