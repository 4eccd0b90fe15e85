"""A journal brings a store to where it was: every entry, every wrap, and no entry that lost."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rejoint_server.access.hints import NOTES, Hints
from rejoint_server.access.memberships import Memberships
from rejoint_server.circles.replay import replay
from rejoint_sync.stores.journal import Journal, Position
from rejoint_sync.stores.memory import MemoryStore
from server.scene import NOW_S, Person, Scene, open_scene

LATE_S = NOW_S + 10**6


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    opened = Journal.open(tmp_path / "journal")
    yield opened
    await opened.close()


async def story(scene: Scene) -> tuple[Person, Person, Person]:
    """An admin, a therapist's circle of a patient, and that patient."""
    admin = await Person.founder(scene)
    therapist = await admin.new_patient_circle(scene)
    patient = await therapist.admit(scene, "patient")
    return admin, therapist, patient


async def everything(store: MemoryStore, circle: str, prefix: str) -> dict[str, Any]:
    found = await store.range(circle, prefix, prefix + "~", limit=1000)
    return {one.id: one.leaves[0].rev for one in found if not one.leaves[0].deleted}


async def test_circles_that_were_founded_after_the_backup_come_back_whole(
    tmp_path: Path, journal: Journal
) -> None:
    lost = MemoryStore()
    async with open_scene(tmp_path, lost, journal=journal) as scene:
        people = await story(scene)
    store = MemoryStore()
    done = await replay(store, tmp_path / "journal", LATE_S)
    assert (done.entries, done.circles, done.faults, done.missing) == (4, 2, 0, 0)
    assert done.goes_on_from(journal.position)
    assert not done.goes_on_from(None)
    for circle in {person.circle for person in people}:
        for prefix in ("log:", "wrap:"):
            assert await everything(store, circle, prefix) == await everything(lost, circle, prefix)
        assert await everything(store, circle, "inv:") == {}
    for person in people:
        assert person.circle in await Hints(store).circles_of(person.keys.id)
    # Nobody is shown a setup link for a second clinic.
    async with open_scene(tmp_path, store) as scene:
        assert scene.secret is None
    assert (await replay(store, tmp_path / "journal", LATE_S)).entries == 0


async def test_what_came_after_the_backup_is_added(tmp_path: Path, journal: Journal) -> None:
    lost = MemoryStore()
    async with open_scene(tmp_path, lost, journal=journal) as scene:
        _, therapist, _ = await story(scene)
        backup = await copied(lost)
        await therapist.admit(scene, "caregiver")
    done = await replay(backup, tmp_path / "journal", LATE_S)
    assert (done.entries, done.circles) == (2, 1)
    membership = await Memberships(backup).of(therapist.circle)
    assert membership == therapist.membership
    assert sum(one.role == "caregiver" for one in membership.devices.values()) == 1


async def test_an_entry_that_lost_the_race_is_not_brought_back(
    tmp_path: Path, journal: Journal
) -> None:
    """Noted, then the store had no room: another landed in its place."""
    lost = MemoryStore()
    async with open_scene(tmp_path, lost, journal=journal) as scene:
        admin = await Person.founder(scene)
        start = admin.membership
        loser, _ = admin.invite(NOW_S, "therapist")
        await journal.append(admin.circle, loser.to_json())
        admin.membership = start
        await admin.admit(scene, "therapist")
    store = MemoryStore()
    done = await replay(store, tmp_path / "journal", LATE_S)
    assert (done.entries, done.faults) == (3, 0)
    assert (await Memberships(store).of(admin.circle)).head == admin.membership.head  # type: ignore[union-attr]


async def test_what_does_not_follow_the_stores_log_is_a_fault(
    tmp_path: Path, journal: Journal
) -> None:
    lost = MemoryStore()
    async with open_scene(tmp_path, lost) as scene:
        admin = await Person.founder(scene)
        await admin.admit(scene, "therapist")
        start = admin.membership
        await admin.admit(scene, "therapist")
        admin.membership = start
        for _ in range(3):
            bundle, _ = admin.invite(NOW_S, "therapist")
            await journal.append(admin.circle, bundle.to_json())
    done = await replay(lost, tmp_path / "journal", LATE_S)
    assert (done.entries, done.faults) == (0, 1)
    assert not done.goes_on_from(journal.position)


async def test_a_circle_that_was_purged_after_the_backup_goes_again(
    tmp_path: Path, journal: Journal
) -> None:
    lost = MemoryStore()
    async with open_scene(tmp_path, lost, journal=journal) as scene:
        admin, therapist, patient = await story(scene)
    await journal.forget(therapist.circle, "h" * 43)
    done = await replay(lost, tmp_path / "journal", LATE_S)
    assert done.purged == 1
    assert await lost.databases() == sorted([NOTES, admin.circle])
    assert await Hints(lost).circles_of(patient.keys.id) == []
    assert await Hints(lost).circles_of(admin.keys.id) == [admin.circle]


async def test_no_journal_is_nothing_and_says_so(tmp_path: Path) -> None:
    done = await replay(MemoryStore(), tmp_path / "none", LATE_S)
    assert (done.entries, done.journal) == (0, "")
    assert not done.goes_on_from(Position("x", 1))


async def copied(store: MemoryStore) -> MemoryStore:
    """The store as it is now."""
    import copy

    return copy.deepcopy(store)
