"""A file as a moving picture: square codes one after another, read in any order.

    text   "RJ1:" || base45(bytes)
    bytes  CRC-32 of the file u32be || its length u32be || n u16be || part || CRC-32 of these u32be

The file is cut into k = ceil(length / 294) parts of ceil(length / k) bytes, the last one filled up
with zeros. Picture n < k holds part n. Each later one holds the sum modulo 2 of some of the parts:
part j is in it where bit j mod 32 of `mixed(65536 n + j div 32)` is 1, or all where none would be.
Any k pictures that do not follow from each other are enough, so nobody waits for the one that was
missed.

Source: docs/protocol.md, "Relay files"; RFC 9285 (base45); CRC-32 of ISO 3309; the finalizer of
MurmurHash3.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rejoint_sync.errors import CircleError

PICTURE_BYTES_MAX: Final = 294
"""Bytes of a part: its text fits into a square code of version 11, which cheap cameras read."""

PICTURES_MAX: Final = 400
"""Parts of a file: 115 KiB, or two minutes; what is larger is sent as a file."""

_PREFIX: Final = "RJ1:"
_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_TEXT: Final = re.compile(rf"{_PREFIX}[{re.escape(_LETTERS)}]+\Z")
_HEAD_BYTES: Final = 10
_CHECK_BYTES: Final = 4
_NUMBERS: Final = 2**16
_WORD_BITS: Final = 32


class Pictures:
    """The pictures of one file.

    Args:
        file: 1 byte to `PICTURES_MAX` parts.

    Raises:
        CircleError: `limit`: it is too large to be shown.
    """

    def __init__(self, file: bytes) -> None:
        self.count = _count(len(file))
        size = _size(len(file))
        self._head = zlib.crc32(file).to_bytes(4) + len(file).to_bytes(4)
        padded = file.ljust(self.count * size, b"\0")
        self._parts = [padded[at : at + size] for at in range(0, len(padded), size)]

    def text(self, turn: int) -> str:
        """The text of the picture that is shown at a turn, 0 and up, without end."""
        count = self.count
        n = turn if turn < _NUMBERS else count + (turn - count) % (_NUMBERS - count)
        chosen = [part for j, part in enumerate(self._parts) if _mask(n, count) >> j & 1]
        total = 0
        for part in chosen:
            total ^= int.from_bytes(part)
        content = self._head + n.to_bytes(2) + total.to_bytes(len(self._parts[0]))
        return _PREFIX + base45_encode(content + zlib.crc32(content).to_bytes(4))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file has been seen.

    Attributes:
        have: Parts that are known, or can be computed from each other.
        count: Parts in all.
        file: There when all are.
    """

    have: int
    count: int
    file: bytes | None = None


class Collector:
    """Puts a file together from its pictures, in any order, each as often as it comes."""

    def __init__(self) -> None:
        self._head = b""
        self._rows: dict[int, tuple[int, int]] = {}

    def take(self, text: str) -> Progress:
        """Take what a square code says.

        A picture of another file than the one before begins anew.

        Raises:
            CircleError: `schema`: no picture of a file; `frame`: misread; of a whole file that is
                not what its pictures announced, and is forgotten; `limit`: a file that is too
                large.
        """
        head, n, part = _read(text)
        if head != self._head:
            self._head, self._rows = head, {}
        length = int.from_bytes(head[4:])
        count = _count(length)
        if len(part) != _size(length):
            raise CircleError("frame", "a picture was misread")
        self._add(_mask(n, count), int.from_bytes(part))
        have = len(self._rows)
        return Progress(have, count, self._whole(length) if have == count else None)

    def _add(self, mask: int, total: int) -> None:
        """Keep what does not follow from what is here; each row leads with another part."""
        while mask:
            lead = mask & -mask
            row = self._rows.get(lead)
            if row is None:
                self._rows[lead] = (mask, total)
                return
            mask, total = mask ^ row[0], total ^ row[1]

    def _whole(self, length: int) -> bytes:
        solved: dict[int, int] = {}
        for lead in sorted(self._rows, reverse=True):
            mask, total = self._rows[lead]
            for other, part in solved.items():
                if mask & other:
                    total ^= part
            solved[lead] = total
        size = _size(length)
        file = b"".join(solved[lead].to_bytes(size) for lead in sorted(solved))[:length]
        if zlib.crc32(file) != int.from_bytes(self._head[:4]):
            self._head, self._rows = b"", {}
            raise CircleError("frame", "the pictures do not make the file that they announced")
        return file


def base45_encode(data: bytes) -> str:
    """RFC 9285: two bytes as three letters, a last single one as two."""
    return "".join(_spelled(data))


def base45_decode(text: str) -> bytes:
    """What `base45_encode` wrote.

    Raises:
        CircleError: `b64`: it is not.
    """
    values = [_LETTERS.find(letter) for letter in text]
    data = bytearray()
    for at in range(0, len(values), 3):
        group = values[at : at + 3]
        value = sum(digit * 45**place for place, digit in enumerate(group))
        if -1 in group or len(group) == 1 or value >= 256 ** (len(group) - 1):
            raise CircleError("b64", "expected base45")
        data += value.to_bytes(len(group) - 1)
    return bytes(data)


def _spelled(data: bytes) -> Iterator[str]:
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        value = int.from_bytes(pair)
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            yield _LETTERS[digit]


def _read(text: str) -> tuple[bytes, int, bytes]:
    """Head, number and part of a picture."""
    if not _TEXT.match(text):
        raise CircleError("schema", "this is no picture of a file")
    try:
        data = base45_decode(text[len(_PREFIX) :])
    except CircleError:
        raise CircleError("frame", "a picture was misread") from None
    content, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
    if len(content) <= _HEAD_BYTES or zlib.crc32(content).to_bytes(4) != check:
        raise CircleError("frame", "a picture was misread")
    return content[:8], int.from_bytes(content[8:_HEAD_BYTES]), content[_HEAD_BYTES:]


def _count(length: int) -> int:
    count = -(-length // PICTURE_BYTES_MAX)
    if not 0 < count <= PICTURES_MAX:
        raise CircleError("limit", f"expected 1 to {PICTURES_MAX * PICTURE_BYTES_MAX} bytes")
    return count


def _size(length: int) -> int:
    return -(-length // _count(length))


def _mask(n: int, count: int) -> int:
    """Which parts are in picture n, part 0 as the lowest bit."""
    if n < count:
        return 1 << n
    words = range(-(-count // _WORD_BITS))
    mask = sum(mixed(_NUMBERS * n + word) << _WORD_BITS * word for word in words)
    every = (1 << count) - 1
    return mask & every or every


def mixed(number: int) -> int:
    """Scatter a number of 32 bits: the finalizer of MurmurHash3."""
    number ^= number >> 16
    number = number * 0x85EBCA6B & 0xFFFFFFFF
    number ^= number >> 13
    number = number * 0xC2B2AE35 & 0xFFFFFFFF
    return number ^ number >> 16
