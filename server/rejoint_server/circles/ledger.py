"""What stands between an entry that was judged and its log: turns, the journal, waiting, freezing.

Entries of one circle take turns, and each is in the journal before it is in the store: whatever
anybody has ever seen of a log can be brought back, and of several entries with one number in the
journal the last is the one that landed.

After a restore that could not be completed from the journal, a circle **waits**: it takes no new
entry before each of its live devices has shown its newest one, because a device may have an entry
that the server lost, and a new one in its place would be another log. When two logs are there all
the same, the circle is **frozen**: it can be read, and takes nothing new.
"""

import asyncio
from typing import Final
from weakref import WeakValueDictionary

import orjson

from rejoint_server.access.hints import NOTES
from rejoint_server.circles.aftermath import Watched
from rejoint_server.clock import Clock
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import CircleError, StoreUnavailable
from rejoint_sync.stores import Store
from rejoint_sync.stores.journal import Journal

FROZEN: Final = "frozen:"
HEARD: Final = "heard:"
NEVER_SYNC: Final = frozenset({"recovery"})
"""Roles whose devices lie in a drawer: nobody waits for them."""


class Ledger:
    """The way of entries into their logs.

    Args:
        store: Where logs and the server's notes are.
        clock: The time.
        aftermath: Of the data directory.
        journal: Open; None for a server that keeps none.
    """

    def __init__(
        self, store: Store, clock: Clock, aftermath: Watched, journal: Journal | None
    ) -> None:
        self._store = store
        self._clock = clock
        self._aftermath = aftermath
        self._journal = journal
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._frozen: set[str] = set()

    async def start(self) -> None:
        """Read which circles are frozen; the server's notes are open."""
        start = FROZEN
        while page := await self._store.local_range(NOTES, start, "frozen;", limit=1000):
            self._frozen |= {note.id.removeprefix(FROZEN) for note in page}
            start = page[-1].id + "\0"

    def turn(self, circle: str) -> asyncio.Lock:
        """The turn of who writes to a circle's log: held from judging until it is stored."""
        return self._turns.setdefault(circle, asyncio.Lock())

    async def keep(self, circle: str, bundle: Bundle) -> None:
        """Note in the journal what is about to be stored; to be called in the circle's turn.

        The sealed invitation stays out of it: it is to vanish when nobody can use it any more.

        Raises:
            StoreUnavailable: It cannot be noted; it must not be stored.
        """
        if self._journal is not None:
            members = Bundle(_bare(bundle.log), tuple(_bare(wrap) for wrap in bundle.wraps))
            await self._journal.append(circle, members.to_json())

    async def forget(self, circle: str, head: str) -> None:
        """Leave in the journal that the circle is gone, and nothing else of it."""
        if self._journal is not None:
            await self._journal.forget(circle, head)

    # -- freezing --------------------------------------------------------------------------------

    @property
    def frozen(self) -> int:
        """How many circles are frozen."""
        return len(self._frozen)

    async def freeze(self, circle: str) -> None:
        """Take nothing new into a circle any more: two logs of it are about."""
        await self._store.local_put(NOTES, FROZEN + circle, b"{}")
        self._frozen.add(circle)

    def require_unfrozen(self, circle: str) -> None:
        """Raises `CircleError` with `fork` for a circle that is frozen."""
        if circle in self._frozen:
            raise CircleError(
                "fork", "two logs of this circle are about; found a new one and carry over"
            )

    # -- waiting ---------------------------------------------------------------------------------

    @property
    def waiting_s(self) -> int:
        """Seconds for which circles wait for their devices at most; 0 when none does."""
        return max(0, self._aftermath.now().waiting_until_s - self._clock.now_s())

    def may_have_lost(self, ts: int) -> bool:
        """Whether an entry of this time may have been lost by a restore."""
        return self._aftermath.now().may_have_lost(ts)

    async def heard(self, circle: str, device: str) -> None:
        """A device has shown its newest entry, and the log has it."""
        if self.waiting_s:
            devices = await self._heard(circle)
            if device not in devices:
                body = orjson.dumps({"until_s": self._until_s, "devices": [*devices, device]})
                await self._store.local_put(NOTES, HEARD + circle, body)

    async def waits_for(self, membership: Membership, *, but: str = "") -> list[str]:
        """The live devices that the circle waits for; none when it does not wait.

        Args:
            membership: The circle.
            but: A device that shows its newest entry just now.
        """
        if not self.waiting_s:
            return []
        heard = {but, *await self._heard(membership.circle)}
        return [
            device
            for device, member in membership.devices.items()
            if member.live and member.role not in NEVER_SYNC and device not in heard
        ]

    async def require_open(self, membership: Membership, signer: str) -> None:
        """Check that a log may take a new entry now.

        Args:
            membership: The circle.
            signer: Of the entry, which follows the newest one: so that is the signer's newest too.

        Raises:
            CircleError: `fork`: the circle is frozen.
            StoreUnavailable: It waits for devices after a restore.
        """
        self.require_unfrozen(membership.circle)
        if await self.waits_for(membership, but=signer):
            raise StoreUnavailable(
                "After a restore this circle waits until each of its devices has synced."
            )

    @property
    def _until_s(self) -> int:
        return self._aftermath.now().waiting_until_s

    async def _heard(self, circle: str) -> list[str]:
        note = await self._store.local_get(NOTES, HEARD + circle)
        value = orjson.loads(note[1]) if note else {}
        # Who was heard after an earlier restore is asked again after a later one.
        devices: list[str] = value["devices"] if value.get("until_s") == self._until_s else []
        return devices


def _bare(document: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if name != "_rev"}
