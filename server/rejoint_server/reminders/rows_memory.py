"""Schedules in memory: what the others must do, as plainly as can be said."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from rejoint_server.reminders import SHARDS, Counts, Row
from rejoint_sync.reminders import GRACE_MIN, Minute


class MemoryRows:
    """`Rows` that end with the process."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._taken = -1
        self._versions = 0

    async def start(self) -> None:
        """As the port."""

    async def read(self, devices: Sequence[str]) -> dict[str, Row]:
        """As the port."""
        return {device: self._rows[device] for device in devices if device in self._rows}

    async def write(self, row: Row) -> Row | None:
        """As the port."""
        there = self._rows.get(row.device)
        if (there.rev if there else "") != row.rev:
            return None
        self._versions += 1
        self._rows[row.device] = replace(row, rev=str(self._versions))
        return self._rows[row.device]

    async def remove(self, device: str) -> None:
        """As the port."""
        self._rows.pop(device, None)

    async def lease(self, minute: Minute, holder: str) -> list[int]:  # noqa: ARG002  # it is alone
        """As the port."""
        if minute <= self._taken <= minute + GRACE_MIN:
            return []
        self._taken = minute
        return list(range(SHARDS))

    async def due(self, shards: Collection[int], minute: Minute, limit: int) -> list[Row]:
        """As the port."""
        found = [row for row in self._rows.values() if row.shard in shards and row.due <= minute]
        return sorted(found, key=lambda row: row.due)[:limit]

    async def counts(self) -> Counts:
        """As the port."""
        return Counts(len(self._rows), sum(row.marks.told for row in self._rows.values()))

    async def close(self) -> None:
        """As the port."""
