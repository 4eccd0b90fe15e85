"""What a headless device asks of the server about its reminders."""

import pytest

from rejoint_sync.errors import BadRequest, NotFound
from sync.device.clinic import Clinic

CHOSEN = {"zone": "UTC", "times": {"1": "07:00"}}


async def test_what_is_chosen_is_shown_and_can_be_paused(clinic: Clinic) -> None:
    await clinic.care()
    with pytest.raises(NotFound):
        await clinic.do("patient", "remind_show")
    made = await clinic.do("patient", "remind_set", CHOSEN)
    assert made["schedule"] == CHOSEN
    assert (await clinic.do("patient", "remind_pause", "2030-01-01"))["schedule"] == {
        **CHOSEN,
        "paused": "2030-01-01",
    }
    assert await clinic.do("patient", "remind_pause", None) == made


async def test_done_with_a_sync_is_the_mark_of_the_day(clinic: Clinic) -> None:
    await clinic.care()
    daily = {"zone": "UTC", "times": dict.fromkeys("1234567", "23:59")}
    before = (await clinic.do("patient", "remind_set", daily))["next"]
    await clinic.do("patient", "sync", done_today=True)
    assert (await clinic.do("patient", "remind_show"))["next"] == before + 86_400


async def test_another_devices_reminders_are_its_own(clinic: Clinic) -> None:
    await clinic.care()
    await clinic.do("patient", "remind_set", CHOSEN)
    with pytest.raises(NotFound):
        await clinic.do("therapist", "remind_show")
    await clinic.do("therapist", "remind_off")
    assert (await clinic.do("patient", "remind_show"))["schedule"] == CHOSEN


async def test_what_is_no_schedule_is_not_even_sent(clinic: Clinic) -> None:
    await clinic.care()
    clinic.network.asked.clear()
    for wrong in ({"zone": "UTC"}, {**CHOSEN, "for": "the knee"}, {**CHOSEN, "nudge": 3}):
        with pytest.raises(BadRequest):
            await clinic.do("patient", "remind_set", wrong)
    assert clinic.network.asked == []
