"""Schedules in the SQLite store's file, in a table of their own; one process has that file."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import orjson

from rejoint_server.reminders import SHARDS, Counts, Row
from rejoint_sync.reminders import GRACE_MIN, Minute
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_turn import Turn

_INSERT = (
    "INSERT INTO reminder(device, rev, shard, due, silent, body) VALUES(?, 1, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING RETURNING rev"
)
_UPDATE = (
    "UPDATE reminder SET rev = rev + 1, shard = ?, due = ?, silent = ?, body = ?"
    " WHERE device = ? AND rev = ? RETURNING rev"
)
_READ = "SELECT device, rev, body FROM reminder WHERE device IN (SELECT value FROM json_each(?))"
_DUE = (
    "SELECT device, rev, body FROM reminder WHERE due <= ?"
    " AND shard IN (SELECT value FROM json_each(?)) ORDER BY due LIMIT ?"
)
_COUNTS = "SELECT count(*), coalesce(sum(silent), 0) FROM reminder"


class SqliteRows:
    """`Rows` over the open store of this process.

    Args:
        store: Whose file it is.
    """

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._taken = -1

    async def start(self) -> None:
        """As the port: the table comes with the file."""

    async def read(self, devices: Sequence[str]) -> dict[str, Row]:
        """As the port."""
        rows = self._store.select(_READ, (orjson.dumps(list(devices)).decode(),))
        return {row.device: row for row in map(_row, rows)}

    async def write(self, row: Row) -> Row | None:
        """As the port."""
        values = (row.shard, row.due, int(row.marks.told), orjson.dumps(row.value))

        def put(turn: Turn) -> list[tuple[Any, ...]]:
            if row.rev:
                return turn.select(_UPDATE, (*values, row.device, int(row.rev)))
            return turn.select(_INSERT, (row.device, *values))

        found = await self._store.turn(put)
        return replace(row, rev=str(found[0][0])) if found else None

    async def remove(self, device: str) -> None:
        """As the port."""
        await self._store.turn(
            lambda turn: turn.select("DELETE FROM reminder WHERE device = ?", (device,))
        )

    async def lease(self, minute: Minute, holder: str) -> list[int]:  # noqa: ARG002  # it is alone
        """As the port."""
        if minute <= self._taken <= minute + GRACE_MIN:
            return []
        self._taken = minute
        return list(range(SHARDS))

    async def due(self, shards: Collection[int], minute: Minute, limit: int) -> list[Row]:
        """As the port."""
        chosen = orjson.dumps(sorted(shards)).decode()
        return [_row(row) for row in self._store.select(_DUE, (minute, chosen, limit))]

    async def counts(self) -> Counts:
        """As the port."""
        [(schedules, silent)] = self._store.select(_COUNTS)
        return Counts(schedules, silent)

    async def close(self) -> None:
        """As the port: whoever opened the store closes it."""


def _row(columns: tuple[Any, ...]) -> Row:
    device, rev, body = columns
    return Row.read(device, str(rev), orjson.loads(body))
