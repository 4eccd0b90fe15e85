"""`_changes`: what happened since, at once or as soon as there is something."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from rejoint_server.asgi import Stream
from rejoint_server.call import READ_AT_ONCE, Call
from rejoint_sync.sequence import Sequence
from rejoint_sync.stores import ChangesPage, ChangesQuery
from rejoint_sync.wire import ChangesRequest

ROWS_AT_ONCE: Final = 2000
"""Rows held in memory at once, about 150 bytes each."""


async def changes(call: Call) -> Stream:
    """`GET` and `POST /db/{db}/_changes`."""
    asked = ChangesRequest.parse(call.query, await call.optional_object())
    query = ChangesQuery(
        since=await _start(call, asked.since),
        descending=asked.descending,
        all_leaves=asked.all_leaves,
        include_docs=asked.include_docs,
        document_ids=asked.document_ids,
        sight=call.guest.sight,
    )
    first = await _page(call, asked, query, left=asked.limit)
    return Stream(_feed(call, asked, query, first))


async def _start(call: Call, since: str) -> int:
    """The number to start after; a sequence of another incarnation starts over at 0."""
    if since == "now":
        return (await call.store.info(call.database)).sequence
    return Sequence.parse(since).position(call.store.incarnation)


async def _page(
    call: Call, asked: ChangesRequest, query: ChangesQuery, *, left: int | None
) -> ChangesPage:
    at_once = READ_AT_ONCE if asked.include_docs else ROWS_AT_ONCE
    if asked.descending and left is None:
        # Only the ascending feed can be continued by `since`.
        left = at_once = max(1, (await call.store.info(call.database)).sequence)
    limit = at_once if left is None else left if asked.descending else min(left, at_once)
    return await call.store.changes(call.database, replace(query, limit=limit))


async def _feed(
    call: Call, asked: ChangesRequest, query: ChangesQuery, page: ChangesPage
) -> AsyncGenerator[bytes, None]:
    yield b'{"results":[\n'
    if asked.longpoll and page.count == 0:
        async with _Waiting.begin(call, asked) as waiting:
            while page.count == 0 and not waiting.over:
                yield await waiting.step(page.last)
                page = await _page(call, asked, replace(query, since=page.last), left=asked.limit)
    left = asked.limit
    separator = b""
    while page.count:
        yield separator + page.rows
        separator = b",\n"
        left = None if left is None else left - page.count
        if asked.descending or left == 0 or page.pending == 0:
            break
        page = await _page(call, asked, replace(query, since=page.last), left=left)
    last = Sequence(page.last, call.store.incarnation)
    yield b'\n],\n"last_seq":"%b","pending":%d}\n' % (str(last).encode(), page.pending)


class _Waiting:
    """Waits for a change, until the time is over, the client is gone or the server stops."""

    def __init__(self, call: Call, asked: ChangesRequest) -> None:
        self._call = call
        longest = call.service.settings.longpoll_s_max
        if asked.heartbeat_ms is None:
            longest = min(longest, asked.timeout_ms / 1000)
        self._step_s = longest if asked.heartbeat_ms is None else asked.heartbeat_ms / 1000
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + longest
        self._ends: tuple[asyncio.Future[Any], ...] = (
            asyncio.ensure_future(call.request.gone()),
            asyncio.ensure_future(call.service.stopping.wait()),
        )

    @classmethod
    @asynccontextmanager
    async def begin(cls, call: Call, asked: ChangesRequest) -> AsyncGenerator["_Waiting", None]:
        """Listen for the ends, and let go of them afterwards."""
        waiting = cls(call, asked)
        try:
            yield waiting
        finally:
            for end in waiting._ends:
                end.cancel()

    @property
    def over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self._loop.time() >= self._until or any(end.done() for end in self._ends)

    async def step(self, since: int) -> bytes:
        """Wait for one heartbeat or a change; what to send meanwhile."""
        seconds = max(0.0, min(self._step_s, self._until - self._loop.time()))
        change = asyncio.ensure_future(self._call.store.wait(self._call.database, since, seconds))
        try:
            awaited: set[asyncio.Future[Any]] = {change, *self._ends}
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if not change.done():
                return b""
            change.result()
        finally:
            change.cancel()
        await self._call.service.policy.renew(self._call.guest)
        return b"" if self.over else b"\n"
