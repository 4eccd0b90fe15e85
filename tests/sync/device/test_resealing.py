"""What waits when the key changes is sealed again: the same records, the same names, once."""

import pytest

from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.drive import Unreachable
from sync.device.clinic import PAIN, Clinic, Killed


async def id_of(clinic: Clinic, name: str) -> str:
    async with await clinic.device(name) as device:
        return device.id


async def with_caregiver(clinic: Clinic) -> str:
    circle = await clinic.care()
    invited = await clinic.do("patient", "invite", circle, "caregiver")
    await clinic.do("caregiver", "join", invited["link"])
    return circle


async def test_what_waits_on_another_phone_is_sealed_again_under_the_new_key(
    clinic: Clinic,
) -> None:
    circle = await with_caregiver(clinic)
    names = await clinic.put("patient", circle, PAIN | {"score": 1}, PAIN | {"score": 2})
    await clinic.do("therapist", "remove", circle, [await id_of(clinic, "caregiver")])
    report = await clinic.do("patient", "sync")
    assert (report["resealed"], report["pushed"], report["refused"]) == (2, 2, [])
    records = (await clinic.do("patient", "show", circle))["records"]
    assert [record["id"] for record in records] == names
    assert {record["place"] for record in records} == {"server"}
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", circle) == [1, 2]
    stored = await clinic.store.read(circle, names[0])
    assert stored is not None
    assert b'"h":"5.' in stored.leaves[0].tail


async def test_a_lost_acknowledgement_before_the_removal_is_found(clinic: Clinic) -> None:
    """The record is on the server under the old key; it is not sealed a second time."""
    circle = await with_caregiver(clinic)
    await clinic.do("patient", "sync")
    await clinic.put("patient", circle, PAIN | {"score": 8})

    async def lose() -> None:
        clinic.network.faults = ["lost answer"]

    clinic.network.before_push = lose
    with pytest.raises(Unreachable):
        await clinic.do("patient", "sync")
    await clinic.do("therapist", "remove", circle, [await id_of(clinic, "caregiver")])
    report = await clinic.do("patient", "sync")
    assert (report["resealed"], report["refused"]) == (0, [])
    records = (await clinic.do("patient", "show", circle))["records"]
    assert [record["place"] for record in records] == ["server"]


async def test_a_key_that_changes_under_way_is_followed_in_the_same_sync(clinic: Clinic) -> None:
    circle = await with_caregiver(clinic)
    await clinic.do("patient", "sync")
    await clinic.put("patient", circle, PAIN | {"score": 5})
    gone = await id_of(clinic, "caregiver")
    raced: list[str] = []

    async def race() -> None:
        raced.append(gone)
        await clinic.do("therapist", "remove", circle, [gone])

    clinic.network.before_push = race
    report = await clinic.do("patient", "sync")
    assert raced == [gone]
    assert (report["resealed"], report["refused"]) == (1, [])
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", circle) == [5]


@pytest.mark.parametrize("after", [False, True])
async def test_killed_while_sealing_again_there_is_one_record(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    circle = await with_caregiver(clinic)
    await clinic.put("patient", circle, PAIN | {"score": 7})
    await clinic.do("therapist", "remove", circle, [await id_of(clinic, "caregiver")])
    original = CircleCopy._land

    async def dies(copy: CircleCopy) -> None:
        if copy.state.dropped:
            if after:
                await copy._write(copy.state.fresh)
            raise Killed
        await original(copy)

    monkeypatch.setattr(CircleCopy, "_land", dies)
    with pytest.raises(Killed):
        await clinic.do("patient", "sync")
    monkeypatch.setattr(CircleCopy, "_land", original)
    assert await clinic.scores("patient", circle) == [7]
    report = await clinic.do("patient", "sync")
    assert report["refused"] == []
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", circle) == [7]
