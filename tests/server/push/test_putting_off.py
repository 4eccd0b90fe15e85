"""A notification's "later": good for one reminder, today, once, whoever shows its word."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from rejoint_server.clock import ManualClock
from rejoint_server.push.messages import later_of
from rejoint_server.push.push_keys import PushKeys
from rejoint_server.push.putting_off import PuttingOff
from rejoint_server.reminders.rows_memory import MemoryRows
from rejoint_server.reminders.schedules import Schedules
from rejoint_sync.reminders import DAY_MIN, SNOOZE_MIN, Minute, Ping, Schedule, claimed

DEVICE = "d" + "a" * 20
SEVEN: Minute = 20_779 * DAY_MIN + 7 * 60


@dataclass
class Morning:
    """A device that was reminded at seven.

    Attributes:
        file: Of the server's keys.
    """

    clock: ManualClock
    rows: MemoryRows
    keys: PushKeys
    file: Path
    schedules: Schedules

    @property
    def putting_off(self) -> PuttingOff:
        return PuttingOff(self.schedules, self.keys, self.clock)

    def word(self, minute: Minute = SEVEN, device: str = DEVICE) -> str:
        return later_of(self.keys.now().current, device, minute)

    async def remind(self, kind: str, minute: Minute) -> None:
        self.clock.now = 60 * minute
        row = (await self.rows.read([DEVICE]))[DEVICE]
        ping = Ping(kind, minute, 60)  # type: ignore[arg-type]
        marks, sent = claimed(ping, minute, row.schedule, (row.marks, row.sent))
        assert await self.rows.write(row.at(minute, marks, sent)) is not None

    async def snoozed(self) -> Minute | None:
        return (await self.rows.read([DEVICE]))[DEVICE].marks.snoozed


@pytest.fixture
async def morning(tmp_path: Path) -> Morning:
    clock, rows, file = ManualClock(60 * (SEVEN - 60)), MemoryRows(), tmp_path / "keys.json"
    keys = PushKeys(file)
    keys.open(1)
    made = Morning(clock, rows, keys, file, Schedules(rows, clock))
    daily = dict.fromkeys("1234567", "07:00")
    await made.schedules.set(DEVICE, Schedule.model_validate({"zone": "UTC", "times": daily}))
    await made.remind("reminder", SEVEN)
    return made


async def test_a_reminder_is_put_off_by_its_word(morning: Morning) -> None:
    morning.clock.now += 120
    assert await morning.putting_off.put_off(DEVICE, morning.word())
    assert await morning.snoozed() == SEVEN + 2 + SNOOZE_MIN


async def test_it_is_put_off_once(morning: Morning) -> None:
    assert await morning.putting_off.put_off(DEVICE, morning.word())
    first = await morning.snoozed()
    morning.clock.now += 120
    assert not await morning.putting_off.put_off(DEVICE, morning.word())
    assert await morning.snoozed() == first
    await morning.remind("nudge", SEVEN + SNOOZE_MIN)
    assert not await morning.putting_off.put_off(DEVICE, morning.word())


async def test_other_words_do_nothing(morning: Morning) -> None:
    for device, word in (
        (DEVICE, "A" * 22),
        (DEVICE, ""),
        (DEVICE, "é" * 22),
        (DEVICE, morning.word(SEVEN - DAY_MIN)),
        (DEVICE, morning.word(device="d" + "b" * 20)),
        ("d" + "b" * 20, morning.word(device="d" + "b" * 20)),
        ("../x", morning.word()),
    ):
        assert not await morning.putting_off.put_off(device, word)
    assert await morning.snoozed() is None


async def test_yesterdays_word_does_nothing_today(morning: Morning) -> None:
    morning.clock.now += 86_400
    assert not await morning.putting_off.put_off(DEVICE, morning.word())
    await morning.remind("reminder", SEVEN + DAY_MIN)
    assert not await morning.putting_off.put_off(DEVICE, morning.word())
    assert await morning.putting_off.put_off(DEVICE, morning.word(SEVEN + DAY_MIN))


async def test_before_any_reminder_there_is_nothing_to_put_off(morning: Morning) -> None:
    await morning.schedules.drop(DEVICE)
    schedule = Schedule.model_validate({"zone": "UTC", "times": {}})
    await morning.schedules.set(DEVICE, schedule)
    assert not await morning.putting_off.put_off(DEVICE, morning.word())


async def test_a_word_outlives_a_rotation_and_not_a_revocation(morning: Morning) -> None:
    word = morning.word()
    rotated = morning.keys.now().rotated(2)
    rotated.keeping(set()).write(morning.file)
    assert not await morning.putting_off.put_off(DEVICE, word)
    rotated.write(morning.file)
    assert await morning.putting_off.put_off(DEVICE, word)
