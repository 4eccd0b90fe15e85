"""What is asked when something is wrong, whom to call, and who stands for the texts."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from rejoint_sync.records.fields import (
    Day,
    Hash,
    LanguageTag,
    Name,
    Phone,
    Record,
    TextId,
    UnixS,
)


class Answer(BaseModel):
    """One answer of the check for danger signs.

    Attributes:
        question: Id of the question's text.
        answer: "not_sure" counts as yes.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    question: TextId
    answer: Literal["yes", "no", "not_sure"]


class Check(Record):
    """What somebody answered after "something is wrong", and what the phone advised.

    Attributes:
        day: Local date on which it was asked.
        performed_at: When it was asked, unix seconds as the phone's clock said.
        texts: Version of the questions, the hash of their texts.
        answers: In the order in which they were asked; what was not reached is absent.
        advice: What the phone advised.
    """

    type: Literal["check"]
    day: Day
    performed_at: UnixS
    texts: Hash
    answers: Annotated[list[Answer], Field(max_length=40)]
    advice: Literal["emergency", "same_day", "tell_first", "none"]


class Contact(BaseModel):
    """Whom to call.

    Attributes:
        name: As people say it.
        phone: The number to dial.
        hours: When somebody answers, in words.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: Name
    phone: Phone
    hours: Annotated[str, StringConstraints(max_length=80)] | None = None


class Contacts(Record):
    """The clinic's own emergency card; the last one counts.

    Attributes:
        emergency: The emergency number of the place.
        contacts: Whom else to call, in this order.
    """

    type: Literal["contacts"]
    emergency: Phone | None = None
    contacts: Annotated[list[Contact], Field(max_length=6)]


class Approval(Record):
    """A clinician has read one version of a set of texts in one language, and stands for it.

    Attributes:
        texts: Id of the set.
        version: Hash of the texts.
        language: BCP 47 tag.
        approved: False takes it back.
        name: Who, as people say it.
        profession: What they are.
    """

    type: Literal["approval"]
    texts: TextId
    version: Hash
    language: LanguageTag
    approved: bool
    name: Name
    profession: Annotated[str, StringConstraints(max_length=80)] | None = None
