"""Places of a device are kept under a name, a few at a time."""

import asyncio

import pytest

from rejoint_server.access.hints import NOTES
from rejoint_server.exchange.kept_places import KEPT_PER_DEVICE, KeptPlaces
from rejoint_sync.exchange.cursor import Place
from rejoint_sync.sequence import Position
from rejoint_sync.stores.memory import MemoryStore

ME, OTHER = "d" + "A" * 20, "d" + "B" * 20


@pytest.fixture
async def places() -> KeptPlaces:
    store = MemoryStore()
    await store.create(NOTES)
    return KeptPlaces(store)


async def test_they_come_back_with_their_marks(places: KeptPlaces) -> None:
    kept = {"c" + "0" * 40: Place(Position(7, "g1A-_"), 3), "c" + "1" * 40: Place(9, 0)}
    found = await places.find(ME, await places.keep(ME, kept))
    assert found == kept
    assert {Position.of(one.at).mark for one in found.values()} == {"g1A-_", ""}


async def test_another_device_finds_nothing(places: KeptPlaces) -> None:
    name = await places.keep(ME, {})
    assert await places.find(OTHER, name) is None
    assert await places.find(ME, name[:-1]) is None


async def test_the_oldest_go(places: KeptPlaces) -> None:
    names = [await places.keep(ME, {"c" + "0" * 40: Place(n, 0)}) for n in range(12)]
    assert names == sorted(names)
    other = await places.keep(OTHER, {})
    found = [await places.find(ME, name) is not None for name in names]
    assert found == [False] * (12 - KEPT_PER_DEVICE) + [True] * KEPT_PER_DEVICE
    assert await places.find(OTHER, other) == {}


async def test_two_at_once_have_their_own(places: KeptPlaces) -> None:
    """Two requests of one device: neither may find the other's."""
    kept = [{"c" + "0" * 40: Place(n, 0)} for n in range(4)]
    names = await asyncio.gather(*(places.keep(ME, one) for one in kept))
    assert [await places.find(ME, name) for name in names] == kept
