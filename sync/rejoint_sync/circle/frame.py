"""What is inside a sealed document: one JSON object, padded to a bucket.

    codec u8 (0: JSON) || length u32be || body || zeros up to the bucket

Buckets hide how much was written: 128, 256, 512, 1024, 2048 bytes, above that Padmé, which leaks
O(log log n) bits and costs at most 12 %. Source: PURBs, Nikitin et al., PETS 2019, section 4.
"""

import json
from typing import Any, Final

from rejoint_sync.errors import CircleError

CODEC_JSON: Final = 0
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


def frame(body: dict[str, Any]) -> bytes:
    """Pack one JSON object.

    Raises:
        ValueError: It holds something that JSON cannot say: a caller's bug.
    """
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    content = text.encode("utf-8")
    packed = bytes([CODEC_JSON]) + len(content).to_bytes(4) + content
    return packed.ljust(bucket_bytes(len(packed)), b"\0")


def unframe(packed: bytes) -> dict[str, Any]:
    """Unpack what `frame` made, by whichever program.

    Raises:
        CircleError: `frame`: a length that lies, a bucket larger than needed, padding that is not
            zero, or no JSON object in UTF-8; `codec`: packed in a way this version cannot read.
    """
    if len(packed) < _HEAD_BYTES:
        raise CircleError("frame", "expected a frame of at least 5 bytes")
    end = _HEAD_BYTES + int.from_bytes(packed[1:_HEAD_BYTES])
    if len(packed) != bucket_bytes(end):
        raise CircleError("frame", "expected the smallest bucket that holds the content")
    if any(packed[end:]):
        raise CircleError("frame", "expected padding of zeros")
    if packed[0] != CODEC_JSON:
        raise CircleError("codec", "packed by a newer version of the app")
    try:
        body = json.loads(packed[_HEAD_BYTES:end].decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise CircleError("frame", "expected JSON in UTF-8") from error
    if type(body) is not dict:
        raise CircleError("frame", "expected a JSON object")
    return body


def _refuse(constant: str) -> None:
    raise ValueError(constant)
