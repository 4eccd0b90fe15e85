"""The demo clinic: who is in it and what happened in its last week.

Invented people and invented pain. The week ends today and holds what screens must show rightly:
pain 0, a day without a session, an answer not given, a flare with its reason, mornings. Doses are
those of the starter library.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

CLINIC: Final = "Hill Road Clinic"
THERAPIST: Final = "Rosa Méndez"

NOT_SAID: Final = "not_said"
_SESSION_AT: Final = time(18, 40)
_MORNING_AT: Final = time(7, 10)

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a patient's week.

    Attributes:
        morning: Morning pain, `NOT_SAID`, or None when it was not logged.
        pain: Before, worst and after of the session; None when there was no session.
        effort: 0 to 10, or `NOT_SAID`.
        done: "all" or "some".
        stopped: Exercises cut short, each with its reason.
    """

    morning: int | str | None
    pain: tuple[int | str, int | str, int | str] | None
    effort: int | str = NOT_SAID
    done: str = "all"
    stopped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient of the demo.

    Attributes:
        key: Names the device's directory.
        name: As people say it.
        title: Of the plan.
        days_per_week: Of the plan.
        items: Of the plan.
        week: Seven days, the last one today.
        note: What the therapist writes after having seen the week.
    """

    key: str
    name: str
    title: str
    days_per_week: int
    items: tuple[Record, ...]
    week: tuple[Day, ...]
    note: str


def _item(exercise: str, sets: int, reps: int, rest_s: int, **more: int | str) -> Record:
    dose = {"exercise": exercise, "sets": sets, "reps": reps, "hold_s": 0, "rest_s": rest_s}
    return dose | {"side": "both"} | more


PATIENTS: Final = (
    Patient(
        key="amina",
        name="Amina Diallo",
        title="Knee and back",
        days_per_week=5,
        items=(
            _item("bk03", 2, 10, 30, hold_s=2),
            _item("bk04", 3, 10, 60, hold_s=3),
            _item("kn04", 3, 10, 45, hold_s=5, side="each"),
            _item("kn05", 3, 8, 60, note="Use a chair that does not roll."),
        ),
        week=(
            Day(3, (3, 4, 3), 4),
            Day(3, (NOT_SAID, 3, 2), 4),
            Day(2, None),
            Day(2, (3, 6, 5), 7, "some", (("kn05", "pain"),)),
            Day(6, (5, 7, 5), 8, "some", (("kn05", "pain"), ("kn04", "pain"))),
            Day(4, (3, 3, 2), NOT_SAID),
            Day(1, (0, 0, 0), 3),
        ),
        note=(
            "Two hard days with the knee, and then it settled well. "
            "Keep sit to stand to two rounds this week and use a higher chair. "
            "Call me if the morning pain goes above 5 again."
        ),
    ),
    Patient(
        key="tomas",
        name="Tomas Okeke",
        title="Ankle, after a sprain",
        days_per_week=7,
        items=(
            _item("an01", 2, 20, 30, side="left"),
            _item("an02", 1, 3, 15, hold_s=30, side="each"),
            _item("an03", 3, 15, 60),
            _item("ba02", 1, 3, 15, hold_s=10, side="each", note="Stand next to a wall."),
        ),
        week=(
            Day(5, (4, 5, 4), 5),
            Day(4, (3, 4, 3), 5),
            Day(4, (3, 3, 2), 4, "some", (("an03", "no_time"),)),
            Day(NOT_SAID, (2, 3, 1), 4),
            Day(2, None),
            Day(1, (1, 2, 0), 3),
            Day(0, (0, 1, 0), 2),
        ),
        note=(
            "Your ankle is calmer every day, well done. "
            "From tomorrow do the heel raises on the edge of a step, slowly down."
        ),
    ),
)


def member_profile(member: str, name: str) -> Record:
    """Who a member is."""
    return {"type": "profile", "about": "member", "member": member, "name": name}


def clinic_profile() -> Record:
    """What the clinic is called."""
    return {"type": "profile", "about": "clinic", "name": CLINIC}


def plan(patient: Patient) -> Record:
    """The patient's plan, with the default traffic light."""
    return {
        "type": "plan",
        "title": patient.title,
        "parents": [],
        "days_per_week": patient.days_per_week,
        "items": list(patient.items),
        "pain_rule": {"go_max": 2, "slow_max": 5},
    }


def note(patient: Patient) -> Record:
    """The therapist's note."""
    return {"type": "note", "text": patient.note}


def week(patient: Patient, plan_id: str, now: datetime) -> list[Record]:
    """The logs of the seven days up to today, oldest first.

    Args:
        patient: Whose.
        plan_id: Document id of the plan.
        now: With its zone; nothing lies after it.
    """
    records: list[Record] = []
    first = now.date() - timedelta(days=len(patient.week) - 1)
    for index, day in enumerate(patient.week):
        date = first + timedelta(days=index)
        if day.morning is not None:
            moment = _moment(datetime.combine(date, _MORNING_AT, now.tzinfo), now)
            records.append(
                {"type": "pain", "context": "morning", "score": day.morning, "day": str(date)}
                | moment
            )
        if day.pain is not None:
            moment = _moment(datetime.combine(date, _SESSION_AT, now.tzinfo), now)
            records.append(_session(patient, day, day.pain, plan_id) | {"day": str(date)} | moment)
    return records


def _session(patient: Patient, day: Day, pain: Sequence[int | str], plan_id: str) -> Record:
    stopped = dict(day.stopped)
    items: list[Record] = []
    for item in patient.items:
        exercise = item["exercise"]
        if exercise in stopped:
            items.append({"exercise": exercise, "sets_done": 1, "reason": stopped[exercise]})
        else:
            items.append({"exercise": exercise, "sets_done": item["sets"]})
    session: Record = {
        "type": "session",
        "plan": plan_id,
        "done": day.done,
        "items": items,
        "pain": dict(zip(("before", "worst", "after"), pain, strict=True)),
        "effort": day.effort,
    }
    if stopped:
        session["reason"] = next(iter(stopped.values()))
    return session


def _moment(planned: datetime, now: datetime) -> Record:
    """When it was done and recorded; what is planned for later today was done by now."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if planned > now:
        share = (planned - midnight) / timedelta(days=1)
        planned = midnight + (now - midnight) * share
    performed_s = int(planned.timestamp())
    return {"performed_at": performed_s, "at": min(performed_s + 40, int(now.timestamp()))}
