"""What people write, before it is sealed: the one place where the records' shapes are decided.

Strict pydantic models, one per record type; `pwa/src/records.gen.ts` is generated from them by
`pwa/tools/make_records.py`, never typed twice. Three things are kept apart everywhere: pain 0 ("no
pain"), "not_said" (asked, skipped) and an absent member (not asked). Times are three as well:
`day` and `performed_at` are when it was done, `at` is when it was recorded, and when the server
had it is known to the envelope alone.

A record of a type or with a member that this version does not know is kept and shown as unread;
`parse_record` says so with `RecordUnknown`, never by dropping it.
"""

from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from rejoint_sync.errors import BadRequest
from rejoint_sync.records.choosing import (
    Consent,
    Profile,
    Setting,
    Wish,
)
from rejoint_sync.records.correcting import (
    Amend,
    ClockRepair,
    Void,
)
from rejoint_sync.records.exercising import (
    ItemDone,
    Pain,
    PainRule,
    Plan,
    PlanItem,
    ReminderProposal,
    Session,
    SessionPain,
)
from rejoint_sync.records.fields import Record
from rejoint_sync.records.improving import (
    Goal,
    GoalScore,
    Lesson,
    Peg,
)
from rejoint_sync.records.safety import (
    Answer,
    Approval,
    Check,
    Contact,
    Contacts,
)
from rejoint_sync.records.talking import (
    Attachment,
    Heard,
    Message,
    Note,
)

__all__ = [
    "KIND_OF",
    "Amend",
    "Answer",
    "AnyRecord",
    "Approval",
    "Attachment",
    "Check",
    "ClockRepair",
    "Consent",
    "Contact",
    "Contacts",
    "Goal",
    "GoalScore",
    "Heard",
    "ItemDone",
    "Lesson",
    "Message",
    "Note",
    "Pain",
    "PainRule",
    "Peg",
    "Plan",
    "PlanItem",
    "Profile",
    "Record",
    "RecordMalformed",
    "RecordUnknown",
    "ReminderProposal",
    "Session",
    "SessionPain",
    "Setting",
    "SomeRecord",
    "Void",
    "Wish",
    "dump_record",
    "parse_record",
]


class RecordMalformed(BadRequest):
    """A record does not fit its type; the reason names the member, never its value."""


class RecordUnknown(BadRequest):
    """A record of a type that this version does not know; keep it untouched."""


SomeRecord = (
    Session
    | Pain
    | Note
    | Plan
    | Profile
    | Amend
    | Void
    | Setting
    | Attachment
    | Check
    | Goal
    | GoalScore
    | Peg
    | Message
    | Heard
    | Lesson
    | Consent
    | Wish
    | ClockRepair
    | Contacts
    | Approval
)
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
    "check": "ev",
    "goal": "ev",
    "goal_score": "ev",
    "peg": "ev",
    "message": "ev",
    "heard": "ev",
    "lesson": "ev",
    "consent": "ev",
    "wish": "ev",
    "clock": "ev",
    "contacts": "pr",
    "approval": "pr",
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
