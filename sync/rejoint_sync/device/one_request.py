"""All circles of a device in one request: what waits goes up, what is new comes down.

An answer is taken as it comes. Each part is durable here before the cursor that covers it, so what
came before a cut is kept, and nothing is asked for twice. A circle of which something cannot be
taken is marked and left to replication, which finds out what is wrong; the others go on.

    ready     circles whose log, keys and records are fit for it
    longer    circles that must go the longer way: something about them is unusual
    changed   circles in which something came or went

Source: docs/protocol.md, "One-request sync".
"""

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from rejoint_sync.circle.encoding import b64u_decode, b64u_encode
from rejoint_sync.circle.log import Membership
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.exchange import BUSY, Report, answered, is_sealed, offered_of
from rejoint_sync.device.line import Line, NotUnderstood
from rejoint_sync.device.replica import document_of
from rejoint_sync.device.state import DeviceState
from rejoint_sync.device.taking import Rows, take
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import StoreUnavailable, SyncError
from rejoint_sync.exchange import pace
from rejoint_sync.exchange.frames import Item, write
from rejoint_sync.exchange.messages import (
    WITHOUT_CHUNKS,
    Asked,
    Begin,
    End,
    Given,
    Lacking,
    Notice,
    Reached,
    Receipt,
    Records,
    Told,
    Unequal,
    Welcome,
    read_answer_item,
    request_items,
)
from rejoint_sync.exchange.packing import pack, unpack
from rejoint_sync.replicator import Refusal
from rejoint_sync.stores import Store

RECORDS_AT_ONCE: Final = 200
"""Records of one request, of all circles together."""

BYTES_AT_ONCE: Final = 64 * 1024
"""Records of one request, in bytes of their text; `pace` allows less where the link is bad."""

TEXT_PERCENT: Final = 150
"""The text of a record to what it is packed: base64, and names that need not be said."""

REQUESTS_MAX: Final = 200
"""Requests of one run; what is left then waits for the next sync."""

UNUSUAL: Final = frozenset(
    {"removed", "newer-log", "fork", "suspended", "unauthorized", "not_found", "seq", "prev"}
)
"""Codes that speak of the device or its log, not of the record: the longer way finds out."""

_LOG_FIRST: Final = "log:000000"


class CursorLost(SyncError):
    """The server does not know this device's cursor: it was restored, or exchanged."""


class Silent(Unreachable):
    """No answer began for so long that none is waited for."""


Names = dict[int, tuple[str, list[str]]]
"""By the number of an item: a circle, and the names of its rows."""


@dataclass(slots=True)
class Owed:
    """What one request holds.

    Attributes:
        items: As they are sent.
        names: What is in those that hold records.
        cut: Circles of which more waits than fits.
    """

    items: list[Asked] = field(default_factory=list)
    names: Names = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)

    def bring(self, circle: str, documents: Sequence[dict[str, Any]], asker: str) -> None:
        """Add documents that the server has not answered for."""
        self.items.append(Records(circle, pack(documents, asker)))
        self.names[len(self.items)] = (circle, [str(one["_id"]) for one in documents])

    def bring_again(self, circle: str, documents: Sequence[dict[str, Any]], asker: str) -> None:
        """Add documents that it had before, of any author."""
        self.items.append(Records(circle, pack(documents, asker), again=True))
        self.names[len(self.items)] = (circle, [str(one["_id"]) for one in documents])

    def add(self, other: "Owed") -> None:
        """Add all of another one."""
        before = len(self.items)
        self.items += other.items
        self.names |= {before + number: said for number, said in other.names.items()}


@dataclass(slots=True)
class Said:
    """What an answer said beside documents and receipts.

    Attributes:
        names: Own records that the request held, by the item's number, with their circle.
        more: Whether there is more to fetch; None when the answer did not come to its end.
        given: Circles of which documents came.
        unequal: Buckets in which the server holds something else.
        lacking: What the server does not have, by mark.
        answered: Circles for whose records there was a receipt.
        lost: Whether the cursor is not known.
    """

    names: Names
    more: bool | None = None
    given: set[str] = field(default_factory=set)
    unequal: list[Unequal] = field(default_factory=list)
    lacking: list[Lacking] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    lost: bool = False


