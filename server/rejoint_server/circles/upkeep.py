"""What the server does by itself once a day: purge closed circles, sweep up what nobody needs.

A circle is purged 30 days after the server first saw it closed: first wraps, sealed invitations and
recovery documents, then everything, each overwritten in the file. A tombstone stays, and the
journal keeps no more than that. Backups forget when they are deleted.

Swept are sealed invitations and requests whose invitation nobody can use any more, and, a day
after they were first seen, wraps of epochs or devices that the log does not name: what an append
left behind that was cut short between its wraps and its entry.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import orjson

from rejoint_server.access.hints import NOTES, Hints
from rejoint_server.access.memberships import Memberships, plain
from rejoint_server.access.tombstones import buried, bury
from rejoint_server.circles.ledger import Ledger
from rejoint_server.clock import Clock
from rejoint_sync.circle.epochs import WRAP_PREFIX
from rejoint_sync.circle.grammar import CIRCLE
from rejoint_sync.circle.invitation import INVITATION_PREFIX
from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import CircleError, NotFound, SyncError
from rejoint_sync.stores import Store, Stored

DAY_S: Final = 86_400
CLOSED_SECONDS: Final = 30 * DAY_S
"""How long a closed circle can still be read, exported and opened again."""

STRAY_SECONDS: Final = DAY_S
"""How long a wrap may be there without the entry that needs it."""

SECRETS: Final = (WRAP_PREFIX, INVITATION_PREFIX, "rec:", "req:")
"""What goes first when a circle is purged."""

CLOSED: Final = "closed:"
_AT_ONCE: Final = 200


async def forget_circle(store: Store, hints: Hints, circle: str, head: str) -> None:
    """Remove all of a circle that the store has, secrets first; may be called again.

    Args:
        store: Where it is.
        hints: Told that its devices are not there.
        circle: Its name.
        head: Hash of its last entry, which stays.
    """
    await bury(store, circle, head)
    try:
        devices = await _devices(store, circle)
        for one in await _all(store, circle, "rec:"):
            await store.local_delete(NOTES, one.id)
        for prefix in SECRETS:
            await _purge(store, circle, {one.id: one for one in await _all(store, circle, prefix)})
        for device in devices:
            await hints.drop(device, circle)
        await store.delete(circle)
    except NotFound:
        pass
    await store.local_delete(NOTES, CLOSED + circle)


async def forget_over(store: Store, membership: Membership, now_s: int) -> int:
    """Remove sealed invitations, and requests, whose invitation nobody can use; how many."""
    usable = {one.iid for one in membership.open_invitations(now_s)}
    over: dict[str, Stored] = {}
    for prefix in (INVITATION_PREFIX, "req:"):
        for stored in await _all(store, membership.circle, prefix):
            iid = stored.id.split(":")[1]
            if iid not in usable and not stored.leaves[0].deleted:
                over[stored.id] = stored
    await _purge(store, membership.circle, over)
    return len(over)


class Upkeep:
    """The daily work.

    Args:
        store: Where circles are.
        memberships: Told of circles that are gone.
        hints: As `memberships`.
        clock: The time.
        ledger: Turns, and the journal.
        sweep: Sweeps up what is not about one circle; never raises.

    Attributes:
        failed: Circles that the last day's work failed on; the next day tries again.
    """

    def __init__(  # noqa: PLR0913 - it is put together in one place
        self,
        store: Store,
        memberships: Memberships,
        hints: Hints,
        clock: Clock,
        ledger: Ledger,
        *,
        sweep: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._memberships = memberships
        self._hints = hints
        self._clock = clock
        self._ledger = ledger
        self._sweep = sweep
        self.failed = 0
        self._stray: dict[tuple[str, str], int] = {}
        self._clean: dict[str, int] = {}

    async def run(self) -> None:
        """Do the work now and every day; a circle that fails is left for the next day."""
        while True:
            await self.once()
            await asyncio.sleep(DAY_S)

    async def once(self) -> None:
        """Do the work of one day."""
        self.failed = 0
        try:
            await self._finish_burials()
            names = await self._store.databases()
        except SyncError:
            self.failed = 1
            return
        for name in names:
            if CIRCLE.match(name):
                try:
                    await self._look_after(name)
                except Exception:  # noqa: BLE001  # one circle must not hold up the others
                    self.failed += 1
                await asyncio.sleep(0)
        await self._sweep()

    async def _finish_burials(self) -> None:
        """Go on where a purge was interrupted."""
        there = set(await self._store.databases())
        for circle, head in (await buried(self._store)).items():
            if circle in there:
                await self._forget(circle, head)

    async def _look_after(self, circle: str) -> None:
        sequence = (await self._store.info(circle)).sequence
        if self._clean.get(circle) == sequence:
            return
        async with self._ledger.turn(circle):
            membership = await self._replayed(circle)
            if await self._is_over(membership):
                await self._forget(circle, membership.head)
                return
            await forget_over(self._store, membership, self._clock.now_s())
            stray = await self._sweep_wraps(membership)
        usable = membership.open_invitations(self._clock.now_s())
        if not usable and not stray and membership.closed_s is None:
            self._clean[circle] = (await self._store.info(circle)).sequence

    async def _replayed(self, circle: str) -> Membership:
        """The circle, without a place in the memory of those that are in use."""
        log = [plain(stored) for stored in await _all(self._store, circle, "log:")]
        return await asyncio.to_thread(Membership.replay, circle, log)

    async def _is_over(self, membership: Membership) -> bool:
        """Whether the server has seen it closed for long enough; notes when it sees it first."""
        name = CLOSED + membership.circle
        note = await self._store.local_get(NOTES, name)
        if membership.closed_s is None:
            if note is not None:
                await self._store.local_delete(NOTES, name)
            return False
        seen = orjson.loads(note[1]) if note else {}
        # Closed, opened and closed again between two looks is another closing.
        if seen.get("head") != membership.head:
            seen = {"head": membership.head, "since_s": self._clock.now_s()}
            await self._store.local_put(NOTES, name, orjson.dumps(seen))
        return self._clock.now_s() - int(seen["since_s"]) >= CLOSED_SECONDS

    async def _forget(self, circle: str, head: str) -> None:
        await self._ledger.forget(circle, head)
        self._memberships.forget(circle)
        await forget_circle(self._store, self._hints, circle, head)
        self._memberships.forget(circle)
        self._clean.pop(circle, None)

    async def _sweep_wraps(self, membership: Membership) -> int:
        """Remove wraps that no entry needs, a day after they were seen; how many are left."""
        now_s = self._clock.now_s()
        known = {
            f"{WRAP_PREFIX}{stream}{epoch.e:06d}:{epoch.commit[:16]}"
            for stream, chain in membership.epochs.items()
            for epoch in chain
        }
        seen: dict[tuple[str, str], int] = {}
        over: dict[str, Stored] = {}
        for stored in await _all(self._store, membership.circle, WRAP_PREFIX):
            epoch, _, device = stored.id.rpartition(":")
            if epoch in known and device in membership.devices:
                continue
            key = (membership.circle, stored.id)
            seen[key] = self._stray.get(key, now_s)
            if now_s - seen[key] >= STRAY_SECONDS:
                over[stored.id] = stored
        await _purge(self._store, membership.circle, over)
        self._stray = {k: v for k, v in self._stray.items() if k[0] != membership.circle}
        left = {key: first for key, first in seen.items() if key[1] not in over}
        self._stray |= left
        return len(left)


async def _devices(store: Store, circle: str) -> list[str]:
    """Every device that ever was in the circle, as far as its log can be read."""
    log = [plain(stored) for stored in await _all(store, circle, "log:")]
    try:
        return list((await asyncio.to_thread(Membership.replay, circle, log)).devices)
    except CircleError:
        return []


async def _all(store: Store, circle: str, prefix: str) -> list[Stored]:
    found: list[Stored] = []
    start, end = prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)
    while True:
        page = await store.range(circle, start, end, limit=_AT_ONCE)
        found += page
        if len(page) < _AT_ONCE:
            return found
        start = page[-1].id + "\0"


async def _purge(store: Store, circle: str, documents: Mapping[str, Stored]) -> None:
    names = list(documents)
    for start in range(0, len(names), _AT_ONCE):
        chosen = names[start : start + _AT_ONCE]
        await store.purge(
            circle, {name: [leaf.rev for leaf in documents[name].leaves] for name in chosen}
        )
