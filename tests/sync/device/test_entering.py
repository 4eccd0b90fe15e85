"""Side by side without a network, and a clinic's wish that nobody fulfils unasked."""

import pytest

from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.device.enrolment import read_pub, write_pub
from rejoint_sync.errors import BadRequest, CircleError
from sync.device.clinic import ORIGIN, PAIN, Clinic


async def clinic_of(clinic: Clinic, name: str = "therapist") -> tuple[str, str]:
    """The clinic's circle and this device's member there."""
    row = next(one for one in await clinic.do(name, "circles") if one["purpose"] == "clinic")
    return row["circle"], row["member"]


async def test_two_phones_side_by_side_need_no_network(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN | {"score": 2})
    await clinic.do("patient", "sync")
    clinic.network.down = True
    shown = await clinic.do("new phone", "key", ORIGIN)
    admitted = await clinic.do("patient", "admit", circle, shown["key"])
    assert (admitted["device"], admitted["queued"]) == (shown["device"], True)
    clinic.network.down = False
    await clinic.do("patient", "sync")
    await clinic.do("new phone", "sync")
    assert await clinic.scores("new phone", circle) == [2]
    rows = {one["circle"]: one for one in await clinic.do("new phone", "circles")}
    assert rows[circle]["role"] == "patient"


async def test_with_a_network_it_is_done_at_once(clinic: Clinic) -> None:
    circle = await clinic.care()
    shown = await clinic.do("son", "key", ORIGIN)
    admitted = await clinic.do("therapist", "admit", circle, shown["key"], role="caregiver")
    assert (admitted["role"], admitted["queued"]) == ("caregiver", False)
    await clinic.do("son", "sync")
    assert (await clinic.do("son", "circles"))[0]["role"] == "caregiver"


async def test_what_may_not_come_in_is_forgotten(clinic: Clinic) -> None:
    circle = await clinic.care()
    shown = await clinic.do("stranger", "key", ORIGIN)
    with pytest.raises(CircleError) as caught:
        await clinic.do("patient", "admit", circle, shown["key"], role="admin")
    assert caught.value.code == "authz"
    assert (await clinic.do("patient", "sync"))["trouble"] == []
    own = await clinic.do("patient", "key")
    with pytest.raises(BadRequest, match="stood in this circle"):
        await clinic.do("patient", "admit", circle, own["key"], role="caregiver")


def test_a_key_is_read_as_it_was_written() -> None:
    for kem in ("P256", "XWING"):
        pub = DeviceKeys.generate(kem).pub
        assert read_pub(write_pub(pub)) == pub
    with pytest.raises(CircleError, match="not the code of a new phone"):
        read_pub("rj1-key.AAAA")


async def test_a_wish_does_nothing_until_a_therapist_confirms_it(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN | {"score": 7})
    await clinic.do("patient", "sync")
    house, _ = await clinic_of(clinic)
    invited = await clinic.do("therapist", "invite", house, "therapist")
    await clinic.do("second", "join", invited["link"])
    _, member = await clinic_of(clinic, "second")
    await clinic.do("therapist", "sync")
    # Her own word for herself is no wish of the clinic.
    await clinic.do("second", "handover_wish", house, circle, member)
    await clinic.do("second", "sync")
    await clinic.do("therapist", "sync")
    assert await clinic.do("therapist", "handover_wishes") == []
    await clinic.do("therapist", "handover_wish", house, circle, member)
    await clinic.do("therapist", "sync")
    await clinic.do("second", "sync")
    assert len(await clinic.do("second", "circles")) == 1
    (wish,) = await clinic.do("therapist", "handover_wishes")
    assert (wish["circle"], wish["member"]) == (circle, member)
    done = await clinic.do("therapist", "handover_confirm", circle, member)
    assert done["added"] == wish["devices"]
    assert await clinic.do("therapist", "handover_wishes") == []
    await clinic.do("second", "sync")
    assert await clinic.scores("second", circle) == [7]


async def test_a_minors_circle_is_handed_over(clinic: Clinic) -> None:
    """A caregiver and no patient; then the patient's own phone, and the caregiver goes."""
    setup = await clinic.start()
    await clinic.do("therapist", "new", setup)
    circle = (await clinic.do("therapist", "circle_new"))["circle"]
    invited = await clinic.do("therapist", "invite", circle, "caregiver")
    mother = await clinic.do("mother", "join", invited["link"])
    await clinic.put("mother", circle, PAIN | {"score": 3})
    await clinic.do("mother", "sync")
    invited = await clinic.do("therapist", "invite", circle, "patient")
    await clinic.do("child", "join", invited["link"])
    await clinic.do("therapist", "remove", circle, [mother["device"]])
    await clinic.do("child", "sync")
    assert await clinic.scores("child", circle) == [3]
    await clinic.put("child", circle, PAIN | {"score": 4})
    assert (await clinic.do("child", "sync"))["pushed"] == 1
    assert (await clinic.do("mother", "sync"))["removed"] == [circle]
