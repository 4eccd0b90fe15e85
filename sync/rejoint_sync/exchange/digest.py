"""Do both sides hold the same? Compared by one hash a month, bisected where they differ.

What a circle holds is put into buckets: one for each month and stream of its sealed documents
("2611", "2611k"), and "0000" for the log, wraps and chunks, which never change. Checkpoints and
what comes and goes with an invitation are in none. A line is `_id`, a space, `_rev`, a newline.

    digest of a bucket   SHA-256 of its lines in byte order
    part of a line       first byte of SHA-256 of the `_id`
    mark of a line       first 8 bytes of SHA-256 of the line

Round 1 compares digests; of a bucket that differs the 256 parts are told, 4 bytes of digest each.
Round 2 names the marks of the parts that differ; what the other side lacks is sent, what it has
beyond is asked for by mark. Round 3 brings that.

Source: docs/protocol.md, "One-request sync".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Self

from rejoint_sync.circle.document import DocumentId
from rejoint_sync.errors import CircleError

STRUCTURE: Final = "0000"
"""The bucket of what belongs to no month."""

PARTS: Final = 256
PART_BYTES: Final = 4
MARK_BYTES: Final = 8
DIGEST_BYTES: Final = 32

_STRUCTURAL: Final = ("ch:", "log:", "wrap:")


def bucket_of(document_id: str) -> str:
    """The bucket of a document, empty for one that is not compared.

    >>> bucket_of("log:000003")
    '0000'
    """
    if document_id.startswith(_STRUCTURAL):
        return STRUCTURE
    try:
        identity = DocumentId.parse(document_id)
    except CircleError:
        return ""
    return identity.month + ("k" if identity.stream == "k" else "")


def part_of(document_id: str) -> int:
    """The number of the part in which a document is, 0 to 255."""
    return sha256(document_id.encode()).digest()[0]


def mark_of(document_id: str, rev: str) -> bytes:
    """What stands for one revision of a document, `MARK_BYTES` long."""
    return sha256(_line(document_id, rev)).digest()[:MARK_BYTES]


@dataclass(slots=True)
class Inventory:
    """What one side holds of one circle, as far as the device may be shown it.

    Attributes:
        lines: The lines of each bucket with the name that each is about.
    """

    lines: dict[str, dict[bytes, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, held: Iterable[tuple[str, str]]) -> Self:
        """Make one of names and revisions; a document with several leaves comes several times."""
        made = cls()
        for document_id, rev in held:
            bucket = bucket_of(document_id)
            if bucket:
                made.lines.setdefault(bucket, {})[_line(document_id, rev)] = document_id
        return made

    def digests(self) -> list[tuple[str, bytes]]:
        """Each bucket with its digest, in order."""
        return [(bucket, _digest(lines)) for bucket, lines in sorted(self.lines.items())]

    def unequal(self, theirs: Iterable[tuple[str, bytes]]) -> list[str]:
        """The buckets in which the other side holds something else, in order."""
        told = dict(theirs)
        empty = sha256().digest()
        ours = dict(self.digests())
        names = sorted(ours.keys() | told.keys())
        return [name for name in names if ours.get(name, empty) != told.get(name, empty)]

    def parts(self, bucket: str) -> bytes:
        """The parts of a bucket: `PARTS` times `PART_BYTES`."""
        apart: list[list[bytes]] = [[] for _ in range(PARTS)]
        for line, name in self.lines.get(bucket, {}).items():
            apart[part_of(name)].append(line)
        return b"".join(_digest(lines)[:PART_BYTES] for lines in apart)

    def differing(self, bucket: str, theirs: bytes) -> list[tuple[int, bytes]]:
        """The parts in which the other side holds something else, each with the marks held here."""
        ours = self.parts(bucket)
        apart = [
            number
            for number in range(PARTS)
            if _cut(ours, number, PART_BYTES) != _cut(theirs, number, PART_BYTES)
        ]
        marks = self._marks(bucket, set(apart))
        return [(number, b"".join(sorted(marks[number]))) for number in apart]

    def compare(
        self, bucket: str, theirs: Iterable[tuple[int, bytes]]
    ) -> tuple[list[str], list[bytes]]:
        """Settle parts that differ.

        Args:
            bucket: Its name.
            theirs: Parts with the marks that the other side holds of each.

        Returns:
            Names of what the other side lacks, in byte order, and the marks that it has beyond.
        """
        told = {number: set(_marks_in(marks)) for number, marks in theirs}
        ours = self._marks(bucket, told.keys())
        lacking = {
            name
            for number, held in ours.items()
            for mark, name in held.items()
            if mark not in told[number]
        }
        beyond = {mark for number, marks in told.items() for mark in marks - ours[number].keys()}
        return sorted(lacking), sorted(beyond)

    def named(self, bucket: str, marks: bytes) -> list[str]:
        """The documents here that these marks stand for, in byte order."""
        asked = set(_marks_in(marks))
        lines = self.lines.get(bucket, {})
        return sorted(
            {name for line, name in lines.items() if sha256(line).digest()[:MARK_BYTES] in asked}
        )

    def _marks(self, bucket: str, parts: Iterable[int]) -> dict[int, dict[bytes, str]]:
        marks: dict[int, dict[bytes, str]] = {number: {} for number in parts}
        for line, name in self.lines.get(bucket, {}).items():
            held = marks.get(part_of(name))
            if held is not None:
                held[sha256(line).digest()[:MARK_BYTES]] = name
        return marks


def _line(document_id: str, rev: str) -> bytes:
    return f"{document_id} {rev}\n".encode()


def _digest(lines: Iterable[bytes]) -> bytes:
    return sha256(b"".join(sorted(lines))).digest()


def _cut(text: bytes, number: int, length: int) -> bytes:
    return text[number * length : (number + 1) * length]


def _marks_in(marks: bytes) -> Iterator[bytes]:
    return (_cut(marks, number, MARK_BYTES) for number in range(len(marks) // MARK_BYTES))
