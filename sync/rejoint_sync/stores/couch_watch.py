"""Who waits for a change of a database in CouchDB: one waiting feed for all its sleepers.

A write through this store wakes them at once; the feed is for what others write to CouchDB.
"""

import asyncio
from typing import Any, Final

from rejoint_sync.errors import NotFound, SyncError
from rejoint_sync.sequence import Position
from rejoint_sync.stores.couch_feed import position_of, where
from rejoint_sync.stores.couch_http import CouchHttp
from rejoint_sync.stores.couch_register import Entry
from rejoint_sync.stores.waiters import Waiters

FEED_MS: Final = 50_000
"""How long CouchDB is asked to hold a feed without news; below the silence that is allowed."""

PAUSE_S: Final = 1.0
"""Between two tries when CouchDB is out of reach."""


class Watch:
    """The sleepers of one database.

    Args:
        http: The data path.
        tasks: Where a feed is named as long as it runs.

    Attributes:
        count: Grows with each change that was heard of; look at it before looking for news.
    """

    def __init__(self, http: CouchHttp, tasks: set[asyncio.Task[Any]]) -> None:
        self.count = 0
        self._http = http
        self._tasks = tasks
        self._waiters = Waiters()
        self._listening = 0
        self._feed: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Let everybody look again."""
        self.count += 1
        self._waiters.wake()

    async def sleep(self, entry: Entry, since: Position, timeout_s: float) -> bool:
        """Sleep until woken; False when `timeout_s` seconds passed instead.

        Args:
            entry: The database.
            since: From where on a change of others ends it.
            timeout_s: At most so long.
        """
        self._listening += 1
        try:
            if self._feed is None or self._feed.done():
                self._feed = asyncio.create_task(self._follow(entry, since))
                self._tasks.add(self._feed)
                self._feed.add_done_callback(self._tasks.discard)
            return await self._waiters.sleep(timeout_s)
        finally:
            self._listening -= 1
            if not self._listening and self._feed is not None:
                self._feed.cancel()
                self._feed = None

    async def _follow(self, entry: Entry, since: Position) -> None:
        while True:
            # A number without a mark is that of a server whose numbers are enough.
            text = where(entry, since)[0] if since.mark else str(since - entry.base)
            try:
                answer = await self._http.wait(
                    entry.written,
                    "_changes",
                    query={"feed": "longpoll", "since": text, "timeout": FEED_MS, "limit": 1},
                )
                since = position_of(entry, answer.value["last_seq"])
            except NotFound:
                self.wake()
                return
            except SyncError:
                await asyncio.sleep(PAUSE_S)
                continue
            if answer.value["results"]:
                self.wake()
