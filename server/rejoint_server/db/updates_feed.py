"""`_db_updates`: what happened to the databases that the caller may see."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson

from rejoint_server.db.call import Service
from rejoint_server.db.feeds import answer_feed
from rejoint_server.web.asgi import Request, Stream
from rejoint_sync.sequence import Sequence
from rejoint_sync.stores import ChangesPage
from rejoint_sync.wire.changes import FeedRequest

EVENTS_AT_ONCE = 1000
"""Events held in memory at once, about 100 bytes each."""


async def db_updates(service: Service, request: Request) -> Stream:
    """`GET /db/_db_updates`."""
    asked = FeedRequest.parse(request.query, last_event=request.header(b"last-event-id"))
    source = _Updates(service, lambda: service.policy.sees(request), newest=asked.descending)
    await source.renew()
    if asked.since == "now":
        _, since = await service.store.updates(0, limit=0)
    else:
        since = Sequence.parse(asked.since).position(service.store.session)
    return await answer_feed(service, request, asked=asked, source=source, since=since)


@dataclass(frozen=True, slots=True)
class _Updates:
    """The rows of one `_db_updates`; what may be seen is asked anew for each page."""

    service: Service
    sees: Callable[[], Awaitable[Callable[[str], bool]]]
    newest: bool

    def sequence(self, number: int) -> str:
        return str(Sequence(number, self.service.store.session))

    async def wait(self, since: int, timeout_s: float) -> bool:
        return await self.service.store.wait_any(since, timeout_s)

    async def renew(self) -> None:
        await self.sees()

    async def page(self, since: int, left: int | None) -> ChangesPage:
        sees = await self.sees()
        rows: list[bytes] = []
        while True:
            events, last = await self.service.store.updates(since, limit=EVENTS_AT_ONCE)
            for position, event in enumerate(events, 1):
                since = event.number
                if sees(event.database):
                    rows.append(
                        orjson.dumps(
                            {
                                "db_name": event.database,
                                "type": event.kind,
                                "seq": self.sequence(event.number),
                            }
                        )
                    )
                if not self.newest and left is not None and len(rows) == left:
                    return _page(rows, since, len(events) - position)
            if len(events) < EVENTS_AT_ONCE:
                break
        if self.newest:
            rows = rows[::-1][:left]
        return _page(rows, last, 0)


def _page(rows: list[bytes], last: int, pending: int) -> ChangesPage:
    return ChangesPage(b",\n".join(rows), len(rows), last, pending)