class OneRequest:
    """One-request sync of a device.

    Args:
        line: To the server.
        store: The device's own.
        state: Keeps the cursor and the session.
        copies: The circles that are here; those that are given for the first time are put in.
        report: Told what was sent and fetched.
        flags: As of `messages.Begin`; sent in each request.

    Attributes:
        copies: The circles that are here.
        longer: Circles to be brought up to date the longer way.
        changed: Circles in which something came or went.
    """

    def __init__(  # noqa: PLR0913  # each is named at the call
        self,
        line: Line,
        store: Store,
        state: DeviceState,
        copies: dict[str, CircleCopy],
        report: Report,
        *,
        flags: int = 0,
    ) -> None:
        self.longer: set[str] = set()
        self.changed: set[str] = set()
        self._line = line
        self._store = store
        self._state = state
        self.copies = copies
        self._report = report
        self._flags = flags
        self._told: set[tuple[str, str]] = set()
        self._halted: set[str] = set()
        self._link = _link_of(state.link, _now_ms())

    async def run(self, ready: Collection[str], extra: Owed | None = None) -> None:
        """Send what waits in these circles and take what is new in all, until there is no more.

        Args:
            ready: Names of circles.
            extra: Goes along with the first request.

        Raises:
            CursorLost: Nothing was given; what was brought was answered for.
            Unreachable: There is no server to talk to, or the answer was cut.
            NotOffered, NotUnderstood, SyncError: One-request sync does not work here now.
        """
        self._told.clear()
        self._halted.clear()
        for _ in range(REQUESTS_MAX):
            cursor = self._state.cursor
            turn = pace.allow(self._link, _now_ms())
            owed = await self._owed(ready, turn.bytes)
            if owed.items:
                await asyncio.sleep(turn.wait_ms / 1000)
            if extra is not None:
                owed.add(extra)
                extra = None
            begin = Begin(
                b64u_decode(self._state.cursor),
                turn.answer_to(brings=bool(owed.items)),
                self._flags,
            )
            said = await self.ask(begin, owed)
            unanswered = {circle for circle, _ in owed.names.values()}.difference(said.answered)
            self.longer |= unanswered
            if said.lost:
                raise CursorLost("the server does not know how far this device was informed")
            if not said.more and owed.cut <= self._halted:
                return
            if turn.bytes and not said.answered and self._state.cursor == cursor:
                return  # nothing moves: the next sync tries again

    async def lacking(self, circle: str, revs: Mapping[str, Sequence[str]]) -> list[str]:
        """Names of documents that the server does not have.

        Args:
            circle: Where.
            revs: Revisions that are here, by name.

        Raises:
            Unreachable: There is no server to talk to.
            SyncError: It does not serve this device there.
        """
        answer = await self._line.known.call("POST", f"/db/{circle}/_revs_diff", body=revs)
        return [name for name in revs if name in answer]

    async def ask(self, begin: Begin, owed: Owed) -> Said:
        """One request; its answer is taken as it comes.

        Args:
            begin: How it begins.
            owed: What it holds.

        Raises:
            As `run`; what came before is kept.
        """
        said = Said(owed.names)
        begin = replace(begin, flags=begin.flags | WITHOUT_CHUNKS)
        content = write(request_items(begin, owed.items))
        traffic = self._line.traffic
        began_ms, before, made_s = _now_ms(), traffic.bytes_down, traffic.connecting_s

        def trip(got: int) -> pace.Trip:
            ended_ms = _now_ms()
            setup_ms = min(int((traffic.connecting_s - made_s) * 1000), ended_ms - began_ms)
            return pace.Trip(len(content), got, began_ms + setup_ms, ended_ms, setup_ms)

        try:
            await self._exchange(content, said)
        except Unreachable as error:
            await self._learn(pace.cut(self._link, trip(0), silent=isinstance(error, Silent)))
            raise
        await self._learn(pace.answered(self._link, trip(traffic.bytes_down - before)))
        return said

    async def _exchange(self, content: bytes, said: Said) -> None:
        patience_s = pace.patience_ms(self._link, len(content), _now_ms()) / 1000
        answer = self._line.exchange(content)
        try:
            async with contextlib.aclosing(answer) as batches, asyncio.timeout(patience_s) as wait:
                async for items in batches:
                    wait.reschedule(None)
                    await self._take(items, said)
        except TimeoutError:
            raise Silent("the server was asked and does not answer") from None
        if said.more is None:
            raise Unreachable("the answer was cut")

    async def _learn(self, link: pace.Link) -> None:
        """Keep what is known of the link, so that the next run does not begin anew."""
        self._link = link
        self._state.link = asdict(link)
        await self._state.write(self._store)

    # -- what is brought -------------------------------------------------------------------------

    async def _owed(self, ready: Collection[str], most: int) -> Owed:
        """What waits, as far as it fits into so many bytes: one record always, but none into 0."""
        owed, room, size = Owed(), RECORDS_AT_ONCE, 0
        most = min(BYTES_AT_ONCE, most * TEXT_PERCENT // 100)
        for name in sorted(set(ready) - self.longer - self._halted):
            copy = self.copies[name]
            waiting = [one for one in _waiting(copy) if (name, one) not in self._told]
            held = await copy.store.read_many(name, waiting[:room]) if size < most else {}
            documents: list[dict[str, Any]] = []
            looked = 0
            for one in waiting[:room]:
                if size >= most:
                    break
                if one in held:
                    length = len(held[one].leaves[0].tail)
                    if size and size + length > most:
                        size = most
                        break
                    documents.append(document_of(one, held[one].leaves[0]))
                    size += length
                looked += 1
            room -= len(documents)
            if looked < len(waiting):
                owed.cut.add(name)
            if documents:
                owed.bring(name, documents, copy.keys.id)
        return owed

    # -- what is told ----------------------------------------------------------------------------

    async def _take(self, items: Sequence[Item], said: Said) -> None:
        """Take items that came at once; the cursor is kept when all before it is durable."""
        given: dict[str, list[Rows]] = {}
        cursor: bytes | None = None
        fault: SyncError | None = None
        for item in items:
            try:
                told = read_answer_item(item)
            except SyncError as error:
                fault = error
                break
            if isinstance(told, Given):
                given.setdefault(told.circle, []).append(told.packed)
            elif isinstance(told, Reached):
                cursor = told.cursor
            elif isinstance(told, Receipt):
                await self._receipt(told, said)
            else:
                await self._note(told, said)
        said.given.update(given)
        for circle, rows in given.items():
            await self._given(circle, rows)
        if cursor is not None:
            self._state.cursor = b64u_encode(cursor)
            await self._state.write(self._store)
        if fault is not None:
            raise NotUnderstood(fault.reason)

    async def _note(self, told: Told | None, said: Said) -> None:
        match told:
            case End(more):
                said.more = more
            case Welcome(session, incarnation):
                self._line.incarnation = incarnation
                if session:
                    self._state.session = b64u_encode(session)
                    await self._state.write(self._store)
            case Notice("", "cursor"):
                said.lost = True
                self._state.cursor = ""
                await self._state.write(self._store)
            case Notice(circle, _) if circle in self.copies:
                self.longer.add(circle)
            case Unequal():
                said.unequal.append(told)
            case Lacking():
                said.lacking.append(told)
            case _:
                pass

    async def _given(self, circle: str, rows: Sequence[Rows]) -> None:
        """Keep what came; what cannot be kept leaves its circle to the longer way."""
        copy = self.copies.get(circle)
        if copy is None:
            copy = await self._opened(circle, rows)
        if copy is None or copy.state.alarm:
            return
        self.changed.add(circle)
        try:
            await take(self._line, copy, rows, self._report)
        except StoreUnavailable:
            raise
        except SyncError:
            self.longer.add(circle)
            copy.state.behind = True
            await copy.save()

    async def _opened(self, circle: str, rows: Sequence[Rows]) -> CircleCopy | None:
        """Make room for a circle that is given for the first time; None when it is not one."""
        keys = self._line.identity.keys
        for portion in rows:
            for one in unpack(portion, circle, keys.id):
                if isinstance(one, SyncError) or one["_id"] != _LOG_FIRST:
                    continue
                try:
                    Membership.replay(circle, [{"_id": one["_id"], "j": one.get("j")}])
                except SyncError:
                    continue
                await self._store.create(circle)
                self.copies[circle] = await CircleCopy.open(self._store, circle, keys)
                return self.copies[circle]
        # Whoever shows a circle without its beginning is asked in which circles this device is.
        self._state.looked_at = 0
        return None

    async def _receipt(self, receipt: Receipt, said: Said) -> None:
        if receipt.item not in said.names:
            return
        circle, names = said.names[receipt.item]
        said.answered.add(circle)
        self._told.update((circle, name) for name in names)
        codes = {names[row]: code for row, code in receipt.refused if row < len(names)}
        arrived = [name for name in names if name not in codes]
        if not UNUSUAL.isdisjoint(codes.values()):
            self.longer.add(circle)
        if not BUSY.isdisjoint(codes.values()):
            # A later record must not come before one that waits: readers would see a gap.
            self._halted.add(circle)
        refused = [
            Refusal(name, "target", code, f"the server refused it: {code}")
            for name, code in codes.items()
            if code not in UNUSUAL
        ]
        self._report.pushed += sum(is_sealed(name) for name in arrived)
        self.changed.add(circle)
        await answered(self.copies[circle], frozenset(arrived), refused)


def _waiting(copy: CircleCopy) -> list[str]:
    """Names of what the server has not answered for: records, then this device's checkpoints."""
    checkpoints = copy.state.checkpoints
    owed = [f"cp:{stream}:{copy.keys.id}" for stream in checkpoints if checkpoints[stream].owed]
    return [*offered_of(copy), *owed]


def _now_ms() -> int:
    return int(asyncio.get_running_loop().time() * 1000)


def _link_of(note: dict[str, Any], now_ms: int) -> pace.Link:
    """The link that was noted; what was measured before this machine started says nothing."""
    if not note or note["ended_ms"] > now_ms:
        return pace.Link()
    samples = tuple((size, took_ms) for size, took_ms in note["samples"])
    lists: dict[str, Any] = {
        "samples": samples,
        "trips": tuple(note["trips"]),
        "lives": tuple(note["lives"]),
    }
    known = {one.name for one in fields(pace.Link)}
    # Another version of this program may have noted something else.
    return pace.Link(**{name: value for name, value in (note | lists).items() if name in known})
