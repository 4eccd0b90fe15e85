"""What is due when, by examples; every zone and a whole year are in test_reminders_year.py."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from rejoint_sync.reminders import (
    DAY_MIN,
    FORGET_DAYS,
    GRACE_MIN,
    NOTE_EVERY_MIN,
    SILENT_DAYS,
    Marks,
    Ping,
    Retry,
    Schedule,
    Sent,
    claimed,
    due,
    is_silent,
    minute_of,
    next_minute,
    next_reminder,
    put_off,
    ttl_s,
)

DAILY = dict.fromkeys("1234567", "07:00")
NOTHING = Sent()


def at(text: str) -> int:
    """The minute of a time in UTC, `2026-03-29 01:30`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // 60


def schedule(**values: Any) -> Schedule:
    return Schedule.model_validate({"zone": "UTC", "times": DAILY, **values})


def marks(now: int, **values: Any) -> Marks:
    return Marks.model_validate({"since": now - 2 * DAY_MIN, "heard": now // DAY_MIN, **values})


def kind(ping: Ping | None) -> str | None:
    return ping.kind if ping else None


def test_a_reminder_is_due_at_its_minute_and_shortly_after() -> None:
    seven = at("2026-11-22 07:00")
    dues = [
        kind(due(seven + late, schedule(), marks(seven), NOTHING))
        for late in (-1, 0, GRACE_MIN, GRACE_MIN + 1)
    ]
    assert dues == [None, "reminder", "reminder", None]


def test_what_is_late_is_neither_sent_in_quiet_hours_nor_on_the_next_day() -> None:
    late = schedule(
        times=dict.fromkeys("1234567", "20:58"), quiet={"start": "21:00", "end": "06:00"}
    )
    nine = at("2026-11-22 21:00")
    assert kind(due(nine - 1, late, marks(nine), NOTHING)) == "reminder"
    assert due(nine, late, marks(nine), NOTHING) is None
    midnight = at("2026-11-23 00:00")
    last = schedule(times=dict.fromkeys("1234567", "23:58"))
    assert kind(due(midnight - 1, last, marks(midnight), NOTHING)) == "reminder"
    assert due(midnight, last, marks(midnight), NOTHING) is None


def test_what_was_sent_is_not_due_again() -> None:
    seven = at("2026-11-22 07:00")
    first = due(seven, schedule(), marks(seven), NOTHING)
    assert first is not None
    told, sent = claimed(first, seven, schedule(), (marks(seven), NOTHING))
    assert due(seven, schedule(), told, sent) is None
    assert next_minute(seven, schedule(), told, sent) == seven + DAY_MIN


def test_a_nudge_comes_after_its_reminder_and_is_the_last() -> None:
    seven = at("2026-11-22 07:00")
    nudged = schedule(nudge=60)
    told, sent = marks(seven), Sent(day="2026-11-22", reminder=seven)
    nudge = due(seven + 60, nudged, told, sent)
    assert nudge is not None
    assert nudge.kind == "nudge"
    told, sent = claimed(nudge, seven + 60, nudged, (told, sent))
    assert next_minute(seven + 60, nudged, told, sent) == seven + DAY_MIN


def test_a_snooze_takes_the_place_of_the_nudge() -> None:
    seven = at("2026-11-22 07:00")
    sent = Sent(day="2026-11-22", reminder=seven)
    told = marks(seven, snoozed=seven + 17)
    assert next_minute(seven + 2, schedule(), told, sent) == seven + 17
    assert next_minute(seven + 2, schedule(nudge=60), told, sent) == seven + 17
    again = sent.model_copy(update={"nudge": seven + 17})
    assert next_minute(seven + 18, schedule(nudge=60), told, again) == seven + DAY_MIN


def test_done_today_takes_what_is_left_of_the_day() -> None:
    seven = at("2026-11-22 07:00")
    done = marks(seven, done="2026-11-22")
    assert next_minute(seven - 5, schedule(), done, NOTHING) == seven + DAY_MIN
    sent = Sent(day="2026-11-22", reminder=seven)
    assert next_minute(seven, schedule(nudge=60), done, sent) == seven + DAY_MIN


def test_a_pause_ends_on_its_day_or_never() -> None:
    seven = at("2026-11-22 07:00")
    later = schedule(paused="2026-11-25")
    assert next_minute(seven, later, marks(seven), NOTHING) == at("2026-11-25 07:00")
    ever = schedule(paused="always")
    assert due(seven, ever, marks(seven), NOTHING) is None


def test_a_time_that_is_past_when_it_is_set_waits_for_the_next_day() -> None:
    seven = at("2026-11-22 07:00")
    told = Marks(since=seven, heard=seven // DAY_MIN)
    assert next_minute(seven + 2, schedule(), told, NOTHING) == seven + DAY_MIN


@pytest.mark.parametrize(
    ("day", "wall", "expected"),
    [
        ("2026-03-28", "02:30", "2026-03-28 01:30"),
        ("2026-03-29", "02:00", "2026-03-29 01:00"),
        ("2026-03-29", "02:30", "2026-03-29 01:00"),
        ("2026-03-29", "03:00", "2026-03-29 01:00"),
        ("2026-10-25", "02:30", "2026-10-25 00:30"),
    ],
    ids=["usual", "gap begins", "in the gap", "gap ends", "twice"],
)
def test_a_skipped_time_is_the_first_that_is_there(day: str, wall: str, expected: str) -> None:
    assert minute_of("Europe/Berlin", day, wall) == at(expected)


def test_a_day_that_a_zone_skipped_has_no_reminder() -> None:
    assert minute_of("Pacific/Apia", "2011-12-30", "07:00") is None
    assert minute_of("Pacific/Apia", "2011-12-31", "07:00") == at("2011-12-30 17:00")


def test_a_leap_day_has_one() -> None:
    assert minute_of("Asia/Kathmandu", "2028-02-29", "07:00") == at("2028-02-29 01:15")


def test_who_flies_west_is_not_reminded_of_the_same_day_twice() -> None:
    paris, london = at("2026-06-10 05:00"), at("2026-06-10 06:00")
    told = marks(paris)
    here = schedule(zone="Europe/Paris")
    ping = due(paris, here, told, NOTHING)
    assert ping is not None
    told, sent = claimed(ping, paris, here, (told, NOTHING))
    there = schedule(zone="Europe/London")
    assert next_minute(paris + 5, there, told, sent) == london + DAY_MIN


def test_who_flies_back_over_the_date_line_is_reminded_after_a_night() -> None:
    auckland = at("2026-06-10 19:00")  # 11 June, 07:00
    sent = Sent(day="2026-06-11", reminder=auckland)
    there = schedule(zone="Pacific/Honolulu")
    # 10 June, 07:00 there is two hours ago; 11 June, 07:00 is the same date once more.
    assert next_minute(auckland, there, marks(auckland), sent) == at("2026-06-12 17:00")
    noon = schedule(zone="Pacific/Honolulu", times=dict.fromkeys("1234567", "12:00"))
    # 10 June, 12:00 there is three hours ahead.
    assert next_minute(auckland, noon, marks(auckland), sent) == at("2026-06-12 22:00")
    earlier = Sent(day="2026-06-11", reminder=at("2026-06-10 03:00"))
    assert next_minute(at("2026-06-10 16:00"), there, marks(auckland), earlier) == at(
        "2026-06-10 17:00"
    )


def test_quiet_hours_hold_back_a_nudge_and_a_snooze() -> None:
    eight = at("2026-11-22 20:00")
    evening = schedule(
        times=dict.fromkeys("1234567", "20:00"),
        nudge=60,
        quiet={"start": "20:45", "end": "06:00"},
    )
    sent = Sent(day="2026-11-22", reminder=eight)
    assert next_minute(eight, evening, marks(eight), sent) == eight + DAY_MIN
    snoozed = marks(eight, snoozed=eight + 50)
    assert next_minute(eight, evening, snoozed, sent) == eight + DAY_MIN


def test_quiet_hours_are_kept_also_by_what_a_gap_moves_into_them() -> None:
    night = schedule(
        zone="Europe/Berlin",
        times={"7": "02:30"},
        quiet={"start": "03:00", "end": "05:00"},
    )
    before = at("2026-03-28 12:00")
    assert next_minute(before, night, marks(before), NOTHING) == at("2026-04-05 00:30")


def test_no_ping_waits_at_the_push_service_into_quiet_hours_or_the_next_day() -> None:
    evening = schedule(quiet={"start": "21:00", "end": "06:00"})
    assert ttl_s(at("2026-11-22 20:10"), evening) == 50 * 60
    assert ttl_s(at("2026-11-22 23:50"), schedule()) == 10 * 60
    assert ttl_s(at("2026-11-22 01:00"), schedule()) == 12 * 3600
    berlin = schedule(zone="Europe/Berlin", times={}, quiet={"start": "02:30", "end": "05:00"})
    assert ttl_s(at("2026-03-29 00:40"), berlin) == 20 * 60  # the clock goes on to 03:00
    assert ttl_s(at("2026-10-25 01:10"), berlin) == 20 * 60  # 02:10 for the second time


def test_news_ping_once_in_a_while_and_never_in_quiet_hours() -> None:
    noon = at("2026-11-22 12:00")
    quiet = schedule(times={}, quiet={"start": "21:00", "end": "06:00"})
    told = marks(noon, note=noon)
    assert kind(due(noon, quiet, told, NOTHING)) == "note"
    assert next_minute(noon, quiet, told, Sent(note=noon - 10)) == noon - 10 + NOTE_EVERY_MIN
    late = at("2026-11-22 23:00")
    assert next_minute(late, quiet, marks(late, note=late), NOTHING) == at("2026-11-23 06:00")
    assert due(noon, schedule(times={}, notes=False), told, NOTHING) is None


def test_a_reminder_is_the_ping_for_news_too() -> None:
    seven = at("2026-11-22 07:00")
    told = marks(seven, note=seven - 1)
    ping = due(seven, schedule(), told, NOTHING)
    assert ping is not None
    assert ping.kind == "reminder"
    assert due(seven, schedule(), *claimed(ping, seven, schedule(), (told, NOTHING))) is None


def test_silence_ends_the_pings_and_is_to_be_told_once() -> None:
    seven = at("2026-11-22 07:00")
    told = marks(seven - SILENT_DAYS * DAY_MIN)
    assert is_silent(seven, told)
    assert not is_silent(seven - DAY_MIN, told)
    assert due(seven, schedule(), told, NOTHING) is None
    assert next_minute(seven, schedule(), told, NOTHING) == seven
    known = told.model_copy(update={"told": True})
    forgotten = (marks(seven).heard - SILENT_DAYS + FORGET_DAYS) * DAY_MIN
    assert next_minute(seven, schedule(), known, NOTHING) == forgotten


def test_a_ping_that_is_put_off_comes_later_within_its_life_and_not_twice() -> None:
    seven = at("2026-11-22 07:00")
    told = marks(seven)
    ping = due(seven, schedule(), told, NOTHING)
    assert ping is not None
    told, sent = claimed(ping, seven, schedule(), (told, NOTHING))
    sent = put_off(ping, seven, 119, sent)
    assert sent.retry == Retry(
        kind="reminder", minute=seven, at=seven + 2, until=60 * seven + ping.ttl_s
    )
    assert due(seven + 1, schedule(), told, sent) is None
    again = due(seven + 30, schedule(), told, sent)  # after an outage, too
    assert again == Ping("reminder", seven, ping.ttl_s - 30 * 60)
    told, sent = claimed(again, seven + 30, schedule(), (told, sent))
    assert due(seven + 30, schedule(), told, sent) is None
    assert put_off(again, seven + 30, again.ttl_s, sent) == sent


@pytest.mark.parametrize(
    "values",
    [
        {"zone": "Mars/Olympus"},
        {"zone": "localtime"},
        {"zone": "../etc/passwd"},
        {"zone": "America"},
        {"times": {"8": "07:00"}},
        {"times": {"1": "24:00"}},
        {"times": {"1": "7:00"}},
        {"nudge": 14},
        {"nudge": True},
        {"quiet": {"start": "21:00", "end": "21:00"}},
        {"quiet": {"start": "06:00", "end": "08:00"}},
        {"paused": "soon"},
        {"paused": "2026-02-30"},
        {"name": "knee"},
    ],
    ids=lambda values: "-".join(map(str, values)),
)
def test_what_is_no_schedule_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        schedule(**values)


def test_a_clock_that_was_wrong_for_a_while_ends_nothing() -> None:
    seven = at("2026-11-22 07:00")
    year = 365 * DAY_MIN
    ahead = Sent(day="2027-11-22", reminder=seven + year, nudge=seven + year, note=seven + year)
    told = marks(seven + year, since=seven + year, note=seven)
    assert kind(due(seven, schedule(), told, ahead)) == "reminder"
    assert kind(due(seven, schedule(times={}), told, ahead)) == "note"


def test_what_a_person_is_told_is_the_next_reminder() -> None:
    seven = at("2026-11-22 07:00")
    told = marks(seven, note=seven)
    assert next_reminder(seven - 30, schedule(), told, NOTHING) == seven
    assert next_reminder(seven - 30, schedule(times={}), told, NOTHING) is None


def test_a_schedule_that_was_kept_is_the_same() -> None:
    full = schedule(quiet={"start": "21:00", "end": "06:00"}, nudge=30, paused="always")
    assert Schedule.kept(full.model_dump(exclude_defaults=True)) == full


@pytest.fixture
def bare_system() -> Iterator[None]:
    """A machine without time zones of its own, as some containers are."""
    zoneinfo.reset_tzpath(to=[])
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.usefixtures("bare_system")
@pytest.mark.parametrize(
    "zone",
    [
        *("Asia/Calcutta", "Asia/Katmandu", "Asia/Rangoon", "Asia/Saigon", "Europe/Kiev", "UTC"),
        *("America/Buenos_Aires", "America/Argentina/Buenos_Aires", "Etc/GMT+12"),
    ],
)
def test_zones_are_known_by_the_names_that_browsers_give_them(zone: str) -> None:
    assert schedule(zone=zone).zone == zone
