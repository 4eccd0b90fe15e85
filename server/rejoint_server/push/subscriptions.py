"""Which browser a device is pinged through: at most one subscription each, among the notes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, Self

import orjson

from rejoint_server.access.hints import NOTES
from rejoint_sync.stores import LocalDocument

_PREFIX: Final = "push:"
_AT_ONCE: Final = 500


class Notes(Protocol):
    """The part of a store in which the server keeps its notes."""

    async def local_get(self, database: str, local_id: str) -> tuple[int, bytes] | None:
        """As the store's."""
        ...

    async def local_range(
        self, database: str, start: str, end: str, *, limit: int
    ) -> list[LocalDocument]:
        """As the store's."""
        ...

    async def local_put(
        self, database: str, local_id: str, body: bytes, *, after: int | None = None
    ) -> int:
        """As the store's."""
        ...

    async def local_delete(self, database: str, local_id: str) -> bool:
        """As the store's."""
        ...


@dataclass(frozen=True, slots=True)
class Subscription:
    """One browser that takes pings.

    Attributes:
        endpoint: Where to send; whoever knows it and the server's key can ping, so it is in no
            log, no figure and no answer.
        p256dh: The browser's public key, base64url of 65 bytes.
        auth: The browser's secret, base64url of 16 bytes.
        key: Id of the server's key that it was made for.
        at: When it came, Unix seconds.
    """

    endpoint: str
    p256dh: str
    auth: str
    key: str
    at: int

    def is_same(self, other: "Subscription | None") -> bool:
        """Whether the other says the same, whenever it came."""
        return other is not None and replace(self, at=other.at) == other

    @classmethod
    def read(cls, body: bytes) -> Self:
        """A note as it was written."""
        value: dict[str, Any] = orjson.loads(body)
        return cls(**value)


class Subscriptions:
    """All subscriptions of a server.

    Args:
        notes: Where they are kept.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._turn = asyncio.Lock()

    async def of(self, device: str) -> Subscription | None:
        """The subscription of a device."""
        note = await self._notes.local_get(NOTES, _PREFIX + device)
        return None if note is None else Subscription.read(note[1])

    async def put(self, device: str, subscription: Subscription) -> bool:
        """Keep a subscription in the place of the device's last one; False when it is known."""
        async with self._turn:
            if subscription.is_same(await self.of(device)):
                return False
            value = {field: getattr(subscription, field) for field in Subscription.__slots__}
            await self._notes.local_put(NOTES, _PREFIX + device, orjson.dumps(value))
            return True

    async def drop(self, device: str, of: Subscription | None = None) -> bool:
        """Forget a device's subscription; whether there was one.

        Args:
            device: Its name.
            of: Only this one: who has subscribed anew meanwhile keeps what is new.
        """
        async with self._turn:
            if of is not None and not of.is_same(await self.of(device)):
                return False
            return await self._notes.local_delete(NOTES, _PREFIX + device)

    async def subscribed(self, devices: Sequence[str]) -> frozenset[str]:
        """Which of these devices have a subscription."""
        return frozenset([one for one in devices if await self.of(one) is not None])

    async def all(self) -> AsyncIterator[tuple[str, Subscription]]:
        """Every device that has one, in the order of their names, and what it has."""
        start, end = _PREFIX, f"{_PREFIX[:-1]};"  # ";" follows ":"
        while True:
            page = await self._notes.local_range(NOTES, start, end, limit=_AT_ONCE)
            for note in page:
                yield note.id.removeprefix(_PREFIX), Subscription.read(note.body)
            if len(page) < _AT_ONCE:
                return
            start = page[-1].id + "\0"

    async def count_by_key(self) -> Counter[str]:
        """How many subscriptions were made for each key, by its id."""
        return Counter([one.key async for _, one in self.all()])
