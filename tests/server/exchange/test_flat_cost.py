"""One-request sync costs what is new, not what is there: bytes are counted, not time."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rejoint_sync.exchange.messages import Given, Receipt
from rejoint_sync.stores.sqlite import SqliteStore
from server.heavy import lengthen
from server.ring import Ring
from server.scene import open_scene
from server.sync_client import Handset

LONG = os.environ.get("REJOINT_LONG") == "1"
FEW, MANY = 100, 100_000 if LONG else 1_000
CIRCLES = 200 if LONG else 20
ENTRIES = 10
BOUND = 0.05


@dataclass(frozen=True, slots=True)
class Cost:
    """Bytes of two bodies, up and down together.

    Attributes:
        idle: Of a request with nothing new on either side.
        each_way: Of one that brings a record and is given one.
    """

    idle: int
    each_way: int


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[Ring]:
    """Over SQLite."""
    store = await SqliteStore.open(tmp_path / "data")
    async with open_scene(tmp_path, store) as scene:
        yield await Ring.clinic(scene)
    await store.close()


async def informed(phone: Handset) -> int:
    """Ask until nothing more comes; how many documents came."""
    came = 0
    while True:
        said = await phone.sync()
        came += len(said.names)
        if not said.more:
            return came


async def cost(ring: Ring, phone: Handset) -> Cost:
    """Of a device that is informed of everything."""
    said = await phone.sync()
    assert (said.names, said.more) == ([], False)
    idle = phone.bytes_up + said.bytes_down
    await ring.push(ring.founder, ring.record(ring.founder))
    brought = phone.records(ring.circle, [ring.record(phone.keys)])
    said = await phone.sync(brought)
    assert len(said.of(Receipt)) == len(said.of(Given)) == len(said.names) == 1
    each_way = phone.bytes_up + said.bytes_down
    echo = await phone.sync()
    assert echo.names == []
    assert phone.bytes_up + echo.bytes_down <= idle + 2
    return Cost(idle, each_way)


async def of_length(clinic: Ring, documents: int) -> Cost:
    """In a circle of so many records."""
    ring = await clinic.patient()
    keys = await ring.add("patient")
    await lengthen(ring, ENTRIES, documents)
    phone = Handset(ring.scene, keys)
    assert await informed(phone) > documents
    return await cost(ring, phone)


async def test_a_long_circle_costs_what_a_short_one_does(clinic: Ring) -> None:
    few, many = await of_length(clinic, FEW), await of_length(clinic, MANY)
    # A cursor and a counter of more digits; below TLS and HTTP/2 an idle one is over 150 bytes.
    assert few.idle <= many.idle <= few.idle + 4
    assert abs(many.each_way - few.each_way) <= BOUND * few.each_way


async def test_many_circles_cost_what_one_does(clinic: Ring) -> None:
    ring = await clinic.patient()
    keys = await ring.add("therapist")
    phone = Handset(ring.scene, keys)
    await informed(phone)
    alone = await cost(ring, phone)
    others = [await clinic.patient() for _ in range(CIRCLES - 1)]
    for one in others:
        await one.add("therapist", keys)
    await informed(phone)
    among = await cost(ring, phone)
    assert alone.idle <= among.idle <= alone.idle + 4
    assert abs(among.each_way - alone.each_way) <= BOUND * alone.each_way


async def test_news_of_all_circles_come_in_one_request(clinic: Ring) -> None:
    rings = [await clinic.patient() for _ in range(CIRCLES)]
    phone = Handset(clinic.scene, clinic.founder)
    await informed(phone)
    for ring in rings:
        await ring.push(ring.founder, ring.record(ring.founder))
    # Its own, but another request brought them.
    said = await phone.sync()
    assert {circle: len(some) for circle, some in said.documents.items()} == {
        ring.circle: 1 for ring in rings
    }
    assert not said.more


def test_the_full_counts_are_those_that_are_promised() -> None:
    assert not LONG or (FEW, MANY, CIRCLES) == (100, 100_000, 200)
