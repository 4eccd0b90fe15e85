"""Syncs a second of real devices: by one request and by replication, side by side in one run.

The same devices, the same server, one after the other in turns, so that a slow moment of the
machine falls on both. Arguments: `--devices N`, `--circles N`, `--seconds S`, `--rounds N`.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from e2e.server_process import ServerProcess  # noqa: E402

COLUMNS = ("syncs_s", "p50_ms", "p99_ms", "requests", "bytes_up", "bytes_down", "failed")


def loaded(arguments: list[str]) -> dict[str, Any]:
    """Run `rejoint load` against a new server; what it prints."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(Path(folder) / "data", Path(folder) / "log") as server,
    ):
        command = [str(Path(sys.executable).parent / "rejoint"), "load", "--url", server.url]
        asked = [*command, "--setup", server.setup_link(), *arguments]
        done = subprocess.run(asked, capture_output=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def main(chosen: argparse.Namespace) -> None:
    """Run and print the table and the ratio."""
    common = ["--devices", str(chosen.devices), "--circles", str(chosen.circles)]
    common += ["--seconds", str(chosen.seconds)]
    roads = {"one request": common, "replication": [*common, "--replicate"]}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in roads}
    for _ in range(chosen.rounds):
        for name, arguments in roads.items():
            found[name].append(loaded(arguments))
    print(f"{'':14}" + "".join(f"{column:>12}" for column in COLUMNS))
    for name, rows in found.items():
        middle = [statistics.median(row[column] for row in rows) for column in COLUMNS]
        print(f"{name:14}" + "".join(f"{value:>12,.1f}" for value in middle))
    ratios = [
        one["syncs_s"] / other["syncs_s"]
        for one, other in zip(found["one request"], found["replication"], strict=True)
        if other["syncs_s"]
    ]
    print(f"syncs a second, one request to replication: {statistics.median(ratios):.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=16)
    parser.add_argument("--circles", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    main(parser.parse_args())
