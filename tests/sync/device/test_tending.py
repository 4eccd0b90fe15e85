"""Own records that were refused: adopted, renamed, or kept with something empty in their place."""

import shutil

import pytest

from rejoint_sync.device import tending
from rejoint_sync.device.circle import CircleCopy
from sync.device.clinic import PAIN, Clinic, Killed


async def test_a_copied_phone_warns_and_keeps_both_records(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("patient", "sync")
    shutil.copytree(clinic.folder / "patient", clinic.folder / "twin")
    await clinic.put("patient", circle, PAIN | {"score": 1})
    await clinic.put("twin", circle, PAIN | {"score": 2})
    await clinic.do("patient", "sync")
    report = await clinic.do("twin", "sync")
    assert report["refused"] == []
    assert [one["code"] for one in await clinic.do("twin", "alarms")] == ["taken"]
    assert sorted(await clinic.scores("twin", circle)) == [1, 2]
    await clinic.do("therapist", "sync")
    assert sorted(await clinic.scores("therapist", circle)) == [1, 2]
    assert await clinic.do("therapist", "alarms") == []


async def test_the_same_record_under_ones_name_is_adopted(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = await clinic.care()
    await clinic.do("patient", "sync")
    shutil.copytree(clinic.folder / "patient", clinic.folder / "twin")
    moment = PAIN | {"score": 4, "at": 1_795_000_000}
    await clinic.put("patient", circle, moment)
    await clinic.put("twin", circle, moment)  # as if sealed twice, the answer lost in between
    await clinic.do("patient", "sync")
    report = await clinic.do("twin", "sync")
    assert (report["refused"], await clinic.do("twin", "alarms")) == ([], [])
    records = (await clinic.do("twin", "show", circle))["records"]
    assert [(one["value"]["score"], one["place"]) for one in records] == [(4, "server")]


@pytest.mark.parametrize("after", [False, True])
async def test_killed_while_renaming_there_is_one_record_more_not_two(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    circle = await clinic.care()
    await clinic.do("patient", "sync")
    shutil.copytree(clinic.folder / "patient", clinic.folder / "twin")
    await clinic.put("patient", circle, PAIN | {"score": 1})
    await clinic.put("twin", circle, PAIN | {"score": 2})
    await clinic.do("patient", "sync")
    original = CircleCopy._land

    async def dies(copy: CircleCopy) -> None:
        if copy.state.dropped:
            if after:
                await copy._write(copy.state.fresh)
            raise Killed
        await original(copy)

    monkeypatch.setattr(CircleCopy, "_land", dies)
    with pytest.raises(Killed):
        await clinic.do("twin", "sync")
    monkeypatch.setattr(CircleCopy, "_land", original)
    await clinic.do("twin", "sync")
    assert sorted(await clinic.scores("twin", circle)) == [1, 2]
    await clinic.do("therapist", "sync")
    assert sorted(await clinic.scores("therapist", circle)) == [1, 2]


async def test_what_is_refused_for_itself_stays_here_and_leaves_no_gap(clinic: Clinic) -> None:
    circle = await clinic.care()
    names = await clinic.put("patient", circle, PAIN | {"score": 1}, PAIN | {"score": 9}, PAIN)
    clinic.network.refuses = {names[1]: "limit"}  # as a server with a smaller bound would
    report = await clinic.do("patient", "sync")
    assert (report["refused"], report["trouble"]) == ([], [])
    async with await clinic.device("patient") as device:
        kept = await tending.kept(await device._copy(circle))
    assert [(one["id"], one["code"], one["value"]["score"]) for one in kept] == [
        (names[1], "limit", 9)
    ]
    assert (await clinic.do("therapist", "sync"))["alarms"] == 0
    assert await clinic.scores("therapist", circle) == [1, 0]
    assert (await clinic.do("therapist", "show", circle))["set_aside"] == []
