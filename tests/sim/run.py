"""`python -m sim.run`: worlds by their seeds.

Prints one line for each world that breaks a law, with how to run it again, and a last line about
all of them; the exit status is 1 when any did. One world alone prints what happened in it.
"""

import argparse
import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sim.pouchdb import PouchHost
    from sim.shipped import NodeHost
    from sim.world import Outcome

PWA: Final = Path(__file__).parents[2] / "pwa"
SEEDS_FILE: Final = Path(__file__).with_name("seeds.txt")
OPTIONS: Final = ("shipped", "losing", "taking", "pouchdb")
_CHUNK: Final = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one world went.

    Attributes:
        seed: Its seed.
        broken: The laws that did not hold.
        lines: What happened.
        digest: Of the lines.
        requests: Of all phones.
        hours: Virtual.
    """

    seed: int
    broken: tuple[str, ...]
    lines: tuple[str, ...]
    digest: str
    requests: int
    hours: float


def judge(seed: int) -> Verdict:
    """Run one world."""
    from sim.world import Size, run_world  # the workers import it, once each

    went = run_world(seed, Size())
    return _verdict(seed, went)


def judge_losing(seed: int) -> Verdict:
    """Run one world whose server is restored to older states."""
    from sim.world import LOSING, run_world

    return _verdict(seed, run_world(seed, LOSING))


def judge_taking(seed: int) -> Verdict:
    """Run one world whose phones die while they take what is new."""
    from sim.world import TAKING, run_world

    return _verdict(seed, run_world(seed, TAKING))


def judge_pouchdb(seed: int) -> Verdict:
    """Run one world of stock PouchDBs."""
    from sim.pouchdb import run_world

    return _verdict(seed, run_world(seed, _pouches()))


@cache
def _pouches() -> "PouchHost":
    from sim.pouchdb import PouchHost

    host = PouchHost()
    atexit.register(host.close)
    return host


def judge_shipped(seed: int, pwa: Path) -> Verdict:
    """Run one world in which some phones run the shipped client."""
    from sim.world import SMALL, run_world

    return _verdict(seed, run_world(seed, SMALL, _host(pwa)))


@cache
def _host(pwa: Path) -> "NodeHost":
    from sim.shipped import NodeHost

    folder = tempfile.mkdtemp(prefix="rejoint-client-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    host = NodeHost(Path(folder), pwa)
    atexit.register(host.close)
    return host


def _verdict(seed: int, went: "Outcome") -> Verdict:
    lines = tuple(went.trace.lines)
    return Verdict(seed, tuple(went.broken), lines, went.trace.digest, went.requests, went.hours)


Judge = Callable[[int], Verdict]


def judged(seeds: list[int], jobs: int, judging: Judge) -> Iterator[Verdict]:
    """Run worlds side by side, in the order of their seeds."""
    if jobs == 1 or len(seeds) == 1:
        yield from map(judging, seeds)
        return
    from sim.world import prepare  # what was made before a fork is made once

    prepare()
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        yield from pool.map(judging, seeds, chunksize=_CHUNK)


def kept_seeds(option: str) -> list[int]:
    """The seeds that once failed, of one kind of worlds."""
    rows = [line.split() for line in SEEDS_FILE.read_text().splitlines()]
    named = [(int(row[0]), row[1]) for row in rows if row and row[0].isdecimal()]
    return [seed for seed, kind in named if (kind if kind in OPTIONS else "") == option]


def main(arguments: list[str]) -> int:
    """Run what is asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sim.run", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many (200)")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first (0)")
    parser.add_argument("--kept", action="store_true", help="those of seeds.txt instead")
    parser.add_argument("--step", type=int, default=1, help="every how many-th (1)")
    parser.add_argument("--until-broken", action="store_true", help="end at the first that fails")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="side by side")
    parser.add_argument("--pwa", type=Path, default=PWA, help="sources of the client")
    parser.add_argument("--shipped", action="store_true", help="with phones of the web app too")
    parser.add_argument("--pouchdb", action="store_true", help="of stock PouchDBs instead")
    parser.add_argument("--taking", action="store_true", help="whose phones die taking what is new")
    parser.add_argument("--losing", action="store_true", help="whose server is often restored")
    asked = parser.parse_args(arguments)
    option = next((one for one in OPTIONS if getattr(asked, one)), "")
    last = asked.first + asked.seeds * asked.step
    seeds = kept_seeds(option) if asked.kept else list(range(asked.first, last, asked.step))
    failed = requests = count = 0
    hours = 0.0
    kinds: dict[str, Judge] = {
        "": judge,
        "shipped": partial(judge_shipped, pwa=asked.pwa),
        "losing": judge_losing,
        "taking": judge_taking,
        "pouchdb": judge_pouchdb,
    }
    for verdict in judged(seeds, asked.jobs, kinds[option]):
        count += 1
        requests += verdict.requests
        hours += verdict.hours
        if len(seeds) == 1:
            sys.stdout.write("\n".join(verdict.lines) + "\n")
        if verdict.broken:
            failed += 1
            _tell(verdict, option)
            if asked.until_broken:
                break
    sys.stdout.write(
        f"{count} worlds, {failed} broke a law; {requests} requests, {hours:.0f} virtual hours\n"
    )
    return 1 if failed else 0


def _tell(verdict: Verdict, option: str) -> None:
    again = f"make sim SEEDS=1 FROM={verdict.seed}" + (f" ARGS=--{option}" if option else "")
    sys.stdout.write(f"seed={verdict.seed} trace={verdict.digest} again: {again}\n")
    sys.stdout.writelines(f"    {words}\n" for words in dict.fromkeys(verdict.broken))
    sys.stdout.flush()


if __name__ == "__main__":
    # The order of a set must not differ from run to run.
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "sim.run", *sys.argv[1:]])
    sys.exit(main(sys.argv[1:]))
