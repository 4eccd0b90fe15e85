"""The shapes of what people write."""

from contextlib import nullcontext
from typing import Any

import pytest

from rejoint_sync.records import RecordMalformed, RecordUnknown, dump_record, parse_record

COMMON = {"lam": 1, "at": 1_795_000_000, "tz_min": 180}
PAIN = {
    **COMMON,
    "type": "pain",
    "day": "2026-11-21",
    "performed_at": 1_795_000_000,
    "context": "now",
}
SESSION: dict[str, Any] = {
    **COMMON,
    "type": "session",
    "day": "2026-11-21",
    "performed_at": 1_795_000_000,
    "done": "all",
    "items": [{"exercise": "bk04", "sets_done": 3}],
    "pain": {},
}
ITEM: dict[str, Any] = {
    "exercise": "bk04",
    "sets": 3,
    "hold_s": 0,
    "rest_s": 60,
    "side": "both",
}
PLAN: dict[str, Any] = {
    **COMMON,
    "type": "plan",
    "title": "Knee",
    "parents": [],
    "days_per_week": 5,
    "items": [{**ITEM, "reps": 10}],
}


def test_pain_zero_not_said_and_not_asked_are_three_things() -> None:
    zero = dump_record(parse_record("ev", {**SESSION, "pain": {"worst": 0}}))
    not_said = dump_record(parse_record("ev", {**SESSION, "pain": {"worst": "not_said"}}))
    not_asked = dump_record(parse_record("ev", SESSION))
    assert [zero["pain"], not_said["pain"], not_asked["pain"]] == [
        {"worst": 0},
        {"worst": "not_said"},
        {},
    ]


@pytest.mark.parametrize("score", [-1, 11, 2.0, "3", True, None, "", "not asked"])
def test_a_pain_score_is_a_whole_number_from_0_to_10_or_not_said(score: object) -> None:
    with pytest.raises(RecordMalformed):
        parse_record("ev", {**PAIN, "score": score})


@pytest.mark.parametrize(
    "day", ["2026-02-30", "2026-1-1", "21.11.2026", "2026-11-21T10:00", "٢٠٢٦-١١-٢١"]
)
def test_a_day_is_a_real_date(day: str) -> None:
    with pytest.raises(RecordMalformed, match="day"):
        parse_record("ev", {**PAIN, "score": 0, "day": day})


@pytest.mark.parametrize("dose", [{}, {"reps": 10, "time_s": 30}])
def test_a_dose_is_either_repeats_or_time(dose: dict[str, int]) -> None:
    with pytest.raises(RecordMalformed, match="items"):
        parse_record("pl", {**PLAN, "items": [{**ITEM, **dose}]})


def test_a_malformed_record_is_named_without_its_value() -> None:
    with pytest.raises(RecordMalformed) as caught:
        parse_record("ev", {**PAIN, "score": "canary-4711"})
    assert "canary" not in str(caught.value)
    assert "score" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ev", {**COMMON, "type": "sleep"}),
        ("nt", {**PAIN, "score": 1}),
        ("ev", {**COMMON}),
        ("ev", {**COMMON, "type": 7}),
    ],
)
def test_a_type_of_a_later_version_is_unknown_not_malformed(kind: str, value: object) -> None:
    with pytest.raises(RecordUnknown):
        parse_record(kind, value)


def test_not_an_object_is_malformed() -> None:
    with pytest.raises(RecordMalformed):
        parse_record("ev", [1])


def test_what_is_dumped_reads_back_equal() -> None:
    record = parse_record("pl", {**PLAN, "pain_rule": {"go_max": 2, "slow_max": 5}})
    assert parse_record("pl", dump_record(record)) == record


@pytest.mark.parametrize(
    ("reason", "reads"),
    [("progress", True), ("too_hard", True), ("other", True), ("no_time", False), ("", False)],
)
def test_a_plan_says_why_it_replaces_another_in_one_of_few_words(
    reason: str, *, reads: bool
) -> None:
    with nullcontext() if reads else pytest.raises(RecordMalformed, match="reason"):
        assert dump_record(parse_record("pl", {**PLAN, "reason": reason}))["reason"] == reason


@pytest.mark.parametrize(
    "value",
    [
        {**COMMON, "type": "profile", "about": "member", "name": "Amina"},
        {**COMMON, "type": "profile", "about": "clinic", "member": "m" + "A" * 22, "name": "H"},
    ],
)
def test_a_profile_is_of_a_member_or_of_the_clinic(value: object) -> None:
    with pytest.raises(RecordMalformed):
        parse_record("pr", value)


