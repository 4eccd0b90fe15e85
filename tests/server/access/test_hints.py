"""Where a device may be found."""

import asyncio

from rejoint_server.access.hints import Hints, open_notes
from rejoint_sync.stores.memory import MemoryStore


async def test_remembers_each_circle_once_in_order() -> None:
    store = MemoryStore()
    await open_notes(store)
    await open_notes(store)
    hints = Hints(store)
    assert await hints.circles_of("d1") == []
    for circle in ("c2", "c1", "c2"):
        await hints.add("d1", circle)
    assert await Hints(store).circles_of("d1") == ["c2", "c1"]
    assert await hints.circles_of("d2") == []


async def test_loses_none_of_many_at_once() -> None:
    store = MemoryStore()
    await open_notes(store)
    hints = Hints(store)
    await asyncio.gather(*(hints.add("d1", f"c{n}") for n in range(50)))
    assert sorted(await hints.circles_of("d1")) == sorted(f"c{n}" for n in range(50))


async def test_what_is_remembered_follows() -> None:
    store = MemoryStore()
    await open_notes(store)
    hints = Hints(store)
    assert await hints.remembered("d1") == []
    await hints.add("d1", "c1")
    await hints.add("d1", "c2")
    assert await hints.remembered("d1") == ["c1", "c2"]
    await hints.drop("d1", "c1")
    assert await hints.remembered("d1") == ["c2"]
    await store.local_put("_server", "device:d1", b"{}")
    assert await hints.remembered("d1") == ["c2"]
