"""Records that come too late: written on a device that has been removed meanwhile.

The device cannot send them any more. The server keeps them apart, in a quarantine; who could have
removed the device may read them there and decide up to where they count after all.
"""

from dataclasses import replace
from typing import Any, Final

from rejoint_sync.circle import entries
from rejoint_sync.circle.document import Sealed, author_of, open_document
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.epochs import Secrets
from rejoint_sync.circle.feed import Chain
from rejoint_sync.circle.log import Mark, Membership
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.exchange import Report, pull
from rejoint_sync.device.feeds import advance, mark
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import Answer, Made, append_once, pull_log
from rejoint_sync.device.replica import document_of
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import BadRequest, CircleError
from rejoint_sync.replicator import Refusal

AT_ONCE: Final = 100
_SEALED: Final = ("_id", "_rev", "h", "c", "s")


async def hand_in(line: Line, copy: CircleCopy) -> int:
    """As a removed device, give the server what was not sent before; how many it keeps apart."""
    state = copy.state
    waiting = list(state.unsent)
    count = 0
    for start in range(0, len(waiting), AT_ONCE):
        names = waiting[start : start + AT_ONCE]
        held = await copy.store.read_many(copy.circle, names)
        documents = [_bare(document_of(name, one.leaves[0])) for name, one in held.items()]
        body = {"docs": documents}
        rows = await line.known.call("POST", f"/circles/{copy.circle}/quarantine", body=body)
        refused = _refused(rows)
        taken = [name for name in names if name in held and name not in refused]
        state.set_aside(list(refused.values()))
        state.unsent = [name for name in state.unsent if name not in set(taken)]
        state.quarantined += [name for name in taken if name not in state.quarantined]
        await copy.save()
        count += len(taken)
    return count


def _bare(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in _SEALED}


def _refused(rows: Any) -> dict[str, Refusal]:
    try:
        return {
            row["id"]: Refusal(
                row["id"], "target", str(row.get("code") or row["error"]), str(row.get("reason"))
            )
            for row in rows
            if row.get("error")
        }
    except (KeyError, TypeError, AttributeError):
        raise Unreachable("an answer that is not a Rejoint server's") from None


async def late(line: Line, copy: CircleCopy, device: str) -> Answer:
    """What a removed device handed in too late.

    Returns:
        `circle`, `device`, and `records`, each with `id`, `stream`, `n` and `value` (None when it
        does not open here).
    """
    await pull_log(line, copy)
    held = await copy.secrets()
    rows = []
    for sealed, document in await _handed_in(line, copy, device):
        try:
            value = _opened(copy.members, held, sealed, document)
        except CircleError:
            value = None
        row = {"id": document["_id"], "stream": sealed.id.stream, "n": sealed.id.n}
        rows.append(row | {"value": value})
    return {"circle": copy.circle, "device": device, "records": rows}


async def _handed_in(
    line: Line, copy: CircleCopy, device: str
) -> list[tuple[Sealed, dict[str, Any]]]:
    answer = await line.known.call(
        "GET", f"/circles/{copy.circle}/quarantine", params={"device": device}
    )
    found = []
    try:
        documents = [_bare(document) for document in answer["docs"]]
    except (KeyError, TypeError):
        raise Unreachable("an answer that is not a Rejoint server's") from None
    for document in documents:
        try:
            sealed = Sealed.parse(copy.circle, document)
            sealed.verify(author_of(copy.members, sealed).sign_point)
        except CircleError:
            continue
        if sealed.id.device == device:
            found.append((sealed, document))
    return sorted(found, key=lambda one: (one[0].id.stream, one[0].id.n))


def _opened(
    membership: Membership, held: Secrets, sealed: Sealed, document: dict[str, Any]
) -> dict[str, Any]:
    """Open a record whose author's fence does not reach it yet."""
    author = membership.devices[sealed.id.device]
    marks = {**author.marks, sealed.id.stream: (Mark(sealed.id.n, ""),)}
    devices = {**membership.devices, author.device: replace(author, marks=marks)}
    return open_document(replace(membership, devices=devices), held, document)


async def accept(
    line: Line, copy: CircleCopy, device: str, *, stream: str = "c", n: int | None = None
) -> Answer:
    """Let late records of a removed device count after all.

    Args:
        line: To the server.
        copy: The circle.
        device: The one that is gone.
        stream: "c" or "k".
        n: Up to which counter; None for all that are there without a gap.

    Returns:
        `circle`, `device`, `stream`, `accepted` (the counter), `seq`.

    Raises:
        BadRequest: Nothing without a gap reaches so far.
    """

    async def make(members: Membership, ts: int) -> Made:
        await pull(line, copy, Report())
        await advance(copy)
        start = mark(copy, device, stream)
        found = await _handed_in(line, copy, device)
        chain = Chain.of((sealed for sealed, _ in found if sealed.id.stream == stream), start)
        end = chain.end if n is None else chain.at(n)
        if end is None or end.n <= start.n:
            raise BadRequest("no late records of this device reach so far without a gap")
        reached = Mark(end.n, end.d)
        entry = entries.accept(
            members, copy.keys, target=device, stream=stream, mark=reached, ts=ts
        )
        answer = {"circle": copy.circle, "device": device, "stream": stream, "accepted": end.n}
        return Bundle(entry, ()), answer | {"seq": members.append(entry).seq}

    about = {"device": device, "stream": stream}
    return await append_once(line, copy, "accept", about, make)
