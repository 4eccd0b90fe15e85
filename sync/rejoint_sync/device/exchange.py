"""What a device and its server give each other of one circle: sealed documents and wraps.

The log goes its own way (`log`): it is needed before anything else can be judged.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rejoint_sync.checkpoint import replication_id
from rejoint_sync.circle.checkpoint import CHECKPOINT_ID, Checkpoint
from rejoint_sync.circle.document import KINDS, DocumentId, Sealed, structural_rev
from rejoint_sync.circle.epochs import WRAP_PREFIX
from rejoint_sync.circle.schema import STREAMS
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.line import Line
from rejoint_sync.device.replica import StorePeer
from rejoint_sync.device.state import AlarmNote
from rejoint_sync.document import Document
from rejoint_sync.drive import Keep, Peer, RemotePeer, drive
from rejoint_sync.errors import CircleError
from rejoint_sync.replicator import (
    BulkDocs,
    GetLocal,
    Progress,
    PutLocal,
    Refusal,
    Request,
    Run,
    replicate,
)
from rejoint_sync.stores import Judge, View

MAY_HEAL: Final = frozenset(
    {
        "closed",
        "insufficient_storage",
        "internal_server_error",
        "newer-log",
        "service_unavailable",
        "stale",
        "too_many_requests",
    }
)
"""Codes of refusals that another day may take; such documents are offered again."""

BUSY: Final = frozenset(
    {"insufficient_storage", "internal_server_error", "service_unavailable", "too_many_requests"}
)
"""Those that say nothing about the document at all."""

LOOK_AGAIN_S: Final = 3600
"""How often, in seconds, a server that did not show everything is asked for all of it again."""

FORGED: Final = frozenset({"b64", "schema", "sig"})
"""Codes of what no author wrote and no honest server takes."""


@dataclass(slots=True)
class Report:
    """What one sync did.

    Attributes:
        pushed: Sealed documents that the server took.
        pulled: Sealed documents that are new here.
        resealed: Own documents that were sealed again, since the key had changed.
        quarantined: Own documents that came too late, and that the server keeps apart.
        rekeyed: New keys that this device had to open.
        removed: Circles in which this device is no longer.
        waiting: Circles that this device asks to be let into.
        refused: What is set aside now, of all circles.
        alarms: Number of alarms that are new.
        trouble: Circles that could not be brought up to date, each with why.
        differed: Circles of which this device or the server had something that the other lacked,
            found by comparing.
    """

    pushed: int = 0
    pulled: int = 0
    resealed: int = 0
    quarantined: int = 0
    rekeyed: int = 0
    removed: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    alarms: int = 0
    trouble: list[dict[str, str]] = field(default_factory=list)
    differed: list[str] = field(default_factory=list)


class _Pushed:
    """The server as the one to push to: what it acknowledged before is marked as such.

    Own documents that it never acknowledged must be sealed under the key of now. All others may be
    of any epoch: others' records that it lost, own ones from before a restore.
    """

    def __init__(self, line: Line, copy: CircleCopy) -> None:
        self._fresh = RemotePeer(line.known, copy.circle)
        self._again = RemotePeer(line.known, copy.circle, again=True)
        self._unsent = frozenset(copy.state.unsent)

    async def answer(self, request: Request[Any]) -> Any:
        if not isinstance(request, BulkDocs):
            return await self._fresh.answer(request)
        refused: list[Refusal] = []
        for peer, fresh in ((self._fresh, True), (self._again, False)):
            chosen = tuple(d for d in request.documents if (d["_id"] in self._unsent) == fresh)
            if chosen:
                refused += await peer.answer(BulkDocs(request.side, chosen))
        return refused


async def push(line: Line, copy: CircleCopy, report: Report) -> None:
    """Send what the server does not have, one's own unsent documents first.

    What it takes is counted in `report`, what it refused is in `copy.state.refused`.
    """
    held = await copy.store.read_many(copy.circle, offered_of(copy))
    offered = {name: [leaf.rev for leaf in stored.leaves] for name, stored in held.items()}
    progress = Progress()
    here = StorePeer(copy.store, copy.circle)
    run = _run(line, copy, push=True)
    try:
        await drive(replicate(run, progress, offered), here, _Pushed(line, copy), _keeper(copy))
    finally:
        report.pushed += sum(is_sealed(name) for name in progress.written)
        await answered(copy, progress.arrived)


def offered_of(copy: CircleCopy) -> list[str]:
    """Own documents that the server has not answered for, without those refused for good.

    Chunks come last.
    """
    hopeless = {one.id for one in copy.state.refused if one.code not in MAY_HEAL}
    waiting = [name for name in copy.state.unsent if name not in hopeless]
    return sorted(waiting, key=lambda name: not is_sealed(name))


async def answered(
    copy: CircleCopy, arrived: Collection[str], refused: Sequence[Refusal] = ()
) -> None:
    """Note durably what became of documents that were sent, by whichever road.

    What was refused is dealt with by `tending` and `resealing`, which look at the notes alone.

    Args:
        copy: Its notes change.
        arrived: Names of documents that the server has now.
        refused: What it did not take.
    """
    state = copy.state
    names = arrived if isinstance(arrived, set | frozenset) else set(arrived)
    waited = len(state.unsent), len(state.refused)
    state.unsent = [name for name in state.unsent if name not in names]
    state.refused = [one for one in state.refused if one.id not in names]
    gone = names | {one.id for one in refused if one.code not in BUSY}
    told = [
        note
        for stream, note in state.checkpoints.items()
        if note.owed and f"cp:{stream}:{copy.keys.id}" in gone
    ]
    for note in told:
        note.owed = False
    state.set_aside(list(refused))
    if refused or told or waited != (len(state.unsent), len(state.refused)):
        await copy.save()


async def pull(line: Line, copy: CircleCopy, report: Report) -> None:
    """Fetch what this device does not have."""
    progress = Progress()
    state = copy.state
    here: Peer = StorePeer(copy.store, copy.circle, first_version_only(copy))
    there: Peer = RemotePeer(line.known, copy.circle)
    if state.missing and line.now_s() - state.looked_at >= LOOK_AGAIN_S:
        state.looked_at = line.now_s()
        here, there = _FromStart(here), _FromStart(there)
    try:
        run = _run(line, copy, push=False)
        # What is shown under the name of a record that waits here says nothing of that record.
        await drive(replicate(run, progress), there, here, _keeper(copy, but=state.unsent))
    finally:
        copy.forget_keys()
        report.pulled += sum(is_sealed(name) for name in progress.written)
        state.refused = [one for one in state.refused if one.id not in progress.written]
        report.alarms += note_forged(copy, progress.refused, line.now_s())
        await copy.save()


class _FromStart:
    """A side that has no note of earlier runs and takes none: everything is looked at again."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def answer(self, request: Request[Any]) -> Any:
        if isinstance(request, GetLocal):
            return None
        return "0-1" if isinstance(request, PutLocal) else await self._peer.answer(request)


