"""Asking and being let in: twelve digits are compared, and nothing opens before that."""

import pytest

from rejoint_sync.device.approval import spaced
from rejoint_sync.errors import BadRequest, CircleError, NotFound
from sync.device.clinic import PAIN, Clinic


async def asked(clinic: Clinic, circle: str, name: str = "son") -> tuple[str, str, str]:
    """A caregiver who asks by a link that went over a messenger: invitation, device, digits."""
    invited = await clinic.do("patient", "invite", circle, "caregiver", mode="approve")
    answer = await clinic.do(name, "join", invited["link"])
    assert answer["waiting"] is True
    assert answer["iid"] == invited["iid"]
    return answer["iid"], answer["device"], answer["digits"]


async def test_who_asks_reads_after_the_digits_were_compared(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN | {"score": 3})
    await clinic.do("patient", "sync")
    iid, device, digits = await asked(clinic, circle)
    rows = (await clinic.do("therapist", "requests", circle))["requests"]
    assert [(row["device"], row["digits"], row["role"]) for row in rows] == [
        (device, digits, "caregiver")
    ]
    added = await clinic.do("therapist", "approve", circle, iid, device, digits)
    assert (added["device"], added["role"]) == (device, "caregiver")
    report = await clinic.do("son", "sync")
    assert (report["pulled"], report["trouble"]) == (1, [])
    assert await clinic.scores("son", circle) == [3]
    assert (await clinic.do("therapist", "requests", circle))["requests"] == []


async def test_other_digits_are_refused_before_anything_is_sent(clinic: Clinic) -> None:
    circle = await clinic.care()
    iid, device, digits = await asked(clinic, circle)
    wrong = digits[:-1] + ("0" if digits[-1] != "0" else "1")
    clinic.network.asked.clear()
    with pytest.raises(BadRequest, match="do not let this device in"):
        await clinic.do("therapist", "approve", circle, iid, device, wrong)
    assert clinic.network.asked == []


async def test_a_link_alone_opens_nothing(clinic: Clinic) -> None:
    circle = await clinic.care()
    await asked(clinic, circle)
    report = await clinic.do("son", "sync")
    assert (report["waiting"], report["pulled"], report["trouble"]) == ([circle], 0, [])
    async with await clinic.device("son") as device:
        copy = await device._copy(circle)
        assert copy.state.asked
        assert copy.me is None
        assert (await copy.secrets()).get("c", {}) == {}


async def test_asking_again_is_asking_once(clinic: Clinic) -> None:
    circle = await clinic.care()
    invited = await clinic.do("patient", "invite", circle, "caregiver", mode="approve")
    first = await clinic.do("son", "join", invited["link"])
    assert await clinic.do("son", "join", invited["link"]) == first
    assert len((await clinic.do("patient", "requests", circle))["requests"]) == 1


async def test_no_is_said_by_taking_the_invitation_back(clinic: Clinic) -> None:
    circle = await clinic.care()
    iid, device, digits = await asked(clinic, circle)
    await clinic.do("patient", "uninvite", circle, iid)
    with pytest.raises(NotFound, match="asks"):
        await clinic.do("therapist", "approve", circle, iid, device, digits)


async def test_who_may_not_let_in_cannot_approve(clinic: Clinic) -> None:
    circle = await clinic.care()
    invited = await clinic.do("patient", "invite", circle, "caregiver")
    await clinic.do("daughter", "join", invited["link"])
    iid, device, digits = await asked(clinic, circle)
    with pytest.raises(CircleError) as caught:
        await clinic.do("daughter", "approve", circle, iid, device, digits)
    assert caught.value.code == "authz"


async def test_a_link_by_messenger_lives_two_weeks(clinic: Clinic) -> None:
    circle = await clinic.care()
    invited = await clinic.do("patient", "invite", circle, "caregiver", mode="approve")
    assert invited["expires"] == clinic.clock.now_s() + 14 * 86_400
    assert invited["mode"] == "approve"


def test_digits_are_read_in_threes() -> None:
    assert spaced("265805475382") == "265 805 475 382"
