"""When a device is to be pinged; what the ping is about never stands here.

    schedule, marks, sent ─► due(now) ─► a ping, or none
                          └► next_minute(now) ─► when there may be one
    a ping ─► claimed ─► marks and sent, to be written before it is sent

A *minute* is a count of minutes since 1970 in UTC, a *day* is `YYYY-MM-DD` in the zone of the
schedule. A ping that is later than `GRACE_MIN` is dropped, so an outage is never made up for by a
bunch. At most two pings of a day remind: the reminder, and the nudge or what a snooze asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Minute = int
Kind = Literal["reminder", "nudge", "note", "test"]

GRACE_MIN: Final = 5
"""A ping that could not go out for so many minutes is dropped."""

SNOOZE_MIN: Final = 15
SILENT_DAYS: Final = 14
"""A device that was not heard of for so long is not pinged any more."""

FORGET_DAYS: Final = 90
"""After so much silence a server keeps nothing of the device's schedule."""

NOTE_EVERY_MIN: Final = 60
"""There is at most one ping for news in this time."""

NUDGE_MIN: Final = 15
NUDGE_MAX: Final = 720
TTL_S_MAX: Final = 12 * 3600
"""How long a push service keeps a ping for a phone without network, at most."""

TRAVEL_MIN: Final = 720
"""Who flies back over the date line gets the same date's reminder no sooner than this."""

DAY_MIN: Final = 1440
_FIRST, _SECOND, _RETRY, _NEWS = range(4)
_DAYS_AHEAD: Final = 9
_STRICT: Final = ConfigDict(frozen=True, strict=True, extra="forbid")
_KEPT: Final = ConfigDict(frozen=True, strict=True, extra="ignore")

Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Weekday = Literal["1", "2", "3", "4", "5", "6", "7"]
Zone = Annotated[
    str, Field(max_length=64, pattern=r"^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$")
]


class Quiet(BaseModel):
    """Hours in which nothing is sent; they may go over midnight.

    Attributes:
        start: First minute of them.
        end: First minute after them.
    """

    model_config = _STRICT

    start: TimeOfDay
    end: TimeOfDay

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if self.start == self.end:
            raise ValueError("quiet hours must end at another time than they begin")
        return self

    def holds(self, at: str) -> bool:
        """Whether a time of day lies in them."""
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


