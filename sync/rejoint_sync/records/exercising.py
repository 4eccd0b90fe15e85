"""Sessions, pain, and the plans they follow."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from rejoint_sync.records.fields import (
    Day,
    DocumentName,
    ExerciseId,
    LocalTime,
    Name,
    PainAnswer,
    PainScore,
    Reason,
    Record,
    TextId,
    UnixS,
    Weekday,
)


class ItemDone(BaseModel):
    """One exercise of a session.

    Attributes:
        exercise: Its id in the library.
        sets_done: Sets performed, 0 when skipped.
        reps_done: Repeats in the last set, when they were counted.
        load: What was lifted or pulled, as the person said it, when it was asked.
        effort: 0 very easy to 10 very hard, when it was asked for this exercise.
        reason: Why less was done, when the person said so.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    exercise: ExerciseId
    sets_done: Annotated[int, Field(ge=0, le=20)]
    reps_done: Annotated[int, Field(ge=0, le=200)] | None = None
    load: Annotated[str, StringConstraints(max_length=40)] | None = None
    effort: PainAnswer | None = None
    reason: Reason | None = None


class SessionPain(BaseModel):
    """Pain around a session, 0 to 10; absent = not asked.

    Attributes:
        before: Just before.
        worst: The worst during the exercises.
        after: Just after.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    before: PainAnswer | None = None
    worst: PainAnswer | None = None
    after: PainAnswer | None = None


class Session(Record):
    """A session of exercises, performed or left out (`done` "none").

    Attributes:
        day: Local date on which it was performed.
        performed_at: When it was performed, unix seconds as the phone's clock said.
        plan: Document id of the plan it followed.
        done: How much of it.
        items: What was done of each exercise.
        pain: Pain around it.
        effort: 0 very easy to 10 very hard.
        reason: Why not all, when one reason was given for the whole.
    """

    type: Literal["session"]
    day: Day
    performed_at: UnixS
    plan: DocumentName | None = None
    done: Literal["all", "some", "none"]
    items: Annotated[list[ItemDone], Field(max_length=40)]
    pain: SessionPain
    effort: PainAnswer | None = None
    reason: Reason | None = None


class Pain(Record):
    """One pain score outside a session.

    Attributes:
        day: Local date it is about.
        performed_at: When it was asked, unix seconds as the phone's clock said.
        context: The morning after, or right now.
        score: 0 to 10, or "not_said".
    """

    type: Literal["pain"]
    day: Day
    performed_at: UnixS
    context: Literal["morning", "now"]
    score: PainAnswer


class PlanItem(BaseModel):
    """The dose of one exercise; either `reps` or `time_s`.

    Attributes:
        exercise: Its id in the library.
        sets: Rounds.
        reps: Repeats a round.
        time_s: Seconds a round.
        hold_s: Seconds to hold each repeat.
        rest_s: Seconds between rounds.
        side: Which side, seen from the person.
        load: A band's colour, kilograms or other words.
        note: The therapist's words for this exercise.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    exercise: ExerciseId
    sets: Annotated[int, Field(ge=1, le=10)]
    reps: Annotated[int, Field(ge=1, le=100)] | None = None
    time_s: Annotated[int, Field(ge=5, le=3600)] | None = None
    hold_s: Annotated[int, Field(ge=0, le=120)]
    rest_s: Annotated[int, Field(ge=0, le=600)]
    side: Literal["both", "left", "right", "each"]
    load: Annotated[str, StringConstraints(max_length=40)] | None = None
    note: Annotated[str, StringConstraints(max_length=400)] | None = None

    @model_validator(mode="after")
    def _one_dose(self) -> Self:
        if (self.reps is None) == (self.time_s is None):
            raise ValueError("expected either reps or time_s")
        return self


class PainRule(BaseModel):
    """Bounds of the pain traffic light.

    Attributes:
        go_max: Up to this pain: carry on.
        slow_max: Up to this: allowed if it settles by the next morning; above: stop.
        usual: The usual pain of a morning, to which it must have settled; absent = `go_max`.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    go_max: PainScore
    slow_max: PainScore
    usual: PainScore | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.go_max > self.slow_max:
            raise ValueError("expected go_max <= slow_max")
        return self


class ReminderProposal(BaseModel):
    """When the therapist proposes to be reminded; the person decides.

    Attributes:
        times: Local times of a day, `HH:MM`.
        weekdays: ISO weekdays, 1 = Monday.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    times: Annotated[list[LocalTime], Field(min_length=1, max_length=2)]
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)]


class Plan(Record):
    """One version of a plan; versions form a graph by `parents`, two heads are both shown.

    Attributes:
        title: For the therapist and the person.
        parents: Document ids of the versions it replaces.
        days_per_week: On how many days a week the session is wanted.
        items: The exercises in order.
        pain_rule: Bounds of the traffic light; absent = switched off.
        start: Local date of its first day; weeks of lessons count from it.
        lessons: Ids of education cards, one a week in this order.
        reminder: When the therapist proposes to be reminded.
        reason: Why it replaces the versions before it, when the therapist said so.
    """

    type: Literal["plan"]
    title: Name
    parents: Annotated[list[DocumentName], Field(max_length=20)]
    days_per_week: Annotated[int, Field(ge=1, le=7)]
    items: Annotated[list[PlanItem], Field(min_length=1, max_length=20)]
    pain_rule: PainRule | None = None
    start: Day | None = None
    lessons: Annotated[list[TextId], Field(max_length=52)] | None = None
    reminder: ReminderProposal | None = None
    reason: Literal["progress", "too_hard", "pain", "other"] | None = None
