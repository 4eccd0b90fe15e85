"""In which circles a device may be found, and the database in which the server keeps its own notes.

A hint is written before the entry that makes it true, so none is ever missing; it is never
believed, only looked up: the circle's own log decides. Kept on disk, so a start costs nothing.
"""

import asyncio
from typing import Final

import orjson

from rejoint_sync.errors import DatabaseExists
from rejoint_sync.stores import Store

NOTES: Final = "_server"
"""A database that no route can name; it holds nothing but `_local` documents."""


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

    async def circles_of(self, device: str) -> list[str]:
        """The circles in which the device may be, in the order in which it came."""
        note = await self._store.local_get(NOTES, f"device:{device}")
        circles: list[str] = orjson.loads(note[1])["circles"] if note else []
        return circles

    async def add(self, device: str, circle: str) -> None:
        """Note that the device may soon be in the circle."""
        async with self._turn:
            circles = await self.circles_of(device)
            if circle not in circles:
                body = orjson.dumps({"circles": [*circles, circle]})
                await self._store.local_put(NOTES, f"device:{device}", body)

    async def drop(self, device: str, circle: str) -> None:
        """Forget that the device may be in the circle: there is no such circle any more."""
        async with self._turn:
            circles = await self.circles_of(device)
            if circle in circles:
                circles.remove(circle)
                name = f"device:{device}"
                if circles:
                    await self._store.local_put(NOTES, name, orjson.dumps({"circles": circles}))
                else:
                    await self._store.local_delete(NOTES, name)
