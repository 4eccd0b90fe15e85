"""What removed devices wrote before they knew: kept apart, shown to who may accept it, then moved.

Notes beside the circle, one for each document; nobody replicates them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from rejoint_server.access.circle_notes import CircleNotes
from rejoint_server.access.login import Login
from rejoint_server.access.memberships import Memberships
from rejoint_server.clock import Clock
from rejoint_server.web.asgi import Request
from rejoint_sync.circle.grammar import DEVICE
from rejoint_sync.circle.limits import LATE_BYTES_MAX, LATE_DOCUMENTS_MAX, LATE_SECONDS_MAX
from rejoint_sync.circle.log import Member, Membership
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, SyncError
from rejoint_sync.judge import is_covered, judge, judge_late
from rejoint_sync.stores import Outcome, Store

Notes = dict[str, dict[str, Any]]


class Quarantine:
    """The late documents of each circle.

    Args:
        store: Where circles are.
        memberships: Who stands where.
        login: Who asks.
        clock: The time.
    """

    def __init__(self, store: Store, memberships: Memberships, login: Login, clock: Clock) -> None:
        self._store = store
        self._memberships = memberships
        self._login = login
        self._clock = clock
        self._notes = CircleNotes(store, "late")
        self._turn = asyncio.Lock()

    async def put(
        self, request: Request, circle: str, values: Sequence[dict[str, Any]]
    ) -> list[Outcome]:
        """Take late documents of the asking device; those that count already go where they belong.

        Raises:
            CircleError: As `leave`.
        """
        membership = await self._memberships.known(circle)
        member = await self._login.member(request, membership)
        return await self.leave(circle, member.device, values)

    async def leave(
        self, circle: str, device: str, values: Sequence[dict[str, Any]]
    ) -> list[Outcome]:
        """As `put`, of a device of the circle that has proved itself.

        Raises:
            CircleError: `authz`: the device is live, and writes as everyone does.
            Suspended: It is not served here.
        """
        membership = await self._memberships.known(circle)
        member = membership.devices[device]
        await self._login.require_served(device, membership)
        if member.live:
            raise CircleError("authz", "this device is in the circle; it writes as all do")
        async with self._turn:
            kept = await self._kept(circle, member.device)
            size = sum(len(orjson.dumps(note["doc"])) for note in kept.values())
            outcomes = []
            for value in values:
                try:
                    size += await self._keep(membership, member, value, kept, size)
                    outcomes.append(Outcome(value["_id"], str(value.get("_rev", ""))))
                except SyncError as error:
                    named = value.get("_id")
                    outcomes.append(Outcome(named if isinstance(named, str) else "", "", error))
            await self._release(membership, member)
        return outcomes

    async def show(self, request: Request, circle: str, device: str) -> list[dict[str, Any]]:
        """The late documents of a device, for who may remove it, as far as it holds their stream.

        Raises:
            CircleError: `target` (no device that is gone), `authz`.
        """
        membership = await self._memberships.known(circle)
        asking = await self._login.device(request, membership)
        target = membership.devices.get(device) if DEVICE.match(device) else None
        if target is None or target.live:
            raise CircleError("target", "expected a device that is gone")
        membership.require_reach(asking, [target])
        async with self._turn:
            await self._release(membership, target)  # an end in between left it undone
            kept = await self._kept(circle, device)
        return [note["doc"] for note in kept.values() if _shown(asking, note["doc"]["_id"])]

    async def release(self, before: Membership, after: Membership) -> None:
        """Move what an entry made count to the ordinary documents.

        Args:
            before: The circle before the entry.
            after: The circle after it, as it is stored.
        """
        for member in after.devices.values():
            known = before.devices.get(member.device)
            if not member.live and known is not None and known.marks != member.marks:
                async with self._turn:
                    await self._release(after, member)

    async def _keep(
        self,
        membership: Membership,
        member: Member,
        value: dict[str, Any],
        kept: Notes,
        size: int,
    ) -> int:
        """Keep one document; by how many letters the whole grew."""
        document = Document.parse(value)
        judge_late(membership, member, document)
        # As it will be stored; what else the protocol lets stand beside it is left out.
        bare = {"_id": document.id, "_rev": str(document.rev), **document.members}
        name = f"{member.device}:{document.id}"
        known = kept.get(name)
        if known is not None:
            if known["doc"] != bare:
                raise CircleError("taken", "another document has this name; it must take a new one")
            return 0
        length = len(orjson.dumps(bare))
        if len(kept) >= LATE_DOCUMENTS_MAX or size + length > LATE_BYTES_MAX:
            raise CircleError("limit", "too much waits to be accepted already")
        tree = (await self._store.trees(membership.circle, [document.id])).get(document.id)
        if tree is not None:
            if str(tree[0].rev) != str(document.rev):
                raise CircleError("taken", "another document has this name; it must take a new one")
            return 0
        note = {"doc": bare, "at": self._clock.now_s()}
        await self._notes.put(membership.circle, name, note)
        kept[name] = note
        return length

    async def _kept(self, circle: str, device: str) -> Notes:
        """What waits of a device; what waited for too long is dropped."""
        kept = await self._notes.all(circle, f"{device}:")
        since_s = self._clock.now_s() - LATE_SECONDS_MAX
        for name in [name for name, note in kept.items() if note["at"] <= since_s]:
            await self._notes.delete(circle, name)
            del kept[name]
        return kept

    async def _release(self, membership: Membership, member: Member) -> None:
        """Move what counts; after a crash in between the same is done again."""
        kept = await self._kept(membership.circle, member.device)
        counting: Mapping[str, Document] = {
            name: Document.parse(note["doc"])
            for name, note in kept.items()
            if is_covered(member, note["doc"]["_id"])
        }
        if not counting:
            return
        decide = judge(membership, again=True)
        outcomes = await self._store.write(
            membership.circle, list(counting.values()), new_edits=False, judge=decide
        )
        for name, outcome in zip(counting, outcomes, strict=True):
            # What cannot be moved yet, in a closed circle for example, waits on.
            if outcome.error is None or getattr(outcome.error, "code", "") == "taken":
                await self._notes.delete(membership.circle, name)


def _shown(asking: Member, document_id: str) -> bool:
    return document_id.startswith("ch:") or document_id[-7] in asking.streams
