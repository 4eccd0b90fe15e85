"""Does this device hold what the server holds? Compared by digest, bisected and mended both ways.

One round trip where all is equal, three where something differs: digests, marks of the parts that
differ, and what the server lacks. Nothing is believed by it: what comes is checked as always.

Source: docs/protocol.md, "Comparing".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.exchange import is_sealed
from rejoint_sync.device.one_request import OneRequest, Owed
from rejoint_sync.device.replica import document_of
from rejoint_sync.exchange.digest import Inventory
from rejoint_sync.exchange.messages import SENDS_ONLY, Asked, Begin, Digests, Wanted
from rejoint_sync.exchange.packing import CHUNK_PREFIX

RECORDS_AT_ONCE: Final = 200
"""Records of one item, when a server is sent again what it lacks."""

ITEMS_AT_ONCE: Final = 20
"""Such items of one request, about."""

WANTED_AT_ONCE: Final = 500
"""Buckets of one request: far below what a request may hold."""

_PAGE: Final = 1000
_LOG: Final = "log:"


@dataclass(slots=True)
class Compared:
    """What a comparison found.

    Attributes:
        differ: Circles of which one side had something that the other did not.
        extra: What is still to be brought, with the next request.
    """

    differ: set[str] = field(default_factory=set)
    extra: Owed = field(default_factory=Owed)


async def compare(trip: OneRequest, names: Collection[str], begin: Begin) -> Compared:
    """Compare circles with the server's, and mend what differs.

    Where the server lacks entries of a log, its circle is left to the longer way.

    Args:
        trip: Asks.
        names: Circles that were read whole before.
        begin: Of the first request. With an empty cursor and a small budget it brings a cursor for
            what is equal.

    Returns:
        What was found; all that this device lacked is here.

    Raises:
        As `OneRequest.run`.
    """
    found = Compared()
    held = {name: await inventory(trip.copies[name]) for name in sorted(names)}
    if not held:
        return found
    await _bring_lost_chunks(trip, held)
    said = await trip.ask(begin, Owed(_digests(held)))
    wanted: list[Asked] = [
        Wanted(one.circle, one.bucket, held[one.circle].differing(one.bucket, one.parts))
        for one in said.unequal
        if one.circle in held
    ]
    quiet = Begin(begin.cursor, 0, SENDS_ONLY)
    for start in range(0, len(wanted), WANTED_AT_ONCE):
        said = await trip.ask(quiet, Owed(wanted[start : start + WANTED_AT_ONCE]))
        found.differ |= said.given & held.keys()
        for one in said.lacking:
            if one.circle in held:
                await _lost(trip, one.circle, held[one.circle].named(one.bucket, one.marks), found)
            if len(found.extra.items) >= ITEMS_AT_ONCE:
                await trip.ask(quiet, found.extra)
                found.extra = Owed()
    if wanted and not begin.cursor:
        found.extra.items += _digests({name: await inventory(trip.copies[name]) for name in held})
    return found


async def _bring_lost_chunks(trip: OneRequest, names: Collection[str]) -> None:
    """Have sent again what of the chunks that are kept here the server has lost."""
    for name in names:
        copy = trip.copies[name]
        waiting = set(copy.state.unsent)
        kept = {
            stored.id: [stored.leaves[0].rev]
            async for stored in copy.range(CHUNK_PREFIX)
            if stored.id not in waiting
        }
        lost = await trip.lacking(name, kept) if kept else []
        if lost:
            copy.state.unsent += lost
            await copy.save()


async def inventory(copy: CircleCopy) -> Inventory:
    """What is here of a circle, but for chunks and what the server cannot have."""
    apart = {*copy.state.unsent, *copy.state.quarantined, *(one.id for one in copy.state.refused)}
    held: list[tuple[str, str]] = []
    start = ""
    while True:
        page = await copy.store.range(copy.circle, start, "\U0010ffff", limit=_PAGE)
        kept = (one for one in page if one.id not in apart and not one.id.startswith(CHUNK_PREFIX))
        held += [(one.id, leaf.rev) for one in kept for leaf in one.leaves]
        if len(page) < _PAGE:
            return Inventory.of(held)
        start = page[-1].id + "\0"


def _digests(held: Mapping[str, Inventory]) -> list[Asked]:
    return [Digests(name, one.digests()) for name, one in held.items()]


async def _lost(trip: OneRequest, circle: str, names: Collection[str], found: Compared) -> None:
    """What the server lacks, to be brought again, of any author; entries go the longer way."""
    if any(name.startswith(_LOG) for name in names):
        trip.longer.add(circle)
        found.differ.add(circle)
    records = [name for name in names if is_sealed(name)]
    if records:
        found.differ.add(circle)
    copy = trip.copies[circle]
    for start in range(0, len(records), RECORDS_AT_ONCE):
        documents = await _documents(copy, records[start : start + RECORDS_AT_ONCE])
        found.extra.bring_again(circle, documents, copy.keys.id)


async def _documents(copy: CircleCopy, names: Collection[str]) -> list[dict[str, Any]]:
    stored = await copy.store.read_many(copy.circle, sorted(names))
    return [document_of(name, leaf) for name, one in stored.items() for leaf in one.leaves]
