"""What a push and an append cost does not grow with the circle: work is counted, not time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rejoint_server.access.memberships import Memberships
from rejoint_sync.stores.sqlite import SqliteStore
from server.heavy import Work, counted, lengthen
from server.ring import Ring
from server.scene import Scene, open_scene

LONG = 1_990
"""Entries: a few below the most that a log takes."""


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[tuple[Scene, SqliteStore]]:
    """A server over SQLite."""
    store = await SqliteStore.open(tmp_path / "data")
    async with open_scene(tmp_path, store) as scene:
        yield scene, store
    await store.close()


async def pushed(ring: Ring, store: SqliteStore) -> Work:
    """The work of pushing ten records and of reading the newest row, once all is warm."""
    assert await ring.push(ring.founder, ring.record(ring.founder)) == []
    records = [ring.record(ring.founder) for _ in range(10)]
    headers = ring.headers(ring.founder)
    last = (await ring.scene.json("GET", f"/db/{ring.circle}", headers=headers))["update_seq"]
    with counted(store) as work:
        assert await ring.push(ring.founder, *records) == []
        names = await ring.seen(ring.founder, f"?since={last}")
    assert len(names) == 10
    return work


async def test_a_push_costs_the_same_in_a_long_circle(
    opened: tuple[Scene, SqliteStore],
) -> None:
    scene, store = opened
    clinic = await Ring.clinic(scene)
    short, long = await clinic.patient(), await clinic.patient()
    await lengthen(short, 10, 10)
    await lengthen(long, LONG, 10_000)
    few, many = await pushed(short, store), await pushed(long, store)
    # Ten records, and a login that is remembered; not one entry is replayed.
    assert (few.entries, few.signatures) == (many.entries, many.signatures) == (0, 10)
    # One look more, for counters above 10,000, however many records there are.
    assert few.statements <= many.statements <= few.statements + 1
    assert many.steps <= few.steps * 1.1


async def test_an_append_costs_the_same_in_a_long_log(
    opened: tuple[Scene, SqliteStore],
) -> None:
    scene, store = opened
    clinic = await Ring.clinic(scene)
    found = []
    for log_entries in (10, LONG):
        ring = await clinic.patient()
        await lengthen(ring, log_entries, 0)
        scene.clock.now += 86_401
        await ring.add("caregiver")
        with counted(store) as work:
            await ring.add("caregiver")
        found.append(work)
    few, many = found
    # The tests' own circle replays the entry too, twice.
    assert few.entries == many.entries <= 4
    assert few.signatures == many.signatures
    assert many.statements == few.statements
    assert many.steps <= few.steps * 1.1


async def test_the_first_touch_after_a_start_replays_the_log_once(
    opened: tuple[Scene, SqliteStore],
) -> None:
    scene, store = opened
    ring = await (await Ring.clinic(scene)).patient()
    await lengthen(ring, 50, 0)
    fresh = Memberships(store)
    with counted(store) as work:
        assert (await fresh.of(ring.circle)).seq == 49
        await fresh.of(ring.circle)
    assert work.entries == 50
    entry_by_entry = Memberships(store)
    entry_by_entry.keep(ring.membership)
    with counted(store) as work:
        await entry_by_entry.refresh(ring.circle)
    assert work.entries == 0
