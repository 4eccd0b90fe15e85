"""A year of reminders in any zone: never more than two a day, never quiet, never lost, never twice.

What is right is found by another way than the code's: the offsets of a zone through the year are
looked up hour by hour, and a wall clock is read off them.
"""

import functools
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rejoint_sync.reminders import (
    DAY_MIN,
    GRACE_MIN,
    TRAVEL_MIN,
    Marks,
    Ping,
    Schedule,
    Sent,
    claimed,
    due,
    next_minute,
)

ZONES = sorted(zone for zone in available_timezones() if zone[0].isupper() and zone != "Factory")
LONG = "REJOINT_LONG" in os.environ
EXAMPLES = 300 if LONG else 8


@functools.lru_cache(maxsize=8)
def offsets(zone: str, year: int) -> list[tuple[int, int]]:
    """From which minute on which offset holds, in minutes, through a year and its neighbours."""
    there = ZoneInfo(zone)
    start = minute(datetime(year - 1, 12, 25, tzinfo=UTC))
    found: list[tuple[int, int]] = []
    for hour in range(380 * 24):
        for one in (start + 60 * hour,):
            if not found or offset(one, there) != found[-1][1]:
                exact = next(
                    m for m in range(one - 60, one + 1) if offset(m, there) == offset(one, there)
                )
                found.append((exact if found else one, offset(one, there)))
    return found


def offset(at: int, zone: ZoneInfo) -> int:
    shift = datetime.fromtimestamp(60 * at, zone).utcoffset()
    assert shift is not None
    return int(shift.total_seconds()) // 60


