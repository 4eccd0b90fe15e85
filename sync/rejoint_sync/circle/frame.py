"""What is inside a sealed document: one JSON object, padded to a bucket.

    codec u8 || length u32be || body || zeros up to the bucket

Codec 0 is JSON as it is, codec 1 is JSON packed by deflate with dictionary 1. Readers read both.

Buckets hide how much was written: 128, 256, 512, 1024, 2048 bytes, above that Padmé, which leaks
O(log log n) bits and costs at most 12 %. Source: PURBs, Nikitin et al., PETS 2019, section 4.
"""

import json
from typing import Any, Final

from rejoint_sync.circle.dictionary import DICTIONARIES, deflate, inflate
from rejoint_sync.circle.encoding import INTEGER_MAX
from rejoint_sync.circle.limits import INFLATED_BYTES_MAX
from rejoint_sync.errors import CircleError

CODEC_JSON: Final = 0
CODEC_WRITTEN: Final = 1
"""The codec that is tried first by who writes: one that every reader in use can read."""
BUCKETS: Final = (128, 256, 512, 1024, 2048)

_HEAD_BYTES: Final = 5


def bucket_bytes(content_bytes: int) -> int:
    """Compute the size that a frame with this much content (head included) has.

    >>> [bucket_bytes(n) for n in (5, 128, 129, 2048, 2049)]
    [128, 128, 256, 2048, 2176]
    """
    for bucket in BUCKETS:
        if content_bytes <= bucket:
            return bucket
    exponent = content_bytes.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (content_bytes + mask) & ~mask


def frame(body: dict[str, Any], codec: int = CODEC_WRITTEN) -> bytes:
    """Pack one JSON object.

    Args:
        body: Anything that JSON can say.
        codec: How it may be packed; it stays plain where that is not longer.

    Raises:
        CircleError: `limit`: it is longer than a reader would unpack.
        ValueError: It holds something that JSON cannot say: a caller's bug.
    """
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    content = text.encode("utf-8")
    if len(content) > INFLATED_BYTES_MAX:
        raise CircleError("limit", "this record is too large")
    if codec != CODEC_JSON:
        shorter = deflate(content, codec)
        if len(shorter) < len(content):
            return _padded(codec, shorter)
    return _padded(CODEC_JSON, content)


def unframe(packed: bytes) -> dict[str, Any]:
    """Unpack what `frame` made, by whichever program.

    Raises:
        CircleError: `frame`: a length that lies, a bucket larger than needed, padding that is not
            zero, a deflate stream that is none, too long or followed by anything, or no JSON
            object in UTF-8; `codec`: packed in a way this version cannot read.
    """
    end = _HEAD_BYTES + int.from_bytes(packed[1:_HEAD_BYTES])
    if len(packed) != bucket_bytes(end):
        raise CircleError("frame", "expected the smallest bucket that holds the content")
    if any(packed[end:]):
        raise CircleError("frame", "expected padding of zeros")
    codec, content = packed[0], packed[_HEAD_BYTES:end]
    if codec in DICTIONARIES:
        content = inflate(content, codec)
    elif codec != CODEC_JSON:
        raise CircleError("codec", "packed by a newer version of the app")
    try:
        body = json.loads(
            content.decode("utf-8"), parse_constant=_refuse, parse_int=_number, parse_float=_number
        )
    except (ValueError, RecursionError) as error:
        raise CircleError("frame", "expected JSON in UTF-8") from error
    if type(body) is not dict:
        raise CircleError("frame", "expected a JSON object")
    return body


def _number(text: str) -> float:
    """A number as every program reads it: 1.0 is 1, and beyond 2^53 digits are lost."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= INTEGER_MAX else number


def _padded(codec: int, content: bytes) -> bytes:
    packed = bytes([codec]) + len(content).to_bytes(4) + content
    return packed.ljust(bucket_bytes(len(packed)), b"\0")


def _refuse(constant: str) -> None:
    raise ValueError(constant)
