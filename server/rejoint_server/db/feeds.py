"""Feeds: rows of what happened, at once, as soon as there are some, or for as long as one listens.

`_changes` and `_db_updates` differ only in where their rows come from. A feed that waits holds a
few objects on the event loop and no thread; it asks the store again only when something changed.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from rejoint_server.db.call import Service
from rejoint_server.web.asgi import Request, Stream
from rejoint_sync.stores import ChangesPage
from rejoint_sync.wire.changes import Feed, FeedRequest


class Source(Protocol):
    """Where the rows of one feed come from."""

    async def page(self, since: int, left: int | None) -> ChangesPage:
        """The rows after `since`, at most `left` of them; without rows none are pending."""
        ...

    async def wait(self, since: int, timeout_s: float) -> bool:
        """Sleep until there may be more after `since`; False when the time is over."""
        ...

    async def renew(self) -> None:
        """Check that who listens still may. Raises a `SyncError`."""
        ...

    def sequence(self, number: int) -> str:
        """A number as it is written in answers."""
        ...


@dataclass(frozen=True, slots=True)
class _Form:
    """How a feed that stays open writes its rows.

    Attributes:
        content_type: Of the answer.
        begin: Sent at once, so that the client sees that it is heard.
        beat: Sent when nothing else is.
    """

    content_type: bytes
    begin: bytes
    beat: bytes

    def rows(self, rows: bytes) -> bytes:
        return rows.replace(b",\n", b"\n") + b"\n"

    def end(self, sequence: str, pending: int) -> bytes:
        return b'{"last_seq":"%b","pending":%d}\n' % (sequence.encode(), pending)


class _Events(_Form):
    __slots__ = ()

    def rows(self, rows: bytes) -> bytes:
        # Every row begins so; see `change_row` and the stores.
        written = []
        for row in rows.split(b",\n"):
            sequence = row.partition(b'"seq":')[2].partition(b",")[0].rstrip(b"}")
            written.append(b"data: %b\nid: %b\n\n" % (row, sequence))
        return b"".join(written)

    def end(self, sequence: str, pending: int) -> bytes:  # noqa: ARG002 - an event source has none
        return b""


_FORMS: Final = {
    Feed.CONTINUOUS: _Form(b"application/json", b"\n", b"\n"),
    Feed.EVENTSOURCE: _Events(b"text/event-stream", b":\n\n", b"event: heartbeat\ndata: \n\n"),
}


async def answer_feed(
    service: Service, request: Request, *, asked: FeedRequest, source: Source, since: int
) -> Stream:
    """Answer with a feed.

    Args:
        service: The parts.
        request: Whose end ends the feed.
        asked: How.
        source: Where rows come from.
        since: The number after which they begin.
    """
    page = await source.page(since, asked.limit)
    waiting = _Waiting(service, request, asked, source)
    if asked.feed.stays_open:
        form = _FORMS[asked.feed]
        parts = _open_feed(form, asked, source, page, waiting)
        return Stream(parts, content_type=form.content_type, is_live=True)
    return Stream(_whole_feed(asked, source, page, waiting), is_live=asked.feed is Feed.LONGPOLL)


async def _whole_feed(
    asked: FeedRequest, source: Source, page: ChangesPage, waiting: "_Waiting"
) -> AsyncGenerator[bytes, None]:
    yield b'{"results":[\n'
    if asked.feed is Feed.LONGPOLL and page.count == 0:
        async with waiting.listening():
            while page.count == 0 and not waiting.over:
                yield b"\n" if await waiting.step(page.last) else b""
                page = await source.page(page.last, asked.limit)
    left = asked.limit
    separator = b""
    while page.count:
        yield separator + page.rows
        separator = b",\n"
        left = None if left is None else left - page.count
        if asked.descending or left == 0 or page.pending == 0:
            break
        page = await source.page(page.last, left)
    last = source.sequence(page.last)
    yield b'\n],\n"last_seq":"%b","pending":%d}\n' % (last.encode(), page.pending)


async def _open_feed(
    form: _Form, asked: FeedRequest, source: Source, page: ChangesPage, waiting: "_Waiting"
) -> AsyncGenerator[bytes, None]:
    left = asked.limit
    yield form.begin
    async with waiting.listening():
        while True:
            if page.count:
                yield form.rows(page.rows)
                left = None if left is None else left - page.count
            if left == 0 or asked.descending or (waiting.over and not page.pending):
                break
            if not page.pending:
                if await waiting.step(page.last):
                    yield form.beat
            elif waiting.is_alone:
                break
            page = await source.page(page.last, left)
            if page.count:
                waiting.restart()
    yield form.end(source.sequence(page.last), page.pending)


class _Waiting:
    """Waits for a change, until the time is over, the client is gone or the server stops."""

    def __init__(
        self, service: Service, request: Request, asked: FeedRequest, source: Source
    ) -> None:
        self._service = service
        self._request = request
        self._source = source
        self._loop = asyncio.get_running_loop()
        self._longest_s = service.settings.longpoll_s_max
        self._beats = asked.heartbeat_ms is not None
        if asked.heartbeat_ms is None:
            self._longest_s = min(self._longest_s, asked.timeout_ms / 1000)
        step_s = self._longest_s if asked.heartbeat_ms is None else asked.heartbeat_ms / 1000
        self._step_s = step_s
        self._until = self._loop.time() + self._longest_s
        self._ends: tuple[asyncio.Future[Any], ...] = ()

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[None, None]:
        """Listen for the ends, and let go of them afterwards."""
        self._ends = (
            asyncio.ensure_future(self._request.gone()),
            asyncio.ensure_future(self._service.stopping.wait()),
        )
        try:
            yield
        finally:
            for end in self._ends:
                end.cancel()

    def restart(self) -> None:
        """Something was sent: the time begins anew."""
        self._until = self._loop.time() + self._longest_s

    @property
    def is_alone(self) -> bool:
        """Whether the client is gone or the server stops."""
        return any(end.done() for end in self._ends)

    @property
    def over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self._loop.time() >= self._until or self.is_alone

    async def step(self, since: int) -> bool:
        """Wait for a change, or for one heartbeat; whether a heartbeat is to be sent."""
        seconds = max(0.0, min(self._step_s, self._until - self._loop.time()))
        change = asyncio.ensure_future(self._source.wait(since, seconds))
        try:
            awaited: set[asyncio.Future[Any]] = {change, *self._ends}
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if not change.done():
                return False
            has_changed = change.result()
        finally:
            change.cancel()
        await self._source.renew()
        return self._beats and not has_changed and not self.over
