"""The two encodings that signatures depend on: base64url and canonical JSON, one form only.

A second spelling of the same bytes would give a signed thing a second name, so both decoders
encode again and compare.
"""

import binascii
import json
import re
from typing import Any, Final

from rejoint_sync.circle.limits import JSON_DEPTH_MAX
from rejoint_sync.errors import CircleError

INTEGER_MAX: Final = 2**53 - 1
"""Greatest integer that every language reads alike."""

_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")
_PRINTABLE: Final = re.compile(r"[ -~]*\Z")


def b64u_encode(data: bytes) -> str:
    """Write bytes as base64url without padding.

    Source: RFC 4648 section 5.

    >>> b64u_encode(bytes([251, 255]))
    '-_8'
    """
    text = binascii.b2a_base64(data, newline=False).rstrip(b"=")
    return text.translate(_TO_URL).decode("ascii")


def b64u_decode(text: str) -> bytes:
    """Read base64url; only the one spelling that `b64u_encode` writes is taken.

    Raises:
        CircleError: `b64`: padding, another alphabet, an impossible length, or left-over bits.
    """
    try:
        padded = text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4)
        data = binascii.a2b_base64(padded)
    except ValueError as error:
        raise CircleError("b64", "expected base64url of a possible length") from error
    if b64u_encode(data) != text:  # also padding, other letters, which the decoder skips
        raise CircleError("b64", "expected base64url in its one spelling")
    return data


def jcs(value: object) -> bytes:
    """Write a value as canonical JSON.

    Args:
        value: Only dicts, lists, printable ASCII text and integers 0..2^53-1, nested at most
            `JSON_DEPTH_MAX` deep.

    Raises:
        CircleError: `canon`: anything else is in it.

    Source: RFC 8785; for these values sorting by code point is its order.

    >>> jcs({"b": [1, "x"], "a": 0})
    b'{"a":0,"b":[1,"x"]}'
    """
    _require_canonical_values(value, JSON_DEPTH_MAX)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("ascii")


def parse_jcs(data: bytes) -> Any:
    """Read canonical JSON; its bytes must be exactly what `jcs` writes for the value.

    Raises:
        CircleError: `canon`: not JSON, a duplicate key, a float, true, false, null, a space,
            unsorted keys, a needless escape, or a value that `jcs` refuses.
    """
    try:
        value = json.loads(data.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise CircleError("canon", "expected canonical JSON in ASCII") from error
    if jcs(value) != data:
        raise CircleError("canon", "expected JSON in its one canonical spelling")
    return value


def _require_canonical_values(value: object, depth_left: int) -> None:
    # `type(x) is` and not isinstance: True is an int to Python, and 1.0 equals 1.
    if type(value) is int:
        if not 0 <= value <= INTEGER_MAX:
            raise CircleError("canon", "expected integers from 0 to 2^53-1")
    elif type(value) is str:
        if not _PRINTABLE.match(value):
            raise CircleError("canon", "expected printable ASCII text")
    elif type(value) is list or type(value) is dict:
        if depth_left == 0:
            raise CircleError("canon", f"expected at most {JSON_DEPTH_MAX} nested levels")
        for item in _parts(value):
            _require_canonical_values(item, depth_left - 1)
    else:
        raise CircleError("canon", "expected only objects, arrays, text and integers")


def _parts(value: list[object] | dict[object, object]) -> list[object]:
    if type(value) is not dict:
        return list(value)
    if not all(type(key) is str for key in value):
        raise CircleError("canon", "expected text as keys")
    return [*value.keys(), *value.values()]
