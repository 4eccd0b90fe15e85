"""A snapshot shows a new device all at once; it is checked, and a false one names its author."""

from typing import Any

import pytest

from rejoint_sync.circle.snapshot import Snapshot
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import BadRequest, CircleError
from sync.device.clinic import PAIN, Clinic


async def with_snapshot(clinic: Clinic) -> str:
    circle = await clinic.care()
    await clinic.put("patient", circle, *(PAIN | {"score": score} for score in range(5)))
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    written = await clinic.do("therapist", "snapshot", circle)
    assert written["records"] == 5
    await clinic.do("therapist", "sync")
    return circle


async def test_a_new_device_shows_the_snapshot_until_the_originals_are_there(
    clinic: Clinic,
) -> None:
    circle = await with_snapshot(clinic)
    invited = await clinic.do("therapist", "invite", circle, "caregiver")
    await clinic.do("son", "join", invited["link"])

    def weak(path: str, value: Any) -> Any:
        return [] if path.endswith("/_changes") else value

    clinic.network.spoil = weak  # the link breaks after the first answers
    with pytest.raises(Unreachable):
        await clinic.do("son", "sync")
    clinic.network.spoil = None
    shown = await clinic.do("son", "show", circle)
    assert shown["records"] == []
    assert shown["snapshot"]["state"] == "checking"
    assert [one["body"]["score"] for one in shown["snapshot"]["records"]] == [0, 1, 2, 3, 4]
    report = await clinic.do("son", "sync")
    assert report["alarms"] == 0
    shown = await clinic.do("son", "show", circle)
    assert "snapshot" not in shown
    assert len(shown["records"]) == 5


async def test_a_false_snapshot_is_an_alarm_that_names_its_author(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN | {"score": 8})
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    original = Snapshot.body

    def false(self: Snapshot, **options: Any) -> dict[str, Any]:
        body = original(self, **options)
        body["records"][0]["body"] = {**body["records"][0]["body"], "score": 0}
        return body

    monkeypatch.setattr(Snapshot, "body", false)
    await clinic.do("therapist", "snapshot", circle)
    monkeypatch.setattr(Snapshot, "body", original)
    await clinic.do("therapist", "sync")
    assert (await clinic.do("patient", "sync"))["alarms"] == 1
    (alarm,) = await clinic.do("patient", "alarms")
    async with await clinic.device("therapist") as device:
        assert (alarm["code"], alarm["device"], alarm["stops"]) == ("snapshot", device.id, False)
    assert (await clinic.do("patient", "sync"))["alarms"] == 0


async def test_who_may_not_write_one_does_not(clinic: Clinic) -> None:
    circle = await with_snapshot(clinic)
    invited = await clinic.do("therapist", "invite", circle, "caregiver")
    await clinic.do("son", "join", invited["link"])
    await clinic.do("son", "sync")
    with pytest.raises(CircleError) as caught:
        await clinic.do("son", "snapshot", circle)
    assert caught.value.code == "authz"


async def test_before_all_is_sent_there_is_none(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN)
    with pytest.raises(BadRequest, match="sync first"):
        await clinic.do("patient", "snapshot", circle)
