"""`rejoint verify`: read everything that a store holds and check what can be checked without a key.

It works on a copy, made as a backup is: of a store whose server runs, or of a backup. The copy
lies where the system puts temporary files (`TMPDIR` says where) and takes the room of the store.
"""

import argparse
import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Self

import orjson

from rejoint_server.operations.store_copy import copy_into, opened, require_whole
from rejoint_server.settings import journal_beside
from rejoint_sync.attachment import md5_digest
from rejoint_sync.circle.grammar import CIRCLE
from rejoint_sync.circle.log import Membership
from rejoint_sync.circle.schema import parse_entry
from rejoint_sync.errors import StoreUnavailable, SyncError
from rejoint_sync.stores import Leaf, Store, Stored
from rejoint_sync.stores.journal import Reading, read
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import STORE_FILE, connect, require_readable
from rejoint_sync.verify import check_in_circle, is_made_here, plain, tree_faults

READ_AT_ONCE: Final = 500
FAULTS_SHOWN_MAX: Final = 20
"""Places named on standard error; all are counted."""

_END: Final = "\U0010ffff\U0010ffff"


@dataclass(slots=True)
class Tally:
    """What was checked.

    Attributes:
        databases: Databases read.
        documents: Documents read, tombstones too; each has a well-formed tree unless it is a fault.
        revisions: Leaves.
        digests: Leaves whose name was found to be that of their content; others come from programs
            that name revisions in their own way.
        attachments: Attachments of leaves whose bytes have their digest and length.
        circles: Logs replayed, with every signature in them.
        entries: Entries of these logs.
        signatures: Sealed documents and checkpoints whose signature is good.
        journalled: Entries of logs that stand in the journal and in the store alike.
        faults: Places where something is wrong.
    """

    databases: int = 0
    documents: int = 0
    revisions: int = 0
    digests: int = 0
    attachments: int = 0
    circles: int = 0
    entries: int = 0
    signatures: int = 0
    journalled: int = 0
    faults: int = 0
    places: list[str] = field(default_factory=list)

    def note(self, database: str, document: str, fault: str) -> None:
        """Count a fault, and keep its place while there is room."""
        self.faults += 1
        if len(self.places) < FAULTS_SHOWN_MAX:
            self.places.append(f"{database} {document or '-'}: {fault}")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `verify` to the commands of `rejoint`."""
    verify = commands.add_parser("verify", help="check everything a store holds")
    what = verify.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, metavar="DIR", help="of a server, running or not")
    what.add_argument("--backup", type=Path, metavar="FILE", help="from rejoint backup")
    verify.add_argument("--journal", type=Path, metavar="DIR", help="when the server has --journal")
    verify.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Verify; one JSON line with counts, exit status 1 when anything is wrong."""
    try:
        with tempfile.TemporaryDirectory(prefix="rejoint-verify-") as scratch:
            copy = Path(scratch)
            journal = Noted()
            if arguments.data is not None:
                # Before the store is copied: what is noted first is stored after.
                journal = Noted.read(arguments.journal or journal_beside(arguments.data))
            _copy(arguments.data, arguments.backup, copy / STORE_FILE)
            tally = asyncio.run(verify(copy, journal))
    except (SyncError, OSError) as error:
        sys.stderr.write(f"rejoint: {error}\n")
        return 1
    for place in tally.places:
        sys.stderr.write(f"rejoint: damaged: {place}\n")
    figures = asdict(tally)
    del figures["places"]
    sys.stdout.write(orjson.dumps(figures).decode() + "\n")
    return 1 if tally.faults else 0


def _copy(data: Path | None, backup: Path | None, to: Path) -> None:
    file = backup if data is None else data / STORE_FILE
    if file is None or not file.is_file():
        raise StoreUnavailable(f"there is no store at {file}")
    if shutil.disk_usage(to.parent).free < file.stat().st_size:
        raise StoreUnavailable(f"no room for a copy in {to.parent}: set TMPDIR to another place")
    with contextlib.ExitStack() as stack:
        if data is None:
            source = stack.enter_context(opened(file))
        else:
            source = stack.enter_context(contextlib.closing(connect(data, writes=False)))
            require_readable(source)
        copy_into(source, to)
    with opened(to) as copy:
        require_whole(copy)


