"""The routes of a device's own reminders, and what devices tell beside them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rejoint_sync.exchange.messages import DONE_TODAY
from rejoint_sync.reminders import DAY_MIN, SILENT_DAYS, SNOOZE_MIN
from server.reminders.postbox import Postbox
from server.scene import Person, Scene, open_scene
from server.sync_client import Handset

SCHEDULE = {"zone": "UTC", "times": dict.fromkeys("1234567", "07:00")}
SEVEN_S = 1_795_000_000 // 86_400 * 86_400 + 86_400 + 7 * 3600
"""The first seven o'clock after the scene begins."""


@pytest.fixture
async def box() -> Postbox:
    return Postbox()


@pytest.fixture
async def world(tmp_path: Path, box: Postbox) -> AsyncIterator["World"]:
    async with open_scene(tmp_path, sender=box) as scene:
        admin = await Person.founder(scene)
        therapist = await admin.new_patient_circle(scene)
        yield World(scene, await therapist.admit(scene, "patient"), admin)


class World:
    """A patient's phone and its server."""

    def __init__(self, scene: Scene, patient: Person, admin: Person) -> None:
        self.scene = scene
        self.patient = patient
        self.admin = admin
        self.phone = Handset(scene, patient.keys)
        scheduler = scene.application.scheduler
        assert scheduler is not None
        scheduler._jitter_s = 0.0
        self.scheduler = scheduler

    @property
    def device(self) -> str:
        return self.patient.keys.id

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        headers = self.patient.login(self.scene)
        more = {} if body is None else {"json": body}
        return await self.scene.ask(method, path, headers=headers, **more)

    async def at(self, second: int) -> None:
        """Let the scheduler look at this second's minute."""
        self.scene.clock.now = float(second)
        await self.scheduler.once(second // 60)


async def test_a_schedule_is_chosen_shown_and_dropped(world: World) -> None:
    assert (await world.ask("GET", "/reminders")).status_code == 404
    chosen = await world.ask("PUT", "/reminders", SCHEDULE)
    assert chosen.json() == {"schedule": SCHEDULE, "next": SEVEN_S}
    assert (await world.ask("GET", "/reminders")).json() == chosen.json()
    assert (await world.ask("DELETE", "/reminders")).json() == {"ok": True}
    assert (await world.ask("GET", "/reminders")).status_code == 404
    assert (await world.ask("DELETE", "/reminders")).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_nobody_asks_without_a_device(world: World, method: str) -> None:
    assert (await world.scene.ask(method, "/reminders", json=SCHEDULE)).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        SCHEDULE | {"zone": "Mars/Olympus"},
        SCHEDULE | {"words": "your knee"},
        SCHEDULE | {"nudge": 1},
        {"zone": "UTC"},
    ],
    ids=["zone", "member", "nudge", "no times"],
)
async def test_what_is_no_schedule_is_refused_without_being_repeated(
    world: World, body: dict[str, Any]
) -> None:
    answer = await world.ask("PUT", "/reminders", body)
    assert answer.status_code == 400
    assert "knee" not in answer.text
    assert "Mars" not in answer.text


async def test_a_reminder_goes_to_the_device_at_its_time(world: World, box: Postbox) -> None:
    await world.ask("PUT", "/reminders", SCHEDULE)
    await world.at(SEVEN_S - 60)
    assert box.sent == []
    await world.at(SEVEN_S)
    await world.at(SEVEN_S + 60)
    assert box.kinds(world.device) == ["reminder"]


async def test_done_today_told_with_a_sync_takes_the_reminder_of_that_day(
    world: World, box: Postbox
) -> None:
    await world.ask("PUT", "/reminders", SCHEDULE)
    world.scene.clock.now = SEVEN_S - 3600.0
    await world.phone.sync(flags=DONE_TODAY)
    await world.phone.sync(flags=DONE_TODAY)
    await world.at(SEVEN_S)
    assert box.sent == []
    assert (await world.ask("GET", "/reminders")).json()["next"] == SEVEN_S + 86_400
    await world.at(SEVEN_S + 86_400)
    assert box.kinds() == ["reminder"]


async def test_done_today_is_of_the_day_in_the_phones_zone(world: World, box: Postbox) -> None:
    kiritimati = SCHEDULE | {"zone": "Pacific/Kiritimati", "times": {"2": "07:00", "3": "07:00"}}
    await world.ask("PUT", "/reminders", kiritimati)
    shown = (await world.ask("GET", "/reminders")).json()["next"]
    world.scene.clock.now = shown - 3600.0
    await world.phone.sync(flags=DONE_TODAY)
    assert (await world.ask("GET", "/reminders")).json()["next"] in (
        shown + 86_400,
        shown + 6 * 86_400,
    )


