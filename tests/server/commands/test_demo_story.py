"""The demo's week is valid, ends today, and holds what screens must show rightly."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_server.commands import demo_story as story
from rejoint_server.commands.demo_story import PATIENTS, Patient
from rejoint_sync.records import parse_record

MEMBER = "m" + "A" * 22
PLAN = "pl:2611:dAAAAAAAAAAAAAAAAAAAA:c000001"
NOW = datetime(2026, 11, 4, 20, 30, tzinfo=timezone(timedelta(hours=3)))


def complete(record: dict[str, Any]) -> dict[str, Any]:
    """As a device fills it in."""
    return {"lam": 1, "at": 0, "tz_min": 0} | record


@pytest.mark.parametrize("patient", PATIENTS, ids=lambda patient: patient.key)
def test_every_record_is_valid(patient: Patient) -> None:
    parse_record("pl", complete(story.plan(patient)))
    parse_record("nt", complete(story.note(patient)))
    parse_record("pr", complete(story.clinic_profile()))
    parse_record("pr", complete(story.member_profile(MEMBER, patient.name)))
    for record in story.week(patient, PLAN, NOW):
        parse_record("ev", complete(record))


@pytest.mark.parametrize("patient", PATIENTS, ids=lambda patient: patient.key)
def test_seven_days_end_today_with_one_day_missed(patient: Patient) -> None:
    week = story.week(patient, PLAN, NOW)
    days = {record["day"] for record in week if record["type"] == "session"}
    asked = {str(NOW.date() - timedelta(days=back)) for back in range(7)}
    assert len(asked - days) == 1
    assert max(days) == "2026-11-04"


def test_the_week_holds_what_screens_get_wrong() -> None:
    amina, tomas = (story.week(patient, PLAN, NOW) for patient in PATIENTS)
    sessions = [record for record in amina if record["type"] == "session"]
    assert sessions[-1]["pain"] == {"before": 0, "worst": 0, "after": 0}
    flare = [record for record in sessions if record["pain"]["worst"] in (6, 7)]
    assert [record["reason"] for record in flare] == ["pain", "pain"]
    assert any("not_said" in record["pain"].values() for record in sessions)
    mornings = [record["score"] for record in tomas if record["type"] == "pain"]
    assert "not_said" in mornings
    assert mornings[-1] == 0


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - zones below
    zone=st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_nothing_lies_in_the_future_and_each_time_is_on_its_day(
    now: datetime, zone: timezone
) -> None:
    now = now.replace(tzinfo=zone)
    for patient in PATIENTS:
        for record in story.week(patient, PLAN, now):
            performed = datetime.fromtimestamp(record["performed_at"], zone)
            assert performed <= now
            assert str(performed.date()) == record["day"]
            assert record["performed_at"] <= record["at"] <= now.timestamp()


def test_the_order_is_that_of_time() -> None:
    for patient in PATIENTS:
        times = [record["performed_at"] for record in story.week(patient, PLAN, NOW)]
        assert times == sorted(times)
    assert NOW.astimezone(UTC).hour == 17
