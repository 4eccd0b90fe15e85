"""Each check of the circle code has a vector that needs it: delete the check, and one turns red."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vectors.check_points import SWITCHES, Switches, defined_in, switched
from vectors.delete_checks import drawn, judged

ROOT = Path(__file__).parents[3]
SAMPLE = 40

SOURCE = """
def require_even(value: int) -> int:
    if value % 2 or value < 0:
        raise ValueError("odd")
    return value

def small(value: int) -> bool:
    return value < 10 and value > -10

def read(value: int) -> int:
    found = require_even(value)
    check(found)
    return found

def check(value: int) -> None:
    if not small(value):
        raise ValueError("great")
"""


def module(off: int | None = None) -> tuple[Switches, dict[str, Any]]:
    switches = Switches(off=off)
    tree = switched(SOURCE, "source.py", switches, frozenset(defined_in(SOURCE)))
    names: dict[str, Any] = {SWITCHES: switches}
    exec(compile(tree, "source.py", "exec"), names)  # the source is above
    return switches, names


def test_every_check_of_a_module_is_found() -> None:
    found = [(check.kind, check.place, check.text) for check in module()[0].checks]
    assert found == [
        ("term", "require_even", "value % 2"),
        ("term", "require_even", "value < 0"),
        ("raise", "require_even", "raise ValueError('odd')"),
        ("term", "small", "value < 10"),
        ("term", "small", "value > -10"),
        ("call", "read", "require_even(value)"),
        ("call", "read", "check(found)"),
        ("raise", "check", "raise ValueError('great')"),
    ]


@pytest.mark.parametrize(("off", "value"), [(0, 3), (1, -2), (2, -1), (5, 3), (6, 12), (7, 12)])
def test_a_check_that_is_off_lets_through_what_it_refused(off: int, value: int) -> None:
    switches, names = module()
    with pytest.raises(ValueError, match=r"odd|great"):
        names["read"](value)
    assert off in switches.reached
    assert module(off)[1]["read"](value) == value


def test_a_check_that_decides_nothing_is_not_reached() -> None:
    switches, names = module()
    assert names["read"](4) == 4
    assert switches.reached == set()


def test_a_check_that_no_vector_needs_is_told() -> None:
    row: dict[str, Any] = {"file": "a.py", "place": "f", "text": "x", "kind": "raise", "red": []}
    assert judged([row], [], ".py") == ["nothing turns red without: a.py f: x"]
    assert judged([row], [row], ".py") == []
    assert judged([row | {"red": ["v"]}], [row], ".py") == [
        "listed as redundant, and is not: a.py f: x"
    ]
    assert judged([], [row], ".py", whole=False) == []


def test_a_sample_is_about_as_large_as_asked() -> None:
    assert abs(sum(drawn(number, 507, SAMPLE) for number in range(507)) - SAMPLE) < 3
    assert all(drawn(number, 507, None) for number in range(507))


def deleted(language: str, *options: str) -> str:
    command = [sys.executable, "-m", "vectors.delete_checks", language, "--quiet", *options]
    done = subprocess.run(
        command, cwd=ROOT / "tests", capture_output=True, text=True, timeout=600, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("language", ["python", "typescript"])
def test_without_one_of_a_sample_of_checks_a_vector_turns_red(language: str) -> None:
    assert deleted(language, "--sample", str(SAMPLE)) == ""


@pytest.mark.long
@pytest.mark.parametrize("language", ["python", "typescript"])
def test_without_any_one_check_a_vector_turns_red(language: str) -> None:
    assert deleted(language) == ""
