"""What devices say of themselves, and what it costs."""

import asyncio
from dataclasses import replace
from typing import Any

from rejoint_server.clock import ManualClock
from rejoint_server.reminders import Row
from rejoint_server.reminders.rows_memory import MemoryRows
from rejoint_server.reminders.schedules import Schedules
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.reminders import DAY_MIN, Schedule

DAILY = Schedule.model_validate({"zone": "UTC", "times": dict.fromkeys("1234567", "07:00")})
NOON_S = 20_000 * 86_400 + 12 * 3600


class CountedRows(MemoryRows):
    """Counts, and fails when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = self.writes = 0
        self.is_away = False
        self.disturb = 0

    async def read(self, devices: Any) -> dict[str, Row]:
        if self.is_away:
            raise StoreUnavailable("away")
        self.reads += 1
        found = await super().read(devices)
        await asyncio.sleep(0)
        return found

    async def write(self, row: Row) -> Row | None:
        self.writes += 1
        if self.disturb > 0:
            self.disturb -= 1
            there = (await super().read([row.device])).get(row.device)
            assert there is not None
            await super().write(there)
        return await super().write(row)


def made() -> tuple[Schedules, CountedRows, ManualClock]:
    rows, clock = CountedRows(), ManualClock(NOON_S)
    return Schedules(rows, clock), rows, clock


async def test_a_device_in_sync_all_day_costs_one_look() -> None:
    schedules, rows, clock = made()
    for _ in range(100):
        await schedules.heard("d1")
        clock.now += 60
    assert (rows.reads, rows.writes) == (1, 0)
    await schedules.set("d1", DAILY)
    rows.reads = rows.writes = 0
    clock.now += 86_400
    for _ in range(100):
        await schedules.heard("d1")
    assert (rows.reads, rows.writes) == (1, 1)


async def test_a_device_that_is_done_and_syncs_on_costs_one_write() -> None:
    schedules, rows, clock = made()
    await schedules.set("d1", DAILY)
    rows.reads = rows.writes = 0
    for _ in range(60):
        await schedules.note_done("d1")
        clock.now += 60
    assert rows.writes == 1
    assert rows.reads <= 2
    clock.now += 86_400
    await schedules.note_done("d1")
    assert (await schedules.of("d1")).marks.done == "2024-10-05"


async def test_who_is_done_without_a_schedule_costs_next_to_nothing() -> None:
    schedules, rows, clock = made()
    for _ in range(50):
        await schedules.note_done("d1")
        clock.now += 60
    assert (rows.reads, rows.writes) == (1, 0)
    await schedules.set("d1", DAILY)
    await schedules.note_done("d1")
    assert (await schedules.of("d1")).marks.done is not None


async def test_a_store_that_is_away_disturbs_no_sync_and_is_told_later() -> None:
    schedules, rows, _ = made()
    await schedules.set("d1", DAILY)
    schedules._heard.clear()
    rows.is_away = True
    await schedules.heard("d1")
    await schedules.note_done("d1")
    rows.is_away = False
    rows.writes = 0
    await schedules.heard("d1")
    assert (await schedules.of("d1")).marks.heard == NOON_S // 60 // DAY_MIN


async def test_a_mark_is_made_although_another_server_writes_at_the_same_time() -> None:
    schedules, rows, _ = made()
    await schedules.set("d1", DAILY)
    rows.disturb = 2
    await schedules.done("d1")
    assert (await schedules.of("d1")).marks.done == "2024-10-04"


async def test_marks_of_two_servers_at_once_are_both_kept() -> None:
    schedules, rows, clock = made()
    other = Schedules(rows, clock)
    await schedules.set("d1", DAILY)
    await asyncio.gather(schedules.done("d1"), other.snooze("d1"))
    marks = (await schedules.of("d1")).marks
    assert marks.done is not None
    assert marks.snoozed is not None


async def test_another_schedule_keeps_what_was_sent_today() -> None:
    schedules, rows, clock = made()
    first = await schedules.set("d1", DAILY)
    sent = first.sent.model_copy(update={"day": "2024-10-04", "reminder": NOON_S // 60 - 300})
    assert await rows.write(replace(first, sent=sent))
    clock.now += 3600
    later = Schedule.model_validate({"zone": "UTC", "times": dict.fromkeys("1234567", "20:00")})
    row = await schedules.set("d1", later)
    assert row.sent == sent
    assert schedules.next_s(row) == NOON_S + 8 * 3600 + 86_400
