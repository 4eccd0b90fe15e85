"""The order in which operations are folded: the same on every device, whatever arrived when.

Source: docs/circle.md, "Merging what the server cannot read".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rejoint_sync.circle.document import Sealed
from rejoint_sync.circle.limits import LAMPORT_AHEAD_MAX, LAMPORT_MAX
from rejoint_sync.circle.roles import fold_rank


@dataclass(frozen=True, slots=True)
class Operation:
    """One opened and verified document, as the fold sees it.

    Attributes:
        lam: One more than the largest its author had seen.
        at: Unix seconds by its author's corrected clock; only breaks ties.
        role: The author's role.
        device: The author.
        stream: "c" or "k".
        n: The author's counter.
        digest: Hash of the document, 32 hexadecimal digits (`Sealed.digest`).
        body: The record.
    """

    lam: int
    at: int
    role: str
    device: str
    stream: str
    n: int
    digest: str
    body: dict[str, Any]

    @classmethod
    def of(cls, sealed: Sealed, role: str, body: dict[str, Any]) -> "Operation | None":
        """Take a record that was opened; None when it has no usable `lam` and `at`."""
        lam, at = body.get("lam"), body.get("at")
        if type(lam) is not int or not 1 <= lam <= LAMPORT_MAX or type(at) is not int:
            return None
        return cls(
            lam=lam,
            at=at,
            role=role,
            device=sealed.id.device,
            stream=sealed.id.stream,
            n=sealed.id.n,
            digest=sealed.digest,
            body=body,
        )


def order_key(operation: Operation) -> tuple[int, int, int, str, str, int, str]:
    """The key by which operations sort; the last one wins per field."""
    return (
        operation.lam,
        fold_rank(operation.role),
        operation.at,
        operation.device,
        operation.stream,
        operation.n,
        operation.digest,
    )


def dedupe(operations: Iterable[Operation]) -> list[Operation]:
    """Keep one operation for each author, stream and counter: that of the smaller digest."""
    kept: dict[tuple[str, str, int], Operation] = {}
    for operation in operations:
        place = (operation.device, operation.stream, operation.n)
        known = kept.get(place)
        if known is None or operation.digest < known.digest:
            kept[place] = operation
    return list(kept.values())


def in_order(operations: Iterable[Operation]) -> tuple[list[Operation], list[Operation]]:
    """Sort a set of operations for folding.

    Returns:
        The operations in order, and those set aside: their `lam` is so far above the number of
        those before them that one writer could win for ever.
    """
    ordered: list[Operation] = []
    aside: list[Operation] = []
    for operation in sorted(dedupe(operations), key=order_key):
        ahead = operation.lam > LAMPORT_AHEAD_MAX + len(ordered)
        (aside if ahead else ordered).append(operation)
    return ordered, aside
