"""Taking devices out, going oneself, and what may follow: late records, the end of a circle."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from rejoint_sync.circle import entries
from rejoint_sync.circle.document import KINDS, DocumentId
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.log import Mark, Membership
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.exchange import Report, pull, push
from rejoint_sync.device.feeds import advance, fence
from rejoint_sync.device.keys import Fences, open_epochs, wraps_of
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import Answer, Made, append_once
from rejoint_sync.device.rekeying import fences
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import BadRequest, CircleError


async def remove(line: Line, copy: CircleCopy, devices: Collection[str]) -> Answer:
    """Take devices out of a circle; what is written from now on they cannot read.

    What they wrote is fetched first, so that all of it that is known counts. Where the link is too
    poor for that, the server's count is taken.

    Returns:
        `circle`, `removed`, `seq`, and `counted`: by device and stream up to which counter its
        records count.
    """
    targets = sorted(set(devices))

    async def make(members: Membership, ts: int) -> Made:
        if not all(members.live(device) for device in targets):
            raise CircleError("target", "expected devices that are in this circle")
        me = copy.require_me()
        shared_k = me.s == "ck" and any(members.devices[one].s == "ck" for one in targets)
        streams = ("c", "k") if shared_k else ("c",)
        known = await _known(line, copy, members, streams, targets)
        ep, fresh = await open_epochs(copy, members, streams, known)
        entry = entries.remove(members, copy.keys, targets=targets, ep=ep, ts=ts)
        after = members.append(entry)
        wraps = await wraps_of(copy, members, after, fresh)
        counted = {x: {name: one.n for name, one in marks.items()} for x, marks in known.items()}
        answer = {"circle": copy.circle, "removed": targets, "seq": after.seq, "counted": counted}
        return Bundle(entry, wraps), answer

    return await append_once(line, copy, "remove", {"removed": targets}, make)


async def _known(
    line: Line,
    copy: CircleCopy,
    members: Membership,
    streams: Collection[str],
    gone: Collection[str],
) -> Fences:
    try:
        await pull(line, copy, Report())
    except Unreachable:
        known = await fences(copy, members, streams, gone)
        return await _counted(line, copy, known)
    return await fences(copy, members, streams, gone)


async def _counted(line: Line, copy: CircleCopy, known: Fences) -> Fences:
    """The server's counts, where they are beyond what is here: without a chain."""
    better: dict[str, Mapping[str, Mark]] = {}
    for stream, marks in known.items():
        counts = [await _count(line, copy, device, stream) for device in marks]
        better[stream] = {
            device: one if n <= one.n else Mark(n, "")
            for (device, one), n in zip(marks.items(), counts, strict=True)
        }
    return better


async def _count(line: Line, copy: CircleCopy, device: str, stream: str) -> int:
    """The greatest counter of a feed that the server has: one small answer for each kind."""
    since_s = copy.members.stamps[copy.members.devices[device].since].ts
    first = datetime.fromtimestamp(since_s, UTC)
    now = datetime.fromtimestamp(line.now_s(), UTC)
    months = range(first.year * 12 + first.month - 1, now.year * 12 + now.month)
    queries = [
        {
            "startkey": f"{kind}:{month // 12 % 100:02d}{month % 12 + 1:02d}:{device}:{stream}~",
            "endkey": f"{kind}:{month // 12 % 100:02d}{month % 12 + 1:02d}:{device}:{stream}",
            "descending": True,
            "limit": 1,
        }
        for month in months
        for kind in sorted(KINDS)
    ]
    counts = [0]
    for start in range(0, len(queries), 100):
        body = {"queries": queries[start : start + 100]}
        answer = await line.known.call("POST", f"/db/{copy.circle}/_all_docs/queries", body=body)
        try:
            names = [row["id"] for result in answer["results"] for row in result["rows"]]
            counts += [DocumentId.parse(name).n for name in names]
        except (KeyError, TypeError):
            raise Unreachable("an answer that is not a Rejoint server's") from None
    return max(counts)


async def leave(line: Line, copy: CircleCopy) -> Answer:
    """Take this device out of a circle, when all that it wrote is on the server.

    Returns:
        `circle`, `left`, `seq`.

    Raises:
        BadRequest: Something is not on the server yet; it would count no more.
    """

    async def make(members: Membership, ts: int) -> Made:
        me = copy.require_me()
        report = Report()
        await pull(line, copy, report)
        await push(line, copy, report)
        if copy.state.unsent:
            count = len(copy.state.unsent)
            raise BadRequest(f"{count} records are not on the server yet; sync or export first")
        await advance(copy)
        marks = {stream: fence(copy, me.device, stream) for stream in me.streams}
        entry = entries.leave(members, copy.keys, marks=marks, ts=ts)
        seq = members.append(entry).seq
        return Bundle(entry, ()), {"circle": copy.circle, "left": me.device, "seq": seq}

    return await append_once(line, copy, "leave", {"left": copy.keys.id}, make)


async def plain_entry(line: Line, copy: CircleCopy, op: str) -> Answer:
    """Close a circle, or open it again.

    Args:
        line: To the server.
        copy: The circle.
        op: "close" or "reopen".

    Returns:
        `circle`, `closed`, `seq`.
    """
    build: Any = {"close": entries.close, "reopen": entries.reopen}[op]

    async def make(members: Membership, ts: int) -> Made:
        entry = build(members, copy.keys, ts=ts)
        after = members.append(entry)
        answer = {"circle": copy.circle, "closed": op == "close", "seq": after.seq}
        return Bundle(entry, ()), answer

    return await append_once(line, copy, op, {}, make)


async def grant(line: Line, copy: CircleCopy, device: str) -> Answer:
    """Give a clinician's device the clinicians' stream.

    Returns:
        `circle`, `granted`, `seq`.
    """

    async def make(members: Membership, ts: int) -> Made:
        entry = entries.grant(members, copy.keys, target=device, ts=ts)
        after = members.append(entry)
        wraps = await wraps_of(copy, members, after)
        answer = {"circle": copy.circle, "granted": device, "seq": after.seq}
        return Bundle(entry, wraps), answer

    return await append_once(line, copy, "grant", {"granted": device}, make)
