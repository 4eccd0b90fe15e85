"""Whether it gets better: goals, weekly questions, lessons."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from rejoint_sync.records.fields import (
    Day,
    DocumentName,
    Record,
    Score,
    TextId,
    UnixS,
)


class Goal(Record):
    """An activity that the person wants to do again, in their own words or voice.

    Attributes:
        day: Local date on which it was named.
        activity: In their words; absent when it was spoken (an attachment `about` this record).
    """

    type: Literal["goal"]
    day: Day
    activity: Annotated[str, StringConstraints(min_length=1, max_length=120)] | None = None


class GoalScore(Record):
    """How well a goal's activity goes (Patient-Specific Functional Scale; docs/screens).

    Attributes:
        goal: Document id of the goal.
        day: Local date.
        performed_at: When it was asked, unix seconds as the phone's clock said.
        score: 0 cannot do it, to 10 as well as before.
    """

    type: Literal["goal_score"]
    goal: DocumentName
    day: Day
    performed_at: UnixS
    score: Score


class Peg(Record):
    """The three weekly questions of the PEG scale, each 0 to 10, lower is better.

    Attributes:
        day: Local date.
        performed_at: When it was asked, unix seconds as the phone's clock said.
        pain: Average pain of the past week.
        enjoyment: How much pain stood in the way of enjoying life.
        activity: How much pain stood in the way of general activity.
    """

    type: Literal["peg"]
    day: Day
    performed_at: UnixS
    pain: Score
    enjoyment: Score
    activity: Score


class Lesson(Record):
    """An education card that was looked at, with the answer to its question.

    Attributes:
        card: Id of the card.
        day: Local date.
        performed_at: When, unix seconds as the phone's clock said.
        answer: Id of the answer, or "not_said".
    """

    type: Literal["lesson"]
    card: TextId
    day: Day
    performed_at: UnixS
    answer: TextId
