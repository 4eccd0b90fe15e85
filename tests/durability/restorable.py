"""A real server that can be backed up while it runs and restored on the same address."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from e2e.server_process import ServerProcess
from rejoint_sync.stores import ChangesQuery
from rejoint_sync.stores.sqlite import SqliteStore

REJOINT = str(Path(sys.executable).parent / "rejoint")
Leaves = dict[str, list[str]]


def command(*arguments: str | Path) -> dict[str, Any]:
    """Run one command of `rejoint`; the JSON line it printed."""
    run = subprocess.run(
        [REJOINT, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )
    assert run.returncode == 0, run.stderr
    line: dict[str, Any] = json.loads(run.stdout)
    return line


class Restorable:
    """One data directory and the server on it; the address stays the same.

    Args:
        folder: Where data, log and backup lie.
        arguments: More arguments of `rejoint serve`.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.data = folder / "data"
        self.backup = folder / "backup"
        self._folder = folder
        self._starts = 0
        self._arguments = (*arguments, "--port", str(port))
        self.server = self._start()
        self.url = f"http://127.0.0.1:{port}"

    def _start(self) -> ServerProcess:
        self._starts += 1
        log = self._folder / f"server-{self._starts}.log"
        return ServerProcess(self.data, log, *self._arguments)

    def start(self) -> None:
        """Start it again after it was killed."""
        self.server = self._start()

    def back_up(self) -> dict[str, Any]:
        """Copy the store while the server runs."""
        return command("backup", "--data", self.data, "--to", self.backup)

    def restore(self) -> dict[str, Any]:
        """Stop, put the backup in place, start again."""
        self.server.stop()
        restored = command("restore", "--data", self.data, "--from", self.backup, "--force")
        self.server = self._start()
        return restored

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()


async def leaves_of(data: Path, database: str, *, prefixes: tuple[str, ...] = ("",)) -> Leaves:
    """Every leaf of every document of a store that nobody uses."""
    store = await SqliteStore.open(data)
    try:
        page = await store.changes(database, ChangesQuery(limit=10**6, all_leaves=True))
        rows = json.loads(b"[" + page.rows + b"]")
    finally:
        await store.close()
    return {
        row["id"]: sorted(change["rev"] for change in row["changes"])
        for row in sorted(rows, key=lambda row: row["id"])
        if row["id"].startswith(prefixes)
    }
