"""Removed meanwhile: it says so, keeps and hands in what is late; somebody may let it count."""

import pytest

from rejoint_sync.errors import BadRequest, CircleError
from sync.device.clinic import PAIN, Clinic


async def id_of(clinic: Clinic, name: str) -> str:
    async with await clinic.device(name) as device:
        return device.id


async def removed_meanwhile(clinic: Clinic) -> tuple[str, str]:
    """A caregiver with one record sent and two that are late: the circle and the device."""
    circle = await clinic.care()
    invited = await clinic.do("patient", "invite", circle, "caregiver")
    await clinic.do("caregiver", "join", invited["link"])
    await clinic.put("caregiver", circle, PAIN | {"score": 1})
    await clinic.do("caregiver", "sync")
    await clinic.put("caregiver", circle, PAIN | {"score": 2}, PAIN | {"score": 3})
    gone = await id_of(clinic, "caregiver")
    await clinic.do("therapist", "remove", circle, [gone])
    return circle, gone


async def test_late_records_are_handed_in_shown_and_accepted(clinic: Clinic) -> None:
    circle, gone = await removed_meanwhile(clinic)
    report = await clinic.do("caregiver", "sync")
    assert (report["removed"], report["quarantined"]) == ([circle], 2)
    places = [one["place"] for one in (await clinic.do("caregiver", "show", circle))["records"]]
    assert places == ["server"]  # beyond its fence its own phone sets them aside, and keeps them
    late = (await clinic.do("therapist", "late", circle, gone))["records"]
    assert [(one["n"], one["value"]["score"]) for one in late] == [(2, 2), (3, 3)]
    await clinic.do("patient", "sync")
    assert await clinic.scores("patient", circle) == [1]
    accepted = await clinic.do("therapist", "accept", circle, gone, n=2)
    assert accepted["accepted"] == 2
    await clinic.do("patient", "sync")
    async with await clinic.device("patient") as device:
        author = (await device._copy(circle)).members.devices[gone]
    assert author.fence("c") == 2
    assert len(author.marks["c"][-1].d) == 43
    assert await clinic.scores("patient", circle) == [1, 2]


async def test_a_second_sync_hands_nothing_in_twice(clinic: Clinic) -> None:
    circle, _ = await removed_meanwhile(clinic)
    await clinic.do("caregiver", "sync")
    report = await clinic.do("caregiver", "sync")
    assert (report["removed"], report["quarantined"]) == ([circle], 0)


async def test_beyond_what_was_handed_in_nothing_is_accepted(clinic: Clinic) -> None:
    circle, gone = await removed_meanwhile(clinic)
    await clinic.do("caregiver", "sync")
    with pytest.raises(BadRequest, match="without a gap"):
        await clinic.do("therapist", "accept", circle, gone, n=9)


async def test_who_is_removed_writes_nothing_more(clinic: Clinic) -> None:
    circle, _ = await removed_meanwhile(clinic)
    await clinic.do("caregiver", "sync")
    with pytest.raises(CircleError):
        await clinic.do("caregiver", "invite", circle, "caregiver")