def minute(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def wall(zone: str, year: int, at: int) -> datetime:
    """What a clock on the wall shows."""
    shift = next(shift for begin, shift in reversed(offsets(zone, year)) if begin <= at)
    return datetime.fromtimestamp(60 * (at + shift), UTC).replace(tzinfo=None)


def first_minute(zone: str, year: int, day: date, time: str) -> int | None:
    """The first minute of a day at which the wall clock shows a time or more."""
    wanted = datetime.fromisoformat(f"{day} {time}")
    naive = minute(wanted.replace(tzinfo=UTC))
    known = offsets(zone, year)
    ends = [begin for begin, _ in known[1:]] + [2**40]
    for (begin, shift), end in zip(known, ends, strict=True):
        at = max(begin, naive - shift)
        if at < end:
            return at if wall(zone, year, at).date() == day else None
    return None


@dataclass(slots=True)
class Life:
    """A device, its schedule and a server, through one year.

    Attributes:
        zone: Where it is.
        year: Which.
        schedule: What was chosen.
        is_late: Whether the server comes late now and then.
        dice: Decide what the person does.
        pings: When what went out.
        done: By day when the person was done.
    """

    zone: str
    year: int
    schedule: Schedule
    is_late: bool
    dice: random.Random
    pings: list[tuple[int, Ping]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)

    def run(self) -> None:
        """Live through the year."""
        now = minute(datetime(self.year, 1, 1, tzinfo=UTC)) - DAY_MIN
        end = now + 369 * DAY_MIN  # in a leap year, too, the last evening of any zone
        marks, sent = Marks(since=now - DAY_MIN, heard=now // DAY_MIN), Sent()
        while now < end:
            if now // DAY_MIN != marks.heard:
                marks = self.morning(now, marks)
            ping = due(now, self.schedule, marks, sent)
            if ping is None:
                now = self.later(now, marks, sent)
                continue
            marks, sent = claimed(ping, now, self.schedule, (marks, sent))
            self.pings.append((now, ping))
            if self.is_late and ping.kind == "reminder" and self.dice.random() < 0.2:
                marks = marks.model_copy(update={"snoozed": now + self.dice.randint(1, 200)})

    def morning(self, now: int, marks: Marks) -> Marks:
        """The device is heard of, and maybe done already."""
        told: dict[str, Any] = {"heard": now // DAY_MIN}
        if self.is_late and self.dice.random() < 0.1:
            told["done"] = wall(self.zone, self.year, now).date().isoformat()
            self.done[told["done"]] = now
        return marks.model_copy(update=told)

    def later(self, now: int, marks: Marks, sent: Sent) -> int:
        """The next minute at which the server looks; nothing was due in between."""
        there = next_minute(now, self.schedule, marks, sent)
        midnight = (now // DAY_MIN + 1) * DAY_MIN
        if there <= now:
            return now + 1
        for _ in range(2):
            between = self.dice.randint(now, min(there, midnight) - 1)
            assert due(between, self.schedule, marks, sent) is None
        if there >= midnight:
            return midnight
        return there + (self.dice.choice((0, 1, GRACE_MIN, 30)) if self.is_late else 0)

    def check(self) -> None:
        """The laws that hold whatever happened."""
        days: Counter[str] = Counter()
        for at, ping in self.pings:
            local = wall(self.zone, self.year, at)
            days[f"{local.date()} {ping.kind}"] += 1
            assert at < self.done.get(local.date().isoformat(), at + 1)
            quiet = self.schedule.quiet
            assert quiet is None or not quiet.holds(local.strftime("%H:%M"))
            over = wall(self.zone, self.year, at + -(-ping.ttl_s // 60) - 1)
            assert over.date() == local.date()
            assert quiet is None or not quiet.holds(over.strftime("%H:%M"))
            assert at - ping.minute <= GRACE_MIN
        assert set(days.values()) <= {1}, days.most_common(3)

    def expected(self) -> Iterator[int]:
        """When the reminders of the year are, where nothing comes between."""
        day = date(self.year, 1, 2)
        while day.year == self.year:
            time = self.schedule.times.get(str(day.isoweekday()))  # type: ignore[call-overload]
            at = time and first_minute(self.zone, self.year, day, time)
            if at:
                local = wall(self.zone, self.year, at).strftime("%H:%M")
                if self.schedule.quiet is None or not self.schedule.quiet.holds(local):
                    yield at
            day += timedelta(days=1)

    def check_none_is_lost(self) -> None:
        """The law of a server that is always there: each reminder at its very minute."""
        sent = {at for at, ping in self.pings if ping.kind == "reminder"}
        wanted = list(self.expected())
        assert [at for at in wanted if at not in sent] == []
        first, last = wanted[0] if wanted else 0, wanted[-1] if wanted else 0
        assert len([at for at in sent if first <= at <= last]) == len(wanted)


TIMES = st.sampled_from(
    [
        "00:00",
        "00:30",
        "01:00",
        "01:30",
        "02:00",
        "02:15",
        "02:30",
        "03:00",
        "07:00",
        "12:34",
        "20:00",
        "23:00",
        "23:30",
        "23:59",
    ]
)


@st.composite
def schedules(draw: st.DrawFn, zone: str) -> Schedule:
    """A schedule that a person might choose, mostly at hours at which clocks change."""
    quiet = None
    if draw(st.booleans()):
        start, end = draw(TIMES), draw(TIMES)
        quiet = {"start": start, "end": end} if start != end else None
    chosen: dict[str, Any] = {
        "zone": zone,
        "times": {},
        "nudge": draw(st.sampled_from([None, 15, 60, 180, 720])),
        "quiet": quiet,
    }
    for day in "1234567":
        time = draw(TIMES)
        if quiet is None or not Schedule.kept({"quiet": quiet}).quiet.holds(time):  # type: ignore[union-attr]
            chosen["times"][day] = time
    return Schedule.model_validate(chosen)


@given(data=st.data(), zone=st.sampled_from(ZONES), year=st.integers(2005, 2037))
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_laws_hold_through_any_year(data: st.DataObject, zone: str, year: int) -> None:
    life = Life(
        zone,
        year,
        data.draw(schedules(zone)),
        is_late=data.draw(st.booleans()),
        dice=random.Random(data.draw(st.integers(0, 2**32))),
    )
    life.run()
    life.check()
    if not life.is_late:
        life.check_none_is_lost()


@given(
    hops=st.lists(
        st.tuples(st.integers(60, 3000), st.sampled_from(ZONES)), min_size=1, max_size=25
    ),
    time=TIMES,
    nudge=st.sampled_from([None, 15, 240]),
)
@settings(max_examples=10 * EXAMPLES, deadline=None)
def test_the_laws_hold_for_who_travels(
    hops: list[tuple[int, str]], time: str, nudge: int | None
) -> None:
    """Wherever the phone is taken, by dice faster than any plane: one of a kind on each date."""
    now = minute(datetime(2026, 3, 1, tzinfo=UTC))
    chosen = Schedule(zone="UTC", times=dict.fromkeys("1234567", time), nudge=nudge)  # type: ignore[arg-type]
    marks, sent = Marks(since=now - DAY_MIN, heard=now // DAY_MIN), Sent()
    last: dict[str, tuple[str, int]] = {}
    for stay, zone in hops:
        chosen = chosen.model_copy(update={"zone": zone})
        marks = marks.model_copy(update={"since": now, "heard": now // DAY_MIN})
        leaves = now + stay
        while now < leaves:
            ping = due(now, chosen, marks, sent)
            if ping is None:
                now = max(now + 1, min(leaves, next_minute(now, chosen, marks, sent)))
                continue
            marks, sent = claimed(ping, now, chosen, (marks, sent))
            day = wall(zone, 2026, now).date().isoformat()
            before = last.get(ping.kind)
            # The same date again: only beyond the date line, and half a day later.
            assert before is None or before[0] != day, (zone, day)
            assert before is None or before[0] < day or now - before[1] >= TRAVEL_MIN
            last[ping.kind] = (day, now)


GAP_AT_MIDNIGHT = ("America/Asuncion", 2023)
DAY_SKIPPED = ("Pacific/Apia", 2011)
HALF_AN_HOUR = ("Australia/Lord_Howe", 2026)
FOUR_CHANGES = ("Africa/Casablanca", 2026)
TWO_HOURS = ("Antarctica/Troll", 2026)
LEAP_YEAR = ("Europe/Berlin", 2028)
CHOSEN = [GAP_AT_MIDNIGHT, DAY_SKIPPED, HALF_AN_HOUR, FOUR_CHANGES, TWO_HOURS, LEAP_YEAR]


@pytest.mark.parametrize(("zone", "year"), CHOSEN)
def test_no_reminder_is_lost_where_clocks_are_odd(zone: str, year: int) -> None:
    for time in ("00:00", "02:15"):
        chosen = {"zone": zone, "times": dict.fromkeys("1234567", time), "nudge": 60}
        life = Life(
            zone, year, Schedule.model_validate(chosen), is_late=False, dice=random.Random(1)
        )
        life.run()
        life.check()
        life.check_none_is_lost()
        assert len(list(life.expected())) >= 363


def test_no_ping_is_wanted_tomorrow_where_midnight_comes_early() -> None:
    """Clocks go from 23:00 to 0:00: twelve hours after noon it is one in the morning."""
    zone, year = "America/Scoresbysund", 2025
    chosen = {"zone": zone, "times": dict.fromkeys("1234567", "00:00"), "nudge": 720}
    life = Life(zone, year, Schedule.model_validate(chosen), is_late=False, dice=random.Random(0))
    life.run()
    life.check()


@pytest.mark.long
@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_through_a_year(zone: str) -> None:
    for time, is_late in (("02:30", False), ("23:45", True)):
        chosen = {"zone": zone, "times": dict.fromkeys("1234567", time), "nudge": 30}
        dice = random.Random(1)
        life = Life(zone, 2026, Schedule.model_validate(chosen), is_late=is_late, dice=dice)
        life.run()
        life.check()
        if not is_late:
            life.check_none_is_lost()
