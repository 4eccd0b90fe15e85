"""How far a device has been informed: opaque to it, and all that the server needs to go on.

A store counts the changes of all its databases together. A cursor is the number up to which its
holder knows everything that its circles held, and for circles that were being sent when the answer
was cut, the number within that circle. Which circles it covers is not in it: a circle that let the
device in after that number is sent from its beginning, by its log.

A cursor is no secret and no right: what may be read is decided by the live logs at each use. Who
invents one can only skip what is theirs.

Source: docs/protocol.md, "One-request sync".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import cbor2

CURSOR_BYTES_MAX: Final = 8 * 1024
"""More circles than this holds are not remembered apart: they are sent again after a cut."""

_DEVICE_LETTERS: Final = 5
_CIRCLE_BYTES: Final = 20
_NUMBER_MAX: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device stands in one circle.

    Attributes:
        at: The number in its own feed up to which it is known.
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
    """

    number: int = 0
    circles: Mapping[str, Place] = field(default_factory=dict)

    def write(self, incarnation: str, device: str) -> bytes:
        """The cursor of a device at a store.

        Args:
            incarnation: Of the store; another one's numbers mean nothing.
            device: Whose it is.
        """
        value: list[object] = [incarnation, device[1 : 1 + _DEVICE_LETTERS], self.number]
        for circle, place in sorted(self.circles.items()):
            value += [bytes.fromhex(circle[1:]), place.at, place.seq]
        written = cbor2.dumps(value)
        if len(written) > CURSOR_BYTES_MAX:
            return Cursor(self.number).write(incarnation, device)
        return written

    @classmethod
    def read(  # noqa: PLR0911  # one for each reason
        cls, text: bytes, incarnation: str, device: str, newest: int
    ) -> Self | None:
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
            named = list(zip(rest[::3], rest[1::3], rest[2::3], strict=True))
            circles = {"c" + circle.hex(): Place(at, seq) for circle, at, seq in named}
        except (cbor2.CBORError, TypeError, ValueError, AttributeError):
            return None
        numbers = [number, *(one for _, at, seq in named for one in (at, seq))]
        if not all(type(one) is int and 0 <= one <= _NUMBER_MAX for one in numbers):
            return None
        if not all(type(name) is bytes and len(name) == _CIRCLE_BYTES for name, _, _ in named):
            return None
        if number > newest or (whose, who) != (incarnation, device[1 : 1 + _DEVICE_LETTERS]):
            return None
        return cls(number, circles)
