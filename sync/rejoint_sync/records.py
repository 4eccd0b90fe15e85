"""What people write, before it is sealed: the one place where the records' shapes are decided.

Strict pydantic models, one per record type; `pwa/src/records.gen.ts` is generated from them by
`pwa/tools/make_records.py`, never typed twice. Three things are kept apart everywhere: pain 0 ("no
pain"), "not_said" (asked, skipped) and an absent member (not asked). Times are three as well:
`day` and `performed_at` are when it was done, `at` is when it was recorded, and when the server
had it is known to the envelope alone.

A record of a type or with a member that this version does not know is kept and shown as unread;
`parse_record` says so with `RecordUnknown`, never by dropping it.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from rejoint_sync.errors import BadRequest


class RecordMalformed(BadRequest):
    """A record does not fit its type; the reason names the member, never its value."""


class RecordUnknown(BadRequest):
    """A record of a type that this version does not know; keep it untouched."""


def _real_day(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("expected YYYY-MM-DD")
    date.fromisoformat(text)
    return text


PainScore = Annotated[int, Field(ge=0, le=10)]
NotSaid = Literal["not_said"]
PainAnswer = PainScore | NotSaid
UnixS = Annotated[int, Field(ge=0, le=2**40)]
Day = Annotated[str, AfterValidator(_real_day), Field(json_schema_extra={"format": "date"})]
ExerciseId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{2,32}$")]
DocumentName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=False)]
MemberName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
SettingText = Annotated[str, StringConstraints(max_length=400)]
SettingValue = SettingText | Annotated[int, Field(ge=-(2**40), le=2**40)] | bool
Reason = Literal["too_hard", "pain", "not_understood", "no_time"]


class Record(BaseModel):
    """What every record carries.

    Attributes:
        lam: Lamport count, 1 + the largest its writer had seen (docs/circle.md, "Merging").
        at: When it was recorded, unix seconds by the phone's clock corrected by the server's.
        tz_min: Minutes east of UTC where it was recorded.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    lam: Annotated[int, Field(ge=1, lt=2**40)]
    at: UnixS
    tz_min: Annotated[int, Field(ge=-840, le=840)]


