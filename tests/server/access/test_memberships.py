"""Replayed logs: read once, read on, bounded."""

import pytest

from rejoint_server.access import memberships
from rejoint_server.access.memberships import Memberships
from rejoint_sync.errors import NotFound
from server.scene import Person, Scene


async def test_replays_what_the_store_holds(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memberships, "_READ_AT_ONCE", 2)
    admin = await Person.founder(scene)
    for _ in range(3):
        await admin.admit(scene, "therapist")
    fresh = Memberships(scene.store)
    assert await fresh.of(admin.circle) == admin.membership
    assert [entry["_id"] for entry in await fresh.log(admin.circle)] == [
        f"log:{seq:06d}" for seq in range(7)
    ]


async def test_reads_on_where_it_was(scene: Scene) -> None:
    admin = await Person.founder(scene)
    fresh = Memberships(scene.store)
    before = await fresh.of(admin.circle)
    await admin.admit(scene, "therapist")
    assert await fresh.of(admin.circle) is before
    assert await fresh.refresh(admin.circle) == admin.membership
    assert fresh.keep(before) == admin.membership


async def test_an_unknown_circle_is_not_found(scene: Scene) -> None:
    with pytest.raises(NotFound):
        await Memberships(scene.store).of("c" + "0" * 40)
    await scene.store.create("empty")
    with pytest.raises(NotFound):
        await Memberships(scene.store).of("empty")


async def test_holds_a_bounded_number(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memberships, "CIRCLES_KEPT", 2)
    admin = await Person.founder(scene)
    circles = [(await admin.new_patient_circle(scene)).circle for _ in range(4)]
    fresh = Memberships(scene.store)
    for circle in circles:
        assert (await fresh.of(circle)).circle == circle
    assert list(fresh._kept) == circles[-2:]
