"""The relay key is made once and outlives the server's process."""

import asyncio

from rejoint_server.access.hints import open_notes
from rejoint_server.access.relay_key import RelayKey
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.envelope import public_point
from rejoint_sync.stores.memory import MemoryStore


async def test_it_is_made_once_also_when_many_ask_at_once() -> None:
    store = MemoryStore()
    await open_notes(store)
    key = RelayKey(store)
    first, *others = await asyncio.gather(*(key.shown() for _ in range(5)))
    assert set(others) == {first}
    assert b64u_decode(first) == public_point(await key.scalar())


async def test_it_outlives_the_process_and_belongs_to_its_store() -> None:
    one, other = MemoryStore(), MemoryStore()
    await open_notes(one)
    await open_notes(other)
    assert await RelayKey(one).shown() == await RelayKey(one).shown()
    assert await RelayKey(one).shown() != await RelayKey(other).shown()
