"""Snapshots: what a circle says in one document, so that a new phone shows it at once.

A cache, not evidence. What is shown from it is "being checked" until the signed originals are
there; then both are compared, and a difference is the alarm `snapshot`, which names its author.
It holds names and settings, the plans in force, and the newest records that fit; and the marks of
all feeds of its stream, so that a phone that never fetches older documents chains on from there.

Source: docs/circle.md, "Snapshots".
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from rejoint_sync.circle.feed import Claim, FeedName, Mark
from rejoint_sync.circle.fold import Folded, Operation, Shown, fold
from rejoint_sync.circle.grammar import DEVICE, HASH_BYTES, require_bytes, require_integer
from rejoint_sync.circle.limits import COUNTER_MAX, LAMPORT_MAX, SNAPSHOT_RECORDS_MAX
from rejoint_sync.errors import CircleError

TYPE: Final = "snapshot"

_MEMBERS: Final = frozenset(
    {"type", "lam", "at", "tz_min", "feeds", "before", "settings", "plans", "records"}
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one stream said to one author at one moment.

    Attributes:
        feeds: How far each feed went that is in it, by device.
        before: Number of operations that it was folded from, those set aside not counted.
        settings: As `Folded.settings`.
        plans: The plans in force, each as a record.
        records: The newest other records that count, oldest first, each as a record.
        next_lam: The `lam` of the next operation.
    """

    feeds: Mapping[str, Mark]
    before: int
    settings: Mapping[str, Mapping[str, Any]]
    plans: tuple[Mapping[str, Any], ...]
    records: tuple[Mapping[str, Any], ...]
    next_lam: int

    @classmethod
    def of(
        cls,
        operations: Iterable[Operation],
        feeds: Mapping[str, Mark],
        *,
        purpose: str,
        stream: str = "c",
        most: int = SNAPSHOT_RECORDS_MAX,
    ) -> Self:
        """Make a snapshot of what is held.

        Args:
            operations: All operations of the circle that are held, in any order.
            feeds: The ends of the feeds of the stream, by device; nothing beyond them is used.
            purpose: Of the circle.
            stream: Which stream.
            most: Greatest number of records.
        """
        covered = [o for o in operations if _covers(feeds, stream, o)]
        folded = fold(covered, purpose=purpose, stream=stream)
        in_force = set(folded.plans)
        counting = [s for s in folded.records if not s.void and s.operation.type != "plan"]
        plans = [s for s in folded.records if s.operation.name in in_force]
        return cls(
            feeds=dict(feeds),
            before=_count(covered, folded),
            settings=folded.settings,
            plans=tuple(_record(shown) for shown in plans),
            records=tuple(_record(shown) for shown in counting[max(0, len(counting) - most) :]),
            next_lam=folded.next_lam,
        )

    @classmethod
    def parse(cls, body: object) -> Self:
        """Read what `body` wrote, opened from a document of kind `sn`.

        Raises:
            CircleError: `snapshot`: it is not one. It is ignored then: the originals come anyway.
        """
        try:
            return cls._parse(body)
        except CircleError as error:
            raise CircleError("snapshot", error.reason) from error

    @classmethod
    def _parse(cls, body: object) -> Self:
        if type(body) is not dict or body.keys() != _MEMBERS or body["type"] != TYPE:
            raise CircleError("snapshot", "expected a snapshot of this version")
        lam = require_integer(body["lam"], 1, LAMPORT_MAX)
        before = require_integer(body["before"], 0)
        if type(body["feeds"]) is not dict or type(body["settings"]) is not dict:
            raise CircleError("snapshot", "expected feeds and settings")
        feeds = {device: _mark(device, mark) for device, mark in body["feeds"].items()}
        for values in body["settings"].values():
            if type(values) is not dict:
                raise CircleError("snapshot", "expected settings by member")
        plans, records = _records(body["plans"]), _records(body["records"])
        return cls(feeds, before, body["settings"], plans, records, lam)

    def body(self, *, at: int, tz_min: int) -> dict[str, Any]:
        """What to seal as a document of kind `sn`; `at` and `tz_min` as in every record."""
        return {
            "type": TYPE,
            "lam": self.next_lam,
            "at": at,
            "tz_min": tz_min,
            "feeds": {device: [mark.n, mark.d] for device, mark in self.feeds.items()},
            "before": self.before,
            "settings": {whose: dict(values) for whose, values in self.settings.items()},
            "plans": [dict(record) for record in self.plans],
            "records": [dict(record) for record in self.records],
        }

    def starts(self, stream: str) -> dict[FeedName, Mark]:
        """Where the feeds begin for a phone that has this snapshot instead of what is before it."""
        return {(device, stream): mark for device, mark in self.feeds.items()}

    def claims(self, stream: str, by: str) -> list[Claim]:
        """What it says of each feed; `by` is its author."""
        return [Claim(device, stream, mark, by) for device, mark in self.feeds.items()]

    def check(self, operations: Iterable[Operation], *, purpose: str, stream: str = "c") -> None:
        """Compare with the originals.

        Args:
            operations: All of the circle up to `feeds`, verified and opened; what is beyond is
                not used. Whether all are here is a question of the feeds (`require_whole`).
            purpose: Of the circle.
            stream: Which stream.

        Raises:
            CircleError: `snapshot`: the originals say something else.
        """
        again = Snapshot.of(
            operations, self.feeds, purpose=purpose, stream=stream, most=len(self.records)
        )
        if _text(again) != _text(self):
            raise CircleError("snapshot", "the originals say something else than the snapshot")


def _covers(feeds: Mapping[str, Mark], stream: str, operation: Operation) -> bool:
    mark = feeds.get(operation.id.device)
    return operation.id.stream == stream and mark is not None and operation.id.n <= mark.n


def _count(covered: list[Operation], folded: Folded) -> int:
    places = {(o.id.device, o.id.n) for o in covered}
    return len(places) - len(folded.aside)


def _record(shown: Shown) -> dict[str, Any]:
    return {"id": shown.operation.name, "body": shown.body, "amended": list(shown.amended)}


def _records(value: object) -> tuple[dict[str, Any], ...]:
    if type(value) is not list:
        raise CircleError("snapshot", "expected records in a list")
    for record in value:
        if (
            type(record) is not dict
            or record.keys() != {"id", "body", "amended"}
            or type(record["id"]) is not str
            or type(record["body"]) is not dict
            or type(record["amended"]) is not list
        ):
            raise CircleError("snapshot", "expected records with exactly id, body and amended")
    return tuple(value)


def _mark(device: str, value: object) -> Mark:
    if not DEVICE.match(device):
        raise CircleError("snapshot", "expected a device")
    if type(value) is not list or len(value) != 2:
        raise CircleError("snapshot", "expected a mark of counter and chain")
    require_bytes(value[1], HASH_BYTES, "a chain")
    return Mark(require_integer(value[0], 1, COUNTER_MAX), value[1])


def _text(snapshot: Snapshot) -> str:
    # Not `==`: True equals 1 to Python.
    return json.dumps(snapshot.body(at=0, tz_min=0), sort_keys=True)
