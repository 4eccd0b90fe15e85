"""Who may do what in `/db` when the circles' logs decide.

A live device of a circle sees everything in it but the wraps of other devices and, unless it holds
the clinicians' stream, what was written there; it writes what the judge of `rejoint_sync` takes,
and has `_local` documents that nobody else sees. A device that is gone reads the log up to its end.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rejoint_server.access.login import Login
from rejoint_server.access.memberships import Memberships
from rejoint_server.circles.ledger import Ledger
from rejoint_server.db.policy import Caller, Guest, refused
from rejoint_server.web.asgi import Request
from rejoint_sync.circle.grammar import CIRCLE
from rejoint_sync.circle.log import Member, Membership
from rejoint_sync.document import Document
from rejoint_sync.errors import (
    CircleError,
    Forbidden,
    NotFound,
    StoreUnavailable,
    SyncError,
    Unauthorized,
)
from rejoint_sync.judge import Signed, check_signature, judge
from rejoint_sync.stores import Outcome, Sight, Store

CHECKED_AT_ONCE: Final = 32
"""Signatures per hop to a thread, about 1.4 ms: worth the hop, and short enough to share."""

CHECKED_HERE: Final = 2
"""So few are checked at once: a hop to a thread and back costs as much as a signature."""

_TRIES: Final = 3

CLINICIANS_ONLY: Final = ((len("ev:2611:") + 21, ":k"), (0, "cp:k:"))
"""Where names of documents of the clinicians' stream say so: after the author, and checkpoints."""

_READING: Final = frozenset(
    {"_all_docs", "_bulk_get", "_changes", "_design_docs", "_missing_revs", "_revs_diff"}
)
"""What is only read although it is asked for by POST."""


@dataclass(frozen=True, slots=True)
class Visitor(Guest):
    """A device of a circle, live or gone.

    Attributes:
        again: It says that what it writes was taken before or is another's.
    """

    again: bool = False


class CirclePolicy:
    """The policy `circles`.

    Args:
        store: Where documents go.
        memberships: Who stands where.
        login: Who asks.
        ledger: Knows which circles take nothing new.
        arrived: Told which documents a circle has that its devices have not heard of.
    """

    name = "circles"

    def __init__(
        self,
        store: Store,
        memberships: Memberships,
        login: Login,
        ledger: Ledger,
        *,
        arrived: Callable[[str, Iterable[str]], None],
    ) -> None:
        self._arrived = arrived
        self._store = store
        self._memberships = memberships
        self._login = login
        self._ledger = ledger

    @property
    def challenge(self) -> bytes:
        """`WWW-Authenticate` of a 401."""
        return b"Bearer"

    async def enter(self, request: Request, database: str) -> Visitor:
        """Let in a device of the circle; one that is gone only to read."""
        if not request.header(b"authorization"):
            raise Unauthorized("Log in with a token of your device.")
        if not CIRCLE.match(database):
            raise NotFound("Database does not exist.")
        membership = await self._memberships.of(database)
        member = await self._login.member(request, membership)
        if not member.live and not _reads(request):
            raise CircleError("removed", "this device is not in the circle any more")
        return Visitor(
            database,
            sight=sight_of(member),
            local_prefix=f"{member.device}:",
            device=member.device,
            again=request.query.flag("again"),
        )

    async def renew(self, guest: Guest) -> None:
        """Refuse a device that is suspended or may see more or less meanwhile."""
        membership = await self._memberships.of(guest.database)
        await self._login.require_served(guest.device, membership)
        if sight_of(membership.devices[guest.device]) != guest.sight:
            raise Unauthorized("What this device may see has changed; ask again.")

    async def may_manage(self, request: Request, database: str) -> None:  # noqa: ARG002
        """Nobody: circles are founded through /circles and are not deleted by clients."""
        raise Forbidden("Circles are founded through /circles.")

    async def sees(self, request: Request) -> Callable[[str], bool]:
        """The circles in which the asking device is live."""
        device, live = await self._login.device_anywhere(request)
        served = [one for one in live if not await self._login.is_suspended(device, one)]
        return frozenset(one.circle for one in served).__contains__

    def caller(self, request: Request) -> Caller:  # noqa: ARG002
        """Nobody: each request proves itself, for its own circle."""
        return Caller()

    def log_in(self, request: Request, name: str, password: str) -> tuple[Caller, str]:  # noqa: ARG002
        """Never: there are no passwords."""
        raise Unauthorized("Log in with a token of your device.")

    async def write(
        self, guest: Guest, documents: Sequence[Document], *, new_edits: bool
    ) -> list[Outcome]:
        """Store what the judge takes; signatures are checked in threads before the write waits."""
        if new_edits:
            raise Forbidden("A sealed document brings its own revision: use new_edits=false.")
        assert isinstance(guest, Visitor)  # made by enter
        outcomes: dict[int, Outcome] = {}
        todo = list(range(len(documents)))
        self._ledger.require_unfrozen(guest.database)
        membership = await self._memberships.of(guest.database)
        for _ in range(_TRIES):
            chosen = [documents[index] for index in todo]
            results = await self._judged(guest, membership, chosen)
            outcomes.update(zip(todo, results, strict=True))
            todo = [index for index in todo if isinstance(outcomes[index].error, StoreUnavailable)]
            if not todo:
                break
            membership = await self._memberships.refresh(guest.database)
        if not guest.again:
            self._arrived(guest.database, (one.id for one in outcomes.values() if not one.error))
        return [outcomes[index] for index in range(len(documents))]

    async def _judged(
        self, guest: Visitor, membership: Membership, documents: Sequence[Document]
    ) -> list[Outcome]:
        checks = await self._checked(membership, documents)
        passed = [
            document
            for document, check in zip(documents, checks, strict=True)
            if not isinstance(check, SyncError)
        ]
        signed = [check for check in checks if not isinstance(check, SyncError)]
        decide = judge(membership, signed, again=guest.again, sender=guest.device)
        written = iter(
            await self._store.write(membership.circle, passed, new_edits=False, judge=decide)
        )
        return [
            refused(document, check) if isinstance(check, SyncError) else next(written)
            for document, check in zip(documents, checks, strict=True)
        ]

    async def _checked(
        self, membership: Membership, documents: Sequence[Document]
    ) -> list[Signed | SyncError | None]:
        if len(documents) <= CHECKED_HERE:
            return _check(membership, documents)
        chunks = await asyncio.gather(
            *(
                asyncio.to_thread(_check, membership, documents[start : start + CHECKED_AT_ONCE])
                for start in range(0, len(documents), CHECKED_AT_ONCE)
            )
        )
        return [check for chunk in chunks for check in chunk]


def sight_of(member: Member) -> Sight:
    """What a device of a circle is shown."""
    own = f":{member.device}"
    if member.until is not None:
        return Sight("wrap:", own, start="log:", end=f"log:{member.until + 1:06d}")
    return Sight("wrap:", own, hidden=() if "k" in member.streams else CLINICIANS_ONLY)


def _reads(request: Request) -> bool:
    """Whether a request of a database changes nothing."""
    if request.method in {"GET", "HEAD"}:
        return True
    named = request.segments[1] if len(request.segments) > 1 else ""
    return request.method == "POST" and named in _READING


def _check(
    membership: Membership, documents: Sequence[Document]
) -> list[Signed | SyncError | None]:
    checks: list[Signed | SyncError | None] = []
    for document in documents:
        try:
            checks.append(check_signature(membership, document))
        except SyncError as error:
            checks.append(error)
    return checks
