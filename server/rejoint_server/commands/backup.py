"""`rejoint backup`: a copy of the whole store in one file, while the server runs.

The data directory's lock belongs to the server; a backup needs none, because it only reads, by a
connection of its own. The file appears under its name when it is complete, checked and on the disk.
"""

import argparse
import contextlib
import os
import sys
from dataclasses import asdict
from pathlib import Path

import apsw
import orjson

from rejoint_server.clock import SystemClock
from rejoint_server.operations.store_copy import (
    LAST_BACKUP_FILE,
    Figures,
    Origin,
    copy_into,
    figures_of,
    note_origin,
    opened,
    require_whole,
    settle,
)
from rejoint_server.settings import journal_beside
from rejoint_sync.errors import StoreUnavailable, SyncError
from rejoint_sync.stores.journal import position_of
from rejoint_sync.stores.sqlite_schema import STORE_FILE, connect, require_readable


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `backup` to the commands of `rejoint`."""
    backup = commands.add_parser("backup", help="copy the store while the server runs")
    backup.add_argument("--data", required=True, type=Path, metavar="DIR", help="of the server")
    backup.add_argument("--journal", type=Path, metavar="DIR", help="when the server has --journal")
    backup.add_argument("--to", required=True, type=Path, metavar="FILE", help="not there yet")
    backup.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Back up; one JSON line about the copy, exit status 0 or 1."""
    try:
        figures = back_up(arguments.data, arguments.to, arguments.journal)
        length = arguments.to.stat().st_size
    except (SyncError, OSError) as error:
        sys.stderr.write(f"rejoint: {error}\n")
        return 1
    line = {"backup": str(arguments.to), "bytes": length, **asdict(figures)}
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    return 0


def back_up(data: Path, to: Path, journal: Path | None = None) -> Figures:
    """Copy the store of a data directory.

    Args:
        data: Of a server that runs or not.
        to: The new file; one that is there is not touched.
        journal: The server's journal; None for the directory beside `data`. The backup notes how
            far it has got: a restore knows by that whether a journal goes on where it ends.

    Raises:
        StoreUnavailable: No store, a damaged one, no room, or `to` is there.
        OSError: `to` cannot be made.
    """
    if not (data / STORE_FILE).is_file():
        raise StoreUnavailable(f"there is no store in {data}")
    if to.exists():
        raise StoreUnavailable(f"{to} is there already; a backup is never overwritten")
    position = position_of(journal or journal_beside(data))
    origin = Origin(SystemClock().now_s(), position)
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        with contextlib.closing(connect(data, writes=False)) as source:
            require_readable(source)
            copy_into(source, part)
        with contextlib.closing(apsw.Connection(str(part))) as made:
            note_origin(made, origin)
        with opened(part) as copy:
            require_whole(copy)
            figures = figures_of(copy)
        settle(part)
        part.rename(to)
    finally:
        part.unlink(missing_ok=True)
    settle(to)
    with contextlib.suppress(OSError):  # a note for the operator, not part of the backup
        (data / LAST_BACKUP_FILE).touch()
    return figures
