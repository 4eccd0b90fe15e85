"""What is brought through `POST /sync` is judged as what is replicated."""

import pytest

from rejoint_sync.exchange.messages import Records
from server.ring import Ring
from server.scene import Scene
from server.sync_client import Handset


@pytest.fixture
async def ring(scene: Scene) -> Ring:
    return await (await Ring.clinic(scene)).patient()


async def test_an_old_key_is_refused_unless_it_was_taken_before(ring: Ring) -> None:
    phone = Handset(ring.scene, ring.founder)
    stale = ring.record(ring.founder)
    await ring.rekey("c")
    said = await phone.sync(phone.records(ring.circle, [stale]))
    assert said.refused == [(0, "stale")]
    said = await phone.sync(phone.records(ring.circle, [stale], again=True))
    assert said.refused == []


async def test_many_rows_keep_their_places(ring: Ring) -> None:
    """Enough for several threads; each refusal names its own row."""
    phone = Handset(ring.scene, ring.founder)
    records = [ring.record(ring.founder) for _ in range(150)]
    rows = list(phone.records(ring.circle, records).packed)
    for place in (0, 64, 149):
        rows[place] = [*rows[place][:7], bytes(64)]
    said = await phone.sync(Records(ring.circle, rows))
    assert said.refused == [(0, "sig"), (64, "sig"), (149, "sig")]
    held = await ring.scene.store.range(ring.circle, "ev:", "ev;", limit=500)
    assert len(held) == 147


async def test_structure_comes_only_by_bundles(ring: Ring) -> None:
    phone = Handset(ring.scene, ring.founder)
    [entry] = await ring.scene.store.range(ring.circle, "log:", "log;", limit=1)
    assert entry.id == "log:000000"
    said = await phone.sync(Records(ring.circle, [["log:000007", '{"j":"x"}']]))
    assert said.refused == [(0, "authz")]
    said = await phone.sync(Records(ring.circle, [["wrap:x", '{"_rev":"nonsense"}']]))
    assert said.refused == [(0, "bad_request")]


async def test_who_is_not_in_a_circle_brings_nothing_to_it(ring: Ring) -> None:
    colleague = await ring.add("therapist")
    phone = Handset(ring.scene, colleague)
    clinic = ring.membership.clinic
    said = await phone.sync(Records(clinic, phone.records(clinic, [ring.record(colleague)]).packed))
    assert said.refused == [(0, "unauthorized")]
