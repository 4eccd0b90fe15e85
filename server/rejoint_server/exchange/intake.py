"""What a device brings in one request of `POST /sync`: judged and stored, circle by circle.

Circles do not wait for each other, and of one circle a refused row does not touch the others. All
that is brought at once shares the store's turns.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from rejoint_server.access.login import Login
from rejoint_server.access.memberships import Memberships
from rejoint_server.circles.admission import Admission
from rejoint_server.circles.endpoints import Append, read_body
from rejoint_server.circles.policy import CirclePolicy, Visitor, sight_of
from rejoint_sync.circle.entries import Bundle as LogBundle
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, StoreUnavailable, SyncError, Unauthorized
from rejoint_sync.exchange.messages import Asked, Bundle, Receipt, Records
from rejoint_sync.exchange.packing import arrivals

UNPACKED_AT_ONCE: Final = 64
"""Rows; more are unpacked in a thread."""

Taken = dict[str, set[str]]
"""By circle the names of what it holds now because this request brought it, or brought it again."""


class Intake:
    """Takes records and log entries.

    Args:
        memberships: Who stands where.
        login: Who is served.
        policy: Decides on records.
        admission: Decides on log entries.
    """

    def __init__(
        self, memberships: Memberships, login: Login, policy: CirclePolicy, admission: Admission
    ) -> None:
        self._memberships = memberships
        self._login = login
        self._policy = policy
        self._admission = admission

    async def take(self, device: str, asked: Sequence[Asked]) -> tuple[list[Receipt], Taken]:
        """Store what may be stored.

        Args:
            device: Who brings it.
            asked: The items after the first, in their order; others than records and bundles are
                left out.

        Returns:
            A receipt for each item, in order, and what need not be given back.
        """
        circles: dict[str, list[tuple[int, Records | Bundle]]] = {}
        for number, one in enumerate(asked, 1):
            if isinstance(one, Records | Bundle):
                circles.setdefault(one.circle, []).append((number, one))
        taken: Taken = {circle: set() for circle in circles}
        receipts = await asyncio.gather(
            *(self._take_all(device, items, taken[name]) for name, items in circles.items())
        )
        return sorted((one for some in receipts for one in some), key=_item), taken

    async def _take_all(
        self, device: str, items: Iterable[tuple[int, Records | Bundle]], taken: set[str]
    ) -> list[Receipt]:
        receipts = []
        waits: SyncError | None = None
        for number, one in items:
            rows = len(one.packed) if isinstance(one, Records) else 1
            try:
                if waits is not None and isinstance(one, Records):
                    # A later record must not come before one that waits: readers would see a gap.
                    raise waits
                if isinstance(one, Records):
                    refused = await self._take_records(device, one, taken)
                    if any(code == StoreUnavailable.error for _, code in refused):
                        waits = StoreUnavailable("An earlier record waits; send it again later.")
                else:
                    refused = await self._take_bundle(one, taken)
            except SyncError as error:
                refused = [(row, code_of(error)) for row in range(rows)]
                if isinstance(error, StoreUnavailable):
                    waits = error
            receipts.append(Receipt(number, refused))
        return receipts

    async def _take_bundle(self, brought: Bundle, taken: set[str]) -> list[tuple[int, str]]:
        body = read_body(Append, brought.text.encode())
        bundle = LogBundle(body.log, tuple(body.wraps), body.inv)
        await self._admission.append(brought.circle, bundle)
        taken.update(str(document["_id"]) for document in bundle.documents())
        return []

    async def _take_records(
        self, device: str, brought: Records, taken: set[str]
    ) -> list[tuple[int, str]]:
        membership = await self._memberships.known(brought.circle)
        member = membership.devices.get(device)
        if member is None:
            raise Unauthorized("This device is not in the circle.")
        await self._login.require_served(device, membership)
        if not member.live:
            raise CircleError("removed", "this device is not in the circle any more")
        if len(brought.packed) > UNPACKED_AT_ONCE:
            read = await asyncio.to_thread(arrivals, brought.packed, brought.circle, device)
        else:
            read = arrivals(brought.packed, brought.circle, device)
        good = [one for one in read if isinstance(one, Document)]
        visitor = Visitor(
            brought.circle, sight=sight_of(member), device=device, again=brought.again
        )
        outcomes = iter(await self._policy.write(visitor, good, new_edits=False))
        refused: list[tuple[int, str]] = []
        for row, one in enumerate(read):
            error = one if isinstance(one, SyncError) else next(outcomes).error
            if error is not None:
                refused.append((row, code_of(error)))
            elif isinstance(one, Document):
                taken.add(one.id)
        return refused


def code_of(error: SyncError) -> str:
    """The word by which a client knows why something was refused."""
    return error.code if isinstance(error, CircleError) else error.error


def _item(receipt: Receipt) -> int:
    return receipt.item
