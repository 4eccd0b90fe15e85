"""Wraps that a device misses or cannot open, and whoever holds the secret and writes them again."""

from collections.abc import Sequence
from typing import Any, Final

from rejoint_server.access.circle_notes import CircleNotes
from rejoint_server.access.login import Login
from rejoint_server.access.memberships import Memberships
from rejoint_server.clock import Clock
from rejoint_server.web.asgi import Request
from rejoint_sync.circle.limits import WRAPS_MISSED_MAX
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError
from rejoint_sync.judge import judge_unmoved, judge_wrap, wrapped_for
from rejoint_sync.stores import Store

WRAPS_AT_ONCE: Final = 200


class LostWraps:
    """What is missed in each circle.

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
        self._notes = CircleNotes(store, "missed")

    async def report(self, request: Request, circle: str, wrap: str) -> None:
        """Note that the asking device misses a wrap, or cannot open it.

        Raises:
            CircleError: `schema`, `wrap` (no wrap that it should have), `authz` (another's),
                `limit`.
        """
        membership = await self._memberships.known(circle)
        asking = await self._login.device(request, membership)
        _, member = wrapped_for(membership, wrap)
        if member.device != asking.device:
            raise CircleError("authz", "a device reports its own wraps")
        mine = await self._notes.all(circle, f"{member.device}:")
        name = f"{member.device}:{wrap}"
        if name not in mine and len(mine) >= WRAPS_MISSED_MAX:
            raise CircleError("limit", f"expected at most {WRAPS_MISSED_MAX} missed wraps")
        await self._notes.put(circle, name, {"at": self._clock.now_s()})

    async def missed(self, request: Request, circle: str) -> list[str]:
        """The wraps that others miss, of streams that the asking device holds."""
        membership = await self._memberships.known(circle)
        asking = await self._login.device(request, membership)
        names = []
        for note in await self._notes.all(circle):
            wrap = note.partition(":")[2]
            try:
                stream, _ = wrapped_for(membership, wrap)
            except CircleError:
                await self._notes.delete(circle, note)  # its device is gone meanwhile
                continue
            if stream in asking.streams:
                names.append(wrap)
        return names

    async def give(self, request: Request, circle: str, wraps: Sequence[dict[str, Any]]) -> None:
        """Store wraps; all of them or, at the first fault, none.

        Raises:
            CircleError: `schema`, `b64`, `wrap`, `authz`, `limit`; `taken`: one is there with
                other bytes, and its device has not said that it does not open.
            StoreUnavailable: The log moved on meanwhile; the same may be sent again.
        """
        if len(wraps) > WRAPS_AT_ONCE:
            raise CircleError("limit", f"expected at most {WRAPS_AT_ONCE} wraps")
        membership = await self._memberships.known(circle)
        giver = await self._login.device(request, membership)
        documents = {
            document.id: document
            for document in (judge_wrap(membership, giver, wrap) for wrap in wraps)
        }
        broken = await self._replaced(circle, documents)
        if broken:
            await self._store.purge(circle, broken)
        await self._store.write(
            circle,
            list(documents.values()),
            new_edits=False,
            judge=judge_unmoved(membership),
            whole=True,
        )
        for name in documents:
            await self._notes.delete(circle, f"{name.rpartition(':')[2]}:{name}")

    async def _replaced(self, circle: str, documents: dict[str, Document]) -> dict[str, list[str]]:
        """What is stored under these names and was reported."""
        broken: dict[str, list[str]] = {}
        for name, tree in (await self._store.trees(circle, list(documents))).items():
            revs = [str(leaf.rev) for leaf in tree]
            if revs == [str(documents[name].rev)]:
                continue
            if await self._notes.get(circle, f"{name.rpartition(':')[2]}:{name}") is None:
                raise CircleError("taken", "the device has this wrap and has not said it is broken")
            broken[name] = revs
        return broken
