"""`rejoint restore`: put a backup in the place of a store.

The store gets a new incarnation. Who brings a sequence of the lost store starts over at 0, and
replications name their notes by the incarnation, so one that was under way when the store was lost
cannot leave a note that a later run believes. Clients then push again what the backup lacks.

What was there before is set aside, not deleted. The steps are such that after a crash between any
two of them either the old store is untouched, or the server refuses to start until the restore is
run again; see `RESTORING_FILE`.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

import apsw
import orjson

from rejoint_server.clock import SystemClock
from rejoint_server.store_copy import (
    LAST_BACKUP_FILE,
    Figures,
    copy_into,
    figures_of,
    opened,
    require_whole,
    settle,
    translated,
)
from rejoint_sync.errors import StoreUnavailable, SyncError
from rejoint_sync.stores.sqlite_schema import (
    LOCK_FILE,
    RESTORING_FILE,
    STORE_FILE,
    lock,
    renew_incarnation,
    sync_directory,
)

INCOMING_FILE: Final = "rejoint.sqlite3.incoming"
"""A backup on its way in; left over by a restore that was cut short, it means nothing."""

_OWN: Final = frozenset({LOCK_FILE, INCOMING_FILE, LAST_BACKUP_FILE, RESTORING_FILE})
_STORE_FILES: Final = (STORE_FILE, f"{STORE_FILE}-wal", f"{STORE_FILE}-shm")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `restore` to the commands of `rejoint`."""
    restore = commands.add_parser("restore", help="put a backup in the place of the store")
    restore.add_argument("--data", required=True, type=Path, metavar="DIR", help="of the server")
    restore.add_argument(
        "--from", required=True, type=Path, metavar="FILE", dest="source", help="a backup"
    )
    restore.add_argument(
        "--force", action="store_true", help="when a store is there: set it aside in DIR"
    )
    restore.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Restore; one JSON line about the store, exit status 0 or 1."""
    try:
        figures, aside = restore(arguments.data, arguments.source, force=arguments.force)
    except (SyncError, OSError) as error:
        sys.stderr.write(f"rejoint: {error}\n")
        return 1
    line = {"restored": str(arguments.data), "aside": aside and str(aside), **asdict(figures)}
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    return 0


def restore(data: Path, source: Path, *, force: bool) -> tuple[Figures, Path | None]:
    """Make the data directory hold the store of a backup, under a new incarnation.

    Args:
        data: Made when it is not there; no server may run on it.
        source: From `rejoint backup`, of this or an older format.
        force: Whether a store that is there may be set aside.

    Returns:
        What is in it, and where the former store is; None when there was none.

    Raises:
        StoreInUse: A server runs on it.
        StoreUnavailable: `data` is not empty, or the backup is damaged, no backup, or newer.
        OSError: No room, no right.
    """
    with opened(source) as backup:
        descriptor = lock(data)
        try:
            if not force and any(path.name not in _OWN for path in data.iterdir()):
                raise StoreUnavailable(
                    f"{data} is not empty; with --force what is there is set aside"
                )
            figures = _bring_in(backup, data / INCOMING_FILE)
            return figures, _swap(data)
        finally:
            os.close(descriptor)


def _bring_in(backup: apsw.Connection, incoming: Path) -> Figures:
    incoming.unlink(missing_ok=True)
    copy_into(backup, incoming)
    with (
        translated("restore the store"),
        contextlib.closing(apsw.Connection(str(incoming))) as copy,
    ):
        require_whole(copy)
        renew_incarnation(copy)
        figures = figures_of(copy)
    settle(incoming)
    return figures


def _swap(data: Path) -> Path | None:
    (data / INCOMING_FILE).rename(data / RESTORING_FILE)
    sync_directory(data)
    aside = _set_aside(data)
    (data / RESTORING_FILE).rename(data / STORE_FILE)
    sync_directory(data)
    return aside


def _set_aside(data: Path) -> Path | None:
    former = [data / name for name in _STORE_FILES if (data / name).exists()]
    if not former:
        return None
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(SystemClock().now_s()))
    aside = Path(tempfile.mkdtemp(prefix=f"replaced-{now}-", dir=data))
    for path in former:
        path.rename(aside / path.name)
    sync_directory(aside)
    sync_directory(data)
    return aside
