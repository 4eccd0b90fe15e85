"""Reminders: who is pinged when; what a ping is about is known to the phone alone.

Here is what the scheduler asks of others: a sender of pings, and a place for schedules.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol, Self
from zlib import crc32

from rejoint_sync.reminders import Marks, Minute, Ping, Schedule, Sent, next_minute

SHARDS: Final = 8
"""Parts in which servers on one store share the work of a minute."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a ping.

    Attributes:
        word: `delivered`: the push service has it. `gone`: there is no subscription any more, and
            the sender has removed it. `later`: the push service asked to come again. `given up`:
            it cannot be brought.
        after_s: With `later`: seconds to wait, at least; 0 where the sender tries again by itself.
    """

    word: Literal["delivered", "gone", "later", "given up"]
    after_s: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures for whoever watches the server.

    Attributes:
        schedules: Devices with a schedule.
        silent: Of these, how many the clinic was told of.
    """

    schedules: int = 0
    silent: int = 0


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
        due: Minute at which to look at it again.
        rev: Which version this is, as the store said; "" for a row that is new.
    """

    device: str
    schedule: Schedule
    marks: Marks
    sent: Sent
    due: Minute
    rev: str = ""

    @classmethod
    def read(cls, device: str, rev: str, value: dict[str, Any]) -> Self:
        """A row from what `value` made of it.

        Args:
            device: Its name.
            rev: Its version.
            value: As `value` gave it; other members are left alone.
        """
        return cls(
            device,
            Schedule.kept(value["schedule"]),
            Marks.model_validate(value["marks"]),
            Sent.model_validate(value["sent"]),
            value["due"],
            rev,
        )

    @property
    def value(self) -> dict[str, Any]:
        """All of it but name and version, as JSON has it."""
        return {
            "schedule": self.schedule.model_dump(exclude_defaults=True),
            "marks": self.marks.model_dump(exclude_defaults=True),
            "sent": self.sent.model_dump(exclude_defaults=True),
            "due": self.due,
        }

    @property
    def shard(self) -> int:
        """Which of the `SHARDS` it belongs to."""
        return crc32(self.device.encode()) % SHARDS

    def at(self, now: Minute, marks: Marks, sent: Sent) -> "Row":
        """The row with other marks, and when to look at it then.

        Args:
            now: This minute.
            marks: As they are now.
            sent: As it is now.
        """
        due = next_minute(now, self.schedule, marks, sent)
        return replace(self, marks=marks, sent=sent, due=due)


class Rows(Protocol):
    """Where schedules are kept.

    A write compares and swaps: of two servers that read the same version one succeeds.
    """

    async def start(self) -> None:
        """Make what is not there yet; called once, before anything else."""
        ...

    async def read(self, devices: Sequence[str]) -> dict[str, Row]:
        """The rows of these devices, of those that have one."""
        ...

    async def write(self, row: Row) -> Row | None:
        """Store a row in the place of the version it was read as.

        Returns:
            The row with its new version, durable; None when another version is there, or none
            where one was read.
        """
        ...

    async def remove(self, device: str) -> None:
        """Forget a row; nothing when there is none."""
        ...

    async def lease(self, minute: Minute, holder: str) -> list[int]:
        """Take the shards that nobody has taken for this minute or a later one.

        A lease spares work and nothing depends on it: who sends is decided by `write`. One for
        more than `GRACE_MIN` ahead is of a clock that was wrong, and holds nobody back.

        Args:
            minute: Which.
            holder: Who takes them.
        """
        ...

    async def due(self, shards: Collection[int], minute: Minute, limit: int) -> list[Row]:
        """Rows of some shards to look at in a minute or before, those that wait longest first."""
        ...

    async def counts(self) -> Counts:
        """How many there are."""
        ...

    async def close(self) -> None:
        """Let go of every resource."""
        ...
