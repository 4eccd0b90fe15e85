"""One minute after another: what goes out, what is dropped, and what a crash loses."""

import asyncio
import random
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rejoint_server.clock import ManualClock
from rejoint_server.reminders import Outcome, Row, scheduler
from rejoint_server.reminders.rows_memory import MemoryRows
from rejoint_server.reminders.rows_sqlite import _DUE, SqliteRows
from rejoint_server.reminders.scheduler import AT_ONCE, PAGE, Scheduler
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.reminders import (
    DAY_MIN,
    FORGET_DAYS,
    GRACE_MIN,
    Marks,
    Minute,
    Ping,
    Schedule,
    Sent,
)
from rejoint_sync.stores.sqlite import SqliteStore
from server.reminders.postbox import Postbox

NOON = 20_000 * DAY_MIN + 720
DAILY = Schedule.model_validate({"zone": "UTC", "times": dict.fromkeys("1234567", "12:00")})


class World:
    """Schedules of some devices, one server or several, and one clock."""

    def __init__(self) -> None:
        self.rows = MemoryRows()
        self.clock = ManualClock(60 * (NOON - 30))
        self.box = Postbox()
        self.server = self.another(self.box)

    def another(self, box: Any, rows: Any = None, **more: Any) -> Scheduler:
        return Scheduler(rows or self.rows, box, self.clock, holder="x", jitter_s=0, **more)

    async def add(self, device: str, chosen: Schedule = DAILY, **sent: Any) -> None:
        now = NOON - 30
        marks = Marks(since=now - DAY_MIN, heard=now // DAY_MIN)
        row = Row(device, chosen, marks, Sent(**sent), now).at(now, marks, Sent(**sent))
        assert await self.rows.write(row)

    async def at(self, minute: Minute, server: Scheduler | None = None) -> None:
        self.clock.now = 60.0 * minute
        await (server or self.server).once(minute)


@pytest.fixture
def world() -> World:
    return World()


async def test_after_an_outage_what_is_late_is_dropped_and_not_bunched(world: World) -> None:
    nudged = DAILY.model_copy(update={"nudge": 30})
    for number in range(20):
        await world.add(f"d{number}", nudged)
    await world.at(NOON + GRACE_MIN)
    assert world.box.kinds() == ["reminder"] * 20
    world.box.sent.clear()
    await world.at(NOON + 6 * DAY_MIN + 30 + GRACE_MIN + 1)
    assert world.box.sent == []
    await world.at(NOON + 7 * DAY_MIN)
    assert world.box.kinds() == ["reminder"] * 20


async def test_more_than_a_page_goes_out_in_its_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "PAGE", 10)
    for number in range(200):
        await world.add(f"d{number}")
    await world.at(NOON)
    assert len({device for device, _ in world.box.sent}) == len(world.box.sent) == 200
    assert PAGE > 10


class CountedRows(SqliteRows):
    """Counts what is asked of it."""

    asked = looked = written = 0

    async def due(self, shards: Collection[int], minute: Minute, limit: int) -> list[Row]:
        self.asked += 1
        found = await super().due(shards, minute, limit)
        self.looked += len(found)
        return found

    async def write(self, row: Row) -> Row | None:
        self.written += 1
        return await super().write(row)


async def test_a_minute_costs_what_is_due_in_it_however_many_there_are(
    world: World, tmp_path: Path
) -> None:
    store = await SqliteStore.open(tmp_path / "data")
    rows = CountedRows(store)
    world.rows = rows  # type: ignore[assignment]
    evening = DAILY.model_copy(update={"times": dict.fromkeys("1234567", "20:00")})
    for number in range(500):
        await world.add(f"d{number}", DAILY if number % 100 == 0 else evening)
    for minute, due_then in ((NOON - 1, 0), (NOON, 5), (NOON + 1, 0), (NOON + 480, 495)):
        rows.asked = rows.looked = rows.written = 0
        await world.at(minute, world.another(world.box, rows))
        assert (rows.asked, rows.looked, rows.written) == (1, due_then, due_then)
    plan = store.select("EXPLAIN QUERY PLAN " + _DUE, (NOON, "[0, 1]", 10))
    assert any("reminder_due (due<?)" in str(row) for row in plan)
    await store.close()


