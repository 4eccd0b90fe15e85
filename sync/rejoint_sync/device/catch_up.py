"""Bringing a server up to date whose log was restored from an older state.

The log is a chain: what this device has beyond the server's end either follows it or not. If it
does, the old bytes are sent again, with the wraps that this device can still write; what it cannot
write is reported as missing by whom it is for. If it does not, the log is another one.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from rejoint_sync.circle.epochs import make_wraps, required_wraps
from rejoint_sync.circle.log import Membership
from rejoint_sync.circle.schema import parse_entry
from rejoint_sync.device.circle import CircleCopy, plain
from rejoint_sync.device.line import Line
from rejoint_sync.errors import SyncError

ENTRIES_AT_ONCE = 100
"""Entries of one request: with a wrap for each of 20 devices still below its bound."""


async def bring_back(line: Line, copy: CircleCopy, shown: Sequence[dict[str, Any]]) -> None:
    """Send the server what it has lost of a log, if its log is the beginning of this one.

    Args:
        line: To the server.
        copy: Has more log than the server shows.
        shown: The entries that the server shows, from the first.

    Raises:
        SyncError: No answer, or not now. Whether it took all is seen by reading the log again.
    """
    heads = copy.members.heads
    hashes = [parse_entry(entry).hash for entry in shown]
    if hashes != list(heads[: len(hashes)]):
        return
    lost = await _bundles(copy, len(hashes))
    try:
        for start in range(0, len(lost), ENTRIES_AT_ONCE):
            body = {"again": True, "entries": lost[start : start + ENTRIES_AT_ONCE]}
            await line.known.call("POST", f"/circles/{copy.circle}/log", body=body)
    except SyncError as error:
        if error.status >= 500:
            raise


async def show_newest(line: Line, copy: CircleCopy) -> None:
    """Show a server that waits for its devices after a restore the newest entry of a log.

    Raises:
        SyncError: No answer, or the server's log is another one (`fork`).
    """
    newest = (await _bundles(copy, copy.members.seq))[-1:]
    body = {"again": True, "entries": newest}
    await line.known.call("POST", f"/circles/{copy.circle}/log", body=body)


async def return_to(line: Line, copies: Iterable[CircleCopy]) -> bool:
    """Bring a server that does not know this device any more the logs in which it is live.

    Returns:
        Whether there was any; whether the server took it is seen by asking it again.
    """
    live = [copy for copy in copies if copy.live and copy.state.pending is None]
    for copy in live:
        await bring_back(line, copy, [])
    return bool(live)


async def _bundles(copy: CircleCopy, first: int) -> list[dict[str, Any]]:
    """The entries from `first`, each with the required wraps that this device can write."""
    held = await copy.secrets()
    membership: Membership | None = None
    bundles = []
    async for stored in copy.range("log:"):
        entry = plain(stored)
        before = membership
        membership = before.append(entry) if before else Membership.founded(entry)
        if membership.seq < first:
            continue
        writable = [
            name
            for name in required_wraps(before, membership)
            if int(name[6:12]) in held.get(name[5], {})
        ]
        wraps = make_wraps(membership, writable, held)
        bundles.append({"log": entry, "wraps": list(wraps)})
    return bundles
