"""Deflate with a dictionary: what all records share costs nothing in each of them.

A dictionary never changes: its number is the codec in every frame that it packed. They are made by
`tests/vectors/make_dictionary.py`. Streams are raw deflate (RFC 1951) with the dictionary as the
bytes before them.

Source: docs/circle.md, "Documents".
"""

import zlib
from importlib.resources import files
from typing import Final

from rejoint_sync.circle.limits import INFLATED_BYTES_MAX
from rejoint_sync.errors import CircleError

DICTIONARIES: Final[dict[int, bytes]] = {
    1: files("rejoint_sync.circle").joinpath("dictionary1.bin").read_bytes(),
}
"""By codec."""

_RAW: Final = -15
_LEVEL: Final = 9


def deflate(content: bytes, codec: int) -> bytes:
    """Pack bytes; which bytes come out depends on the library's version, what they mean does not.

    Args:
        content: At most `INFLATED_BYTES_MAX` bytes.
        codec: One of `DICTIONARIES`.
    """
    assert len(content) <= INFLATED_BYTES_MAX
    packer = zlib.compressobj(
        _LEVEL,
        zlib.DEFLATED,
        _RAW,
        zlib.DEF_MEM_LEVEL,
        zlib.Z_DEFAULT_STRATEGY,
        DICTIONARIES[codec],
    )
    return packer.compress(content) + packer.flush()


def inflate(packed: bytes, codec: int) -> bytes:
    """Unpack what `deflate` made, by whichever program; no more than `INFLATED_BYTES_MAX` bytes.

    Raises:
        CircleError: `frame`: no deflate stream, one that is cut, one that is larger, or bytes after
            its end.
    """
    unpacker = zlib.decompressobj(_RAW, DICTIONARIES[codec])
    try:
        content = unpacker.decompress(packed, INFLATED_BYTES_MAX + 1)
    except zlib.error as error:
        raise CircleError("frame", "expected a deflate stream") from error
    if len(content) > INFLATED_BYTES_MAX:
        raise CircleError("frame", f"expected at most {INFLATED_BYTES_MAX} bytes inside")
    if not unpacker.eof or unpacker.unused_data:
        raise CircleError("frame", "expected a deflate stream that ends with the content")
    return content
