"""Compact JWS with ES256 and a header of exactly three members: alg, kid, typ.

Source: RFC 7515 section 3.1. Header and payload are canonical JSON, so there is one spelling.
"""

from dataclasses import dataclass
from typing import Any

from rejoint_sync.circle.encoding import b64u_decode, b64u_encode, jcs, parse_jcs
from rejoint_sync.circle.envelope import es256_sign, es256_verify
from rejoint_sync.errors import CircleError


@dataclass(frozen=True, slots=True)
class Jws:
    """A JWS taken apart; its signature is not checked yet.

    Attributes:
        kid: Who claims to have signed.
        payload: The parsed payload, any canonical value.
        signing_input: `header.payload` as it was sent.
        signature: As it was sent, any length.
    """

    kid: str
    payload: Any
    signing_input: bytes
    signature: bytes

    def verify(self, point: bytes) -> None:
        """Check the signature. Raises `CircleError` with `sig`."""
        es256_verify(point, self.signing_input, self.signature)


def header(typ: str, kid: str) -> dict[str, str]:
    """Make the header of a token of this type."""
    return {"alg": "ES256", "kid": kid, "typ": typ}


def sign_jws(scalar: bytes, kid: str, typ: str, payload: object) -> str:
    """Sign a payload; the same arguments give the same text."""
    text = b64u_encode(jcs(header(typ, kid))) + "." + b64u_encode(jcs(payload))
    return text + "." + b64u_encode(es256_sign(scalar, text.encode("ascii")))


def parse_jws(token: object, typ: str) -> Jws:
    """Take a token apart.

    Args:
        token: Text of three parts, from the wire; the caller bounds its length.
        typ: The one type that is taken.

    Raises:
        CircleError: `schema` (not text of three parts), `b64`, `canon`, or `header` (not exactly
            alg ES256, a kid, this typ), in this order.
    """
    parts = token.split(".") if type(token) is str else []
    if len(parts) != 3:
        raise CircleError("schema", "expected a signed token of three parts")
    head_bytes, payload_bytes, signature = (b64u_decode(part) for part in parts)
    head, payload = parse_jcs(head_bytes), parse_jcs(payload_bytes)
    kid = head.get("kid") if type(head) is dict else None
    if type(kid) is not str or head != header(typ, kid):
        raise CircleError("header", f"expected a header of exactly alg ES256, kid and typ {typ}")
    return Jws(kid, payload, f"{parts[0]}.{parts[1]}".encode("ascii"), signature)
