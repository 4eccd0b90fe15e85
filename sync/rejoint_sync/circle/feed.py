"""What a server could hide: every author's documents are numbered without gaps, and chained.

A feed is what one device wrote in one stream. Its chain: d_0 is 32 zero bytes, and d_n is
SHA-256(d_(n-1) || SHA-256(hdr_n || "." || c_n)). A mark [n, d] therefore says which documents
there are up to n, and what is in them. Everyone signs the marks that they have seen (checkpoints),
removals carry them (fences), and snapshots begin with them. Here they are compared with what is
held: who asks has just finished a sync, so that what is missing is not merely on its way.

Source: docs/circle.md, "Counters and checkpoints".
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from rejoint_sync.circle.document import Sealed, open_document
from rejoint_sync.circle.encoding import b64u_decode, b64u_encode
from rejoint_sync.circle.envelope import sha256
from rejoint_sync.circle.epochs import Secrets
from rejoint_sync.circle.grammar import HASH_BYTES
from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import CircleError

FeedName = tuple[str, str]
"""Device and stream."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a feed goes.

    Attributes:
        n: The last counter.
        d: The chain up to it, base64url; "" where only the count is known.
    """

    n: int
    d: str

    def followed_by(self, sealed: Sealed) -> "Mark":
        """The mark after one more document; this one must have its `d`."""
        content = sha256(sealed.signing_input)
        return Mark(self.n + 1, b64u_encode(sha256(b64u_decode(self.d) + content)))


START: Final = Mark(0, b64u_encode(bytes(HASH_BYTES)))


@dataclass(frozen=True, slots=True)
class Chain:
    """What is held of one feed.

    Attributes:
        start: Where it begins: `START`, or the mark of a snapshot whose documents are not held.
        marks: The marks after `start`, one for each document, up to the first gap.
        beyond: Counters that are held after the first gap.
        twice: Counters under which there are several documents; the smaller digest is in `marks`.
    """

    start: Mark
    marks: tuple[Mark, ...]
    beyond: frozenset[int]
    twice: frozenset[int]

    @classmethod
    def of(cls, documents: Iterable[Sealed], start: Mark = START) -> Self:
        """Chain the documents of one feed; those up to `start` are passed over.

        Args:
            documents: In any order, their signatures good; the same one may come twice.
            start: With its `d`.
        """
        held: dict[int, Sealed] = {}
        twice: set[int] = set()
        for sealed in documents:
            n = sealed.id.n
            rival = held.get(n)
            if rival is not None and rival.digest != sealed.digest:
                twice.add(n)
            if rival is None or sealed.digest < rival.digest:
                held[n] = sealed
        marks, last = [], start
        while last.n + 1 in held:
            last = last.followed_by(held[last.n + 1])
            marks.append(last)
        beyond = frozenset(n for n in held if n > last.n)
        return cls(start, tuple(marks), beyond, frozenset(twice))

    @property
    def end(self) -> Mark:
        """The mark up to which nothing is missing."""
        return self.marks[-1] if self.marks else self.start

    def at(self, n: int) -> Mark | None:
        """The mark at a counter, None below `start` and above `end`."""
        if n == self.start.n:
            return self.start
        place = n - self.start.n - 1
        return self.marks[place] if 0 <= place < len(self.marks) else None


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody's word that a feed goes at least so far.

    Attributes:
        device: Whose feed.
        stream: "c" or "k".
        mark: How far, and with which chain where that is known.
        by: The device whose checkpoint, removal or snapshot says so.
    """

    device: str
    stream: str
    mark: Mark
    by: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that an honest server and honest authors never show.

    Attributes:
        code: `gap`: documents are missing; `replaced`: others stand where known ones stood;
            `taken`: one counter was used for two documents.
        device: Whose feed.
        stream: "c" or "k".
        n: The first counter concerned.
        by: The device whose word is broken; "" where the documents alone show it.
    """

    code: str
    device: str
    stream: str
    n: int
    by: str


_FIRST: Final = ("replaced", "taken", "gap")


def chains(
    documents: Iterable[Sealed], starts: Mapping[FeedName, Mark] | None = None
) -> dict[FeedName, Chain]:
    """Chain everything that is held of a circle, by feed.

    Args:
        documents: In any order, their signatures good.
        starts: Where feeds begin of which a snapshot is held instead of documents.
    """
    starts = starts or {}
    feeds: dict[FeedName, list[Sealed]] = {name: [] for name in starts}
    for sealed in documents:
        feeds.setdefault((sealed.id.device, sealed.id.stream), []).append(sealed)
    return {name: Chain.of(held, starts.get(name, START)) for name, held in feeds.items()}


def alarms(held: Mapping[FeedName, Chain], claims: Iterable[Claim]) -> list[Alarm]:
    """Compare what is held with what others say there is, the gravest first.

    A claim below the start of a chain cannot be checked and is passed over.
    """
    found: set[Alarm] = set()
    for (device, stream), chain in held.items():
        found |= {Alarm("taken", device, stream, n, "") for n in chain.twice}
        if chain.beyond:
            found.add(Alarm("gap", device, stream, chain.end.n + 1, ""))
    empty = Chain.of(())
    for claim in claims:
        chain = held.get((claim.device, claim.stream), empty)
        if claim.mark.n > chain.end.n:
            missing = chain.end.n + 1
            found.add(Alarm("gap", claim.device, claim.stream, missing, claim.by))
            continue
        own = chain.at(claim.mark.n)
        if own is not None and claim.mark.d not in ("", own.d):
            found.add(Alarm("replaced", claim.device, claim.stream, claim.mark.n, claim.by))
    return sorted(found, key=_gravity)


def require_whole(held: Mapping[FeedName, Chain], claims: Iterable[Claim]) -> None:
    """Check that nothing is missing or exchanged.

    Raises:
        CircleError: `replaced`, `taken` or `gap`: the gravest of `alarms`.
    """
    for alarm in alarms(held, claims):
        where = f"document {alarm.n} of {alarm.device}"
        raise CircleError(alarm.code, f"the server does not show all as it was: {where}")


def is_own_record(
    membership: Membership, secrets: Secrets, document: object, record: Mapping[str, Any]
) -> bool:
    """Whether a document that has taken one's own name says what one meant to say.

    If so, an acknowledgement was lost: adopt the document. If not, this device was restored or
    copied: keep both, the own record under a new counter, and warn.

    Args:
        membership: This device's view of the circle.
        secrets: The epoch secrets that it holds.
        document: The one that the server has.
        record: What this device sealed under the same name.

    Raises:
        CircleError: As `open_document`: then it is nobody's, and the server's fault.
    """
    return _text(open_document(membership, secrets, document)) == _text(record)


def _text(record: Mapping[str, Any]) -> str:
    # Not `==`: True equals 1 to Python, and the order of members says nothing.
    return json.dumps(record, sort_keys=True)


def _gravity(alarm: Alarm) -> tuple[int, str, str, int, str]:
    return _FIRST.index(alarm.code), alarm.device, alarm.stream, alarm.n, alarm.by
