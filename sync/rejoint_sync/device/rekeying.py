"""New keys for a circle: when somebody left, when a year is over, when a person asks for one."""

from collections.abc import Collection
from typing import Final

from rejoint_sync.circle import entries
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.log import Mark, Membership
from rejoint_sync.circle.roles import REKEYS
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.exchange import Report, is_in, pull
from rejoint_sync.device.feeds import advance, fence
from rejoint_sync.device.keys import Fences, open_epochs, wraps_of
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import Answer, Made, append_once, pull_log
from rejoint_sync.errors import CircleError

YEAR_SECONDS: Final = 365 * 86_400


async def fences(
    copy: CircleCopy, members: Membership, streams: Collection[str], gone: Collection[str] = ()
) -> Fences:
    """Up to where the documents count of those who lost these streams by removal.

    Args:
        copy: What those devices wrote has been fetched.
        members: Before the entry.
        streams: Those that the entry opens.
        gone: Devices that the entry takes out.
    """
    await advance(copy)
    found: dict[str, dict[str, Mark]] = {}
    for stream in streams:
        lost = {device for device in gone if stream in members.devices[device].streams}
        found[stream] = {
            device: fence(copy, device, stream) for device in lost | members.unfenced(stream)
        }
    return found


async def rekey(line: Line, copy: CircleCopy, streams: Collection[str]) -> Answer:
    """Open a new epoch of each of these streams.

    Returns:
        `circle`, `streams`, `seq`.
    """
    chosen = sorted(streams)

    async def make(members: Membership, ts: int) -> Made:
        await pull(line, copy, Report())
        known = await fences(copy, members, chosen)
        ep, fresh = await open_epochs(copy, members, chosen, known)
        entry = entries.rekey(members, copy.keys, ep=ep, ts=ts)
        after = members.append(entry)
        wraps = await wraps_of(copy, members, after, fresh)
        return Bundle(entry, wraps), {"circle": copy.circle, "streams": chosen, "seq": after.seq}

    return await append_once(line, copy, "rekey", {"streams": chosen}, make)


async def rekey_when_due(line: Line, copy: CircleCopy) -> int:
    """Open new epochs where one is needed before this device writes, or once a year.

    A stream whose key somebody has who is gone takes no documents: who has something to send opens
    a new epoch first. Who has nothing to send leaves it to others.

    Returns:
        How many epochs were opened.
    """
    if copy.state.alarm or not await _due(copy, line.now_s()):
        return 0
    # Another device may have been faster, which is heard with the log.
    await pull_log(line, copy)
    due = await _due(copy, line.now_s())
    if not due:
        return 0
    await rekey(line, copy, due)
    return len(due)


async def _due(copy: CircleCopy, now_s: int) -> list[str]:
    """The streams that need a new epoch by this device, as far as its copy of the log says."""
    lacking = set(await copy.lacking())
    return [
        stream
        for stream in copy.require_me().streams
        if stream in copy.members.epochs
        and stream not in lacking
        and _is_due(copy, stream, now_s)
        and _may(copy, stream)
    ]


def _is_due(copy: CircleCopy, stream: str, now_s: int) -> bool:
    if copy.members.is_stale(stream):
        return any(is_in(name, stream) for name in copy.state.unsent)
    opened_s = copy.members.stamps[copy.members.current_epoch(stream).at_seq].ts
    return now_s - opened_s >= YEAR_SECONDS and copy.require_me().role in REKEYS


def _may(copy: CircleCopy, stream: str) -> bool:
    if copy.members.closed_s is not None:
        return False
    try:
        copy.members.require_may_rekey(copy.require_me(), [stream])
    except CircleError:
        return False
    return True
