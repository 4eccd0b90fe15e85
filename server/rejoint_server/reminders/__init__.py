"""Reminders: who is pinged when; what a ping is about is known to the phone alone.

Here is what the scheduler asks of others: a sender of pings, and a place for schedules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from rejoint_sync.reminders import Marks, Minute, Ping, Schedule, Sent

SHARDS: Final = 8
"""Parts in which servers on one store share the work of a minute."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a ping.

    Attributes:
        word: `delivered`: the push service has it. `gone`: there is no subscription any more, and
            the sender has removed it. `later`: the push service asked to come again. `given up`:
            it cannot be brought.
        after_s: With `later`: seconds to wait, at least.
    """

    word: Literal["delivered", "gone", "later", "given up"]
    after_s: int = 0


class Sender(Protocol):
    """Brings pings to push services."""

    async def send(self, device: str, ping: Ping) -> Outcome:
        """Bring one ping, once: `later` is the scheduler's affair. Never raises.

        Args:
            device: Whose subscription to use; `gone` when it has none.
            ping: What it is. Nothing that leaves the server may tell its kind: same size, same
                headers, and a time to live of `ping.ttl_s`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """What is kept of one device.

    Attributes:
        device: Its name.
        schedule: What the person chose.
        marks: What the device told.
        sent: What was sent.
        due: Minute at which to look at it again; None for not before a change.
        rev: Which version this is, as the store said; "" for a row that is new.
    """

    device: str
    schedule: Schedule
    marks: Marks
    sent: Sent
    due: Minute | None
    rev: str = ""


class Subscriptions(Protocol):
    """Where push subscriptions are kept, apart from schedules: one of each device."""

    async def subscription(self, device: str) -> bytes | None:
        """The JSON text that was kept for a device; None for none."""
        ...

    async def subscribe(self, device: str, body: bytes | None) -> None:
        """Keep it in the place of the last one, durably; None removes it."""
        ...

    async def subscribed(self, devices: Sequence[str]) -> frozenset[str]:
        """Which of these devices have one."""
        ...


class Rows(Protocol):
    """Where schedules are kept.

    A write compares and swaps: of two servers that read the same version one succeeds.
    """

    async def read(self, devices: Sequence[str]) -> Mapping[str, Row]:
        """The rows of these devices, of those that have one."""
        ...

    async def write(self, row: Row) -> Row | None:
        """Store a row in the place of the version it was read as.

        Returns:
            The row as it is stored now; None when there is another version, or one where `rev`
            says there is none. What is answered is durable.
        """
        ...

    async def remove(self, device: str) -> None:
        """Forget a row; nothing when there is none."""
        ...

    async def lease(self, minute: Minute, holder: str) -> frozenset[int]:
        """Take the shards of a minute that nobody has taken for it yet.

        Args:
            minute: Which; a shard that was taken for a later one is not given.
            holder: Who takes them.
        """
        ...

    async def due(self, shard: int, minute: Minute, limit: int) -> Sequence[Row]:
        """Rows of a shard to look at in a minute or before, those that wait longest first."""
        ...

    async def counts(self) -> "Counts":
        """How many there are; may be a minute old."""
        ...


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures for whoever watches the server.

    Attributes:
        schedules: Devices with a schedule.
        silent: Of these, how many are silent.
        subscriptions: Devices with a push subscription.
    """

    schedules: int = 0
    silent: int = 0
    subscriptions: int = 0
