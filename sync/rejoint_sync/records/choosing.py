"""Who somebody is, what they set, what they agreed to and what they want done."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from rejoint_sync.records.fields import (
    Day,
    Hash,
    LanguageTag,
    MemberName,
    Name,
    Record,
    SettingValue,
    TextId,
    UnixS,
)


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


class Consent(Record):
    """What somebody agreed to, or no longer agrees to; the last one counts.

    Attributes:
        notice: Id of the notice that was shown.
        version: Hash of its text.
        language: BCP 47 tag of the language in which it was shown.
        choices: By purpose.
        day: Local date.
        performed_at: When, unix seconds as the phone's clock said.
        given_by: The person, or a caregiver for them.
    """

    type: Literal["consent"]
    notice: TextId
    version: Hash
    language: LanguageTag
    choices: Annotated[dict[MemberName, bool], Field(min_length=1, max_length=20)]
    day: Day
    performed_at: UnixS
    given_by: Literal["self", "caregiver"]


class Wish(Record):
    """What somebody wants done with their programme or their record; the last one counts.

    Attributes:
        wish: Rest for a while, go on, stop the programme, withdraw consent, or have the record
            deleted.
        day: Local date.
        until: Last day of the rest; absent = until they say otherwise.
        reason: Why, when they said so.
    """

    type: Literal["wish"]
    wish: Literal["pause", "go_on", "stop", "withdraw", "erase"]
    day: Day
    until: Day | None = None
    reason: Literal["better", "too_hard", "pain", "no_time", "away", "other"] | None = None
