"""What one-request sync costs on the socket of a real Chromium, below TLS 1.3 and HTTP/2.

Bytes of TCP's payload in both directions, with the real login, the connection warm; counts, not
times, so they have ceilings. `tests/bench/wire.py` prints where the bytes go.
"""

import os
from pathlib import Path

import pytest

from bench.wire import MAKERS, each_way
from bench.wire_page import Wire, open_wire, page_handset
from rejoint_sync.circle.keys import DeviceKeys
from server.ring import Ring

pytestmark = pytest.mark.browser

LONG = os.environ.get("REJOINT_LONG") == "1"
CIRCLES = 200 if LONG else 10
NOTHING_BYTES_MAX = 200
EACH_WAY_BYTES_MAX = {"smallest bucket": 900, "next bucket": 1150}


async def test_a_warm_connection_carries_little(tmp_path: Path) -> None:
    async with open_wire(tmp_path) as wire:
        clinic = await Ring.clinic(wire.scene)
        await of_a_patient(wire, clinic)
        await of_a_therapist(wire, clinic)


async def of_a_patient(wire: Wire, clinic: Ring) -> None:
    """Records of the two smallest sizes, and nothing."""
    ring = await clinic.patient()
    phone = page_handset(wire, await ring.add("patient"))
    cold = await wire.passed(phone.ask)
    assert (cold.requests, cold.connections) == (1, 1)
    assert cold.parts["up", "handshake"] > cold.parts["up", "body"] > 0
    await phone.ask()
    idle = await wire.passed(phone.ask)
    assert (idle.requests, idle.connections) == (1, 0)
    assert idle.parts["up", "headers"] > 0
    assert idle.total <= NOTHING_BYTES_MAX, idle
    for name, make in MAKERS.items():
        passed = await each_way(wire, ring, phone, make)
        assert (passed.requests, passed.connections) == (1, 0)
        assert passed.total <= EACH_WAY_BYTES_MAX[name], passed
        after = await wire.passed(phone.ask)
        assert after.requests == 1
        assert after.total <= NOTHING_BYTES_MAX, after


async def of_a_therapist(wire: Wire, clinic: Ring) -> None:
    """All circles in one request, whether there is something new or not."""
    desk = page_handset(wire, DeviceKeys.generate())
    rings = [await clinic.patient() for _ in range(CIRCLES)]
    for ring in rings:
        await ring.add("therapist", desk.keys)
    assert (await wire.passed(desk.ask)).requests == 1
    await desk.ask()
    idle = await wire.passed(desk.ask)
    assert idle.requests == 1
    assert idle.total <= NOTHING_BYTES_MAX, idle
    for ring in rings:
        await ring.push(ring.founder, ring.record(ring.founder))

    async def ask() -> None:
        said = await desk.ask()
        assert sorted(said.documents) == sorted(ring.circle for ring in rings)

    assert (await wire.passed(ask)).requests == 1