class Schedule(BaseModel):
    """What a person chose; nothing in it says what the reminder is for.

    Attributes:
        zone: Of the phone, a name of the IANA time zone database.
        times: By ISO weekday, "1" for Monday, the time of that day's reminder.
        nudge: Minutes from the reminder to the nudge, `NUDGE_MIN` to `NUDGE_MAX`; None for none.
        quiet: Hours without pings; None for none.
        paused: "always", or the first day that has reminders again; None when they are on.
        notes: Whether news in a circle pings too; a pause does not touch this.
    """

    model_config = _STRICT

    zone: Zone
    times: Annotated[dict[Weekday, TimeOfDay], Field(max_length=7)]
    nudge: Annotated[int, Field(ge=NUDGE_MIN, le=NUDGE_MAX)] | None = None
    quiet: Quiet | None = None
    paused: Literal["always"] | Day | None = None
    notes: bool = True

    @classmethod
    def kept(cls, value: dict[str, Any]) -> Self:
        """A schedule that was checked before: also one whose zone is not known here any more."""
        quiet = value.get("quiet")
        if quiet is not None:
            value = {**value, "quiet": Quiet.model_construct(**quiet)}
        return cls.model_construct(**value)

    @field_validator("zone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("this time zone is not known here") from None
        return value

    @field_validator("paused")
    @classmethod
    def _is_a_day(cls, value: str | None) -> str | None:
        if value not in (None, "always"):
            try:
                date.fromisoformat(value)
            except ValueError:
                raise ValueError("expected always, or a day") from None
        return value

    @model_validator(mode="after")
    def _no_time_is_quiet(self) -> Self:
        if self.quiet is not None and any(map(self.quiet.holds, self.times.values())):
            raise ValueError("a reminder's time lies in the quiet hours")
        return self


class Marks(BaseModel):
    """What the device told since. Members of a later version are left out.

    Attributes:
        since: Minute at which the schedule was set: nothing before it is due.
        heard: The last UTC day, counted from 1970, on which the device was heard of.
        done: The last day on which the session was done.
        snoozed: Minute to which the person put a reminder off.
        note: Minute since which there is news to ping for.
        told: Whether the clinic was told of the silence.
    """

    model_config = _KEPT

    since: Minute
    heard: int
    done: Day | None = None
    snoozed: Minute | None = None
    note: Minute | None = None
    told: bool = False


class Retry(BaseModel):
    """A ping that the push service asked to bring later.

    Attributes:
        kind: Its kind.
        minute: The minute that it stands for.
        at: Not before this minute.
        until: Unix second from which on nobody wants it any more.
    """

    model_config = _KEPT

    kind: Kind
    minute: Minute
    at: Minute
    until: int


class Sent(BaseModel):
    """What was sent, or was about to be when a server ended; as `Marks`.

    Attributes:
        day: The day of the last reminder.
        reminder: Its minute.
        nudge: The minute of the second ping of that day.
        note: The minute of the last ping for news.
        retry: What is still to be brought.
    """

    model_config = _KEPT

    day: Day | None = None
    reminder: Minute | None = None
    nudge: Minute | None = None
    note: Minute | None = None
    retry: Retry | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """One ping.

    Attributes:
        kind: Which; nobody but the server knows it, no byte and no header tells.
        minute: The minute that it stands for.
        ttl_s: How long it may wait at the push service, in seconds, at least 1; it ends before
            the quiet hours and the day do, the same for all kinds.
    """

    kind: Kind
    minute: Minute
    ttl_s: int


State = tuple[Marks, Sent]
"""What changes about a device while its schedule stays."""


def due(now: Minute, schedule: Schedule, marks: Marks, sent: Sent) -> Ping | None:
    """The ping that is to go out now; None when there is none.

    Args:
        now: This minute.
        schedule: Of the device.
        marks: As the device told them.
        sent: As `claimed` and `put_off` made it.
    """
    if _is_quiet(now, schedule):
        return None
    today = day_of(now, schedule.zone)
    ready = [
        one
        for one in _upcoming(now, schedule, marks, sent)
        if one.at <= now and (one.rank == _NEWS or day_of(one.minute, schedule.zone) == today)
    ]
    plan = min(ready, key=lambda one: one.rank, default=None)
    if plan is None:
        return None
    wanted_s = ttl_s(now, schedule) if plan.until is None else plan.until - 60 * now
    return Ping(plan.kind, plan.minute, wanted_s)


def next_minute(now: Minute, schedule: Schedule, marks: Marks, sent: Sent) -> Minute:
    """The minute at which to look again, this one or later: for a ping, or for the silence.

    Args:
        now: This minute; what is due and not dropped yet counts as now.
        schedule: Of the device.
        marks: As the device told them.
        sent: What was sent.
    """
    minutes = [max(one.at, now) for one in _upcoming(now, schedule, marks, sent)]
    days = SILENT_DAYS if schedule.times and not marks.told else FORGET_DAYS
    minutes.append(max(now, (marks.heard + days) * DAY_MIN))
    return min(minutes)


def next_reminder(now: Minute, schedule: Schedule, marks: Marks, sent: Sent) -> Minute | None:
    """The minute of the next reminder, nudge or snooze, for people; None while there is none."""
    plans = _upcoming(now, schedule, marks, sent)
    return min((max(one.at, now) for one in plans if one.rank <= _SECOND), default=None)


def claimed(ping: Ping, now: Minute, schedule: Schedule, was: State) -> State:
    """What is to be written before a ping is sent: that it was. It is the ping for news, too.

    Args:
        ping: As `due` gave it.
        now: This minute.
        schedule: Of the device.
        was: What was there when it was due.
    """
    marks, sent = was
    marks = marks.model_copy(update={"note": None})
    retry = sent.retry
    if retry is not None and (retry.kind, retry.minute) == (ping.kind, ping.minute):
        return marks, sent.model_copy(update={"retry": None})
    match ping.kind:
        case "reminder":
            day = day_of(ping.minute, schedule.zone)
            return marks, Sent(day=day, reminder=ping.minute, note=sent.note)
        case "nudge":
            marks = marks.model_copy(update={"snoozed": None})
            return marks, sent.model_copy(update={"nudge": ping.minute, "retry": None})
        case "note" | "test":
            return marks, sent.model_copy(update={"note": now})


def put_off(ping: Ping, now: Minute, after_s: int, sent: Sent) -> Sent:
    """What was sent when the push service wants the ping later, or not at all.

    Args:
        ping: Which it did not take.
        now: The minute in which it was brought.
        after_s: Seconds to wait, at least; the ping is dropped where that is beyond its life.
        sent: As `claimed` made it.
    """
    until = 60 * now + ping.ttl_s
    at = now + max(1, -(-after_s // 60))
    if 60 * at >= until:
        return sent
    retry = Retry(kind=ping.kind, minute=ping.minute, at=at, until=until)
    return sent.model_copy(update={"retry": retry})


def is_silent(now: Minute, marks: Marks) -> bool:
    """Whether the device was not heard of for `SILENT_DAYS`."""
    return now // DAY_MIN - marks.heard >= SILENT_DAYS


def day_of(minute: Minute, zone: str) -> str:
    """The day, in a zone, in which a minute lies."""
    return _local(minute, ZoneInfo(zone)).date().isoformat()


def minute_of(zone: str, day: str, at: str) -> Minute | None:
    """The first minute of a day whose local time is `at`, or is after it where `at` is skipped.

    Args:
        zone: A name of the IANA time zone database.
        day: `YYYY-MM-DD`.
        at: `HH:MM`.

    Returns:
        None for a day that the zone skipped.
    """
    there = ZoneInfo(zone)
    wall = datetime.combine(date.fromisoformat(day), time.fromisoformat(at))
    high = _minute(wall.replace(tzinfo=there))
    if _local(high, there) == wall:
        return high
    # Skipped: read with the offset after the gap it lies before the gap, and the other way round.
    low = _minute(wall.replace(tzinfo=there, fold=1))
    while low < high:
        middle = (low + high) // 2
        if _local(middle, there) < wall:
            low = middle + 1
        else:
            high = middle
    return high if _local(high, there).date() == wall.date() else None


def ttl_s(now: Minute, schedule: Schedule) -> int:
    """How long a ping of any kind, sent now, is wanted, in seconds: not in quiet hours, today."""
    here = _local(now, ZoneInfo(schedule.zone))
    end = DAY_MIN - (60 * here.hour + here.minute)
    # Where clocks are put forward before midnight, tomorrow begins earlier.
    ends = [((here.date() + timedelta(days=1)).isoformat(), "00:00")]
    if schedule.quiet is not None:
        begins = time.fromisoformat(schedule.quiet.start)
        end = min(end, (60 * (begins.hour - here.hour) + begins.minute - here.minute) % DAY_MIN)
        ends.append((here.date().isoformat(), schedule.quiet.start))
    for day, wall in ends:
        really = minute_of(schedule.zone, day, wall)
        if really is not None and really > now:
            end = min(end, really - now)
    return min(60 * max(end, 1), TTL_S_MAX)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A ping that will be due.

    Attributes:
        rank: Of those that are due at once the lowest goes, and makes the others needless.
        kind: Its kind.
        at: The minute at which it is due.
        minute: The minute that it stands for.
        until: Of a retry, the unix second at which it ends.
    """

    rank: int
    kind: Kind
    at: Minute
    minute: Minute
    until: int | None = None


def _upcoming(now: Minute, schedule: Schedule, marks: Marks, sent: Sent) -> list[_Plan]:
    """What will be due, at most one of each rank; what is too late is not in it."""
    start = now - GRACE_MIN
    return [
        plan
        for plan in _planned(start, schedule, marks, sent)
        if plan.at >= start and plan.at // DAY_MIN - marks.heard < SILENT_DAYS
    ]


def _planned(start: Minute, schedule: Schedule, marks: Marks, sent: Sent) -> Iterator[_Plan]:
    first = _first(start, schedule, marks, sent)
    if first is not None:
        yield _Plan(_FIRST, "reminder", first, first)
    second = _second(schedule, marks, sent)
    if second is not None:
        yield _Plan(_SECOND, "nudge", second, second)
    retry = sent.retry
    if retry is not None and 60 * (start + GRACE_MIN) < retry.until:
        day = day_of(retry.minute, schedule.zone)
        if retry.kind == "note" or marks.done != day:
            at = max(retry.at, start + GRACE_MIN)
            yield _Plan(_RETRY, retry.kind, at, retry.minute, retry.until)
    if marks.note is not None and schedule.notes:
        now = start + GRACE_MIN
        # What a clock that was wrong wrote down as to come holds back nothing.
        free = 0 if sent.note is None or sent.note > now else sent.note + NOTE_EVERY_MIN
        at = _out_of_quiet(max(marks.note, free, start + GRACE_MIN), schedule)
        yield _Plan(_NEWS, "note", at, at)


def _second(schedule: Schedule, marks: Marks, sent: Sent) -> Minute | None:
    """When the second ping of the day of the last reminder is."""
    if sent.reminder is None or sent.nudge is not None:
        return None
    if marks.snoozed is not None and marks.snoozed > sent.reminder:
        minute = marks.snoozed
    elif schedule.nudge is not None:
        minute = sent.reminder + schedule.nudge
    else:
        return None
    day = day_of(minute, schedule.zone)
    if day != sent.day or marks.done == day or minute <= marks.since:
        return None
    if _is_paused(schedule, day) or _is_quiet(minute, schedule):
        return None
    return minute


def _first(start: Minute, schedule: Schedule, marks: Marks, sent: Sent) -> Minute | None:
    """When the next reminder is, from a minute on."""
    if schedule.paused == "always" or not schedule.times:
        return None
    if marks.since <= start + 2 * GRACE_MIN:  # else the clock was wrong when it was written
        start = max(start, marks.since + 1)
    day = date.fromisoformat(day_of(start, schedule.zone))
    if schedule.paused is not None:
        day = max(day, date.fromisoformat(schedule.paused))
    for ahead in range(_DAYS_AHEAD):
        minute = _of_day(day + timedelta(days=ahead), schedule, marks, sent)
        if minute is not None and minute >= start:
            return minute
    return None


def _of_day(day: date, schedule: Schedule, marks: Marks, sent: Sent) -> Minute | None:
    """When the reminder of a day is, None when that day has none any more."""
    name = day.isoformat()
    at = schedule.times.get(_WEEKDAYS[day.weekday()])
    if at is None or name in (marks.done, sent.day):
        return None
    minute = minute_of(schedule.zone, name, at)
    if minute is None or _is_quiet(minute, schedule):
        return None
    if sent.day is not None and sent.reminder is not None and name < sent.day:
        return minute if abs(minute - sent.reminder) >= TRAVEL_MIN else None
    return minute


_WEEKDAYS: Final[tuple[Weekday, ...]] = ("1", "2", "3", "4", "5", "6", "7")


def _is_paused(schedule: Schedule, day: str) -> bool:
    return schedule.paused is not None and (schedule.paused == "always" or day < schedule.paused)


def _is_quiet(minute: Minute, schedule: Schedule) -> bool:
    if schedule.quiet is None:
        return False
    return schedule.quiet.holds(_local(minute, ZoneInfo(schedule.zone)).strftime("%H:%M"))


def _out_of_quiet(minute: Minute, schedule: Schedule) -> Minute:
    """The minute itself, or the first after the quiet hours in which it lies."""
    quiet = schedule.quiet
    if quiet is None:
        return minute
    day = date.fromisoformat(day_of(minute, schedule.zone))
    for ahead in range(_DAYS_AHEAD):
        if not _is_quiet(minute, schedule):
            return minute
        name = (day + timedelta(days=ahead)).isoformat()
        end = minute_of(schedule.zone, name, quiet.end)
        if end is not None and end > minute:
            minute = end
    return minute


def _local(minute: Minute, zone: ZoneInfo) -> datetime:
    """The local time of a minute, without its zone."""
    return datetime.fromtimestamp(60 * minute, UTC).astimezone(zone).replace(tzinfo=None, fold=0)


def _minute(local: datetime) -> Minute:
    return int(local.timestamp()) // 60
