"""Who stands in each circle, replayed from the store and kept in memory."""

import asyncio
from collections import OrderedDict
from typing import Any, Final

import orjson

from rejoint_server.access.tombstones import require_not_buried
from rejoint_sync.circle.grammar import CIRCLE
from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import NotFound
from rejoint_sync.stores import Store, Stored

CIRCLES_KEPT: Final = 1000
"""Memberships held in memory; a circle of ten entries takes a few KiB and 2 ms to replay."""

ENTRIES_KEPT: Final = 200_000
"""Log entries of all memberships held in memory, about 400 bytes each: what bounds long logs."""

_READ_AT_ONCE: Final = 500


class Memberships:
    """The replayed logs of the circles in a store.

    Args:
        store: Where the logs are; only this process writes to it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, Membership] = OrderedDict()
        self._entries_kept = 0

    async def known(self, circle: str) -> Membership:
        """As `of`, for a name from the wire. Raises `NotFound`, also for what is no name."""
        if not CIRCLE.match(circle):
            raise NotFound("There is no such circle.")
        return await self.of(circle)

    async def of(self, circle: str) -> Membership:
        """The membership up to the end of the circle's log.

        Raises:
            NotFound: There is no such circle.
            CircleError: `closed`, as 410: it was purged.
        """
        known = self._kept.get(circle)
        if known is None:
            return await self.refresh(circle)
        self._kept.move_to_end(circle)
        return known

    async def refresh(self, circle: str) -> Membership:
        """Read on in the log from where it is known. Raises `NotFound`."""
        known = self._kept.get(circle)
        try:
            entries = await self._entries(circle, 0 if known is None else known.seq + 1)
        except NotFound:
            await require_not_buried(self._store, circle)
            raise
        if known is None:
            if not entries:
                raise NotFound("Database does not exist.")
            membership = await asyncio.to_thread(Membership.replay, circle, entries)
        else:
            membership = known
            for entry in entries:
                membership = membership.append(entry)
        return self.keep(membership)

    def keep(self, membership: Membership) -> Membership:
        """Remember a membership, unless a longer one is known; the one that is remembered."""
        known = self._kept.get(membership.circle)
        if known is None or known.seq < membership.seq:
            self._entries_kept += membership.seq - (-1 if known is None else known.seq)
            self._kept[membership.circle] = known = membership
        self._kept.move_to_end(membership.circle)
        while len(self._kept) > 1 and (
            len(self._kept) > CIRCLES_KEPT or self._entries_kept > ENTRIES_KEPT
        ):
            _, forgotten = self._kept.popitem(last=False)
            self._entries_kept -= forgotten.seq + 1
        return known

    def forget(self, circle: str) -> None:
        """Read the log anew when it is asked for next."""
        known = self._kept.pop(circle, None)
        if known is not None:
            self._entries_kept -= known.seq + 1

    async def log(self, circle: str) -> list[dict[str, Any]]:
        """All entries of a circle in order, as documents. Raises `NotFound`."""
        return await self._entries(circle, 0)

    async def _entries(self, circle: str, first: int) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        start = f"log:{first:06d}"
        while True:
            page = await self._store.range(circle, start, "log;", limit=_READ_AT_ONCE)
            entries += [plain(stored) for stored in page]
            if len(page) < _READ_AT_ONCE:
                return entries
            start = page[-1].id + "\0"


def plain(stored: Stored) -> dict[str, Any]:
    """The winner of a stored document as parsed JSON, with `_id` and `_rev`."""
    winner = stored.leaves[0]
    members = orjson.loads(b"{" + winner.tail.removeprefix(b","))
    return {"_id": stored.id, "_rev": winner.rev, **members}
