"""One sync of a device: every circle, its log first, then what was written here, then the rest.

Circles are independent: one that is in trouble is reported and holds up no other. When the server
cannot be reached at all, the whole sync says so.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rejoint_sync.checkpoint import replication_id
from rejoint_sync.circle.document import KINDS, Sealed, structural_rev
from rejoint_sync.circle.epochs import WRAP_PREFIX
from rejoint_sync.device.admission import add_own
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import pull_log, resume
from rejoint_sync.device.replica import StorePeer
from rejoint_sync.device.state import DEVICE_DATABASE, DeviceState
from rejoint_sync.document import Document
from rejoint_sync.drive import RemotePeer, Unreachable, drive
from rejoint_sync.errors import CircleError, SyncError
from rejoint_sync.replicator import Progress, Refusal, Run, replicate
from rejoint_sync.stores import Judge, Store, View

AT_ONCE: Final = 4
"""Circles in work at the same time."""

MAY_HEAL: Final = frozenset({"newer-log", "too_many_requests", "service_unavailable"})
"""Codes of refusals that another day may take; such documents are offered again."""


@dataclass(slots=True)
class Report:
    """What one sync did.

    Attributes:
        pushed: Sealed documents that the server took.
        pulled: Sealed documents that are new here.
        refused: What is set aside now, of all circles.
        trouble: Circles that could not be brought up to date, each with why.
    """

    pushed: int = 0
    pulled: int = 0
    refused: list[Refusal] = field(default_factory=list)
    trouble: list[dict[str, str]] = field(default_factory=list)


async def sync_all(line: Line, store: Store, state: DeviceState) -> Report:
    """Bring all circles of a device up to date, both ways.

    Raises:
        Unreachable: There is no server to talk to.
        SyncError: The server does not know this device in any circle.
    """
    report = Report()
    keys = line.identity.keys
    names = [name for name in await store.databases() if name != DEVICE_DATABASE]
    copies = {name: await CircleCopy.open(store, name, keys) for name in names}
    # A founding whose answer was lost comes first: without it the server may not know this device.
    for copy in copies.values():
        if copy.state.pending is not None:
            await _guarded(resume(line, copy), copy, report)
    listed = await _listed(line)
    for name in listed.keys() - copies.keys():
        await store.create(name)
        copies[name] = await CircleCopy.open(store, name, keys)
    await _all_circles(line, copies, listed, report)
    if copies:
        with contextlib.suppress(Unreachable):
            await add_own(line, state, copies)
    for copy in copies.values():
        report.refused += copy.state.refused
    return report


async def _all_circles(
    line: Line, copies: Mapping[str, CircleCopy], listed: Mapping[str, int], report: Report
) -> None:
    """Several at once; when the server is gone, those not begun are left for another time."""
    gate = asyncio.Semaphore(AT_ONCE)
    lost: list[Unreachable] = []

    async def one(copy: CircleCopy) -> None:
        async with gate:
            if lost:
                return
            try:
                await _guarded(_circle(line, copy, listed.get(copy.circle), report), copy, report)
            except Unreachable as error:
                lost.append(error)

    await asyncio.gather(*(one(copy) for copy in copies.values()))
    if lost:
        raise lost[0]


async def _guarded(work: Awaitable[object], copy: CircleCopy, report: Report) -> None:
    """Do the work of one circle; its trouble is reported, no server at all is everyone's."""
    try:
        await work
    except Unreachable:
        raise
    except SyncError as error:
        code = getattr(error, "code", None) or error.error
        trouble = {"circle": copy.circle, "code": str(code), "reason": error.reason}
        report.trouble.append(trouble)


async def _listed(line: Line) -> dict[str, int]:
    """The circles in which the server sees this device live, each with the number of its head."""
    answer = await line.known.call("GET", "/circles")
    try:
        line.incarnation = str(answer.get("incarnation", ""))
        return {str(circle["circle"]): int(circle["seq"]) for circle in answer["circles"]}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unreachable("an answer that is not a Rejoint server's") from None


async def _circle(line: Line, copy: CircleCopy, seq: int | None, report: Report) -> None:
    if seq is None and copy.me is None:
        # A founding or a joining that came to nothing.
        await copy.store.delete(copy.circle)
        return
    if copy.state.alarm:
        raise CircleError("fork", copy.state.alarm)
    await pull_log(line, copy, seq=seq)
    if not copy.live:
        return
    here = StorePeer(copy.store, copy.circle, _first_version_only(copy.circle))
    there = RemotePeer(line.known, copy.circle)
    await _push(line, copy, here, there, report)
    await _pull(line, copy, here, there, report)


def _first_version_only(circle: str) -> Judge:
    """Take what is sealed, and wraps, only as the one revision that their content has.

    A tombstone or a later revision would hide what is here; both exist only where somebody lies.
    Who wrote it is judged when it is read, by the log as it is then.
    """

    def judge(_: View, document: Document) -> None:
        value = {"_id": document.id, "_rev": str(document.rev), **document.members}
        if _is_sealed(document.id):
            Sealed.parse(circle, value)
        elif document.id.startswith(WRAP_PREFIX) and value["_rev"] != structural_rev(value):
            raise CircleError("schema", "expected the revision that belongs to the content")

    return judge


def _is_sealed(name: str) -> bool:
    return name.partition(":")[0] in KINDS


def _run(line: Line, copy: CircleCopy, *, push: bool) -> Run:
    """Name one direction by what is on both ends.

    The server's incarnation is part of the name: should its store be replaced by a backup while
    this run is under way, the note that the run leaves is one that no later run asks for.
    """
    device = line.identity.keys.id
    here = f"{device} {copy.circle}"
    there = f"{line.identity.server} {line.incarnation} {copy.circle}"
    own_wraps = f":{device}"

    def readable(name: str) -> bool:
        """The log is pulled on its own; invitations and others' wraps are of no use here."""
        if name.startswith(WRAP_PREFIX):
            return name.endswith(own_wraps)
        return not name.startswith(("log:", "inv:"))

    session = secrets.token_hex(8)
    if push:
        return Run(replication_id(here, there, "sealed"), session, selects=_is_sealed)
    return Run(replication_id(there, here, "readable"), session, selects=readable)


async def _push(
    line: Line, copy: CircleCopy, here: StorePeer, there: RemotePeer, report: Report
) -> None:
    state = copy.state
    hopeless = {one.id for one in state.refused if one.code not in MAY_HEAL}
    again = [name for name in state.unsent if name not in hopeless]
    held = await copy.store.read_many(copy.circle, again)
    offered = {name: [leaf.rev for leaf in stored.leaves] for name, stored in held.items()}

    async def keep(refusals: Sequence[Refusal]) -> None:
        state.set_aside(list(refusals))
        await copy.save()

    progress = Progress()
    try:
        await drive(replicate(_run(line, copy, push=True), progress, offered), here, there, keep)
    finally:
        report.pushed += len(progress.written)
        if not progress.arrived.isdisjoint(state.unsent) or any(
            one.id in progress.arrived for one in state.refused
        ):
            state.unsent = [name for name in state.unsent if name not in progress.arrived]
            state.refused = [one for one in state.refused if one.id not in progress.arrived]
            await copy.save()


async def _pull(
    line: Line, copy: CircleCopy, here: StorePeer, there: RemotePeer, report: Report
) -> None:
    async def keep(refusals: Sequence[Refusal]) -> None:
        copy.state.set_aside(list(refusals))
        await copy.save()

    progress = Progress()
    try:
        await drive(replicate(_run(line, copy, push=False), progress), there, here, keep)
    finally:
        report.pulled += sum(_is_sealed(name) for name in progress.written)
