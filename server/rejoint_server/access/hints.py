"""In which circles a device may be found, and the database in which the server keeps its own notes.

A hint is written before the entry that makes it true, so none is ever missing; it is never
believed, only looked up: the circle's own log decides. Kept on disk, so a start costs nothing.
"""

import asyncio
from collections import OrderedDict
from typing import Final

import orjson

from rejoint_sync.errors import DatabaseExists
from rejoint_sync.stores import Store

NOTES: Final = "_server"
"""A database that no route can name; it holds nothing but `_local` documents."""


DEVICES_KEPT: Final = 100_000
"""Devices whose circles are held in memory, about 300 bytes each."""


async def open_notes(store: Store) -> None:
    """Make the database of the server's own notes, if it is not there yet."""
    try:
        await store.create(NOTES)
    except DatabaseExists:
        return


class Hints:
    """The index from devices to circles.

    Args:
        store: Whose notes were opened.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = asyncio.Lock()
        self._remembered: OrderedDict[str, list[str]] = OrderedDict()

    async def circles_of(self, device: str) -> list[str]:
        """The circles in which the device may be, in the order in which it came."""
        note = await self._store.local_get(NOTES, f"device:{device}")
        circles: list[str] = orjson.loads(note[1])["circles"] if note else []
        return circles

    async def remembered(self, device: str) -> list[str]:
        """As `circles_of`, from memory: for a store to which this process alone writes."""
        known = self._remembered.get(device)
        if known is None:
            async with self._turn:
                known = self._remembered[device] = await self.circles_of(device)
            while len(self._remembered) > DEVICES_KEPT:
                self._remembered.popitem(last=False)
        return known

    async def add(self, device: str, circle: str) -> None:
        """Note that the device may soon be in the circle."""
        async with self._turn:
            circles = await self.circles_of(device)
            if circle not in circles:
                self._remembered.pop(device, None)
                body = orjson.dumps({"circles": [*circles, circle]})
                await self._store.local_put(NOTES, f"device:{device}", body)

    async def drop(self, device: str, circle: str) -> None:
        """Forget that the device may be in the circle: there is no such circle any more."""
        async with self._turn:
            circles = await self.circles_of(device)
            if circle in circles:
                self._remembered.pop(device, None)
                circles.remove(circle)
                name = f"device:{device}"
                if circles:
                    await self._store.local_put(NOTES, name, orjson.dumps({"circles": circles}))
                else:
                    await self._store.local_delete(NOTES, name)
