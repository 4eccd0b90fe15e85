"""Processor time that commands of `rejoint` take to start: least of some rounds, and their median.

Argument: `--rounds N`. A busy machine makes none of it less, so the least is what the code costs.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from e2e.server_process import ServerProcess  # noqa: E402

REJOINT = str(Path(sys.executable).parent / "rejoint")


def spent(process: "subprocess.Popen[bytes]") -> float:
    """Seconds of the processor that a process took, once it has ended."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def command(*words: str) -> float:
    """Run a command to its end."""
    process = subprocess.Popen([REJOINT, *words], stdout=subprocess.DEVNULL)
    cost_s = spent(process)
    assert process.returncode == 0, words
    return cost_s


def serving() -> float:
    """Start a new server, and end it when it answers."""
    before = os.times()
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(Path(folder) / "data", Path(folder) / "log"),
    ):
        pass
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def main(rounds: int) -> None:
    """Run and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        data, home = Path(folder) / "data", f"{folder}/device"
        with ServerProcess(data, Path(folder) / "log") as server:
            command("device", "new", "--home", home, "--setup", server.setup_link())
            rows = {
                "rejoint device --help": lambda: command("device", "--help"),
                "rejoint device circle list": lambda: command(
                    "device", "circle", "list", "--home", home
                ),
                "rejoint device sync": lambda: command("device", "sync", "--home", home),
                "rejoint serve, until it answers": serving,
            }
            print(f"{'':34} {'least':>8} {'median':>8}")
            for name, row in rows.items():
                found = [row() for _ in range(rounds)]
                print(f"{name:34} {min(found):>8.2f} {statistics.median(found):>8.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    main(parser.parse_args().rounds)
