"""What the members of records are made of, and what every record carries."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


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
TextId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{2,35}$")]
Phone = Annotated[str, StringConstraints(pattern=r"^[+0-9*#][0-9*# ()/.-]{1,29}$")]
Score = PainAnswer
LocalTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Weekday = Annotated[int, Field(ge=1, le=7)]


class Record(BaseModel):
    """What every record carries.

    Attributes:
        lam: Lamport count, 1 + the largest its writer had seen (docs/circle.md, "Merging").
        at: When it was recorded, unix seconds by the phone's clock corrected by the server's.
        tz_min: Minutes east of UTC where it was recorded.
        off_s: Seconds that were added to what the phone's clock said, here and in what was
            performed, where it was known to be wrong by more than ten minutes; absent = none.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    lam: Annotated[int, Field(ge=1, lt=2**40)]
    at: UnixS
    tz_min: Annotated[int, Field(ge=-840, le=840)]
    off_s: Annotated[int, Field(ge=-(2**33), le=2**33)] | None = None
