"""Merging what the server cannot read: the same set of operations gives the same record everywhere.

Documents are facts that are added, never changed. Of what can be read, one document counts for each
author, stream and counter; they are ordered by `order_key`, and per member of a record the last
one wins. Each stream is folded by itself: what the clinicians' stream holds changes nothing that
everyone sees, nor could it be noticed there.

    amend      new values for members of an own record that stands before it
    void       an own record counts no more, for ever
    set        settings, and names (`profile`), per member or for the clinic
    plan       versions; those that no later one names as a parent are in force, all of them

"Own" is a record of the same member. In a cohort, therapists may also void anyone's `post`.

Source: docs/circle.md, "Merging what the server cannot read".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rejoint_sync.circle.document import DocumentId, Sealed
from rejoint_sync.circle.limits import LAMPORT_AHEAD_MAX, LAMPORT_MAX
from rejoint_sync.circle.log import Member
from rejoint_sync.circle.roles import THERAPIST, fold_rank

_KIND_OF: Final = {"amend": "ev", "void": "ev", "set": "pr", "profile": "pr", "plan": "pl"}
_KEPT: Final = frozenset({"type", "lam", "at"})
_AMENDABLE: Final = frozenset({"ev", "nt"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One opened and verified document, as the fold sees it.

    Attributes:
        id: Its name: author, stream and counter are in it.
        lam: One more than the largest that its author had seen in this stream.
        at: Unix seconds by its author's corrected clock; only breaks ties.
        role: The author's role.
        member: Whose device the author is.
        digest: Hash of the document, 32 hexadecimal digits (`Sealed.digest`).
        body: The record.
    """

    id: DocumentId
    lam: int
    at: int
    role: str
    member: str
    digest: str
    body: dict[str, Any] = field(hash=False)

    @classmethod
    def of(cls, sealed: Sealed, author: Member, body: dict[str, Any]) -> "Operation | None":
        """Take a record that was opened; None when it has no usable `lam` and `at`."""
        lam, at = body.get("lam"), body.get("at")
        if type(lam) is not int or not 1 <= lam <= LAMPORT_MAX or type(at) is not int:
            return None
        return cls(
            id=sealed.id,
            lam=lam,
            at=at,
            role=author.role,
            member=author.member,
            digest=sealed.digest,
            body=body,
        )

    @property
    def name(self) -> str:
        """The document's name."""
        return str(self.id)

    @property
    def type(self) -> str:
        """What it does; "" for a record of another kind than its type belongs to."""
        named = self.body.get("type")
        if type(named) is not str or _KIND_OF.get(named, self.id.kind) != self.id.kind:
            return ""
        return named


@dataclass(frozen=True, slots=True)
class Shown:
    """One record as it stands.

    Attributes:
        operation: The document that it is.
        body: The record with what was amended.
        amended: Names of the amendments in it, in order.
        void: Name of the operation since which it counts no more; "" while it counts.
    """

    operation: Operation
    body: dict[str, Any] = field(hash=False)
    amended: tuple[str, ...]
    void: str


@dataclass(frozen=True, slots=True)
class Folded:
    """What one stream of a circle says.

    Attributes:
        records: Everything that is not itself about another record, in order, void ones too.
        plans: Names of the plan versions in force, in order: two were written side by side.
        settings: By member id, "" for the clinic: settings, and `name`.
        idle: Amendments and the like that count for nothing: not one's own, or nothing there.
        aside: Operations whose `lam` is ahead of all reason; they count for nothing.
        next_lam: The `lam` of the next operation of this stream.
    """

    records: tuple[Shown, ...]
    plans: tuple[str, ...]
    settings: Mapping[str, Mapping[str, Any]]
    idle: tuple[Operation, ...]
    aside: tuple[Operation, ...]
    next_lam: int


def order_key(operation: Operation) -> tuple[int, int, int, str, str, int, str]:
    """The key by which operations sort; the last one wins per field."""
    return (
        operation.lam,
        fold_rank(operation.role),
        operation.at,
        operation.id.device,
        operation.id.stream,
        operation.id.n,
        operation.digest,
    )


def dedupe(operations: Iterable[Operation]) -> list[Operation]:
    """Keep one operation for each author, stream and counter: that of the smaller digest."""
    kept: dict[tuple[str, str, int], Operation] = {}
    for operation in operations:
        place = (operation.id.device, operation.id.stream, operation.id.n)
        known = kept.get(place)
        if known is None or operation.digest < known.digest:
            kept[place] = operation
    return list(kept.values())


def in_order(
    operations: Iterable[Operation], before: int = 0
) -> tuple[list[Operation], list[Operation]]:
    """Sort a set of operations for folding.

    Args:
        operations: In any order; the same one may come twice.
        before: Number of older operations that are not given, known from a snapshot.

    Returns:
        The operations in order, and those set aside: their `lam` is so far above the number of
        those before them in their stream that one writer could win for ever.
    """
    ordered: list[Operation] = []
    aside: list[Operation] = []
    counts: dict[str, int] = {}
    for operation in sorted(dedupe(operations), key=order_key):
        count = counts.get(operation.id.stream, before)
        if operation.lam > LAMPORT_AHEAD_MAX + count:
            aside.append(operation)
        else:
            ordered.append(operation)
            counts[operation.id.stream] = count + 1
    return ordered, aside


