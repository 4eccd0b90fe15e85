"""Figures of this tree, side by side with another server, as ratios of one run.

`make bench` runs it. The other server is the CouchDB at `COUCHDB_URL` (with name and password) when
that is set, else pouchdb-server in memory when it is installed, else there is none. Rounds of the
two are interleaved, because a busy machine changes from minute to minute: only the ratios of one
run mean anything, and nothing here is a test.

Arguments: `--rounds N`, `--documents N`, `--only WORDS` (rows whose name contains them).
"""

import argparse
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from bench.rows import ROWS, Target, documents  # noqa: E402
from e2e.server_process import ServerProcess  # noqa: E402
from rejoint_sync.circle import entries  # noqa: E402
from rejoint_sync.circle.document import open_document, seal, verify  # noqa: E402
from rejoint_sync.circle.keys import DeviceKeys  # noqa: E402
from rejoint_sync.circle.log import Membership  # noqa: E402

ADMIN = "admin:admin"
OURS = "rejoint"
SEALED = 1000


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description="Compare this tree with another server.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    asked = parser.parse_args()
    made = documents(asked.documents)
    with ExitStack() as stack:
        servers = {OURS: stack.enter_context(ours())} | stack.enter_context(other())
        targets = {name: Target(url, made) for name, url in servers.items()}
        load = os.getloadavg()[0]
        figures = measure(targets, asked.rounds, asked.only)
    print(f"{asked.documents} documents, medians of {asked.rounds} interleaved rounds, ", end="")
    print(f"{os.cpu_count()} cores, load {load:.1f} before and {os.getloadavg()[0]:.1f} after")
    show(figures, list(servers))
    for name, rate in seal_and_open().items():
        print(f"{name:40} {rate:>12,.0f}")


def measure(targets: dict[str, Target], rounds: int, only: str) -> dict[str, dict[str, float]]:
    """The median of each row and server."""
    figures: dict[str, dict[str, float]] = {}
    for name, row in ROWS.items():
        if only not in name:
            continue
        rates: dict[str, list[float]] = {server: [] for server in targets}
        for _ in range(rounds):
            for server, target in targets.items():
                rates[server].append(row(target))
        figures[name] = {server: statistics.median(each) for server, each in rates.items()}
        print(f"  {name}: done", file=sys.stderr)
    return figures


def show(figures: dict[str, dict[str, float]], servers: list[str]) -> None:
    """Print one line per row; the last column is ours divided by the other's."""
    print(f"{'':40}" + "".join(f" {server:>16}" for server in servers) + f" {'ratio':>8}")
    for name, rates in figures.items():
        cells = "".join(f" {rates[server]:>16,.0f}" for server in servers)
        ratio = f"{rates[OURS] / rates[servers[1]]:.1f}x" if len(servers) > 1 else "-"
        print(f"{name:40}{cells} {ratio:>8}")


def seal_and_open() -> dict[str, float]:
    """Sealed records per second on one core, in Python."""
    keys, es = DeviceKeys.generate(), secrets.token_bytes(32)
    log = entries.genesis(
        keys,
        purpose="clinic",
        adds="members",
        clinic="",
        member=entries.member_id(secrets.token_bytes(16)),
        role="admin",
        es=es,
        rnd=secrets.token_bytes(16),
        ts=1_795_000_000,
    )
    circle = Membership.founded(log)
    record = {"type": "profile", "name": "x" * 60}
    rates = {}
    begun = time.perf_counter()
    sealed = [
        seal(
            circle,
            keys,
            es=es,
            kind="pr",
            month="2611",
            n=n,
            obj=record,
            nonce=secrets.token_bytes(12),
        )
        for n in range(1, SEALED + 1)
    ]
    rates["seal, records/s"] = SEALED / (time.perf_counter() - begun)
    begun = time.perf_counter()
    for document in sealed:
        verify(circle, document)
    rates["verify without keys, records/s"] = SEALED / (time.perf_counter() - begun)
    begun = time.perf_counter()
    for document in sealed:
        open_document(circle, {"c": {1: es}}, document)
    rates["verify and open, records/s"] = SEALED / (time.perf_counter() - begun)
    return rates


@contextmanager
def ours() -> Iterator[str]:
    """This tree: policy open, SQLite, on a fresh directory."""
    with tempfile.TemporaryDirectory() as folder:
        data, log = Path(folder) / "data", Path(folder) / "log"
        with ServerProcess(data, log, "--policy", "open", "--admin", ADMIN) as server:
            yield server.url.replace("http://", f"http://{ADMIN}@")


@contextmanager
def other() -> Iterator[dict[str, str]]:
    """What to compare with: one server, or none."""
    url = os.environ.get("COUCHDB_URL")
    script = ROOT / "tests" / "conformance" / "node_modules" / "pouchdb-server" / "bin"
    program = script / "pouchdb-server"
    if url:
        yield {"CouchDB": url.rstrip("/")}
    elif program.exists():
        with pouchdb_server(program) as started:
            yield {"pouchdb-server": started}
    else:
        yield {}


@contextmanager
def pouchdb_server(program: Path) -> Iterator[str]:
    """pouchdb-server in memory on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        node = Path(sys.executable).parent / "node"
        command = [str(node), str(program), "--in-memory", "--port", str(port), "--no-stdout-logs"]
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait_for(port)
            yield f"http://{ADMIN}@127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("pouchdb-server did not start")


if __name__ == "__main__":
    main()
