"""Invitations that somebody holds the link of: looking at one, asking by one, and their end.

What is stored of an invitation, its sealed part and the requests of those who ask, goes as soon as
nobody can use it any more.
"""

import asyncio
from collections import OrderedDict
from typing import Any, Final

from rejoint_server.access.memberships import CIRCLES_KEPT, Memberships, plain
from rejoint_server.access.rates import HourlyRate
from rejoint_server.clock import Clock
from rejoint_sync.circle.invitation import INVITATION_PREFIX, REQUEST_PREFIX
from rejoint_sync.circle.limits import REQUESTS_PER_INVITATION_MAX
from rejoint_sync.circle.log import Membership
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, NotFound
from rejoint_sync.judge import judge_request, judge_unmoved
from rejoint_sync.revision import Revision
from rejoint_sync.stores import Store, Stored

LOOKS_PER_HOUR: Final = 60
"""How often one invitation may be fetched, and how often may be asked by it."""


class Invitations:
    """The invitations of the circles in a store.

    Args:
        store: Where circles are.
        memberships: Who stands where.
        clock: The time.
    """

    def __init__(self, store: Store, memberships: Memberships, clock: Clock) -> None:
        self._store = store
        self._memberships = memberships
        self._clock = clock
        self._looks = HourlyRate(clock, LOOKS_PER_HOUR)
        self._asks = HourlyRate(clock, LOOKS_PER_HOUR)
        self._turn = asyncio.Lock()
        self._swept: OrderedDict[str, set[str]] = OrderedDict()

    async def show(self, circle: str, iid: str) -> dict[str, Any]:
        """The log and the sealed invitation, for who knows its name.

        Raises:
            CircleError: `invite`: there is no such invitation.
            TooManyRequests: It was fetched too often.
        """
        membership = await self._known(circle, iid)
        self._looks.count(f"{circle}:{iid}")
        is_open = any(one.iid == iid for one in membership.open_invitations(self._clock.now_s()))
        stored = await self._store.read(circle, INVITATION_PREFIX + iid) if is_open else None
        shown = stored is not None and not stored.leaves[0].deleted
        return {
            "log": await self._memberships.log(circle),
            "inv": plain(stored) if stored is not None and shown else None,
        }

    async def ask(self, circle: str, request: dict[str, Any]) -> bool:
        """Keep the request of a device that asks to be let in.

        Returns:
            Whether it is new; False when the same is there already.

        Raises:
            CircleError: `schema`, `b64`, `kid`, `invite`, `proof`, `dup`, `limit`.
            TooManyRequests: It was asked too often by this invitation.
            StoreUnavailable: The log moved on meanwhile; the same may be sent again.
        """
        name = request.get("_id")
        iid = name.split(":")[1] if isinstance(name, str) and name.count(":") == 2 else ""
        membership = await self._known(circle, iid)
        self._asks.count(f"{circle}:{iid}")
        # One at a time, so that what is counted is still so when the request is stored.
        async with self._turn:
            waiting = {one.id: one.leaves[0].rev for one in await self._requests(circle, iid)}
            document = judge_request(membership, request, self._clock.now_s(), waiting)
            if waiting.get(document.id) == str(document.rev):
                return False
            decide = judge_unmoved(membership)
            await self._store.write(circle, [document], new_edits=False, judge=decide, whole=True)
        return True

    async def over(self, after: Membership) -> list[Document]:
        """Tombstones for what is stored of invitations that nobody can use any more.

        Args:
            after: The circle as it is about to be.
        """
        swept = self._swept.setdefault(after.circle, set())
        self._swept.move_to_end(after.circle)
        while len(self._swept) > CIRCLES_KEPT:
            self._swept.popitem(last=False)
        usable = {one.iid for one in after.open_invitations(self._clock.now_s())}
        done = after.invitations.keys() - usable - swept
        names = [INVITATION_PREFIX + iid for iid in done]
        found = list((await self._store.read_many(after.circle, names)).values())
        for iid in done:
            if after.invitations[iid].mode == "approve":
                found += await self._requests(after.circle, iid)
        living = [stored for stored in found if not stored.leaves[0].deleted]
        # What is not gone yet is looked at again: this append may still be refused.
        kept = {stored.id.split(":")[1] for stored in living}
        swept |= done - kept
        return [_tombstone(one.id, Revision.parse(one.leaves[0].rev)) for one in living]

    async def _requests(self, circle: str, iid: str) -> list[Stored]:
        prefix = f"{REQUEST_PREFIX}{iid}:"
        most = REQUESTS_PER_INVITATION_MAX
        return await self._store.range(circle, prefix, prefix[:-1] + ";", limit=most)

    async def _known(self, circle: str, iid: str) -> Membership:
        try:
            membership = await self._memberships.known(circle)
        except NotFound:
            raise _no_such_invitation() from None
        if iid not in membership.invitations:
            raise _no_such_invitation()
        return membership


def _no_such_invitation() -> CircleError:
    error = CircleError("invite", "There is no such invitation; ask for a new link.")
    error.status, error.error = 404, "not_found"
    return error


def _tombstone(name: str, parent: Revision) -> Document:
    rev = Revision.of_edit(parent, b',"_deleted":true}')
    ids = [rev.digest, parent.digest]
    return Document.parse(
        {
            "_id": name,
            "_rev": str(rev),
            "_revisions": {"start": rev.generation, "ids": ids},
            "_deleted": True,
        }
    )