async def test_done_is_a_mark_without_a_sync_too(world: World) -> None:
    assert (await world.ask("POST", "/reminders/mark", {"mark": "done"})).status_code == 404
    await world.ask("PUT", "/reminders", SCHEDULE)
    world.scene.clock.now = SEVEN_S - 3600.0
    marked = await world.ask("POST", "/reminders/mark", {"mark": "done"})
    assert marked.json()["next"] == SEVEN_S + 86_400
    assert (await world.ask("POST", "/reminders/mark", {"mark": "gone"})).status_code == 400


async def test_a_snooze_brings_it_again_and_not_a_third_time(world: World, box: Postbox) -> None:
    await world.ask("PUT", "/reminders", SCHEDULE | {"nudge": 60})
    await world.at(SEVEN_S)
    world.scene.clock.now = SEVEN_S + 120.0
    snoozed = await world.ask("POST", "/reminders/mark", {"mark": "snooze"})
    again_s = SEVEN_S + 120 + 60 * SNOOZE_MIN
    assert snoozed.json()["next"] == again_s
    for minute in range(90):
        await world.at(SEVEN_S + 60 * minute)
    assert box.kinds() == ["reminder", "nudge"]
    assert box.sent[1][1].minute * 60 == again_s
    third = await world.ask("POST", "/reminders/mark", {"mark": "snooze"})
    assert third.json()["next"] == SEVEN_S + 86_400


async def test_a_device_that_is_heard_of_again_is_pinged_again(world: World, box: Postbox) -> None:
    await world.ask("PUT", "/reminders", SCHEDULE)
    for day in range(SILENT_DAYS + 3):
        await world.at(SEVEN_S + 86_400 * day)
    assert len(box.sent) == SILENT_DAYS - 1  # it was set the day before the first
    await world.phone.sync()
    await world.at(SEVEN_S + 86_400 * (SILENT_DAYS + 3))
    assert len(box.sent) == SILENT_DAYS


async def test_silence_stands_once_in_the_trail_and_in_the_figures(world: World) -> None:
    await world.ask("PUT", "/reminders", SCHEDULE)
    for day in range(SILENT_DAYS + 3):
        await world.at(SEVEN_S + 86_400 * day)
    trail = f"/clinics/{world.admin.circle}/audit"
    login = world.admin.login(world.scene)
    acts = (await world.scene.json("GET", trail, headers=login))["acts"]
    silent = [one for one in acts if one["act"] == "silent"]
    assert [one["device"] for one in silent] == [world.device]
    assert len(acts) > 1
    # Who looks for silence alone need not fetch the trail.
    asked = await world.scene.json("GET", f"{trail}?act=silent", headers=login)
    assert asked["acts"] == silent
    asked = await world.scene.json(
        "GET", f"{trail}?act=silent&before={silent[0]['n']}", headers=login
    )
    assert asked["acts"] == []
    page = (await world.scene.ask("GET", "/metrics", headers={"host": "localhost"})).text
    assert "rejoint_reminders_silent 1.0" in page
    assert world.device not in page


async def test_setting_the_same_again_does_not_put_off_what_is_due(
    world: World, box: Postbox
) -> None:
    await world.ask("PUT", "/reminders", SCHEDULE)
    world.scene.clock.now = SEVEN_S + 10.0
    await world.ask("PUT", "/reminders", SCHEDULE)
    await world.at(SEVEN_S + 60)
    assert box.kinds() == ["reminder"]


async def test_a_device_of_no_circle_has_no_reminders(world: World) -> None:
    answer = await world.scene.ask("GET", "/reminders", headers=Person().login(world.scene))
    assert answer.status_code == 401


async def test_nothing_but_times_and_the_last_marks_is_kept(world: World) -> None:
    await world.ask("PUT", "/reminders", SCHEDULE | {"nudge": 60})
    for day in range(3):
        world.scene.clock.now = SEVEN_S + 86_400.0 * day - 60
        await world.at(SEVEN_S + 86_400 * day)
        await world.ask("POST", "/reminders/mark", {"mark": "snooze"})
        await world.at(SEVEN_S + 86_400 * day + 900)
        world.phone.session = ""
        await world.phone.sync(flags=DONE_TODAY)
    rows = world.scene.application.rows
    assert rows is not None
    [row] = (await rows.read([world.device])).values()
    last = (SEVEN_S + 2 * 86_400) // 60
    day_then = datetime.fromtimestamp(60 * last, UTC).date().isoformat()
    assert row.value == {
        "schedule": SCHEDULE | {"nudge": 60},
        "marks": {
            "since": row.marks.since,
            "heard": last // DAY_MIN,
            "done": day_then,
        },
        "sent": {"day": day_then, "reminder": last, "nudge": last + SNOOZE_MIN},
        "due": last + DAY_MIN,
    }


async def test_the_log_tells_no_time_and_no_device(world: World) -> None:
    await world.ask("PUT", "/reminders", SCHEDULE)
    await asyncio.sleep(0)  # the lines of a turn of the loop are written after it
    lines = [line for line in world.scene.log.getvalue().splitlines() if "/reminders" in line]
    assert len(lines) == 1
    assert "route=/reminders " in lines[0]
    assert world.device not in lines[0]
    assert "07:00" not in lines[0]
