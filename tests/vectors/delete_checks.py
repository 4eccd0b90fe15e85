"""Deletes each check of the circle code in turn and prints which vectors turn red: some must.

    python -m vectors.delete_checks [python] [typescript] [--quiet] [--sample N]     (in tests/)

The checks are found in the code itself: `check_points.py` for Python, `pwa/test/circle/` for
TypeScript. All vectors run once to see which check decides in which of them; then each check is
deleted, and the vectors in which it decides run again. A check in whose place another one stands
is listed with its reason in `redundant_checks.json`; one that is listed and yet turns a vector
red, or is not there any more, is an error too.
"""

import argparse
import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

from vectors.check_points import SWITCHES, Check, Switches, defined_in, switched

ROOT: Final = Path(__file__).parents[2]
VECTORS: Final = ROOT / "tests" / "vectors" / "circle"
REDUNDANT: Final = Path(__file__).with_name("redundant_checks.json")
TYPESCRIPT: Final = ROOT / "pwa" / "test" / "circle" / "deleteChecks.ts"
CIRCLE: Final = ROOT / "sync" / "rejoint_sync" / "circle"
PACKAGE: Final = "rejoint_sync.circle"
VECTOR_S_MAX: Final = 20
RED_TOLD_MAX: Final = 5
SPREAD: Final = 7919
"""A prime: numbers that are near each other come far apart."""

Finding = dict[str, Any]
"""A check, as {kind, file, line, place, text, code}, and beside it `red`: names of vectors."""


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a module with its switches, past the cache of compiled ones."""

    switches: Switches
    names: frozenset[str]

    def get_code(self, fullname: str) -> CodeType | None:
        path = Path(self.get_filename(fullname))
        file = str(path.relative_to(ROOT))
        tree = switched(path.read_text("utf-8"), file, self.switches, self.names)
        return compile(tree, str(path), "exec")

    def exec_module(self, module: ModuleType) -> None:
        setattr(module, SWITCHES, self.switches)
        super().exec_module(module)


class Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of the circle code."""

    def __init__(self, switches: Switches) -> None:
        self.switches = switches
        sources = [path.read_text("utf-8") for path in CIRCLE.glob("*.py")]
        self.names = frozenset().union(*map(defined_in, sources))

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not fullname.startswith(PACKAGE + "."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        loader = Loader(fullname, spec.origin)
        loader.switches, loader.names = self.switches, self.names
        return importlib.util.spec_from_file_location(fullname, spec.origin, loader=loader)


class Python:
    """The vectors, run by the switched Python code in this process and in forks of it."""

    def __init__(self) -> None:
        self.switches = Switches()
        sys.meta_path.insert(0, Finder(self.switches))
        from sync.circle import test_vectors

        self.hold = test_vectors.hold
        self.cases = {path.name: path.read_text("utf-8") for path in sorted(VECTORS.glob("*.json"))}

    def holds(self, name: str) -> bool:
        try:
            self.hold(json.loads(self.cases[name]))
        except BaseException:  # noqa: BLE001  # pytest's failures are not Exceptions
            return False
        return True

    def reached(self) -> dict[int, list[str]]:
        """Which vectors need a check; every one of them must hold now."""
        found: dict[int, list[str]] = {}
        for name in self.cases:
            self.switches.reached = set()
            assert self.holds(name), f"{name} does not hold with all checks in place"
            for number in self.switches.reached:
                found.setdefault(number, []).append(name)
        return found

    def red(self, number: int, names: list[str]) -> list[str]:
        """Which vectors turn red without one check; a fork forgets whatever goes wrong."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            self.switches.off = number
            red = 0
            for name in names:
                # A deleted check may leave a loop without an end: the alarm kills the fork.
                signal.alarm(VECTOR_S_MAX)
                os.write(writer, f"?{name}\n".encode())
                held = self.holds(name)
                red += not held
                os.write(writer, f"={name}\n".encode() if held else b"")
                if red == RED_TOLD_MAX:
                    break
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as told:
            lines = told.read().splitlines()
        os.waitpid(child, 0)
        green = {line[1:] for line in lines if line[0] == "="}
        return [line[1:] for line in lines if line[0] == "?" and line[1:] not in green]

    def findings(self, sample: int | None) -> Iterator[Finding]:
        reached = self.reached()
        for number, check in enumerate(self.switches.checks):
            if not drawn(number, len(self.switches.checks), sample):
                continue
            names = reached.get(number, [])
            yield as_finding(check, self.red(number, names) if names else [])


def as_finding(check: Check, red: list[str]) -> Finding:
    return {**vars(check), "red": red}


def drawn(number: int, count: int, sample: int | None) -> bool:
    """Whether a check is among about `sample` ones that are spread over all; None: all are."""
    return sample is None or number * SPREAD % count < sample


def typescript(sample: int | None) -> list[Finding]:
    """The same of TypeScript, told by Node."""
    command = ["node", str(TYPESCRIPT), *([] if sample is None else [str(sample)])]
    done = subprocess.run(command, cwd=ROOT / "pwa", stdout=subprocess.PIPE, text=True, check=True)
    found: list[Finding] = json.loads(done.stdout)
    return found


def judged(
    findings: list[Finding], redundant: list[dict[str, str]], file_of: str, *, whole: bool = True
) -> list[str]:
    """What is wrong: checks that stay green, and rows of the list that are not true (any more)."""
    listed = {named(row) for row in redundant if row["file"].endswith(file_of)}
    green = {named(found) for found in findings if not found["red"]}
    if not whole:
        listed &= {named(found) for found in findings}
    wrong = [f"nothing turns red without: {name}" for name in green - listed]
    wrong += [f"listed as redundant, and is not: {name}" for name in listed - green]
    return sorted(wrong)


def named(found: Finding) -> str:
    """What a check is called in the list: lines move, names and texts stay."""
    return f"{found['file']} {found['place']}: {found['text']}"


def told(found: Finding) -> str:
    names = [name.removesuffix(".json") for name in found["red"]]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    place = f"{found['file']}:{found['line']}"
    text = " ".join(found["text"].split())[:70]
    return f"{found['kind']:6} {found['code']:10} {place}  {text}\n       red: {shown or '-'}"


def run(language: str, *, quiet: bool = False, sample: int | None = None) -> list[str]:
    """Delete each check of a language in turn, or a sample of them; what is wrong."""
    is_python = language == "python"
    findings = list(Python().findings(sample)) if is_python else typescript(sample)
    if not quiet:
        print("\n".join(told(found) for found in findings))
    red = sum(1 for found in findings if found["red"])
    print(f"{language}: {len(findings)} checks, {red} of them turn a vector red when deleted")
    redundant = json.loads(REDUNDANT.read_text("utf-8"))
    return judged(findings, redundant, ".py" if is_python else ".ts", whole=sample is None)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("languages", nargs="*", default=["python", "typescript"])
    parser.add_argument("--quiet", action="store_true", help="only the sum, and what is wrong")
    parser.add_argument("--sample", type=int, help="about so many checks instead of all")
    given = parser.parse_args()
    options = {"quiet": given.quiet, "sample": given.sample}
    wrong = [line for language in given.languages for line in run(language, **options)]
    with contextlib.suppress(BrokenPipeError):
        print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
