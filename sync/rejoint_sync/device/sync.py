"""One sync of a device: every circle, its log first, then what was written here, then the rest.

Circles are independent: one that is in trouble is reported and holds up no other. When the server
cannot be reached at all, the whole sync says so.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Mapping
from typing import Final

from rejoint_sync.device.admission import add_own
from rejoint_sync.device.catch_up import return_to, show_newest
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.enrolment import bring_wanted
from rejoint_sync.device.exchange import Report, pull, push
from rejoint_sync.device.handing_on import not_offered, repair, report_missing
from rejoint_sync.device.lateness import hand_in
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import pull_log, resume
from rejoint_sync.device.recovery import bring_card_along
from rejoint_sync.device.rekeying import rekey_when_due
from rejoint_sync.device.resealing import reseal
from rejoint_sync.device.snapshots import check, fetch_first
from rejoint_sync.device.state import DEVICE_DATABASE, DeviceState
from rejoint_sync.device.tending import tend
from rejoint_sync.device.waiting import require_expected, seal_waiting
from rejoint_sync.device.watch import compare, sign
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import SyncError, Unauthorized
from rejoint_sync.stores import Store

AT_ONCE: Final = 4
"""Circles in work at the same time."""

_SENDINGS: Final = 3
"""How often in one sync what waits is sealed again because the key has just changed."""


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
    listed = await _listed_or_gone(line, copies)
    for name in listed.keys() - copies.keys():
        await store.create(name)
        copies[name] = await CircleCopy.open(store, name, keys)
    await _all_circles(line, copies, listed, report)
    if copies:
        await _apart(add_own(line, state, copies), report)
        await _apart(bring_card_along(line, state, copies), report)
    for copy in copies.values():
        report.refused += copy.state.refused
    return report


async def _apart(work: Awaitable[object], report: Report) -> None:
    """Do what spans circles; what fails is reported, and done by another sync."""
    try:
        await work
    except Unreachable:
        return
    except SyncError as error:
        code = str(getattr(error, "code", None) or error.error)
        report.trouble.append({"circle": "", "code": code, "reason": error.reason})


async def _listed_or_gone(line: Line, copies: Mapping[str, CircleCopy]) -> dict[str, int]:
    """As `listed_of`; nothing for a device that is in no circle any more, or not yet."""
    try:
        return await listed_of(line)
    except Unauthorized:
        # A restore may have forgotten that this device was let in.
        if await return_to(line, copies.values()):
            with contextlib.suppress(Unauthorized):
                return await listed_of(line)
        if not any(copy.me is not None or copy.state.asked for copy in copies.values()):
            raise
        return {}


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


async def listed_of(line: Line) -> dict[str, int]:
    """The circles in which the server sees this device live, each with the number of its head."""
    answer = await line.known.call("GET", "/circles")
    try:
        line.incarnation = str(answer.get("incarnation", ""))
        line.waiting = frozenset(
            str(circle["circle"]) for circle in answer["circles"] if circle.get("waiting")
        )
        return {str(circle["circle"]): int(circle["seq"]) for circle in answer["circles"]}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unreachable("an answer that is not a Rejoint server's") from None


async def _circle(line: Line, copy: CircleCopy, seq: int | None, report: Report) -> None:
    if seq is None and copy.me is None and copy.state.asked:
        report.waiting.append(copy.circle)
        return
    if seq is None and copy.me is None:
        # A founding or a joining that came to nothing.
        await copy.store.delete(copy.circle)
        return
    copy.require_writable()
    await pull_log(line, copy, seq=seq)
    if copy.circle in line.waiting and copy.live:
        await show_newest(line, copy)
    if copy.me is not None and not copy.live:
        report.removed.append(copy.circle)
        report.quarantined += await hand_in(line, copy)
        return
    await require_expected(copy, now_s=line.now_s())
    await bring_wanted(line, copy)
    await seal_waiting(copy, now_s=line.now_s())
    await _send(line, copy, report)
    if not copy.state.begun:
        await fetch_first(line, copy)
    await pull(line, copy, report)
    copy.state.begun = True
    await _hand_on(line, copy)
    report.alarms += await compare(copy, now_s=line.now_s())
    report.alarms += await check(copy, now_s=line.now_s())
    if await sign(copy, now_s=line.now_s()):
        await push(line, copy, report)


async def _send(line: Line, copy: CircleCopy, report: Report) -> None:
    """Send what waits, under the key of now, also when it changes while this is under way."""
    for _ in range(_SENDINGS):
        report.rekeyed += await rekey_when_due(line, copy)
        report.resealed += await reseal(line, copy, now_s=line.now_s())
        await push(line, copy, report)
        waiting = set(copy.state.unsent)
        if any(one.code == "stale" and one.id in waiting for one in copy.state.refused):
            await pull_log(line, copy)
        elif not await tend(line, copy, now_s=line.now_s()):
            return


async def _hand_on(line: Line, copy: CircleCopy) -> None:
    """Say which keys are missing here, and write those that others miss."""
    try:
        await report_missing(line, copy)
        await repair(line, copy, now_s=line.now_s())
    except SyncError as error:
        if not not_offered(error):
            raise
