"""A second, independent deflate (RFC 1951): fixed codes, and matches wherever the eye finds them.

It knows no library, so its bytes are the same everywhere; it packs badly and checks nothing.
"""


def _bases(first: int, bits: tuple[int, ...]) -> tuple[int, ...]:
    found = [first]
    for width in bits[:-1]:
        found.append(found[-1] + (1 << width))
    return tuple(found)


LENGTH_BITS = (0,) * 8 + tuple(width for width in range(1, 6) for _ in range(4)) + (0,)
LENGTHS = (*_bases(3, LENGTH_BITS[:-1]), 258)
DISTANCE_BITS = (0, 0, 0, 0, *(i // 2 - 1 for i in range(4, 30)))
DISTANCES = _bases(1, DISTANCE_BITS)

Piece = int | tuple[int, int]
"""A byte, or (length, distance)."""


class Bits:
    """Bits, the least of each byte first."""

    def __init__(self) -> None:
        self._bits: list[int] = []

    def number(self, value: int, width: int) -> None:
        self._bits += [value >> i & 1 for i in range(width)]

    def code(self, value: int, width: int) -> None:
        """A Huffman code: its greatest bit first."""
        self._bits += [value >> i & 1 for i in reversed(range(width))]

    def whole(self) -> bytes:
        padded = self._bits + [0] * (-len(self._bits) % 8)
        return bytes(
            sum(bit << i for i, bit in enumerate(padded[at : at + 8]))
            for at in range(0, len(padded), 8)
        )


def _symbol(bits: Bits, symbol: int) -> None:
    if symbol < 144:
        bits.code(0x30 + symbol, 8)
    elif symbol < 256:
        bits.code(0x190 + symbol - 144, 9)
    elif symbol < 280:
        bits.code(symbol - 256, 7)
    else:
        bits.code(0xC0 + symbol - 280, 8)


def fixed_block(pieces: list[Piece], *, last: bool = True, ended: bool = True) -> bytes:
    """One block of fixed codes."""
    bits = Bits()
    bits.number(int(last) | 1 << 1, 3)
    for piece in pieces:
        if isinstance(piece, int):
            _symbol(bits, piece)
            continue
        length, distance = piece
        at = max(i for i, base in enumerate(LENGTHS) if base <= length)
        _symbol(bits, 257 + at)
        bits.number(length - LENGTHS[at], LENGTH_BITS[at])
        at = max(i for i, base in enumerate(DISTANCES) if base <= distance)
        bits.code(at, 5)
        bits.number(distance - DISTANCES[at], DISTANCE_BITS[at])
    if ended:
        _symbol(bits, 256)
    return bits.whole()


def stored_block(content: bytes) -> bytes:
    """One block of plain bytes, the last one."""
    size = len(content)
    return b"\1" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + content


def pieces_of(content: bytes, dictionary: bytes) -> list[Piece]:
    """Bytes and matches, each match as long as it can be, and as near."""
    whole, at = dictionary + content, len(dictionary)
    found: list[Piece] = []
    while at < len(whole):
        length = 0
        while (
            length < 258
            and at + length < len(whole)
            and whole.find(whole[at : at + length + 1], 0, at + length) != -1
        ):
            length += 1
        if length < 4:
            found.append(whole[at])
            at += 1
            continue
        start = whole.rfind(whole[at : at + length], 0, at + length - 1)
        found.append((length, at - start))
        at += length
    return found


def deflated(content: bytes, dictionary: bytes) -> bytes:
    return fixed_block(pieces_of(content, dictionary))
