"""Facts added about earlier records: none is ever changed."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from rejoint_sync.records.fields import (
    DocumentName,
    MemberName,
    Record,
    UnixS,
)


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
        reason: Why: written by mistake, hidden by who looks after a cohort, or told by somebody
            else who uses this phone.
    """

    type: Literal["void"]
    target: DocumentName
    reason: Literal["mistake", "hidden", "someone_else"] | None = None


class ClockRepair(Record):
    """By how much the clock was wrong when the writer's device made some of its records.

    An added fact: the records stay as they are. Days and times of records `first` to `last` of this
    device's feed are read as moved by `shift_s`.

    Attributes:
        first: Counter of the first record that it is about.
        last: Counter of the last one.
        shift_s: Seconds to add to what the records say.
        measured_at: When the server's clock was seen, unix seconds.
    """

    type: Literal["clock"]
    first: Annotated[int, Field(ge=1, le=999_999)]
    last: Annotated[int, Field(ge=1, le=999_999)]
    shift_s: Annotated[int, Field(ge=-(2**33), le=2**33)]
    measured_at: UnixS

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError("expected first <= last")
        return self