def fold(
    operations: Iterable[Operation], *, purpose: str, stream: str = "c", before: int = 0
) -> Folded:
    """Fold one stream of a circle; others' operations may be among the given ones.

    Args:
        operations: In any order; the same one may come twice.
        purpose: Of the circle: "patient", "clinic" or "cohort".
        stream: Which stream.
        before: As for `in_order`.
    """
    ordered, aside = in_order((o for o in operations if o.id.stream == stream), before)
    places = {operation.name: place for place, operation in enumerate(ordered)}
    voids = _voids(ordered, places, purpose)
    amendments = _amendments(ordered, places, voids)
    settings, heard = _settings(ordered, voids)
    counting = {name for names in amendments.values() for name in names}
    counting |= set(voids.values()) | heard | voids.keys()
    return Folded(
        records=tuple(
            _shown(operation, ordered, places, amendments, voids)
            for operation in ordered
            if operation.type not in ("amend", "void", "set", "profile")
        ),
        plans=_plans_in_force(ordered, places, voids),
        settings=settings,
        idle=tuple(
            operation
            for operation in ordered
            if operation.type in ("amend", "void", "set", "profile")
            and operation.name not in counting
        ),
        aside=tuple(aside),
        next_lam=ordered[-1].lam + 1 if ordered else 1,
    )


def _target(
    operation: Operation, ordered: list[Operation], places: Mapping[str, int]
) -> Operation | None:
    """The record that an operation is about, if it stands before it."""
    name = operation.body.get("target")
    place = places.get(name) if type(name) is str else None
    return ordered[place] if place is not None and place < places[operation.name] else None


def _voids(ordered: list[Operation], places: Mapping[str, int], purpose: str) -> dict[str, str]:
    """Each operation that counts no more, with the first one that says so."""
    voids: dict[str, str] = {}
    for operation in ordered:
        target = _target(operation, ordered, places) if operation.type == "void" else None
        if target is None or target.type == "void":
            continue
        hides = purpose == "cohort" and operation.role == THERAPIST and target.type == "post"
        if target.member == operation.member or hides:
            voids.setdefault(target.name, operation.name)
    return voids


def _amendments(
    ordered: list[Operation], places: Mapping[str, int], voids: Mapping[str, str]
) -> dict[str, list[str]]:
    """The amendments that count, by the record that they are about, in order."""
    found: dict[str, list[str]] = {}
    for operation in ordered:
        if operation.type != "amend" or operation.name in voids:
            continue
        target = _target(operation, ordered, places)
        values, drop = operation.body.get("values"), operation.body.get("drop", [])
        if (
            target is not None
            and target.member == operation.member
            and target.id.kind in _AMENDABLE
            and target.type not in ("amend", "void")
            and type(values) is dict
            and type(drop) is list
        ):
            found.setdefault(target.name, []).append(operation.name)
    return found


def _shown(
    operation: Operation,
    ordered: list[Operation],
    places: Mapping[str, int],
    amendments: Mapping[str, list[str]],
    voids: Mapping[str, str],
) -> Shown:
    body, amended = dict(operation.body), tuple(amendments.get(operation.name, ()))
    for name in amended:
        change = ordered[places[name]].body
        body |= {key: value for key, value in change["values"].items() if key not in _KEPT}
        for key in change.get("drop", []):
            if type(key) is str and key not in _KEPT:
                body.pop(key, None)
    return Shown(operation, body, amended, voids.get(operation.name, ""))


def _settings(
    ordered: list[Operation], voids: Mapping[str, str]
) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """Settings by member, and the names of the operations that were heard.

    What people say of themselves outranks what clinicians say of them, and that what others say;
    of the clinic, clinicians alone speak.
    """
    best: dict[tuple[str, str], tuple[int, Any]] = {}
    heard: set[str] = set()
    for operation in ordered:
        whose, values = _said(operation)
        tier = 2 if whose == operation.member else fold_rank(operation.role) - 1
        if whose is None or operation.name in voids or (whose == "" and tier == 0):
            continue
        heard.add(operation.name)
        for key, value in values.items():
            if tier >= best.get((whose, key), (0, None))[0]:
                best[(whose, key)] = (tier, value)
    settings: dict[str, dict[str, Any]] = {}
    for (whose, key), (_, value) in best.items():
        settings.setdefault(whose, {})[key] = value
    return settings, heard


def _said(operation: Operation) -> tuple[str | None, dict[str, Any]]:
    """Of whom a record of settings speaks ("" for the clinic, None when it is none), and what."""
    body = operation.body
    if operation.type == "set":
        values = body.get("values")
    elif operation.type == "profile":
        values = {"name": body["name"]} if "name" in body else None
    else:
        return None, {}
    whose = "" if body.get("about") == "clinic" else body.get("member")
    if type(whose) is not str or type(values) is not dict:
        return None, {}
    return whose, values


def _plans_in_force(
    ordered: list[Operation], places: Mapping[str, int], voids: Mapping[str, str]
) -> tuple[str, ...]:
    """Versions that no later one replaces. A void one stays replaced by nothing."""
    replaced: set[str] = set()
    plans = [operation for operation in ordered if operation.type == "plan"]
    for plan in plans:
        parents = plan.body.get("parents")
        for parent in parents if type(parents) is list else ():
            if type(parent) is str and places.get(parent, len(ordered)) < places[plan.name]:
                replaced.add(parent)
    return tuple(p.name for p in plans if p.name not in replaced and p.name not in voids)
