"""Founding circles, appending to their logs, and saying in which ones a device is.

Each act is one write that happens whole or not at all. The same bytes sent again get the same
answer, because a client that heard nothing sends them again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from rejoint_server.access.audit import Audit
from rejoint_server.access.hints import Hints
from rejoint_server.access.login import Login
from rejoint_server.access.memberships import Memberships
from rejoint_server.access.setup import Setup
from rejoint_server.access.tickets import Tickets
from rejoint_server.circles.invitations import Invitations
from rejoint_server.circles.ledger import Ledger
from rejoint_server.circles.quarantine import Quarantine
from rejoint_server.clock import Clock
from rejoint_server.web.asgi import Request
from rejoint_sync.circle.document import structural_rev
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.log import Membership
from rejoint_sync.circle.schema import parse_entry
from rejoint_sync.document import Document
from rejoint_sync.errors import (
    DatabaseExists,
    Forbidden,
    NotFound,
)
from rejoint_sync.judge import judge_append, judge_bundle
from rejoint_sync.stores import Store

FOUNDERS_IN_CLINIC: Final = frozenset({"admin", "therapist"})


@dataclass(frozen=True, slots=True)
class Landed:
    """An entry that is in its log.

    Attributes:
        circle: The circle.
        seq: Its number.
        new: Whether this request put it there.
    """

    circle: str
    seq: int
    new: bool


class Admission:
    """The acts on circles.

    Args:
        store: Where circles are.
        memberships: Who stands where.
        hints: Told of every device that enters.
        login: Who asks.
        invitations: What ends with an entry.
        quarantine: What an entry lets in.
        tickets: Who may found without a login.
        audit: Told of each act.
        setup: Guards the first clinic.
        clock: The time.
        ledger: The way of entries into their logs.
        departed: Told of each entry, what stood before it and what after; never raises.
    """

    def __init__(  # noqa: PLR0913 - it is put together in one place, by name
        self,
        store: Store,
        *,
        memberships: Memberships,
        hints: Hints,
        login: Login,
        invitations: Invitations,
        quarantine: Quarantine,
        tickets: Tickets,
        audit: Audit,
        setup: Setup,
        clock: Clock,
        ledger: Ledger,
        departed: Callable[[Membership, Membership], Awaitable[None]],
    ) -> None:
        self._store = store
        self._memberships = memberships
        self._hints = hints
        self._login = login
        self._setup = setup
        self._clock = clock
        self._ledger = ledger
        self._invitations = invitations
        self._quarantine = quarantine
        self._tickets = tickets
        self._audit = audit
        self._departed = departed

    @property
    def incarnation(self) -> str:
        """Of the store, other after each restore: replications name their notes by it."""
        return self._store.incarnation

    async def found(
        self, request: Request, bundle: Bundle, setup: str | None, ticket: str | None = None
    ) -> Landed:
        """Found a circle.

        Args:
            request: Brings the login, for a patient's circle.
            bundle: The genesis and its wraps.
            setup: The one-time secret, for the first clinic.
            ticket: Of the clinic, for a patient's circle: instead of the login.

        Raises:
            CircleError: By the rules of the log.
            Forbidden: The sender may not found it.
            Unauthorized: A patient's circle without login.
        """
        circle = parse_entry(bundle.log).circle_founded
        if await self._is_there(circle, bundle):
            return Landed(circle, 0, new=False)
        founded = judge_bundle(None, bundle, self._clock.now_s())
        documents = [Document.parse(value) for value in bundle.documents()]

        async def create() -> None:
            await self._hint(None, founded)
            await self._ledger.keep(circle, bundle)
            await self._store.create(circle, documents)

        try:
            if founded.purpose == "clinic":
                await self._setup.found(setup, circle, create)
            elif ticket is not None:
                _require_of_clinic(founded)
                await self._tickets.use(founded.clinic, ticket, circle)
                await create()
            else:
                await self._require_clinician(request, founded)
                await create()
        except DatabaseExists:
            if not await self._is_there(circle, bundle):
                raise
            return Landed(circle, 0, new=False)
        self._memberships.keep(founded)
        await self._audit.note(founded, next(iter(founded.devices)), "found")
        return Landed(circle, 0, new=True)

    async def append(self, circle: str, bundle: Bundle) -> Landed:
        """Append an entry with what it requires; its signature says who may.

        Raises:
            CircleError: By the rules of the log, `seq` when another entry was faster.
            NotFound: No such circle.
            Suspended: The signer is not served here.
            StoreUnavailable: The circle waits for its devices after a restore.
        """
        async with self._ledger.turn(circle):
            return await self._append(circle, bundle)

    async def _append(self, circle: str, bundle: Bundle) -> Landed:
        before = await self._memberships.known(circle)
        if await self._is_there(circle, bundle):
            return Landed(circle, parse_entry(bundle.log).seq, new=False)
        signer = parse_entry(bundle.log).jws.kid
        await self._login.require_served(signer, before)
        await self._ledger.require_open(before, signer)
        after = judge_bundle(before, bundle, self._clock.now_s())
        documents = [Document.parse(value) for value in bundle.documents()]
        documents += await self._invitations.over(after)
        await self._hint(before, after)
        await self._ledger.keep(circle, bundle)
        await self._store.write(
            circle, documents, new_edits=False, judge=judge_append(before), whole=True
        )
        self._memberships.keep(after)
        await self._quarantine.release(before, after)
        await self._departed(before, after)
        await self._audit.note(after, signer, parse_entry(bundle.log).op)
        return Landed(circle, after.seq, new=True)

    async def circles_of(self, request: Request) -> list[dict[str, Any]]:
        """The circles in which the asking device is live."""
        device, memberships = await self._login.device_anywhere(request)
        rows: list[dict[str, Any]] = []
        for one in memberships:
            row = {
                "circle": one.circle,
                "purpose": one.purpose,
                "clinic": one.clinic,
                "role": one.devices[device].role,
                "seq": one.seq,
                "h": one.h,
            }
            if device in await self._ledger.waits_for(one):
                row["waiting"] = True
            suspended = await self._login.is_suspended(device, one)
            rows.append(row | {"suspended": True} if suspended else row)
        return rows

    async def _is_there(self, circle: str, bundle: Bundle) -> bool:
        """Whether this very entry is stored, bit for bit."""
        entry = parse_entry(bundle.log)
        try:
            stored = await self._store.read(circle, f"log:{entry.number:06d}")
        except NotFound:
            return False
        return stored is not None and stored.leaves[0].rev == structural_rev(bundle.log)

    async def _require_clinician(self, request: Request, founded: Membership) -> None:
        _require_of_clinic(founded)
        try:
            clinic = await self._memberships.of(founded.clinic)
        except NotFound:
            raise Forbidden("The clinic of this circle is not known here.") from None
        member = await self._login.device(request, clinic)
        if clinic.purpose != "clinic" or member.role not in FOUNDERS_IN_CLINIC:
            raise Forbidden("Only an admin or a therapist of the clinic founds circles.")
        if member.device not in founded.devices:
            raise Forbidden("A circle is founded by the device that is logged in.")

    async def _hint(self, before: Membership | None, after: Membership) -> None:
        for device in after.devices.keys() - (before.devices.keys() if before else set()):
            await self._hints.add(device, after.circle)


def _require_of_clinic(founded: Membership) -> None:
    if not founded.clinic:
        raise Forbidden("A circle belongs to a clinic; only the first clinic stands alone.")
