"""Two hundred worlds, and every one that ever failed; `make sim SEEDS=20000` runs more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.run import kept_seeds

SEEDS = 200


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


def test_no_law_is_broken_in_two_hundred_worlds() -> None:
    went = run("--seeds", str(SEEDS), "--jobs", "2")
    assert went.returncode == 0, went.stdout + went.stderr[-2000:]
    assert went.stdout.startswith(f"{SEEDS} worlds, 0 broke a law")


@pytest.mark.skipif(not kept_seeds(), reason="no seed has failed so far")
def test_no_law_is_broken_where_it_once_was() -> None:
    went = run("--kept", "--jobs", "2")
    assert went.returncode == 0, went.stdout + went.stderr[-2000:]


def test_a_seed_means_one_world() -> None:
    """Without that, a failing seed could not be looked at."""
    first, second = run("--seeds", "1", "--from", "3"), run("--seeds", "1", "--from", "3")
    assert first.stdout == second.stdout
    assert len(first.stdout.splitlines()) > 100