@dataclass(frozen=True, slots=True)
class Noted:
    """What a journal says of logs.

    Attributes:
        hashes: By circle, the hash of the entry of each number that was noted last.
        missing: Records that are lost.
    """

    hashes: dict[str, dict[int, str]] = field(default_factory=dict)
    missing: int = 0

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Read a journal; of circles that were purged nothing is kept."""
        hashes: dict[str, dict[int, str]] = {}
        found = Reading()
        for record in read(directory, found):
            if record.gone:
                hashes.pop(record.circle, None)
            elif record.bundle is not None:
                entry = parse_entry(record.bundle["log"])
                hashes.setdefault(record.circle, {})[entry.number] = entry.hash
        return cls(hashes, found.missing)

    def compare(self, membership: Membership, tally: Tally) -> None:
        """Hold the journal against a log.

        The entry after the newest one may have been noted and never stored.
        """
        noted = self.hashes.pop(membership.circle, {})
        for number, digest in noted.items():
            if number <= membership.seq and membership.heads[number] == digest:
                tally.journalled += 1
            elif number <= membership.seq:
                tally.note(membership.circle, f"log:{number:06d}", "the journal has another entry")
            elif number > membership.seq + 1:
                tally.note(membership.circle, f"log:{number:06d}", "only the journal has it")
        for number in range(min(noted, default=membership.seq + 1), membership.seq + 1):
            if number not in noted:
                tally.note(membership.circle, f"log:{number:06d}", "the journal lacks it")

    def finish(self, tally: Tally) -> None:
        """Note what no log was found for."""
        for circle, noted in self.hashes.items():
            if len(noted) > 1:
                tally.note(circle, "", "only the journal has this circle")
        if self.missing:
            tally.note("journal", "", f"{self.missing} records are missing")


async def verify(data: Path, journal: Noted | None = None) -> Tally:
    """Check the store of a data directory that nobody uses.

    Args:
        data: Where it is.
        journal: What its journal says; None to leave that out.
    """
    tally = Tally()
    noted = journal or Noted()
    store = await SqliteStore.open(data)
    try:
        for database in await store.databases():
            tally.databases += 1
            membership = await _membership(store, database, tally)
            if membership is not None:
                noted.compare(membership, tally)
            before = tally.documents
            async for stored in _everything(store, database):
                await _check(store, database, stored, membership, tally)
            info = await store.info(database)
            if tally.documents - before != info.documents + info.deleted:
                tally.note(database, "", "not every document that is counted can be read")
    finally:
        await store.close()
    noted.finish(tally)
    return tally


async def _membership(store: Store, database: str, tally: Tally) -> Membership | None:
    """The circle of a database, its log replayed; None when it is none, or its log is broken."""
    if not CIRCLE.match(database):
        return None
    log = [
        {"_id": stored.id, "j": _member(stored.leaves[0], "j")}
        async for stored in _everything(store, database, "log:", "log;")
    ]
    if not log:
        return None
    membership: Membership | None = None
    for entry in log:
        try:
            if membership is None:
                membership = Membership.replay(database, [entry])
            else:
                membership = membership.append(entry)
        except SyncError as error:
            tally.note(database, entry["_id"], getattr(error, "code", error.error))
            return None
        tally.entries += 1
    tally.circles += 1
    return membership


def _member(leaf: Leaf, name: str) -> str:
    try:
        return str(plain("", leaf).get(name, ""))
    except ValueError:
        return ""


async def _check(
    store: Store, database: str, stored: Stored, membership: Membership | None, tally: Tally
) -> None:
    tally.documents += 1
    tally.revisions += len(stored.leaves)
    faults = tree_faults(stored)
    for fault in faults:
        tally.note(database, stored.id, fault)
    if faults:
        return
    for leaf in stored.leaves:
        await _check_attachments(store, database, stored, leaf, tally)
    if membership is None:
        tally.digests += sum(is_made_here(leaf) for leaf in stored.leaves)
        return
    checked = check_in_circle(membership, stored)
    tally.digests += checked.digests
    tally.signatures += checked.signatures
    for fault in checked.faults:
        tally.note(database, stored.id, fault)


async def _check_attachments(
    store: Store, database: str, stored: Stored, leaf: Leaf, tally: Tally
) -> None:
    for attachment in leaf.attachments:
        found = await store.attachment(database, stored.id, attachment.name, rev=leaf.rev)
        if found is None:
            tally.note(database, stored.id, "an attachment is not there")
            continue
        _, data = found
        if len(data) != attachment.encoded_length or md5_digest(data) != attachment.digest:
            tally.note(database, stored.id, "an attachment's bytes are not those of its digest")
            continue
        tally.attachments += 1


async def _everything(
    store: Store, database: str, start: str = "", end: str = _END
) -> AsyncIterator[Stored]:
    while True:
        page = await store.range(database, start, end, limit=READ_AT_ONCE)
        for stored in page:
            yield stored
        if len(page) < READ_AT_ONCE:
            return
        start = page[-1].id + "\0"
