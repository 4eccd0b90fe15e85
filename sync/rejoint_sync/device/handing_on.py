"""Keys that did not arrive: reported by whom they are for, written again by who holds them."""

from typing import Any, Final

from rejoint_sync.circle.epochs import make_wraps, wrap_id
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.line import Line
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import SyncError

REPAIR_EVERY_S: Final = 3600
"""How often a device asks, in seconds, which keys others lack."""


async def report_missing(line: Line, copy: CircleCopy) -> list[str]:
    """Tell the server which keys this device needs and does not have; their names."""
    names = await missing(copy)
    for name in names:
        path = f"/circles/{copy.circle}/wraps/missing"
        await line.known.call("POST", path, body={"wrap": name})
    return names


async def missing(copy: CircleCopy) -> list[str]:
    """Names of the wraps that this device needs: of current keys, and behind broken links."""
    ring = await copy.keyring()
    needed = {stream: [copy.members.current_epoch(stream).e] for stream in await copy.lacking()}
    for bad in ring.broken:
        if bad.e - 1 not in ring.secrets.get(bad.stream, {}):
            needed.setdefault(bad.stream, []).append(bad.e - 1)
    return [
        wrap_id(stream, e, copy.members.epochs[stream][e - 1].commit, copy.keys.id)
        for stream, numbers in needed.items()
        for e in numbers
    ]


async def repair(line: Line, copy: CircleCopy, *, now_s: int) -> int:
    """Write again the keys that others lack, as far as they are held here; how many.

    Asked once in `REPAIR_EVERY_S`.
    """
    if now_s - copy.state.repaired_at < REPAIR_EVERY_S:
        return 0
    path = f"/circles/{copy.circle}/wraps"
    try:
        answer = await line.known.call("GET", path + "/missing")
    except SyncError as error:
        if not not_offered(error):
            raise
        answer = {"wraps": []}
    copy.state.repaired_at = now_s
    await copy.save()
    try:
        names = [str(name) for name in answer["wraps"]]
    except (KeyError, TypeError):
        raise Unreachable("an answer that is not a Rejoint server's") from None
    held = await copy.secrets()
    writable = [name for name in names if _writable(copy, held, name)]
    if not writable:
        return 0
    wraps = make_wraps(copy.members, writable, held)
    await line.known.call("POST", path, body={"wraps": list(wraps)})
    return len(wraps)


def _writable(copy: CircleCopy, held: Any, name: str) -> bool:
    """Whether a name is that of a wrap for a live device of the stream, of a key held here."""
    parts = name.split(":")
    if len(parts) != 4 or parts[0] != "wrap" or not parts[1][1:].isdecimal():
        return False
    stream, e, device = parts[1][:1], int(parts[1][1:]), parts[3]
    entitled = {member.device for member in copy.members.entitled(stream)}
    chain = copy.members.epochs.get(stream, ())
    known = device in entitled and 1 <= e <= len(chain) and e in held.get(stream, {})
    return known and name == wrap_id(stream, e, chain[e - 1].commit, device)


def not_offered(error: SyncError) -> bool:
    """Whether an error says that this server does not have the route."""
    return error.status in (404, 405, 501)