async def test_of_two_servers_in_one_minute_each_ping_is_sent_by_one(world: World) -> None:
    for number in range(300):
        await world.add(f"d{number}")
    other = world.another(world.box)
    world.clock.now = 60.0 * NOON
    world.rows.lease = everything  # type: ignore[method-assign]  # both think that all is theirs
    await asyncio.gather(world.server.once(NOON), other.once(NOON))
    assert len(world.box.sent) == len({device for device, _ in world.box.sent}) == 300


async def everything(minute: Minute, holder: str) -> list[int]:
    return list(range(8))


class Crash(BaseException):
    """The end of a process."""


class Dying(Postbox):
    """Ends its server before the ping with a number goes out; nothing is written after that.

    Attributes:
        rows: What that server uses.
    """

    def __init__(self, last: int, rows: MemoryRows) -> None:
        super().__init__()
        self.last = last
        self.rows = MemoryRows()
        self.rows.__dict__ = {**rows.__dict__, "write": self._write}
        self._real = rows.write

    async def send(self, device: str, ping: Ping) -> Outcome:
        if len(self.sent) >= self.last:
            raise Crash
        return await super().send(device, ping)

    async def _write(self, row: Row) -> Row | None:
        if len(self.sent) >= self.last and self.claimed > len(self.sent):
            raise Crash
        written = await self._real(row)
        self.claimed += 1
        await asyncio.sleep(0)
        return written

    claimed = 0


@pytest.mark.parametrize("last", [0, 1, 17, 99])
async def test_a_crash_loses_what_was_claimed_and_doubles_nothing(world: World, last: int) -> None:
    for number in range(100):
        await world.add(f"d{number}")
    box = Dying(last, world.rows)
    with pytest.raises(Crash):
        await world.at(NOON, world.another(box, box.rows))
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await world.at(NOON + 1, world.another(world.box))
    sent = [device for device, _ in box.sent + world.box.sent]
    assert len(sent) == len(set(sent))
    assert 100 - AT_ONCE <= len(sent) < 100
    await world.at(NOON + DAY_MIN)
    assert len(world.box.sent) >= 100


async def moments(kinds: dict[str, str]) -> list[tuple[str, float, int]]:
    """Of each device when, after its minute, its ping goes out, and for how long it lives."""
    world = World()
    nudged = DAILY.model_copy(update={"nudge": 60})
    for device, kind in kinds.items():
        later = DAILY.model_copy(update={"times": dict.fromkeys("1234567", "20:00")})
        await world.add(device, {"reminder": DAILY, "nudge": nudged, "note": later}[kind])
        [row] = (await world.rows.read([device])).values()
        was = Sent(day="2024-10-04", reminder=NOON - 60) if kind == "nudge" else Sent()
        news = {"note": NOON} if kind == "note" else {}
        assert await world.rows.write(row.at(NOON, row.marks.model_copy(update=news), was))
    server = world.another(world.box)
    server._jitter_s = 30.0
    server._dice = random.Random(1)
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)
        await asyncio.sleep(0)

    server._pause = pause  # type: ignore[method-assign]
    await world.at(NOON, server)
    assert kinds == {device: ping.kind for device, ping in world.box.sent}
    return [
        (device, second, ping.ttl_s)
        for (device, ping), second in zip(world.box.sent, waited, strict=True)
    ]


async def test_by_the_moment_and_the_life_of_a_ping_no_kind_is_told_from_another() -> None:
    devices = [f"d{number}" for number in range(30)]
    kinds = ("reminder", "nudge", "note")
    several = [
        await moments({name: kinds[(n + turn) % 3] for n, name in enumerate(devices)})
        for turn in range(3)
    ]
    assert several[0] == several[1] == several[2]
    seconds = [second for _, second, _ in several[0]]
    assert max(seconds) <= 30.0
    assert len(set(seconds)) == len(devices)
    assert len({life for _, _, life in several[0]}) == 1


