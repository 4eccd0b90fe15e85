"""A hundred worlds, and every one that ever failed; `make sim SEEDS=20000` runs more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LONG = os.environ.get("REJOINT_LONG") == "1"
HEADLESS = 149 if LONG else 60
SHIPPED = 20 if LONG else 4
"""Worlds in which some phones run the shipped client; they take longer."""
LOSING = 15 if LONG else 10
"""Worlds whose server is often restored."""
TAKING = 12 if LONG else 10
"""Worlds whose phones die, or are cut off, while they take what is new."""
POUCHED = 16
"""Worlds of stock PouchDBs."""


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """`python -m sim.run` in a process of its own: a world takes over the one that it is in."""
    tests = Path(__file__).parents[1]
    return subprocess.run(
        [sys.executable, "-m", "sim.run", *arguments],
        cwd=tests,
        env=os.environ | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=570,
    )


@pytest.mark.parametrize(
    "options",
    [
        (HEADLESS,),
        (SHIPPED, "--shipped"),
        (LOSING, "--losing"),
        (TAKING, "--taking"),
        (POUCHED, "--pouchdb"),
    ],
    ids=["plain", "shipped", "losing", "taking", "pouchdb"],
)
def test_no_law_is_broken(options: tuple[int | str, ...]) -> None:
    went = run("--jobs", "2", "--seeds", *map(str, options))
    assert went.returncode == 0, went.stdout + went.stderr[-2000:]
    assert " worlds, 0 broke a law" in went.stdout


@pytest.mark.parametrize(
    "kind", [(), ("--taking",), pytest.param(("--shipped",), marks=pytest.mark.long)]
)
def test_no_law_is_broken_where_it_once_was(kind: tuple[str, ...]) -> None:
    went = run("--kept", "--jobs", "2", *kind)
    assert went.returncode == 0, went.stdout + went.stderr[-2000:]


def test_a_seed_means_one_world() -> None:
    """Without that, a failing seed could not be looked at."""
    first, second = run("--seeds", "1", "--from", "3"), run("--seeds", "1", "--from", "3")
    assert first.stdout == second.stdout
    assert len(first.stdout.splitlines()) > 100
