"""One circle as this device holds it: its log, its keys, its documents, what it writes.

The log is replayed each time from the local store and held against the pin, the newest entry this
device ever saw: a copy that was changed behind its back is refused, not repaired. A circle under
alarm (the server showed a shorter or another log) can be read and is never written to again.
"""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, Self

import orjson

from rejoint_sync.circle.document import (
    KINDS,
    DocumentId,
    Sealed,
    open_document,
    seal,
    structural_rev,
    verify,
)
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.envelope import NONCE_BYTES
from rejoint_sync.circle.epochs import WRAP_PREFIX, BadBack, Secrets, open_wraps, walk
from rejoint_sync.circle.fold import Operation, in_order
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.limits import LAMPORT_AHEAD_MAX
from rejoint_sync.circle.log import Membership
from rejoint_sync.circle.standing import Member
from rejoint_sync.device.home import HomeUnusable
from rejoint_sync.device.replica import document_of
from rejoint_sync.device.state import CircleState
from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest, CircleError, Forbidden, SyncError
from rejoint_sync.stores import ChangesQuery, Leaf, Store, Stored

STREAM: Final = "c"

EMPTY: Final = "empty"
"""Type of the record that takes the counter of one that stays on its device."""

_PAGE: Final = 1000
_PUT_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Keyring:
    """What this device can open in a circle.

    Attributes:
        secrets: The epoch secrets that it holds, by stream and epoch, all links walked.
        broken: Links that do not lead to the key before.
        closed: Names of wraps for it that do not open.
    """

    secrets: Secrets
    broken: tuple[BadBack, ...]
    closed: tuple[str, ...]


