"""Who may do what in `/db` when the circles' logs decide.

A live device of a circle sees everything in it but the wraps of other devices, writes what the
judge of `rejoint_sync` takes, and has `_local` documents that nobody else sees.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from rejoint_server.asgi import Request
from rejoint_server.login import Login
from rejoint_server.memberships import Memberships
from rejoint_server.policy import Caller, Guest, refused
from rejoint_sync.circle.grammar import CIRCLE
from rejoint_sync.circle.log import Membership
from rejoint_sync.document import Document
from rejoint_sync.errors import Forbidden, NotFound, StoreUnavailable, SyncError, Unauthorized
from rejoint_sync.judge import Signed, check_signature, judge
from rejoint_sync.stores import Outcome, Sight, Store

CHECKED_AT_ONCE: Final = 32
"""Signatures per hop to a thread, about 1.4 ms: worth the hop, and short enough to share."""

_TRIES: Final = 3


class CirclePolicy:
    """The policy `circles`.

    Args:
        store: Where documents go.
        memberships: Who stands where.
        login: Who asks.
    """

    name = "circles"

    def __init__(self, store: Store, memberships: Memberships, login: Login) -> None:
        self._store = store
        self._memberships = memberships
        self._login = login

    @property
    def challenge(self) -> bytes:
        """`WWW-Authenticate` of a 401."""
        return b"Bearer"

    async def enter(self, request: Request, database: str) -> Guest:
        """Let in a live device of the circle."""
        if not request.header(b"authorization"):
            raise Unauthorized("Log in with a token of your device.")
        if not CIRCLE.match(database):
            raise NotFound("Database does not exist.")
        device = self._login.device(request, await self._memberships.of(database))
        return Guest(
            database,
            sight=Sight(prefix="wrap:", suffix=f":{device}"),
            local_prefix=f"{device}:",
            device=device,
        )

    async def renew(self, guest: Guest) -> None:
        """Refuse a device that is gone meanwhile."""
        if not (await self._memberships.of(guest.database)).live(guest.device):
            raise Unauthorized("This device is not in the circle any more.")

    async def may_manage(self, request: Request, database: str) -> None:  # noqa: ARG002
        """Nobody: circles are founded through /circles and are not deleted by clients."""
        raise Forbidden("Circles are founded through /circles.")

    async def sees(self, request: Request) -> Callable[[str], bool]:
        """The circles in which the asking device is live."""
        _, live = await self._login.device_anywhere(request)
        return frozenset(one.circle for one in live).__contains__

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
        outcomes: dict[int, Outcome] = {}
        todo = list(range(len(documents)))
        membership = await self._memberships.of(guest.database)
        for _ in range(_TRIES):
            chosen = [documents[index] for index in todo]
            results = await self._judged(membership, chosen)
            outcomes.update(zip(todo, results, strict=True))
            todo = [index for index in todo if isinstance(outcomes[index].error, StoreUnavailable)]
            if not todo:
                break
            membership = await self._memberships.refresh(guest.database)
        return [outcomes[index] for index in range(len(documents))]

    async def _judged(self, membership: Membership, documents: Sequence[Document]) -> list[Outcome]:
        checks = await self._checked(membership, documents)
        passed = [
            document
            for document, check in zip(documents, checks, strict=True)
            if not isinstance(check, SyncError)
        ]
        signed = [check for check in checks if not isinstance(check, SyncError)]
        written = iter(
            await self._store.write(
                membership.circle, passed, new_edits=False, judge=judge(membership, signed)
            )
        )
        return [
            refused(document, check) if isinstance(check, SyncError) else next(written)
            for document, check in zip(documents, checks, strict=True)
        ]

    async def _checked(
        self, membership: Membership, documents: Sequence[Document]
    ) -> list[Signed | SyncError | None]:
        chunks = await asyncio.gather(
            *(
                asyncio.to_thread(_check, membership, documents[start : start + CHECKED_AT_ONCE])
                for start in range(0, len(documents), CHECKED_AT_ONCE)
            )
        )
        return [check for chunk in chunks for check in chunk]


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