class ItemDone(BaseModel):
    """One exercise of a session.

    Attributes:
        exercise: Its id in the library.
        sets_done: Sets performed, 0 when skipped.
        reps_done: Repeats in the last set, when they were counted.
        reason: Why less was done, when the person said so.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    exercise: ExerciseId
    sets_done: Annotated[int, Field(ge=0, le=20)]
    reps_done: Annotated[int, Field(ge=0, le=200)] | None = None
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


class Note(Record):
    """A therapist's note to the patient.

    Attributes:
        text: Plain text.
        about: Document ids of the records it speaks of.
    """

    type: Literal["note"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    about: Annotated[list[DocumentName], Field(max_length=50)] | None = None


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
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    go_max: PainScore
    slow_max: PainScore

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.go_max > self.slow_max:
            raise ValueError("expected go_max <= slow_max")
        return self


class Plan(Record):
    """One version of a plan; versions form a graph by `parents`, two heads are both shown.

    Attributes:
        title: For the therapist and the person.
        parents: Document ids of the versions it replaces.
        days_per_week: On how many days a week the session is wanted.
        items: The exercises in order.
        pain_rule: Bounds of the traffic light; absent = switched off.
    """

    type: Literal["plan"]
    title: Name
    parents: Annotated[list[DocumentName], Field(max_length=20)]
    days_per_week: Annotated[int, Field(ge=1, le=7)]
    items: Annotated[list[PlanItem], Field(min_length=1, max_length=20)]
    pain_rule: PainRule | None = None


class Profile(Record):
    """Who a member is, or what a clinic is called.

    Attributes:
        about: A member of this circle, or the clinic itself.
        member: Member id; absent for a clinic.
        name: As people say it.
    """

    type: Literal["profile"]
    about: Literal["member", "clinic"]
    member: Annotated[str, StringConstraints(pattern=r"^m[A-Za-z0-9_-]{22}$")] | None = None
    name: Name

    @model_validator(mode="after")
    def _whose(self) -> Self:
        if (self.about == "member") != (self.member is not None):
            raise ValueError("expected a member id for a member and none for a clinic")
        return self


class Amend(Record):
    """A correction of one earlier record by the same person; the last one wins per member.

    Attributes:
        target: Document id of the record that it corrects.
        values: Members of that record with their new values; `type`, `lam`, `at` stay as they are.
        drop: Members of that record that are taken away, as if they had not been asked.
    """

    type: Literal["amend"]
    target: DocumentName
    values: Annotated[dict[MemberName, Any], Field(max_length=40)]
    drop: Annotated[list[MemberName], Field(max_length=40)] | None = None


class Void(Record):
    """An earlier record counts no more, for ever; it can be written anew.

    Attributes:
        target: Document id of the record.
        reason: Why: written by mistake, or hidden by who looks after a cohort.
    """

    type: Literal["void"]
    target: DocumentName
    reason: Literal["mistake", "hidden"] | None = None


class Setting(Record):
    """Settings of a member, or of the clinic; the last one wins per name.

    Attributes:
        about: Whose settings.
        member: Member id; absent for a clinic.
        values: By name.
    """

    type: Literal["set"]
    about: Literal["member", "clinic"]
    member: Annotated[str, StringConstraints(pattern=r"^m[A-Za-z0-9_-]{22}$")] | None = None
    values: Annotated[dict[MemberName, SettingValue], Field(min_length=1, max_length=40)]

    @model_validator(mode="after")
    def _whose(self) -> Self:
        if (self.about == "member") != (self.member is not None):
            raise ValueError("expected a member id for a member and none for a clinic")
        return self


class Attachment(Record):
    """A picture, recording or paper: what its chunks are and the key that opens them.

    Attributes:
        about: Document id of the record that it belongs to.
        media: Media type, such as "image/jpeg".
        name: As the person's phone called it.
        size: Length in bytes.
        sha256: Hash of the whole content, base64url.
        key: The key of its chunks, 32 bytes as base64url.
        chunks: The hash of each chunk's sealed bytes, in order.
    """

    type: Literal["attachment"]
    about: DocumentName | None = None
    media: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]{1,64}$")]
    name: Annotated[str, StringConstraints(max_length=120)] | None = None
    size: Annotated[int, Field(ge=0, le=2**26)]
    sha256: Hash
    key: Hash
    chunks: Annotated[list[Hash], Field(min_length=1, max_length=1025)]


SomeRecord = Session | Pain | Note | Plan | Profile | Amend | Void | Setting | Attachment
AnyRecord = Annotated[SomeRecord, Field(discriminator="type")]

# Which record types stand in which kind of document (docs/circle.md, "Documents").
KIND_OF: dict[str, str] = {
    "session": "ev",
    "pain": "ev",
    "note": "nt",
    "plan": "pl",
    "profile": "pr",
    "amend": "ev",
    "void": "ev",
    "set": "pr",
    "attachment": "at",
}

_ADAPTER: TypeAdapter[SomeRecord] = TypeAdapter(AnyRecord)


def parse_record(kind: str, value: object) -> SomeRecord:
    """Read the plaintext of a document.

    Args:
        kind: The document's kind, `ev`, `nt`, `pl`, `pr` or `at`.
        value: The parsed JSON of its frame.

    Raises:
        RecordUnknown: A type of a later version, or one that does not belong to `kind`.
        RecordMalformed: A known type with a member missing, out of bounds or unknown.
    """
    if not isinstance(value, dict):
        raise RecordMalformed("expected an object")
    name = value.get("type")
    if not isinstance(name, str) or KIND_OF.get(name) != kind:
        raise RecordUnknown(f"expected a type that belongs to {kind}")
    try:
        return _ADAPTER.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or name
        raise RecordMalformed(f"{place}: {first['type'].replace('_', ' ')}") from None


def dump_record(record: Record) -> dict[str, Any]:
    """The JSON object to seal: absent members are left out, never null."""
    return record.model_dump(mode="json", exclude_none=True)
