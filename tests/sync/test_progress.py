"""What numbers say: the table that both languages share, and what it must say."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pytest

from rejoint_sync.progress import Change, change, course, days_ring, is_due, needed, peg_tenths

VECTORS: Final[dict[str, list[dict[str, Any]]]] = json.loads(
    (Path(__file__).parents[1] / "vectors/progress.json").read_text()
)


def told(made: Change | None) -> dict[str, Any] | None:
    return None if made is None else asdict(made)


@pytest.mark.parametrize("row", VECTORS["change"], ids=str)
def test_two_numbers(row: dict[str, Any]) -> None:
    assert told(change(row["first"], row["last"])) == row


@pytest.mark.parametrize("row", VECTORS["course"], ids=str)
def test_a_row_of_numbers(row: dict[str, Any]) -> None:
    assert told(course(row["scores"])) == row["is"]


def test_days_weeks_and_questions() -> None:
    for row in VECTORS["days_ring"]:
        assert list(days_ring(row["done"], row["wanted"])) == row["is"]
    for row in VECTORS["peg_tenths"]:
        assert peg_tenths(*row["scores"]) == row["is"]
    for row in VECTORS["is_due"]:
        assert is_due(row["days"]) == row["is"]


@pytest.mark.parametrize(
    ("first", "last", "by_points", "by_start"),
    [
        (9, 7, "better", "same"),  # meets "2 points", but who began at 9 needs 3
        (9, 6, "better", "better"),
        (6, 4, "better", "better"),
        (3, 2, "better", "better"),  # a third less, and 1 point is enough
        (4, 3, "same", "better"),  # a quarter less: the second rule alone
        (5, 8, "worse", "worse"),
        (0, 0, "same", "same"),
    ],
)
def test_both_rules_are_told(first: int, last: int, by_points: str, by_start: str) -> None:
    made = change(first, last)
    assert (made.by_points, made.by_start) == (by_points, by_start)


def test_what_is_asked_for_grows_with_the_pain() -> None:
    assert [needed(score) for score in range(11)] == [2, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_a_missing_number_is_not_zero() -> None:
    assert course([3, 3, 3, None, None, None]) is None
    zeros = course([3, 3, 3, 0, 0, 0])
    assert zeros is not None
    assert zeros.by_start == "better"
    assert peg_tenths(None, 0, 0) is None
    assert peg_tenths(0, 0, 0) == 0
