"""How this device reads a circle's log from the server and appends to it.

Appending (docs/circle.md, "Appending"): pull to the server's head, check that the act is allowed,
make the bundle, keep it, send it. Without an answer the same bytes are sent again, by this command
or a later one; another bundle is made only when the server said that someone else was faster.
"""

import asyncio
import math
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NoReturn

from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.epochs import wrap_id
from rejoint_sync.circle.log import Membership
from rejoint_sync.circle.schema import parse_entry
from rejoint_sync.device.catch_up import bring_back
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.line import Line
from rejoint_sync.device.state import AlarmNote, Pending
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import CircleError, StoreUnavailable, SyncError, Unauthorized

TRIES: Final = 5
_ENTRIES_AT_ONCE: Final = 20
FASTER: Final = frozenset({"seq", "prev"})
"""Codes that say: another entry took this place in the log."""

_VOID: Final = FASTER | {"ts"}
"""Codes of a bundle that can never land any more; `ts`: it was sent too late."""

Answer = dict[str, Any]
"""What a command prints."""

Made = tuple[Bundle, Answer]
"""A bundle, and what to tell the person when it is accepted."""

Make = Callable[[Membership, int], Awaitable[Made]]
"""From the log at its head and the server's time: the bundle, and what to tell the person."""


_ANOTHER: Final = "the server shows another log of this circle than before"


class _Shorter(CircleError):
    """The server shows a shorter log than before."""

    def __init__(self) -> None:
        super().__init__("newer-log", "the server shows a shorter log of this circle than before")


async def pull_log(line: Line, copy: CircleCopy, *, seq: int | None = None) -> None:
    """Bring the log up to the server's, and fetch the keys that became current with it.

    A server that was restored from an older state is sent what it lost. That it was is kept as the
    alarm `rollback`.

    Args:
        line: To the server.
        copy: Its log grows.
        seq: Number of the last entry as the server says; None when it is not known.

    Raises:
        CircleError: `newer-log` or `fork`: the server shows a shorter or another log than before.
            That is kept as an alarm, and nothing is written here any more. Other codes: an entry
            that breaks a rule, as by `Membership.append`; nothing of it is kept.
    """
    try:
        await _pull(line, copy, seq)
    except _Shorter:
        await _mend(line, copy)
    if await copy.lacking():
        await fetch_keys(line, copy)


async def _mend(line: Line, copy: CircleCopy) -> None:
    shown = await _entries(line, copy.circle, 0, copy.members.seq + 1)
    if [parse_entry(entry).hash for entry in shown] != list(copy.members.heads[: len(shown)]):
        await _raise_alarm(line, copy, "fork", _ANOTHER)
    try:
        await bring_back(line, copy, shown)
        await _pull(line, copy, None)
    except _Shorter as error:
        await _raise_alarm(line, copy, "newer-log", error.reason)
    reason = "the server had forgotten entries of this log and was sent them again"
    copy.state.note_alarm(AlarmNote("rollback", reason, n=len(shown), at=line.now_s()))
    await copy.save()


async def _pull(line: Line, copy: CircleCopy, seq: int | None) -> None:
    pin = copy.state.pin
    start = pin[0] if pin else 0
    while True:
        stop = start + _ENTRIES_AT_ONCE
        entries = await _entries(
            line, copy.circle, start, stop if seq is None else min(stop, seq + 1)
        )
        if pin is not None and start == pin[0]:
            await _hold_against(line, copy, pin, entries)
            await _extend(line, copy, entries[1:])
        else:
            await _extend(line, copy, entries)
        start += len(entries)
        if len(entries) < _ENTRIES_AT_ONCE or (seq is not None and start > seq):
            return


async def take_entries(line: Line, copy: CircleCopy, entries: list[dict[str, Any]]) -> None:
    """Take entries of a log that came along with other documents.

    Args:
        line: Tells the time.
        copy: Its log grows.
        entries: In any order; those that are here already are held against these.

    Raises:
        CircleError: `fork`, kept as an alarm that stops all writing; `seq`: one in between is
            missing; other codes as `pull_log`.
    """
    heads = copy.membership.heads if copy.membership else ()
    fresh: dict[int, dict[str, Any]] = {}
    for entry in entries:
        number = entry["_id"].removeprefix("log:")
        if not number.isdecimal():
            raise CircleError("schema", "expected a name like log:000001")
        if int(number) >= len(heads):
            fresh[int(number)] = entry
        elif parse_entry(entry).hash != heads[int(number)]:
            await _raise_alarm(line, copy, "fork", _ANOTHER)
    numbers = sorted(fresh)
    if numbers and numbers[0] != len(heads):
        raise CircleError("seq", "an entry of this log is missing")
    await _extend(line, copy, [fresh[number] for number in numbers])


async def _extend(line: Line, copy: CircleCopy, entries: list[dict[str, Any]]) -> None:
    """Take entries; one that breaks a rule is an alarm: no honest server takes such a one."""
    try:
        await copy.extend(entries)
    except CircleError as error:
        if error.code != "op":  # as a newer version may write it
            seq = copy.members.seq + 1 if copy.membership else 0
            reason = "the server shows an entry of this circle's log that breaks the rules"
            copy.state.note_alarm(AlarmNote(error.code, reason, n=seq, at=line.now_s()))
            await copy.save()
        raise


async def _hold_against(
    line: Line, copy: CircleCopy, pin: tuple[int, str], entries: list[dict[str, Any]]
) -> None:
    if not entries:
        raise _Shorter
    if parse_entry(entries[0]).hash != pin[1]:
        await _raise_alarm(line, copy, "fork", _ANOTHER)