def note_forged(copy: CircleCopy, refusals: Sequence[Refusal], now_s: int) -> int:
    """Keep as alarms what no honest server gives for a record; how many are new."""
    before = len(copy.state.alarms)
    reason = "the server shows something that its author did not write in the place of a record"
    for one in refusals:
        if one.code in FORGED and is_sealed(one.id):
            stream, device, n = _place(one.id)
            copy.state.note_alarm(AlarmNote(one.code, reason, stream, device, n, at=now_s))
    return len(copy.state.alarms) - before


def _place(name: str) -> tuple[str, str, int]:
    """Stream, device and counter of a name, as far as it is one."""
    try:
        found = DocumentId.parse(name)
    except CircleError:
        return "", "", 0
    return found.stream, found.device, found.n


def _keeper(copy: CircleCopy, but: Collection[str] = ()) -> Keep:
    async def keep(refusals: Sequence[Refusal]) -> None:
        copy.state.set_aside([one for one in refusals if one.id not in but])
        await copy.save()

    return keep


def first_version_only(copy: CircleCopy) -> Judge:
    """Take what is sealed, and wraps, only as the one revision that their content has.

    A tombstone or a later revision would hide what is here; both exist only where somebody lies.
    A signature is checked at once where its author is known; what the author may write is judged
    when it is read, by the log as it is then. Of checkpoints, which do have later revisions, none
    takes the place of a later one.
    """

    def judge(view: View, document: Document) -> None:
        value = {"_id": document.id, "_rev": str(document.rev), **document.members}
        if is_sealed(document.id):
            sealed = Sealed.parse(copy.circle, value)
            author = copy.members.devices.get(sealed.id.device)
            if author is not None:
                sealed.verify(author.sign_point)
        elif document.id.startswith(WRAP_PREFIX) and value["_rev"] != structural_rev(value):
            raise CircleError("schema", "expected the revision that belongs to the content")
        elif CHECKPOINT_ID.match(document.id):
            found = Checkpoint.read(copy.members, value)
            held = view.rev(document.id)
            if held is not None:
                _require_later(found, held)

    return judge


def _require_later(found: Checkpoint, held: str) -> None:
    """As `Checkpoint.require_after`, of one of which only the revision is at hand."""
    number = int(held.partition("-")[0])
    if found.i < number:
        raise CircleError("stale", f"expected checkpoint {number} or a later one")
    if found.i == number and found.rev != held:
        raise CircleError("replaced", "another checkpoint of the same number")


def is_readable(name: str, device: str) -> bool:
    """Whether a device keeps a document of this name.

    The log is taken on its own; invitations and others' wraps are of no use to it.
    """
    if name.startswith(WRAP_PREFIX):
        return name.endswith(f":{device}")
    return not name.startswith(("log:", "inv:"))


def is_sealed(name: str) -> bool:
    """Whether a document of this name is a sealed record."""
    return name.partition(":")[0] in KINDS


def is_in(name: str, stream: str) -> bool:
    """Whether it is a record of this stream; chunks are of none."""
    return is_sealed(name) and DocumentId.parse(name).stream == stream


def _run(line: Line, copy: CircleCopy, *, push: bool) -> Run:
    """Name one direction by what is on both ends.

    The server's incarnation is part of the name: should its store be replaced by a backup while
    this run is under way, the note that the run leaves is one that no later run asks for.
    """
    device = line.identity.keys.id
    here = f"{device} {copy.circle}"
    there = f"{line.identity.server} {line.incarnation} {copy.circle}"
    own_checkpoints = {f"cp:{stream}:{device}" for stream in STREAMS}

    def readable(name: str) -> bool:
        return is_readable(name, device)

    session = secrets.token_hex(8)

    def tellable(name: str) -> bool:
        return is_sealed(name) or name in own_checkpoints

    if push:
        return Run(replication_id(here, there, "sealed"), session, selects=tellable)
    return Run(replication_id(there, here, "readable"), session, selects=readable)