async def test_what_the_push_service_puts_off_is_brought_again_until_it_is_of_no_use(
    world: World,
) -> None:
    await world.add("d1")
    world.box.answers = [Outcome("later", 120), Outcome("later", 30)]
    for minute in range(60):
        await world.at(NOON + minute)
    first, second, third = (ping for _, ping in world.box.sent)
    assert {first.minute, second.minute, third.minute} == {NOON}
    assert [first.ttl_s - second.ttl_s, second.ttl_s - third.ttl_s] == [120, 60]


async def test_a_sender_that_tries_again_by_itself_is_left_to_it(world: World) -> None:
    await world.add("d1")
    world.box.answers = [Outcome("later")]
    for minute in range(60):
        await world.at(NOON + minute)
    assert world.box.kinds() == ["reminder"]


@pytest.mark.parametrize("word", ["gone", "given up"])
async def test_what_cannot_be_brought_is_not_tried_again_that_day(world: World, word: Any) -> None:
    await world.add("d1")
    world.box.answers = [Outcome(word)]
    for minute in range(60):
        await world.at(NOON + minute)
    assert world.box.kinds() == ["reminder"]


async def test_a_store_that_is_away_for_a_minute_delays_and_loses_nothing(world: World) -> None:
    await world.add("d1")
    write, away = world.rows.write, [StoreUnavailable("away")]

    async def failing(row: Row) -> Row | None:
        if away:
            raise away.pop()
        return await write(row)

    world.rows.write = failing  # type: ignore[method-assign]
    await world.at(NOON)
    assert world.box.sent == []
    assert world.server.failed == 1
    await world.at(NOON + 1)
    assert world.box.kinds() == ["reminder"]


async def test_a_row_that_cannot_be_understood_holds_up_no_other(world: World) -> None:
    await world.add("d1")
    await world.add("d2")
    [row] = (await world.rows.read(["d1"])).values()
    lost = row.schedule.model_copy(update={"zone": "Atlantis/Capital"})
    await world.rows.write(replace(row, schedule=lost))
    for minute in range(3):
        await world.at(NOON + minute)
    assert [device for device, _ in world.box.sent] == ["d2"]
    assert world.server.failed == 1


async def test_after_a_long_silence_nothing_is_kept(world: World) -> None:
    await world.add("d1")
    told: list[str] = []

    async def tell(device: str) -> None:
        told.append(device)

    server = world.another(world.box, silent=tell)
    for day in range(FORGET_DAYS + 2):
        assert (await world.rows.counts()).schedules == int(day <= FORGET_DAYS)
        await world.at(NOON + day * DAY_MIN, server)
    assert told == ["d1"]


async def test_a_stopping_server_sends_what_it_claimed_and_claims_no_more(world: World) -> None:
    for number in range(2 * AT_ONCE):
        await world.add(f"d{number}")
    go, begun = asyncio.Event(), asyncio.Event()

    class Slow(Postbox):
        async def send(self, device: str, ping: Ping) -> Outcome:
            begun.set()
            await go.wait()
            return await super().send(device, ping)

    box = Slow()
    server = world.another(box)
    world.clock.now = 60.0 * NOON
    running = asyncio.create_task(server.run())
    await begun.wait()
    stopping = asyncio.create_task(server.stop(running))
    await asyncio.sleep(0)
    go.set()
    await stopping
    assert running.done()
    assert 1 <= len(box.sent) <= AT_ONCE
    await world.at(NOON + 1)
    sent = [device for device, _ in box.sent + world.box.sent]
    assert len(sent) == len(set(sent)) == 2 * AT_ONCE


async def test_a_minute_that_goes_wrong_does_not_end_the_loop(world: World) -> None:
    """The loop itself, on the clock of this machine: only that it goes on is seen."""
    began: list[Minute] = []
    seen = asyncio.Event()

    async def broken(minute: Minute) -> None:
        began.append(minute)
        seen.set()
        raise RuntimeError

    server = world.another(world.box, before=broken)
    running = asyncio.create_task(server.run())
    await seen.wait()
    await server.stop(running)
    assert server.failed == 1
    assert running.exception() is None
    assert began == [NOON - 30]
