"""`rejoint restore`: put a backup in the place of a store.

The store gets a new incarnation. Who brings a sequence of the lost store starts over at 0, and
replications name their notes by the incarnation, so one that was under way when the store was lost
cannot leave a note that a later run believes. Clients then push again what the backup lacks.

Changes of membership that came after the backup are brought back from the journal, by the same
rules by which they were accepted. Where the journal is not known to have them all, circles wait for
their devices before they take new entries; `--accept-loss` ends that.

What was there before is set aside, not deleted. The steps are such that after a crash between any
two of them either the old store is untouched, or the server refuses to start until the restore is
run again; see `RESTORING_FILE`.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import apsw
import orjson

from rejoint_server.circles.aftermath import AFTERMATH_FILE, Aftermath
from rejoint_server.circles.replay import Replayed, replay
from rejoint_server.clock import SystemClock
from rejoint_server.operations.store_copy import (
    LAST_BACKUP_FILE,
    Figures,
    Origin,
    copy_into,
    figures_of,
    opened,
    origin_of,
    require_whole,
    settle,
    translated,
)
from rejoint_server.settings import PUSH_KEYS_FILE, journal_beside
from rejoint_sync.errors import StoreUnavailable, SyncError
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import (
    LOCK_FILE,
    RESTORING_FILE,
    STORE_FILE,
    lock,
    renew_incarnation,
    sync_directory,
)

INCOMING: Final = "incoming"
"""A directory with a backup on its way in; left over by a restore that was cut short, it means
nothing."""

_OWN: Final = frozenset(
    {LOCK_FILE, INCOMING, LAST_BACKUP_FILE, RESTORING_FILE, AFTERMATH_FILE, PUSH_KEYS_FILE}
)
_STORE_FILES: Final = (STORE_FILE, f"{STORE_FILE}-wal", f"{STORE_FILE}-shm")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `restore` to the commands of `rejoint`."""
    restore = commands.add_parser("restore", help="put a backup in the place of the store")
    restore.add_argument("--data", required=True, type=Path, metavar="DIR", help="of the server")
    what = restore.add_mutually_exclusive_group(required=True)
    what.add_argument("--from", type=Path, metavar="FILE", dest="source", help="a backup")
    what.add_argument(
        "--accept-loss",
        action="store_true",
        help="circles wait for their devices no longer; the server may run",
    )
    restore.add_argument(
        "--journal", type=Path, metavar="DIR", help="when the server has --journal"
    )
    restore.add_argument(
        "--force", action="store_true", help="when a store is there: set it aside in DIR"
    )
    restore.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Restore; one JSON line about the store, exit status 0 or 1."""
    data: Path = arguments.data
    try:
        if arguments.accept_loss:
            line: dict[str, object] = {"accepted_loss": str(data), **accept_loss(data)}
        else:
            restored = asyncio.run(
                restore(data, arguments.source, force=arguments.force, journal=arguments.journal)
            )
            aside = restored.aside and str(restored.aside)
            line = {"restored": str(data), "aside": aside, **asdict(restored.figures)}
            line |= {"journal": asdict(restored.replayed), "waiting": not restored.complete}
    except (SyncError, OSError) as error:
        sys.stderr.write(f"rejoint: {error}\n")
        return 1
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    return 0


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        figures: What is in the store now.
        aside: Where the former store is; None when there was none.
        replayed: What the journal brought back.
        complete: Whether nothing of the logs is known to be lost, so that no circle waits.
    """

    figures: Figures
    aside: Path | None
    replayed: Replayed
    complete: bool


async def restore(
    data: Path, source: Path, *, force: bool, journal: Path | None = None
) -> Restored:
    """Make the data directory hold the store of a backup, under a new incarnation.

    Args:
        data: Made when it is not there; no server may run on it.
        source: From `rejoint backup`, of this or an older format.
        force: Whether a store that is there may be set aside.
        journal: Of the lost store; None for the directory beside `data`.

    Raises:
        StoreInUse: A server runs on it.
        StoreUnavailable: `data` is not empty, or the backup is damaged, no backup, or newer.
        OSError: No room, no right.
    """
    with opened(source) as backup:
        descriptor = lock(data)
        try:
            if not force and _is_used(data):
                raise StoreUnavailable(
                    f"{data} is not empty; with --force what is there is set aside"
                )
            origin = _bring_in(backup, data / INCOMING)
            now_s = SystemClock().now_s()
            known = Aftermath.read(data)
            replayed = await _replay(data / INCOMING, journal or journal_beside(data), now_s)
            complete = replayed.goes_on_from(origin.journal)
            figures = _complete(data / INCOMING)
            after = known.after_restore(origin.made_s, now_s, complete=complete)
            return Restored(figures, _swap(data, after), replayed, complete)
        finally:
            os.close(descriptor)


def _is_used(data: Path) -> bool:
    return any(path.name not in _OWN for path in data.iterdir())


def accept_loss(data: Path) -> dict[str, object]:
    """Let circles wait for their devices no longer.

    Who brings an entry that was lost, and in whose place there is a new one, freezes the circle.

    Raises:
        StoreUnavailable: There is no store.
        OSError: It cannot be noted.
    """
    if not (data / STORE_FILE).is_file() and not (data / AFTERMATH_FILE).is_file():
        raise StoreUnavailable(f"there is no store in {data}")
    known = Aftermath.read(data)
    waited = known.waiting_until_s > SystemClock().now_s()
    replace(known, waiting_until_s=0).write(data)
    return {"waited": waited}


def _bring_in(backup: apsw.Connection, incoming: Path) -> Origin:
    """Copy the backup under another name, as a store of a new incarnation."""
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(mode=0o700)
    copy_into(backup, incoming / STORE_FILE)
    with (
        translated("restore the store"),
        contextlib.closing(apsw.Connection(str(incoming / STORE_FILE))) as copy,
    ):
        require_whole(copy)
        renew_incarnation(copy)
        return origin_of(copy)


async def _replay(incoming: Path, journal: Path, now_s: int) -> Replayed:
    """Bring back from the journal what the copy lacks."""
    store = await SqliteStore.open(incoming)
    try:
        return await replay(store, journal, now_s)
    finally:
        await store.close()


def _complete(incoming: Path) -> Figures:
    """Count, and make one file of the copy that is on the disk."""
    file = incoming / STORE_FILE
    with (
        translated("restore the store"),
        contextlib.closing(apsw.Connection(str(file))) as copy,
    ):
        copy.pragma("journal_mode", "delete")
        figures = figures_of(copy)
    settle(file)
    return figures


def _swap(data: Path, after: Aftermath) -> Path | None:
    (data / INCOMING / STORE_FILE).rename(data / RESTORING_FILE)
    sync_directory(data)
    shutil.rmtree(data / INCOMING, ignore_errors=True)
    aside = _set_aside(data)
    # Before the store is there: a server that finds it must know that it was restored.
    after.write(data)
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
