"""Records that are made before a circle can be written are sealed when it can; none is lost."""

import pytest

from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.errors import BadRequest, CircleError, SyncError
from sync.device.clinic import ORIGIN, PAIN, Clinic, Killed


async def side_by_side(clinic: Clinic, circle: str) -> None:
    """A second phone of the patient that was brought in without a network."""
    clinic.network.down = True
    shown = await clinic.do("tablet", "key", ORIGIN)
    admitted = await clinic.do("patient", "admit", circle, shown["key"])
    await clinic.do("tablet", "expect", circle, *admitted["head"])


async def test_a_new_phone_records_at_once_and_seals_when_it_is_in(clinic: Clinic) -> None:
    circle = await clinic.care()
    await side_by_side(clinic, circle)
    assert await clinic.put("tablet", circle, PAIN | {"score": 7}) == ["waiting:1"]
    clinic.network.down = False
    report = await clinic.do("tablet", "sync")  # the patient's phone was not online yet
    assert (report["waiting"], report["pushed"]) == ([circle], 0)
    await clinic.put("tablet", circle, PAIN | {"score": 8})
    await clinic.do("patient", "sync")
    assert (await clinic.do("tablet", "sync"))["pushed"] == 2
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", circle) == [7, 8]


@pytest.mark.parametrize("after", [False, True])
async def test_killed_while_sealing_each_record_is_there_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    circle = await clinic.care()
    await side_by_side(clinic, circle)
    await clinic.put("tablet", circle, PAIN | {"score": 7})
    clinic.network.down = False
    await clinic.do("patient", "sync")
    original = CircleCopy.save

    async def dies(copy: CircleCopy) -> None:
        if copy.state.fresh:
            if after:
                await original(copy)
            raise Killed
        await original(copy)

    monkeypatch.setattr(CircleCopy, "save", dies)
    with pytest.raises(Killed):
        await clinic.do("tablet", "sync")
    monkeypatch.setattr(CircleCopy, "save", original)
    await clinic.do("tablet", "sync")
    assert await clinic.scores("tablet", circle) == [7]


async def test_another_log_than_the_phone_beside_showed_is_a_fork(clinic: Clinic) -> None:
    circle = await clinic.care()
    shown = await clinic.do("tablet", "key", ORIGIN)
    admitted = await clinic.do("patient", "admit", circle, shown["key"])
    await clinic.do("tablet", "expect", circle, admitted["head"][0], "A" * 43)
    report = await clinic.do("tablet", "sync")
    assert [one["code"] for one in report["trouble"]] == ["fork"]
    assert [one["stops"] for one in await clinic.do("tablet", "alarms")] == [True]


async def test_a_bad_record_is_refused_before_it_waits(clinic: Clinic) -> None:
    circle = await clinic.care()
    await side_by_side(clinic, circle)
    with pytest.raises(SyncError, match="score"):
        await clinic.put("tablet", circle, PAIN | {"score": 11})
    with pytest.raises(BadRequest):
        await clinic.do("tablet", "expect", "nonsense", 1, "A" * 43)
    with pytest.raises(CircleError):
        await clinic.do("tablet", "expect", circle, 1, "A")