async def _raise_alarm(line: Line, copy: CircleCopy, code: str, reason: str) -> NoReturn:
    pin = copy.state.pin
    alarm = AlarmNote(code, reason, n=pin[0] if pin else 0, at=line.now_s(), stops=True)
    copy.state.note_alarm(alarm)
    await copy.save()
    raise CircleError(code, copy.state.alarm)


async def fetch_keys(line: Line, copy: CircleCopy) -> None:
    """Fetch the wraps of current epochs that are not here yet; what the server lacks stays away."""
    for stream in await copy.lacking():
        epoch = copy.members.current_epoch(stream)
        name = wrap_id(stream, epoch.e, epoch.commit, copy.keys.id)
        found = await _documents(line, copy.circle, [name])
        wraps = [{"_id": name, "k": value["k"]} for value in found.values() if "k" in value]
        await copy.take_wraps(wraps)


async def _entries(line: Line, circle: str, start: int, stop: int) -> list[dict[str, Any]]:
    """The entries from `start` that are there, in order, without gaps, below `stop`."""
    names = [f"log:{number:06d}" for number in range(start, stop)]
    if not names:
        return []
    found = await _documents(line, circle, names)
    entries = []
    for name in names:
        if name not in found or "j" not in found[name]:
            break
        entries.append({"_id": name, "j": found[name]["j"]})
    return entries


async def _documents(line: Line, circle: str, names: list[str]) -> dict[str, dict[str, Any]]:
    """The documents of these names that the server gives."""
    answer = await line.known.call(
        "POST", f"/db/{circle}/_bulk_get", body={"docs": [{"id": name} for name in names]}
    )
    try:
        return {
            item["ok"]["_id"]: dict(item["ok"])
            for result in answer["results"]
            for item in result["docs"]
            if "ok" in item
        }
    except (KeyError, TypeError, ValueError):
        raise Unreachable("an answer that is not a Rejoint server's") from None


async def settle(line: Line, copy: CircleCopy) -> Pending | None:
    """Send what is pending until the server has answered for it.

    Returns:
        What was pending and is now accepted; None when nothing was.

    Raises:
        Unreachable: Still no answer; it stays pending.
        SyncError: Refused; it is dropped.
    """
    pending = copy.state.pending
    if pending is None:
        return None
    founding = pending.op == "genesis"
    by_right = "setup" in pending.body or "ticket" in pending.body
    asked = line.known if founding and not by_right else line.open
    path = "/circles" if founding else f"/circles/{copy.circle}/log"
    try:
        await asked.call("POST", path, body=pending.body)
    except (StoreUnavailable, Unauthorized):
        raise
    except SyncError as error:
        if error.status in (401, 429) or error.status >= 500:
            raise
        copy.state.pending = None
        await copy.save()
        raise
    await copy.adopt(Bundle.parse(pending.body))
    return pending


async def resume(line: Line, copy: CircleCopy) -> Pending | None:
    """Finish what an earlier command began and got no answer for.

    Returns:
        What is accepted now; None when nothing was pending or it can never land any more: then it
        is as if that command had not been given.

    Raises:
        SyncError: As `settle`, for other reasons.
    """
    try:
        return await settle(line, copy)
    except CircleError as error:
        if error.code not in _VOID:
            raise
        return None


async def send(line: Line, copy: CircleCopy, pending: Pending) -> None:
    """Keep a new bundle durably, then send it; raises as `settle`."""
    copy.state.pending = pending
    await copy.save()
    await settle(line, copy)


async def append(line: Line, copy: CircleCopy, op: str, make: Make) -> dict[str, Any]:
    """Append one entry at the log's head.

    Args:
        line: To the server.
        copy: The circle; nothing is pending.
        op: Name of the operation.
        make: Called again with the longer log each time someone else was faster.

    Returns:
        What `make` said to tell the person.

    Raises:
        SyncError: Refused, or no answer: then it stays pending.
    """
    copy.require_writable()
    for attempt in range(TRIES):
        await pull_log(line, copy)
        members = copy.members
        bundle, answer = await make(members, max(line.now_s(), members.stamps[-1].ts))
        members.append(bundle.log)
        try:
            await send(line, copy, Pending(op, bundle.to_json(), answer))
        except CircleError as error:
            if error.code not in FASTER or attempt == TRIES - 1:
                raise
            await pause(attempt)
        else:
            return answer
    raise AssertionError("the last try returns or raises")


async def append_once(
    line: Line, copy: CircleCopy, op: str, about: Mapping[str, object], make: Make
) -> Answer:
    """As `append`, unless an earlier command of the same meaning had not been answered yet.

    Args:
        line: To the server.
        copy: The circle.
        op: Name of the operation.
        about: What in the answer of that command makes it the same one.
        make: As for `append`.

    Returns:
        What `make` said, now or then; never what says that it `expires` at a time that is over.
    """
    settled = await resume(line, copy)
    if settled is not None and settled.op == op:
        answer = settled.answer
        is_same = all(answer.get(name) == value for name, value in about.items())
        if is_same and answer.get("expires", math.inf) > line.now_s():
            return answer
    return await append(line, copy, op, make)


async def pause(attempt: int) -> None:
    """Wait a moment of random length, longer each time: who was faster may be at it again."""
    await asyncio.sleep((1 + secrets.randbelow(100)) / 400 * (attempt + 1))
