"""Is it getting better? What numbers from 0 to 10 say, by two rules, and which one counts.

Decisions only; pwa/src/rooms/progress/progress.ts decides the same on tests/vectors/progress.json.
Lower is better in all of these. A number that was not said, or not asked for, is None here and is
left out: zero is a number like any other.

Sources: points or share: Ostelo and others, Spine 2008;33:90 (2 points, or 30 %). By where it
began: doi 10.1055/a-1304-3677 (n = 1,232): 1 point for who began at 1 to 4, 2 at 5 to 7, 3 to 4 at
8 to 10, of which 3 is taken. The second rule counts: by the first one a little less of a great pain
would be called better.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

POINTS: Final = 2
"""So much less is a change by the first rule."""

TENTHS: Final = 3
"""So many tenths of the first number are one too."""

COMPARED: Final = 3
"""Numbers at the beginning and at the end whose middle ones are compared."""

WEEK_DAYS: Final = 7
"""Days between two weekly questionnaires."""

Verdict = Literal["better", "worse", "same"]


@dataclass(frozen=True, slots=True)
class Change:
    """What two numbers say.

    Attributes:
        first: Where it began, 0 to 10.
        last: Where it is, 0 to 10.
        by_points: The verdict by 2 points, or three tenths.
        by_start: The verdict by where it began: the one that counts.
        need: Points that the second rule asks for.
    """

    first: int
    last: int
    by_points: Verdict
    by_start: Verdict
    need: int


def needed(first: int) -> int:
    """Points that count for who began at `first`, 0 to 10.

    >>> needed(9), needed(6), needed(3)
    (3, 2, 1)
    """
    if first >= 8:
        return 3
    return 2 if first >= 5 or first == 0 else 1


def change(first: int, last: int) -> Change:
    """Compare two numbers by both rules; getting worse is measured as getting better is.

    Args:
        first: 0 to 10.
        last: 0 to 10.

    >>> change(9, 7).by_points, change(9, 7).by_start
    ('better', 'same')
    """
    moved, need = abs(last - first), needed(first)
    points = moved >= POINTS or (moved > 0 and first > 0 and 10 * moved >= TENTHS * first)
    return Change(
        first, last, _verdict(first, last, points), _verdict(first, last, moved >= need), need
    )


def _verdict(first: int, last: int, counts: bool) -> Verdict:  # noqa: FBT001  # one call above
    if not counts or first == last:
        return "same"
    return "better" if last < first else "worse"


def course(scores: Sequence[int | None]) -> Change | None:
    """What a row of numbers says, oldest first: the middle of the first and of the last three.

    Args:
        scores: 0 to 10 each; None where none was said.

    Returns:
        None for fewer than six numbers: too few to tell.
    """
    said = [score for score in scores if score is not None]
    if len(said) < 2 * COMPARED:
        return None
    return change(_middle(said[:COMPARED]), _middle(said[-COMPARED:]))


def _middle(scores: Sequence[int]) -> int:
    return sorted(scores)[len(scores) // 2]


def days_ring(done: int, wanted: int) -> tuple[int, int]:
    """Days of a week that fill the ring, and those beyond what was wanted.

    >>> days_ring(6, 5)
    (5, 1)
    """
    return min(done, wanted), max(0, done - wanted)


def peg_tenths(pain: int | None, enjoyment: int | None, activity: int | None) -> int | None:
    """The mean of the three questions in tenths, rounded; None where one was not answered.

    >>> peg_tenths(5, 4, 4)
    43
    """
    said = [score for score in (pain, enjoyment, activity) if score is not None]
    return (10 * sum(said) + 1) // 3 if len(said) == 3 else None


def is_due(days_since: int | None) -> bool:
    """Whether the weekly questions may be asked: never answered, or a week ago."""
    return days_since is None or days_since >= WEEK_DAYS
