"""Where devices stand in their circles, kept under a name where it is too much for a cursor.

A few of each device are there at once: an answer may be lost with the name that it held, and the
same device may ask twice at a time. Which circles a device is in is in the server's hints already;
nothing else is in here.
"""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Final

import orjson

from rejoint_server.access.hints import NOTES
from rejoint_sync.exchange.cursor import Place, position_value, read_place
from rejoint_sync.stores import Store

KEPT_PER_DEVICE: Final = 8
"""The oldest goes with the next; whose cursor names it compares, or begins anew."""

_PREFIX: Final = "places:"
_RANDOM_BYTES: Final = 9


class KeptPlaces:
    """Keeps places in the server's notes.

    Args:
        store: Whose notes were opened.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = asyncio.Lock()

    async def keep(self, device: str, places: Mapping[str, Place]) -> str:
        """Keep where a device stands by circle; the name of that note, which is durable."""
        body = orjson.dumps(
            {name: [position_value(place.at), place.seq] for name, place in places.items()}
        )
        start = f"{_PREFIX}{device}:"
        async with self._turn:
            there = await self._store.local_range(
                NOTES, start, f"{_PREFIX}{device};", limit=10 * KEPT_PER_DEVICE
            )
            numbers = [int(one.id.removeprefix(start).partition("-")[0]) for one in there]
            name = f"{max(numbers, default=0) + 1:08d}-{secrets.token_urlsafe(_RANDOM_BYTES)}"
            await self._store.local_put(NOTES, start + name, body)
            for one in there[: max(0, len(there) + 1 - KEPT_PER_DEVICE)]:
                await self._store.local_delete(NOTES, one.id)
        return name

    async def find(self, device: str, name: str) -> dict[str, Place] | None:
        """What was kept under a name of this device, None when it is not there any more."""
        note = await self._store.local_get(NOTES, f"{_PREFIX}{device}:{name}")
        if note is None:
            return None
        return {circle: read_place(*place) for circle, place in orjson.loads(note[1]).items()}