TARGET = "ev:2611:dS4o1wXRCCULUGX5KPcfg:c000412"
MEMBER = "m" + "a" * 22
HASH = "h" * 43
DAY = "2026-11-21"
WHEN = {"day": DAY, "performed_at": 1_795_262_400}


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("ev", {"type": "amend", "target": TARGET, "values": {"score": 3}, "drop": ["reason"]}),
        ("ev", {"type": "void", "target": TARGET, "reason": "mistake"}),
        ("ev", {"type": "void", "target": TARGET, "reason": "someone_else"}),
        (
            "ev",
            {
                "type": "check",
                **WHEN,
                "texts": HASH,
                "answers": [{"question": "flag.fever", "answer": "not_sure"}],
                "advice": "same_day",
            },
        ),
        ("ev", {"type": "goal", "day": DAY, "activity": "carry water"}),
        ("ev", {"type": "goal", "day": DAY}),
        ("ev", {"type": "goal_score", "goal": TARGET, **WHEN, "score": 0}),
        ("ev", {"type": "peg", **WHEN, "pain": 0, "enjoyment": "not_said", "activity": 10}),
        ("ev", {"type": "message", "text": "Hello", "reply_to": TARGET}),
        ("ev", {"type": "message"}),
        ("ev", {"type": "heard", "targets": [TARGET]}),
        ("ev", {"type": "lesson", "card": "pain.pacing", **WHEN, "answer": "not_said"}),
        (
            "ev",
            {
                "type": "consent",
                "notice": "privacy",
                "version": HASH,
                "language": "pt",
                "choices": {"care": True, "reminders": False},
                **WHEN,
                "given_by": "caregiver",
            },
        ),
        ("ev", {"type": "wish", "wish": "pause", "day": DAY, "until": DAY, "reason": "away"}),
        ("ev", {"type": "wish", "wish": "erase", "day": DAY}),
        ("ev", {"type": "clock", "first": 1, "last": 3, "shift_s": -60, "measured_at": 1}),
        (
            "pr",
            {
                "type": "contacts",
                "emergency": "112",
                "contacts": [{"name": "Clinic", "phone": "+254 20 1234567", "hours": "8 to 4"}],
            },
        ),
        (
            "pr",
            {
                "type": "approval",
                "texts": "safety",
                "version": HASH,
                "language": "ar",
                "approved": True,
                "name": "Rosa",
            },
        ),
        ("pr", {"type": "set", "about": "member", "member": MEMBER, "values": {"dark": True}}),
        ("pr", {"type": "set", "about": "clinic", "values": {"tel": "+49 30 1", "week": 1}}),
        (
            "at",
            {
                "type": "attachment",
                "media": "image/jpeg",
                "size": 3,
                "sha256": HASH,
                "key": HASH,
                "chunks": [HASH],
            },
        ),
    ],
)
def test_operations_on_records_come_out_as_they_went_in(kind: str, record: dict[str, Any]) -> None:
    assert dump_record(parse_record(kind, COMMON | record)) == COMMON | record


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("ev", {"type": "amend", "target": TARGET, "values": {"Score": 3}}),
        ("ev", {"type": "goal", "day": DAY, "activity": ""}),
        ("ev", {"type": "goal_score", "goal": TARGET, **WHEN, "score": 11}),
        ("ev", {"type": "peg", **WHEN, "pain": 0, "enjoyment": 0}),
        ("ev", {"type": "message", "text": ""}),
        ("ev", {"type": "heard", "targets": []}),
        ("ev", {"type": "wish", "wish": "delete", "day": DAY}),
        ("ev", {"type": "clock", "first": 3, "last": 1, "shift_s": 0, "measured_at": 1}),
        ("pr", {"type": "contacts", "contacts": [{"name": "Clinic", "phone": "call me"}]}),
        ("ev", {"type": "void"}),
        ("pr", {"type": "set", "about": "member", "values": {"dark": True}}),
        ("pr", {"type": "set", "about": "clinic", "member": MEMBER, "values": {"dark": True}}),
        ("pr", {"type": "set", "about": "clinic", "values": {}}),
        ("pr", {"type": "set", "about": "clinic", "values": {"list": [1]}}),
        ("at", {"type": "attachment", "media": "jpeg", "size": 3, "sha256": HASH, "key": HASH}),
    ],
)
def test_an_operation_out_of_its_shape_is_refused(kind: str, record: dict[str, Any]) -> None:
    with pytest.raises(RecordMalformed):
        parse_record(kind, COMMON | record)
