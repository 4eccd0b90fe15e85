"""The longer way: a circle brought up to date by replication and the routes of circles.

Its log first, then what was written here, then the rest. It needs several requests of each circle,
asks for everything by name, and so finds out whatever may be wrong with it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Mapping
from typing import Final

from rejoint_sync.device.catch_up import return_to, show_newest
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.enrolment import bring_wanted
from rejoint_sync.device.exchange import Report, pull, push
from rejoint_sync.device.handing_on import not_offered, repair, report_missing
from rejoint_sync.device.lateness import hand_in
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import pull_log, resume
from rejoint_sync.device.rekeying import rekey_when_due
from rejoint_sync.device.resealing import reseal
from rejoint_sync.device.snapshots import check, fetch_first
from rejoint_sync.device.tending import tend
from rejoint_sync.device.waiting import require_expected, seal_waiting
from rejoint_sync.device.watch import compare, sign
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import SyncError, Unauthorized

AT_ONCE: Final = 4
"""Circles in work at the same time."""

SENDINGS: Final = 3
"""How often in one sync what waits is sealed again because the key has just changed."""


async def listed_or_gone(line: Line, copies: Mapping[str, CircleCopy]) -> dict[str, int]:
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


async def replicate_all(
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
                await guarded(_circle(line, copy, listed.get(copy.circle), report), copy, report)
            except Unreachable as error:
                lost.append(error)

    await asyncio.gather(*(one(copy) for copy in copies.values()))
    if lost:
        raise lost[0]


async def guarded(work: Awaitable[object], copy: CircleCopy, report: Report) -> None:
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
        line.relay_key = str(answer.get("relay", ""))
        line.waiting = frozenset(
            str(circle["circle"]) for circle in answer["circles"] if circle.get("waiting")
        )
        line.heads = {
            str(circle["circle"]): str(circle["h"]) for circle in answer["circles"] if "h" in circle
        }
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
    if copy.state.pending is not None and not await _resumed(line, copy, report):
        await push(line, copy, report)
        await pull(line, copy, report)
        return
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
    copy.state.behind = False
    await hand_on(line, copy)
    report.alarms += await compare(copy, now_s=line.now_s())
    report.alarms += await check(copy, now_s=line.now_s())
    if await sign(copy, now_s=line.now_s()):
        await push(line, copy, report)


async def _resumed(line: Line, copy: CircleCopy, report: Report) -> bool:
    """Whether an act that got no answer is over; not while the circle waits for other devices."""
    try:
        await resume(line, copy)
    except Unreachable as error:
        report.trouble.append({"circle": copy.circle, "code": error.error, "reason": error.reason})
        return False
    return True


async def _send(line: Line, copy: CircleCopy, report: Report) -> None:
    """Send what waits, under the key of now, also when it changes while this is under way."""
    for _ in range(SENDINGS):
        report.rekeyed += await rekey_when_due(line, copy)
        report.resealed += await reseal(line, copy, now_s=line.now_s())
        await push(line, copy, report)
        waiting = set(copy.state.unsent)
        if any(one.code == "stale" and one.id in waiting for one in copy.state.refused):
            await pull_log(line, copy)
        elif not await tend(line, copy, now_s=line.now_s()):
            return


async def hand_on(line: Line, copy: CircleCopy) -> None:
    """Say which keys are missing here, and write those that others miss."""
    try:
        await report_missing(line, copy)
        await repair(line, copy, now_s=line.now_s())
    except SyncError as error:
        if not not_offered(error):
            raise
