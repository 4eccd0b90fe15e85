"""How far a device has been informed: opaque to it, and all that the server needs to go on.

A store may count the changes of all its databases together. Then a cursor is the number up to which
its holder knows everything that its circles held, and for circles that were being sent when the
answer was cut, where it stands within that circle. Which circles it covers is not in it: a circle
that let the device in after that number is sent from its beginning, by its log. Where a store does
not count so, the places of all circles are named. Places that are too many to travel are kept by
the server under a name, and those that changed since travel with that name.

A cursor is no secret and no right: what may be read is decided by the live logs at each use. Who
invents one can only skip what is theirs.

Source: docs/protocol.md, "One-request sync".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import cbor2

from rejoint_sync.limits import MARK_LENGTH_MAX
from rejoint_sync.sequence import Position

CURSOR_BYTES_MAX: Final = 8 * 1024
"""Of one that is read; none is written that is longer than `PLACES_BYTES` and one place."""

PLACES_BYTES: Final = 1024
"""A cursor that would be longer is to be kept: 36 circles, or 7 where a store marks positions."""

_DEVICE_LETTERS: Final = 5
_CIRCLE_BYTES: Final = 20
_NUMBER_MAX: Final = 2**53 - 1
_MARKED: Final = re.compile(rf"(0|[1-9][0-9]{{0,15}})-([0-9A-Za-z_-]{{1,{MARK_LENGTH_MAX}}})")
_NAME: Final = re.compile(r"[0-9A-Za-z_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device stands in one circle.

    Attributes:
        at: The number in its own feed up to which it is known; a `Position` where the store marks
            its numbers.
        seq: Number of the last log entry that let the device see more, as was considered then:
            where there is a later one, the circle begins anew.
    """

    at: int
    seq: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in everything that one device may read.

    Attributes:
        number: Global; changes up to it are known. 0 for the beginning.
        circles: Those that are known up to another place than that.
        kept: Name under which the server keeps further places; those of `circles` stand over them.
    """

    number: int = 0
    circles: Mapping[str, Place] = field(default_factory=dict)
    kept: str = ""

    def write(self, incarnation: str, device: str) -> bytes:
        """The cursor of a device at a store.

        Args:
            incarnation: Of the store; another one's numbers mean nothing.
            device: Whose it is.
        """
        value: list[object] = [incarnation, device[1 : 1 + _DEVICE_LETTERS], self.number]
        for circle, place in sorted(self.circles.items()):
            value += [bytes.fromhex(circle[1:]), position_value(place.at), place.seq]
        return cbor2.dumps([*value, self.kept] if self.kept else value)

    @classmethod
    def read(cls, text: bytes, incarnation: str, device: str, newest: int) -> Self | None:
        """What a device brought.

        Args:
            text: As written before; empty is the beginning.
            incarnation: Of the store that is asked.
            device: Who asks.
            newest: The store's newest global number.

        Returns:
            None when it is not one of this device at this store, or from a future that never was.
        """
        if not text:
            return cls()
        if len(text) > CURSOR_BYTES_MAX:
            return None
        try:
            value = cbor2.loads(text, allow_indefinite=False, max_depth=1)
            whose, who, number, *rest = value
            kept = _name(rest.pop()) if len(rest) % 3 else ""
            named = list(zip(rest[::3], rest[1::3], rest[2::3], strict=True))
            circles = {_circle(name): read_place(at, seq) for name, at, seq in named}
            is_known = _count(number) <= newest
        except (cbor2.CBORError, TypeError, ValueError):
            return None
        if not is_known or (whose, who) != (incarnation, device[1 : 1 + _DEVICE_LETTERS]):
            return None
        return cls(number, circles, kept)


def position_value(at: int) -> int | str:
    """A position as it is written: its number, with its mark as text.

    >>> position_value(Position(42, "g1A"))
    '42-g1A'
    """
    mark = Position.of(at).mark
    return f"{at}-{mark}" if mark else int(at)


def read_place(at: object, seq: object) -> Place:
    """A place whose position was written by `position_value`. Raises `ValueError`."""
    marked = _MARKED.fullmatch(at) if type(at) is str else None
    if marked is None:
        return Place(_count(at), _count(seq))
    return Place(Position(_count(int(marked[1])), marked[2]), _count(seq))


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _NUMBER_MAX:
        raise ValueError(value)
    return value


def _circle(raw: object) -> str:
    if type(raw) is not bytes or len(raw) != _CIRCLE_BYTES:
        raise ValueError(raw)
    return "c" + raw.hex()


def _name(value: object) -> str:
    if type(value) is not str or not _NAME.fullmatch(value):
        raise ValueError(value)
    return value
