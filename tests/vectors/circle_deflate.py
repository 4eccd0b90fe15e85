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


ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
REPEAT_BITS = {16: 2, 17: 3, 18: 7}
PLAIN_CODES = [4] * 13 + [5] * 6
"""Lengths of the codes of all lengths, so that each length can be sent."""

Run = int | tuple[int, int]
"""A length of a code, or (16, 17 or 18, the number that follows it)."""


def _coded(lengths: list[int]) -> dict[int, tuple[int, int]]:
    """Canonical codes with their widths, by symbol."""
    found, code = {}, 0
    for width in range(1, 16):
        for symbol, length in enumerate(lengths):
            if length == width:
                found[symbol] = (code, width)
                code += 1
        code <<= 1
    return found


def described_head(
    runs: list[Run], literals: int, distances: int, codes: list[int] | None = None
) -> Bits:
    """A last block up to its first symbol: how many codes, and their lengths."""
    sent = PLAIN_CODES if codes is None else codes
    bits = Bits()
    for value, width in ((1 | 2 << 1, 3), (literals - 257, 5), (distances - 1, 5), (15, 4)):
        bits.number(value, width)
    for symbol in ORDER:
        bits.number(sent[symbol], 3)
    of_runs = _coded(sent)
    for run in runs:
        symbol, more = run if isinstance(run, tuple) else (run, 0)
        bits.code(*of_runs[symbol])
        bits.number(more, REPEAT_BITS.get(symbol, 0))
    return bits


def described_block(
    text: bytes,
    lengths: list[int],
    distances: list[int],
    *,
    runs: list[Run] | None = None,
    tail: tuple[tuple[int, int], ...] = (),
    codes: list[int] | None = None,
) -> bytes:
    """One block with codes of its own; `tail` are bits (value, width) before its last symbols."""
    bits = described_head(
        [*lengths, *distances] if runs is None else runs, len(lengths), len(distances), codes
    )
    of = _coded(lengths)
    for at, byte in enumerate(text):
        if at == len(text) - 1:
            for value, width in tail:
                bits.code(value, width)
        bits.code(*of[byte])
    bits.code(*of[256])
    return bits.whole()


def fixed_symbols(text: bytes, odd: int, distance: int | None = None) -> bytes:
    """One block of fixed codes, with a symbol of its own before the text, and its distance."""
    bits = Bits()
    bits.number(1 | 1 << 1, 3)
    _symbol(bits, odd)
    if distance is not None:
        bits.code(distance, 5)
    for byte in text:
        _symbol(bits, byte)
    _symbol(bits, 256)
    return bits.whole()


def after_kind_3(text: bytes) -> bytes:
    """One block of fixed codes after the head of a block of a kind that there is not."""
    bits = Bits()
    bits.number(3 << 1, 3)
    bits.number(1 | 1 << 1, 3)
    for byte in text:
        _symbol(bits, byte)
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
