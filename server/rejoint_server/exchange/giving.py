"""What a device is given in one request of `POST /sync`: what is new in its circles, and how far.

A circle in which nothing changed since the cursor is known by its number alone: it costs neither a
look into the file nor one at its log.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from rejoint_server.access.hints import Hints
from rejoint_server.access.login import Login
from rejoint_server.access.memberships import Memberships
from rejoint_server.circles.policy import sight_of
from rejoint_server.exchange.intake import Taken
from rejoint_server.exchange.kept_places import KeptPlaces
from rejoint_sync.circle.log import Member, Membership
from rejoint_sync.errors import CircleError, NotFound, StoreUnavailable
from rejoint_sync.exchange.cursor import PLACES_BYTES, Cursor, Place
from rejoint_sync.exchange.digest import Inventory
from rejoint_sync.exchange.frames import write
from rejoint_sync.exchange.messages import (
    WITHOUT_CHUNKS,
    Begin,
    Digests,
    End,
    Given,
    Lacking,
    Notice,
    Reached,
    Told,
    Unequal,
    Wanted,
    answer_item,
)
from rejoint_sync.exchange.packing import CHECKPOINT_PREFIX, CHUNK_PREFIX, REQUEST_PREFIX, pack
from rejoint_sync.sequence import Position
from rejoint_sync.sequence import Sequence as Number
from rejoint_sync.stores import ChangesQuery, Leaf, Sight, Store, Stored

GIVEN_BYTES: Final = 1024
"""An item of records is closed at this size: any link that stays up for seconds brings one."""

BUDGET_BYTES: Final = 4 * 1024 * 1024
"""Bytes of records in one answer, where the device asks for no less."""

ROWS_AT_ONCE: Final = 200
_INVITATION_PREFIX: Final = "inv:"


@dataclass(slots=True)
class Visit:
    """One request of a device, on its way.

    Attributes:
        device: Who asks.
        begin: What it said first.
        cursor: What its cursor means.
        kept: The places that are kept under the name in that cursor.
        number: Of the store, after all that the request brought was stored.
        taken: What need not be given back.
        is_known: Whether its cursor means anything here; else it stands at the beginning.
        reached: By circle how far it is informed, of those that were looked at.
        behind: Circles that it is not given although they changed, with where it stands.
        given: Bytes of records so far.
        is_full: Whether the budget is used up.
    """

    device: str
    begin: Begin
    cursor: Cursor
    kept: Mapping[str, Place]
    number: int
    taken: Taken = field(default_factory=dict)
    is_known: bool = True
    reached: dict[str, Place] = field(default_factory=dict)
    behind: dict[str, Place] = field(default_factory=dict)
    given: int = 0
    is_full: bool = False

    @property
    def budget(self) -> int:
        """Bytes of records that may be given."""
        return min(self.begin.budget or BUDGET_BYTES, BUDGET_BYTES)

    @property
    def left_out(self) -> tuple[str, ...]:
        """How names begin of what this device is not given."""
        chunks = (CHUNK_PREFIX,) if self.begin.flags & WITHOUT_CHUNKS else ()
        return (_INVITATION_PREFIX, *chunks)


class Giving:
    """Gives what is new, and compares.

    Args:
        store: Where circles are.
        memberships: Who stands where.
        hints: In which circles a device may be.
        login: Who is served.
    """

    def __init__(self, store: Store, memberships: Memberships, hints: Hints, login: Login) -> None:
        self._store = store
        self._memberships = memberships
        self._hints = hints
        self._login = login
        self._places = KeptPlaces(store)

    async def visit(self, device: str, begin: Begin) -> Visit:
        """Understand how far a device is informed, before anything that it brings is stored."""
        number = self._store.number
        cursor = Cursor.read(begin.cursor, self._store.incarnation, device, number)
        kept: Mapping[str, Place] | None = {}
        if cursor is not None and cursor.kept:
            kept = await self._places.find(device, cursor.kept)
        if cursor is None or kept is None:
            return Visit(device, begin, Cursor(), {}, number, is_known=False)
        return Visit(device, begin, cursor, kept, number)

    async def news(self, visit: Visit) -> dict[str, int]:
        """The circles in which something changed, each with how far the device knows its feed."""
        circles = await self._hints.remembered(visit.device)
        # Until the last one is through, each that is keeps its own place.
        places = {**visit.kept, **visit.cursor.circles}
        visit.reached = {name: places[name] for name in circles if name in places}
        known = {name: places[name].at if name in places else None for name in circles}
        return await self._store.behind(known, visit.cursor.number)

    async def give(self, visit: Visit) -> AsyncGenerator[bytes, None]:
        """What is new to the device, item by item, with the cursor that goes with it."""
        cursor = visit.cursor
        starts = await self.news(visit)
        for circle, start in starts.items():
            async for part in self._circle(visit, circle, start):
                yield part
            if visit.is_full:
                break
        if not starts and visit.begin.cursor:
            return
        is_through = not visit.is_full and visit.number > 0
        places = visit.behind if is_through else visit.reached | visit.behind
        text = await self._written(visit, visit.number if is_through else cursor.number, places)
        if text != visit.begin.cursor:
            yield _told(Reached(text))

    async def _written(self, visit: Visit, number: int, places: Mapping[str, Place]) -> bytes:
        """A cursor with these places, which are kept where they are too many to travel.

        Where they cannot be, on a full disk, it is the one that was brought: what is given now will
        be given again.
        """
        name, kept = visit.cursor.kept, visit.kept
        if number != visit.cursor.number:
            name, kept = "", {}
        moved = {
            circle: place
            for circle, place in places.items()
            if circle not in kept or not _is_same(place, kept[circle])
        }
        store, device = self._store.incarnation, visit.device
        text = Cursor(number, moved, name).write(store, device)
        if len(text) <= PLACES_BYTES:
            return text
        try:
            name = await self._places.keep(device, places)
        except StoreUnavailable:
            return visit.begin.cursor
        visit.kept, visit.cursor = dict(places), replace(visit.cursor, kept=name)
        return Cursor(number, {}, name).write(store, device)

    async def _circle(self, visit: Visit, circle: str, start: int) -> AsyncGenerator[bytes, None]:
        try:
            membership = await self._memberships.of(circle)
        except NotFound:
            return
        except CircleError:
            yield _told(Notice(circle, "gone"))
            return
        member = membership.devices.get(visit.device)
        if member is None:
            return
        if await self._login.is_suspended(visit.device, membership):
            visit.behind[circle] = visit.reached.get(circle) or Place(start, _seen_since(member))
            yield _told(Notice(circle, "suspended"))
            return
        place = visit.reached.get(circle)
        if place is None:
            begun = start if await self._saw_all(membership, member, start) else 0
            place = Place(begun, _seen_since(member))
        elif place.seq < _seen_since(member):
            place = Place(0, _seen_since(member))
        async for part in self._rows(visit, circle, sight_of(member), place):
            yield part
        if not member.live and not visit.is_full:
            yield _told(Notice(circle, "gone"))

    async def _saw_all(self, membership: Membership, member: Member, start: int) -> bool:
        """Whether the device saw then what it sees now: nothing let it see more after `start`."""
        name = f"log:{_seen_since(member):06d}"
        entry = await self._store.read(membership.circle, name) if start else None
        return entry is not None and entry.sequence <= start

    async def _rows(
        self, visit: Visit, circle: str, sight: Sight, place: Place
    ) -> AsyncGenerator[bytes, None]:
        skipped, left_out = visit.taken.get(circle, frozenset[str]()), visit.left_out
        since_reached, enough, at = 0, GIVEN_BYTES, place.at
        while True:
            query = ChangesQuery(since=at, limit=ROWS_AT_ONCE, sight=sight, exact=False)
            page = await self._store.changes(circle, query)
            numbers = {
                row["id"]: Number.parse(row["seq"]).number
                for row in orjson.loads(b"[" + page.rows + b"]")
                if row["id"] not in skipped and not row["id"].startswith(left_out)
            }
            held = await self._store.read_many(circle, list(numbers)) if numbers else {}
            # By the numbers of this page: a document may have moved on since.
            found = [(held[name], number) for name, number in numbers.items() if name in held]
            for documents, sequence in _portions(found, min(GIVEN_BYTES, visit.budget)):
                if visit.is_full:
                    return
                item = write([answer_item(Given(circle, pack(documents, visit.device)))])
                visit.given += len(item)
                since_reached += len(item)
                visit.reached[circle] = Place(sequence, place.seq)
                visit.is_full = visit.given >= visit.budget
                yield item
                if since_reached >= enough:
                    text = await self._written(visit, visit.cursor.number, visit.reached)
                    since_reached, enough = 0, max(GIVEN_BYTES, 8 * len(text))
                    if text != visit.begin.cursor:
                        yield _told(Reached(text))
            at = page.last
            if not visit.is_full:
                visit.reached[circle] = Place(at, place.seq)
            if not page.pending:
                # All of it was given: whatever the budget, there may be no more.
                return

    # -- comparing -------------------------------------------------------------------------------

    async def compare(
        self, visit: Visit, asked: Sequence[Digests | Wanted]
    ) -> AsyncGenerator[bytes, None]:
        """Answer digests and marks of circles that the device may read now.

        Where a device that begins anew holds all that there is, that is noted as reached.
        """
        kept: dict[str, tuple[int, Inventory, int]] = {}
        for one in asked:
            if one.circle not in kept:
                member = await self._reader(visit.device, one.circle)
                if member is None:
                    yield _told(Notice(one.circle, "gone"))
                    continue
                held_here = await self._inventory(one.circle, sight_of(member), visit.left_out)
                kept[one.circle] = (_seen_since(member), *held_here)
            since, inventory, sequence = kept[one.circle]
            if isinstance(one, Digests):
                unequal = inventory.unequal(one.buckets)
                for bucket in unequal:
                    yield _told(Unequal(one.circle, bucket, inventory.parts(bucket)))
                if not unequal and not visit.begin.cursor:
                    place = Place(sequence, since)
                    visit.cursor = Cursor(0, {**visit.cursor.circles, one.circle: place})
                continue
            lacking, beyond = inventory.compare(one.bucket, one.parts)
            held = await self._store.read_many(one.circle, lacking)
            for documents, _ in _portions((one, one.sequence) for one in held.values()):
                yield _told(Given(one.circle, pack(documents, visit.device)))
            if beyond:
                yield _told(Lacking(one.circle, one.bucket, b"".join(beyond)))

    async def _reader(self, device: str, circle: str) -> Member | None:
        try:
            membership = await self._memberships.known(circle)
        except (NotFound, CircleError):
            return None
        member = membership.devices.get(device)
        if member is None or not member.live:
            return None
        return None if await self._login.is_suspended(device, membership) else member

    async def _inventory(
        self, circle: str, sight: Sight, left_out: tuple[str, ...]
    ) -> tuple[Inventory, int]:
        held: list[tuple[str, str]] = []
        at = 0
        while True:
            query = ChangesQuery(
                since=at, limit=5 * ROWS_AT_ONCE, all_leaves=True, sight=sight, exact=False
            )
            page = await self._store.changes(circle, query)
            for row in orjson.loads(b"[" + page.rows + b"]"):
                if not row["id"].startswith(left_out):
                    held += [(row["id"], change["rev"]) for change in row["changes"]]
            at = page.last
            if not page.pending:
                return Inventory.of(held), at


def end(visit: Visit) -> bytes:
    """The last item of an answer."""
    return _ENDS[visit.is_full]


def _told(told: Told) -> bytes:
    return write([answer_item(told)])


_ENDS: Final = {more: _told(End(more)) for more in (False, True)}


def _seen_since(member: Member) -> int:
    """Number of the last log entry that let a device see more than before."""
    return max(member.since, *map(member.since_in, member.streams))


def _is_same(place: Place, other: Place) -> bool:
    return place == other and Position.of(place.at).is_at(other.at)


def _portions(
    found: Iterable[tuple[Stored, int]], enough: int = GIVEN_BYTES
) -> Iterable[tuple[list[dict[str, Any]], int]]:
    """Documents in items of about so many bytes, each with the number that it reaches."""
    portion: list[dict[str, Any]] = []
    size = sequence = 0
    for stored, sequence in found:  # the last one's
        for leaf in stored.leaves:
            if not leaf.deleted or stored.id.startswith(REQUEST_PREFIX):
                portion.append(_document(stored.id, leaf))
                size += len(leaf.tail)
        if size >= enough:
            yield portion, sequence
            portion, size = [], 0
    if portion:
        yield portion, sequence


def _document(name: str, leaf: Leaf) -> dict[str, Any]:
    document: dict[str, Any] = {"_id": name, "_rev": leaf.rev}
    document |= orjson.loads(b"{" + leaf.tail.removeprefix(b","))
    if (name.startswith(CHECKPOINT_PREFIX) or leaf.deleted) and leaf.ancestors:
        generation, _, digest = leaf.rev.partition("-")
        document["_revisions"] = {"start": int(generation), "ids": [digest, *leaf.ancestors]}
    return document