class CircleCopy:
    """This device's copy of one circle; make one by `open`.

    Attributes:
        circle: Its name.
        keys: Of this device.
        store: The local store.
        state: What must not be forgotten; `save` writes it.
        membership: The replayed log; None before the first entry is here.
    """

    def __init__(self, store: Store, circle: str, keys: DeviceKeys, state: CircleState) -> None:
        self.store = store
        self.circle = circle
        self.keys = keys
        self.state = state
        self.membership: Membership | None = None
        self._keyring: Keyring | None = None

    @classmethod
    async def open(cls, store: Store, circle: str, keys: DeviceKeys) -> Self:
        """Read, replay and check the copy; finish what a killed command left behind.

        Raises:
            HomeUnusable: The copy was changed by something else.
        """
        copy = cls(store, circle, keys, await CircleState.read(store, circle))
        entries = [plain(stored) async for stored in copy.range("log:")]
        pin = copy.state.pin
        try:
            if entries:
                copy.membership = Membership.replay(circle, entries)
        except CircleError as error:
            raise HomeUnusable(f"the copy of {circle} was changed: {error.reason}") from None
        replayed = copy.membership
        if pin is not None and (
            replayed is None or replayed.seq < pin[0] or replayed.heads[pin[0]] != pin[1]
        ):
            raise HomeUnusable(f"the copy of {circle} was changed: its log is not what it was")
        if replayed is not None:
            # Killed before the pin was moved: what was written had been checked.
            copy.state.pin = (replayed.seq, replayed.head)
        await copy._land()
        return copy

    async def save(self) -> None:
        """Write the notes durably."""
        await self.state.write(self.store, self.circle)

    @property
    def members(self) -> Membership:
        """The replayed log. Raises `Forbidden` before there is one."""
        if self.membership is None:
            raise Forbidden("this circle is not open yet; sync first")
        return self.membership

    @property
    def me(self) -> Member | None:
        """This device as the log has it, None when it is not (yet) there."""
        return self.membership.devices.get(self.keys.id) if self.membership else None

    @property
    def live(self) -> bool:
        """Whether this device is in the circle now, as far as is known here."""
        return self.membership is not None and self.membership.live(self.keys.id)

    def require_me(self) -> Member:
        """This device as the log has it. Raises `Forbidden` when it is not in the circle."""
        me = self.me
        if me is None or not self.live:
            raise Forbidden("this device is not in this circle")
        return me

    async def extend(self, entries: Sequence[dict[str, Any]]) -> None:
        """Append entries that follow the last, keep them, then move the pin.

        Raises:
            CircleError: One breaks a rule; nothing is kept.
        """
        grown = self.membership
        for entry in entries:
            if grown is None:
                grown = Membership.replay(self.circle, [entry])
            else:
                grown = grown.append(entry)
        if grown is None or grown is self.membership:
            return
        await self._write(entries)
        self.membership, self._keyring = grown, None
        self.state.pin = (grown.seq, grown.head)
        await self.save()

    async def adopt(self, bundle: Bundle) -> None:
        """Take over a bundle that the server accepted, perhaps a second time."""
        own = f":{self.keys.id}"
        await self.take_wraps([wrap for wrap in bundle.wraps if wrap["_id"].endswith(own)])
        if self.membership is None or not self.membership.holds(bundle.log):
            await self.extend([bundle.log])
        self.state.pending = None
        await self.save()

    async def _write(self, values: Sequence[Mapping[str, Any]]) -> None:
        if not values:
            return
        documents = [
            Document.parse({**value, "_rev": value.get("_rev") or structural_rev(value)})
            for value in values
        ]
        for outcome in await self.store.write(self.circle, documents, new_edits=False):
            if outcome.error is not None:
                raise outcome.error

    async def range(self, prefix: str) -> AsyncIterator[Stored]:
        """All stored documents whose name starts with `prefix`, in order."""
        start, end = prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)
        while True:
            page = await self.store.range(self.circle, start, end, limit=_PAGE)
            for stored in page:
                yield stored
            if len(page) < _PAGE:
                return
            start = page[-1].id + "\0"

    async def take_wraps(self, wraps: Sequence[Mapping[str, Any]]) -> None:
        """Keep wraps for this device; what they open is open from now on."""
        await self._write(wraps)
        self._keyring = None

    def forget_keys(self) -> None:
        """Look again at what can be opened: wraps may have come."""
        self._keyring = None

    async def keyring(self) -> Keyring:
        """What this device can open here, links walked and checked."""
        if self._keyring is None:
            # A wrap that was written again stands beside the one that did not open.
            wraps = [
                {"_id": stored.id, **orjson.loads(b"{" + leaf.tail.removeprefix(b","))}
                async for stored in self.range(WRAP_PREFIX)
                for leaf in stored.leaves
            ]
            held, unopened = open_wraps(self.keys, self.members, wraps)
            closed = [name for name in unopened if int(name[6:12]) not in held.get(name[5], {})]
            secrets, broken = walk(self.members, held)
            self._keyring = Keyring(secrets, tuple(broken), tuple(closed))
        return self._keyring

    async def secrets(self) -> Secrets:
        """The epoch secrets that this device holds here."""
        return (await self.keyring()).secrets

    async def lacking(self) -> list[str]:
        """The streams of this device whose current key it does not hold."""
        me = self.me
        if me is None or not self.live:
            return []
        held = await self.secrets()
        return [
            stream
            for stream in me.streams
            if stream in self.members.epochs
            and self.members.current_epoch(stream).e not in held.get(stream, {})
        ]

    async def current_secret(self, stream: str = STREAM) -> bytes:
        """The secret under which documents are sealed now. Raises `CircleError` with `epoch`."""
        epoch = self.members.current_epoch(stream)
        es = (await self.secrets()).get(stream, {}).get(epoch.e)
        if es is None:
            raise CircleError("epoch", "the key of this circle has not arrived yet; sync first")
        return es

    # -- writing ---------------------------------------------------------------------------------

    def require_writable(self) -> None:
        """Raises `CircleError` when an alarm stops all writing here."""
        if self.state.alarm:
            raise CircleError("fork", self.state.alarm)

    async def put(
        self,
        kind: str,
        values: Sequence[object],
        *,
        now_s: int,
        tz_min: int,
        stream: str = STREAM,
    ) -> list[str]:
        """Seal records and keep them durably; nothing is kept when one is refused.

        Args:
            kind: `ev`, `nt`, `pl` or `pr`.
            values: Parsed JSON; `lam` is set, `at`, `tz_min`, and for what was performed
                `performed_at` and `day`, are filled in where they are absent.
            now_s: Unix seconds by the server's clock, as far as it is known.
            tz_min: Minutes east of UTC.
            stream: "c", or "k" for clinicians alone.

        Returns:
            The ids, in order.

        Raises:
            SyncError: A record that is not one, or that this device may not write here.
        """
        await self.catch_up()
        lam = self.state.lamport(stream)
        records = [
            complete(kind, value, lam=lam + index, now_s=now_s, tz_min=tz_min)
            for index, value in enumerate(values, 1)
        ]
        return await self.put_records(kind, records, now_s=now_s, stream=stream)

    async def put_records(
        self, kind: str, records: Sequence[dict[str, Any]], *, now_s: int, stream: str
    ) -> list[str]:
        """Seal what is whole already; as `put`."""
        documents = [
            await self.sealed(kind, record, n=index, now_s=now_s, stream=stream)
            for index, record in enumerate(records, self.state.count(stream) + 1)
        ]
        self.state.lamport_to(stream, max((record["lam"] for record in records), default=0))
        for start in range(0, len(documents), _PUT_AT_ONCE):
            await self.keep(documents[start : start + _PUT_AT_ONCE])
        return [document["_id"] for document in documents]

    async def sealed(  # noqa: PLR0913  # each is named at the call
        self, kind: str, record: dict[str, Any], *, n: int, now_s: int, stream: str, month: str = ""
    ) -> dict[str, Any]:
        """Seal one record under the log and the key of now; nothing is kept yet.

        Raises:
            CircleError: This device may not write it here, or does not hold the key.
        """
        self.require_writable()
        self.require_me()
        document = seal(
            self.members,
            self.keys,
            es=await self.current_secret(stream),
            kind=kind,
            month=month or datetime.fromtimestamp(now_s, UTC).strftime("%y%m"),
            n=n,
            obj=record,
            nonce=secrets.token_bytes(NONCE_BYTES),
            stream=stream,
        )
        verify(self.members, document)
        return document

    async def keep(
        self,
        documents: Sequence[Mapping[str, Any]],
        dropped: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Keep own sealed documents durably, and count them as not sent.

        Args:
            documents: With their revisions. Killed at any moment, all of them or none are there.
            dropped: Revisions that go, by name: those that are replaced.
        """
        state = self.state
        for document in documents:
            name = DocumentId.parse(document["_id"])
            state.count_to(name.stream, name.n)
            if document["_id"] not in state.unsent:
                state.unsent.append(document["_id"])
        await self._commit(documents, dropped or {})

    async def replace(
        self,
        own: Mapping[str, Any],
        rival: Mapping[str, Any],
        renamed: Mapping[str, Any] | None = None,
    ) -> None:
        """Let the server's document have the place of an own one that waited there.

        Args:
            own: Goes.
            rival: Checked; comes.
            renamed: The own record under another counter, where it says something else. Killed at
                any moment, it is there exactly once.
        """
        state = self.state
        state.unsent = [waiting for waiting in state.unsent if waiting != own["_id"]]
        state.refused = [one for one in state.refused if one.id != own["_id"]]
        fresh = [rival]
        if renamed is not None:
            name = DocumentId.parse(renamed["_id"])
            state.count_to(name.stream, name.n)
            state.unsent.append(renamed["_id"])
            fresh.append(renamed)
        await self._commit(fresh, {own["_id"]: [own["_rev"]]})

    async def _commit(
        self, fresh: Sequence[Mapping[str, Any]], dropped: Mapping[str, Sequence[str]]
    ) -> None:
        self.state.fresh = [dict(document) for document in fresh]
        self.state.dropped = {name: list(revs) for name, revs in dropped.items()}
        streams = {DocumentId.parse(name).stream for name in dropped}
        self.state.rechain = sorted(streams.union(self.state.rechain))
        await self.save()
        await self._land()

    async def take(self, document: Mapping[str, Any]) -> None:
        """Keep a document that was checked, beside what is there."""
        await self._write([document])

    async def _land(self) -> None:
        """Write the newest documents among the others, again after a kill in between."""
        await self._write(self.state.fresh)
        if self.state.dropped:
            await self.store.purge(self.circle, self.state.dropped)

    async def catch_up(self) -> None:
        """Bring `lam` and the own counter up to what has arrived since the last look."""
        held = await self.secrets()
        while True:
            query = ChangesQuery(since=self.state.seen, limit=_PAGE, include_docs=True)
            page = await self.store.changes(self.circle, query)
            for row in orjson.loads(b"[" + page.rows + b"]"):
                self._count(held, row["doc"])
            self.state.seen = page.last
            if page.count < _PAGE:
                return

    def _count(self, held: Secrets, document: dict[str, Any]) -> None:
        try:
            sealed = Sealed.parse(self.circle, document)
            body = open_document(self.members, held, document)
        except CircleError:
            return
        if sealed.id.device == self.keys.id:
            # A directory that was restored from a copy is behind what its device has written.
            self.state.count_to(sealed.id.stream, sealed.id.n)
        operation = Operation.of(sealed, self.members.devices[sealed.id.device], body)
        # Whoever follows a count that is ahead of all reason is set aside together with it. What
        # stands before it is not known here, so the bound is the one that needs nothing before.
        if operation is not None and operation.lam <= LAMPORT_AHEAD_MAX:
            self.state.lamport_to(sealed.id.stream, operation.lam)

    # -- reading ---------------------------------------------------------------------------------

    async def show(self) -> dict[str, Any]:
        """The opened records in the order of the fold, and what was set aside, each with why."""
        operations, aside = await self._opened()
        readable: list[Operation] = []
        for operation in operations:
            try:
                _require_known(operation)
            except SyncError as error:
                aside.append(_aside(operation.name, error))
            else:
                readable.append(operation)
        ordered, ahead = in_order(readable)
        limit = CircleError("limit", "its count is too far ahead of all others")
        aside += [_aside(operation.name, limit) for operation in ahead]
        records = [self._shown(one.name, one) for one in ordered if one.type != EMPTY]
        return {"circle": self.circle, "records": records, "set_aside": aside}

    async def operations(self) -> list[Operation]:
        """All records that open, in any order, also those that this version does not know."""
        return (await self._opened())[0]

    async def _opened(self) -> tuple[list[Operation], list[dict[str, str]]]:
        held = await self.secrets()
        operations: list[Operation] = []
        aside: list[dict[str, str]] = []
        for kind in sorted(KINDS - {"sn"}):
            async for stored in self.range(f"{kind}:"):
                for leaf in stored.leaves:
                    try:
                        operation = self._read(held, stored.id, leaf)
                    except SyncError as error:
                        aside.append(_aside(stored.id, error))
                    else:
                        operations.append(operation)
        return operations, aside

    def _read(self, held: Secrets, name: str, leaf: Leaf) -> Operation:
        document = document_of(name, leaf)
        document.pop("_revisions")
        body = open_document(self.members, held, document)
        sealed = Sealed.parse(self.circle, document)
        operation = Operation.of(sealed, self.members.devices[sealed.id.device], body)
        if operation is None:
            raise CircleError("frame", "expected a record with lam and at")
        return operation

    def _shown(self, name: str, operation: Operation) -> dict[str, Any]:
        return {
            "id": name,
            "place": self._place(name),
            "author": operation.id.device,
            "member": operation.member,
            "role": operation.role,
            "value": operation.body,
        }

    def _place(self, name: str) -> str:
        if name in self.state.unsent:
            return "phone"
        return "quarantine" if name in self.state.quarantined else "server"


def plain(stored: Stored) -> dict[str, Any]:
    """The winner without the protocol's members."""
    document = document_of(stored.id, stored.leaves[0])
    return {name: value for name, value in document.items() if name not in ("_rev", "_revisions")}


def _require_known(operation: Operation) -> None:
    """Check that a record is one that this version knows. Raises a `SyncError`."""
    from rejoint_sync.records import parse_record  # noqa: PLC0415 - pydantic costs 0.1 s

    if operation.type != EMPTY:
        parse_record(operation.id.kind, operation.body)


def _aside(name: str, error: SyncError) -> dict[str, str]:
    code = getattr(error, "code", None) or error.error
    return {"id": name, "code": str(code), "reason": error.reason}


def complete(kind: str, value: object, *, lam: int, now_s: int, tz_min: int) -> dict[str, Any]:
    """A record with what the device knows filled in, checked. Raises a `SyncError`."""
    from rejoint_sync.records import dump_record, parse_record  # noqa: PLC0415 - as above

    if not isinstance(value, dict):
        raise BadRequest("expected a record to be a JSON object")
    record = {"at": now_s, "tz_min": tz_min, **value, "lam": lam}
    if record.get("type") in ("session", "pain"):
        record.setdefault("performed_at", record["at"])
        if "day" not in record and isinstance(record["performed_at"], int):
            zone = timezone(timedelta(minutes=tz_min))
            record["day"] = str(datetime.fromtimestamp(record["performed_at"], zone).date())
    return dump_record(parse_record(kind, record))
