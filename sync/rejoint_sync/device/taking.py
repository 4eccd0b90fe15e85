"""Keeping what one-request sync brings of a circle: the log first, all else is judged by it.

Source: docs/protocol.md, "One-request sync".
"""

from collections.abc import Sequence
from typing import Any, Final

from rejoint_sync.circle.epochs import WRAP_PREFIX
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.exchange import (
    Report,
    answered,
    first_version_only,
    is_readable,
    is_sealed,
    note_forged,
)
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import take_entries
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, StoreUnavailable, SyncError
from rejoint_sync.exchange.packing import names_of, unpack
from rejoint_sync.replicator import Refusal, refusal

_LOG: Final = "log:"

Rows = Sequence[object]


async def take(line: Line, copy: CircleCopy, items: Sequence[Rows], report: Report) -> None:
    """Keep documents durably; one that is refused is noted with its code and blocks no other.

    Args:
        line: Tells the time.
        copy: The circle.
        items: Packed documents of one circle, in the order in which they were given.
        report: Told what is new.

    Raises:
        StoreUnavailable: Nothing may be reported as known.
        CircleError: Of the log, as `take_entries`; or a row that is no document, which was noted by
            the name that it gives itself, if any. All others were kept.
    """
    documents: list[dict[str, Any]] = []
    fault: SyncError | None = None
    misread: list[Refusal] = []
    for rows in items:
        said = names_of(rows, copy.keys.id)
        for name, one in zip(said, unpack(rows, copy.circle, copy.keys.id), strict=True):
            if isinstance(one, SyncError):
                fault = one
                misread.append(refusal(name, "target", one))
            else:
                documents.append(one)
    await _note_misread(copy, misread)
    entries = [
        {name: value for name, value in one.items() if name != "_rev"}
        for one in documents
        if one["_id"].startswith(_LOG)
    ]
    if entries:
        await take_entries(line, copy, entries)
    if copy.membership is None:
        raise CircleError("seq", "the log of this circle is missing")
    await _keep(line, copy, documents, report)
    if fault is not None:
        raise fault


async def _note_misread(copy: CircleCopy, misread: Sequence[Refusal]) -> None:
    """Show what came in a form that is none, until the longer way brings it all the same."""
    held = await copy.store.trees(copy.circle, [one.id for one in misread if one.id])
    # Of what is here, or waits here, such a row says nothing.
    known = {"", *held, *copy.state.unsent}
    lacking = [one for one in misread if one.id not in known]
    if lacking:
        copy.state.set_aside(lacking)
        await copy.save()


async def _keep(
    line: Line, copy: CircleCopy, documents: Sequence[dict[str, Any]], report: Report
) -> None:
    refused: list[Refusal] = []
    parsed: list[Document] = []
    for value in await _not_waiting(copy, documents):
        try:
            parsed.append(Document.parse(value))
        except SyncError as error:
            refused.append(refusal(str(value["_id"]), "target", error))
    names = [one.id for one in parsed]
    held = await copy.store.trees(copy.circle, names)
    outcomes = await copy.store.write(
        copy.circle, parsed, new_edits=False, judge=first_version_only(copy)
    )
    for outcome in outcomes:
        if isinstance(outcome.error, StoreUnavailable):
            raise outcome.error
        if outcome.error is not None:
            refused.append(refusal(outcome.id, "target", outcome.error))
    if any(name.startswith(WRAP_PREFIX) for name in names):
        copy.forget_keys()
    kept = set(names) - {one.id for one in refused}
    report.pulled += sum(is_sealed(name) and name not in held for name in kept)
    if refused or any(one.id in kept for one in copy.state.refused):
        copy.state.refused = [one for one in copy.state.refused if one.id not in kept]
        copy.state.set_aside(refused)
        report.alarms += note_forged(copy, refused, line.now_s())
        await copy.save()


async def _not_waiting(
    copy: CircleCopy, documents: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What is to be kept, without what is shown under the names of records that wait here.

    The same document is the acknowledgement that was lost; another one says nothing of the record
    that waits: when that is sent, the server says what it has in its place.
    """
    readable = [
        one
        for one in documents
        if not one["_id"].startswith(_LOG) and is_readable(one["_id"], copy.keys.id)
    ]
    waiting = set(copy.state.unsent).intersection(one["_id"] for one in readable)
    if not waiting:
        return readable
    held = await copy.store.read_many(copy.circle, sorted(waiting))
    same = {
        one["_id"]
        for one in readable
        if one["_id"] in held and one["_rev"] in {leaf.rev for leaf in held[one["_id"]].leaves}
    }
    await answered(copy, same)
    return [one for one in readable if one["_id"] not in waiting]
