"""A position in a feed, written `<number>-<incarnation>`, for example `42-k3`.

A store that was restored from a backup gives numbers out again that readers have already seen; its
incarnation tells the two apart. Who brings a position of another incarnation starts over at 0.
Clients treat the text as opaque, except that PouchDB shows what `parseInt` makes of it.

Not every store can continue from a number alone: in a cluster two copies of a database may number
the same changes differently. Such a store adds a mark of its own, `42-k3-g1AAAA…`, which comes back
to it unread.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from rejoint_sync.errors import BadRequest
from rejoint_sync.limits import INCARNATION_LENGTH_MAX, MARK_LENGTH_MAX, SEQUENCE_MAX

_TEXT: Final = re.compile(
    rf"(0|[1-9][0-9]{{0,15}})"
    rf"(?:-([0-9a-z]{{1,{INCARNATION_LENGTH_MAX}}})(?:-([0-9A-Za-z_-]{{1,{MARK_LENGTH_MAX}}}))?)?"
)


class Position(int):
    """The number of a change, with the mark that its store needs to continue there.

    It counts, compares and is written as the number; only the store that made the mark reads it.

    Args:
        number: At least 0.
        mark: Letters, digits, `-` and `_`, at most `MARK_LENGTH_MAX`; empty when the number is
            enough.
    """

    mark: str

    def __new__(cls, number: int, mark: str = "") -> Self:
        """Join the two."""
        made = super().__new__(cls, number)
        made.mark = mark
        return made

    @classmethod
    def of(cls, number: int) -> Self:
        """A number as it came, with its mark if it has one."""
        return cls(number, getattr(number, "mark", ""))

    def is_at(self, other: int) -> bool:
        """Whether nothing lies between the two: number and mark are the same."""
        return self == other and self.mark == Position.of(other).mark


@dataclass(frozen=True, slots=True)
class Sequence:
    """One position.

    Attributes:
        number: Changes up to this one are known to the reader; 0 to `SEQUENCE_MAX`. A `Position`
            where the store marks its numbers.
        incarnation: Of the store that said so; empty when the reader wrote a bare number.
    """

    number: int
    incarnation: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `"42-k3"`, or a bare `"42"` as older clients and people write it.

        Raises:
            BadRequest: It is anything else.

        >>> Sequence.parse("42-k3").number
        42
        """
        match = _TEXT.fullmatch(text)
        if match is None or int(match[1]) > SEQUENCE_MAX:
            raise BadRequest(f"expected a sequence like 42-k3, got {text[:80]!r}")
        number = int(match[1])
        return cls(Position(number, match[3]) if match[3] else number, match[2] or "")

    def is_of(self, incarnation: str) -> bool:
        """Whether a store of this incarnation may continue here; a bare number is believed."""
        return self.incarnation in ("", incarnation)

    def position(self, incarnation: str) -> int:
        """The number to continue after in a store of this incarnation, 0 when it is another.

        >>> Sequence.parse("42-k3").position("k4")
        0
        """
        return self.number if self.is_of(incarnation) else 0

    def __str__(self) -> str:
        """As it is written in answers."""
        if not self.incarnation:
            return str(self.number)
        mark = Position.of(self.number).mark
        return f"{self.number}-{self.incarnation}" + (f"-{mark}" if mark else "")
