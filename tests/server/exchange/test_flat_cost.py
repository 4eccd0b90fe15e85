"""One-request sync costs what is new, not what is there: bytes are counted, not time."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rejoint_sync.stores.sqlite import SqliteStore
from server.exchange_cost import among, informed, of_length
from server.ring import Ring
from server.scene import open_scene
from server.sync_client import Handset

LONG = os.environ.get("REJOINT_LONG") == "1"
FEW, MANY = 100, 100_000 if LONG else 1_000
CIRCLES = 200 if LONG else 20
BOUND = 0.05


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[Ring]:
    """Over SQLite."""
    store = await SqliteStore.open(tmp_path / "data")
    async with open_scene(tmp_path, store) as scene:
        yield await Ring.clinic(scene)
    await store.close()


async def test_a_long_circle_costs_what_a_short_one_does(clinic: Ring) -> None:
    few, many = await of_length(clinic, FEW), await of_length(clinic, MANY)
    # A cursor and a counter of more digits; below TLS and HTTP/2 an idle one is over 150 bytes.
    assert few.idle <= many.idle <= few.idle + 4
    assert abs(many.each_way - few.each_way) <= BOUND * few.each_way


async def test_many_circles_cost_what_one_does(clinic: Ring) -> None:
    one, many = await among(clinic, 1), await among(clinic, CIRCLES)
    assert one.idle <= many.idle <= one.idle + 4
    assert abs(many.each_way - one.each_way) <= BOUND * one.each_way


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
