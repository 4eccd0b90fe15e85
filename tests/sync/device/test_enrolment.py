"""A clinic's ticket lets a patient found a circle; its keys are checked, and it works once."""

from typing import Any

import pytest

from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.device.enrolment import Ticket
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import BadRequest, CircleError, SyncError
from sync.device.clinic import ORIGIN, PAIN, Clinic


async def house(clinic: Clinic) -> tuple[str, str]:
    """A clinic of an admin and a therapist: its circle, and the therapist's device."""
    setup = await clinic.start()
    founded = await clinic.do("admin", "new", setup)
    invited = await clinic.do("admin", "invite", founded["circle"], "therapist")
    joined = await clinic.do("therapist", "join", invited["link"])
    await clinic.do("admin", "sync")
    return founded["circle"], joined["device"]


async def test_a_patient_founds_with_a_ticket_and_the_therapist_is_in(clinic: Clinic) -> None:
    circle, therapist = await house(clinic)
    issued = await clinic.do("admin", "enrol", circle, [therapist])
    founded = await clinic.do("patient", "found_by_ticket", issued["link"])
    assert (founded["role"], founded["added"]) == ("patient", [therapist])
    await clinic.put("patient", founded["circle"], PAIN | {"score": 5})
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", founded["circle"]) == [5]
    # The admin issued the ticket and holds no key: the circle is not one of hers.
    await clinic.do("admin", "sync")
    assert [one["circle"] for one in await clinic.do("admin", "circles")] == [circle]


async def test_a_ticket_founds_one_circle(clinic: Clinic) -> None:
    circle, therapist = await house(clinic)
    issued = await clinic.do("admin", "enrol", circle, [therapist])
    await clinic.do("patient", "found_by_ticket", issued["link"])
    with pytest.raises(SyncError):
        await clinic.do("other", "found_by_ticket", issued["link"])
    assert await clinic.do("other", "circles") == []


async def test_other_keys_than_the_link_names_found_nothing(clinic: Clinic) -> None:
    circle, therapist = await house(clinic)
    issued = await clinic.do("admin", "enrol", circle, [therapist])

    def false(path: str, value: Any) -> Any:
        if path.endswith("/keys"):
            return {"pubs": {therapist: dict(DeviceKeys.generate().pub)}}
        return value

    clinic.network.spoil = false
    with pytest.raises(CircleError) as caught:
        await clinic.do("patient", "found_by_ticket", issued["link"])
    assert caught.value.code == "kid"
    assert await clinic.do("patient", "circles") == []


@pytest.mark.parametrize("request_number", range(6))
async def test_enrolling_may_end_at_any_request(clinic: Clinic, request_number: int) -> None:
    circle, therapist = await house(clinic)
    issued = await clinic.do("admin", "enrol", circle, [therapist])
    clinic.network.faults = ["ok"] * request_number + ["lost answer"]
    try:
        founded = await clinic.do("patient", "found_by_ticket", issued["link"])
    except Unreachable:
        clinic.network.faults = []
        founded = await clinic.do("patient", "found_by_ticket", issued["link"])
    assert founded["added"] == [therapist]
    assert len(await clinic.do("patient", "circles")) == 1


async def test_only_the_clinics_own_people_stand_in_a_link(clinic: Clinic) -> None:
    circle, _ = await house(clinic)
    with pytest.raises(BadRequest, match="is not in this clinic"):
        await clinic.do("admin", "enrol", circle, ["d" + "A" * 20])
    with pytest.raises(BadRequest, match="expected a clinic"):
        await clinic.do("admin", "enrol", circle, [])


@pytest.mark.parametrize("cut", [1, 24, 70])
def test_a_cut_link_is_incomplete(cut: int) -> None:
    link = Ticket(ORIGIN, "c" + "0" * 40, bytes(16), ("d" + "A" * 20,)).format()
    assert Ticket.parse(f" {link}\n").devices == ("d" + "A" * 20,)
    with pytest.raises(CircleError, match="incomplete"):
        Ticket.parse(link[:-cut])
