r"""The shapes of names: circle, device, member, invitation, hash, public keys, document.

Each `require_*` takes a value straight from parsed JSON and returns it typed, or raises
`CircleError` with `schema` (or `b64` for text that is not base64url). `\Z` and `[0-9]` everywhere:
`$` would allow a final line break and `\d` the digits of every script.
"""

import re
from typing import Any, Final, TypedDict

from rejoint_sync.circle.encoding import INTEGER_MAX, b64u_decode, b64u_encode
from rejoint_sync.circle.envelope import KEMS, POINT_BYTES, require_point
from rejoint_sync.errors import CircleError

CIRCLE: Final = re.compile(r"c[0-9a-f]{40}\Z")
DEVICE: Final = re.compile(r"d[A-Za-z0-9_-]{20}\Z")
MEMBER: Final = re.compile(r"m[A-Za-z0-9_-]{22}\Z")
INVITATION: Final = re.compile(r"i[A-Za-z0-9_-]{22}\Z")
LOG_ID: Final = re.compile(r"log:([0-9]{6})\Z")

HASH_BYTES: Final = 32


class Pub(TypedDict):
    """The public half of a device.

    `kem` is "P256" or "XWING"; `kpk`, the key that wraps are sealed to, and `spk`, the point that
    checks its signatures, are base64url.
    """

    kem: str
    kpk: str
    spk: str


def require_text(value: object, pattern: re.Pattern[str], what: str) -> str:
    """Check that a value is text of a shape; `what` names it for a person."""
    if type(value) is not str or not pattern.match(value):
        raise CircleError("schema", f"expected {what}")
    return value


def require_choice(value: object, choices: frozenset[str], what: str) -> str:
    """Check that a value is one of a few words."""
    if type(value) is not str or value not in choices:
        raise CircleError("schema", f"expected {what}")
    return value


def require_integer(value: object, low: int, high: int = INTEGER_MAX) -> int:
    """Check that a value is an integer (not a bool, not 1.0) from `low` to `high`."""
    if type(value) is not int or not low <= value <= high:
        raise CircleError("schema", f"expected an integer from {low} to {high}")
    return value


def require_members(value: object, members: frozenset[str], what: str) -> dict[str, object]:
    """Check that a value is an object with exactly these members."""
    if type(value) is not dict or value.keys() != members:
        raise CircleError("schema", f"expected {what} with exactly {', '.join(sorted(members))}")
    return value


def require_parts(value: object, members: frozenset[str], what: str) -> dict[str, Any]:
    """Check that a value is an object with exactly these members, and maybe `_rev` as text."""
    if type(value) is not dict or value.keys() - {"_rev"} != members:
        raise CircleError("schema", f"expected {what} with exactly {', '.join(sorted(members))}")
    if type(value.get("_rev", "")) is not str:
        raise CircleError("schema", "expected a revision as text")
    return value


def require_bytes(value: object, size: int, what: str) -> bytes:
    """Check that a value is base64url of exactly `size` bytes."""
    if type(value) is not str:
        raise CircleError("schema", f"expected {what} as text")
    data = b64u_decode(value)
    if len(data) != size:
        raise CircleError("schema", f"expected {what} of {size} bytes")
    return data


def require_public_point(value: object, what: str) -> str:
    """Check that a value is base64url of a point of P-256; the text is returned."""
    require_point(require_bytes(value, POINT_BYTES, what))
    assert type(value) is str  # require_bytes has seen it
    return value


def require_pub(value: object) -> Pub:
    """Check the public half of a device; of an X-Wing key only the length."""
    members = require_members(value, frozenset({"kem", "kpk", "spk"}), "a public key")
    kem = require_choice(members["kem"], frozenset(KEMS), "a key of the kind P256 or XWING")
    kpk = require_bytes(members["kpk"], KEMS[kem].public, "kpk")
    if kem == "P256":
        require_point(kpk)
    return Pub(
        kem=kem,
        kpk=b64u_encode(kpk),
        spk=require_public_point(members["spk"], "spk"),
    )
