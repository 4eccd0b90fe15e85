"""A device's own keys, its name, and the login token by which it proves itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from rejoint_sync.circle.encoding import b64u_decode, b64u_encode, jcs
from rejoint_sync.circle.envelope import (
    KEMS,
    SCALAR_BYTES,
    es256_sign,
    generate_scalar,
    kem_public,
    public_point,
    sha256,
)
from rejoint_sync.circle.grammar import (
    DEVICE,
    Pub,
    require_bytes,
    require_choice,
    require_integer,
    require_members,
)
from rejoint_sync.circle.jws import parse_jws, sign_jws
from rejoint_sync.circle.limits import LOGIN_LEEWAY_SECONDS, LOGIN_SECONDS_MAX
from rejoint_sync.errors import CircleError, Unauthorized

LOGIN_TYP: Final = "rj1+auth"


def device_id(pub: Pub) -> str:
    """Compute the name of a device from its public keys: nobody can claim another's."""
    return "d" + b64u_encode(sha256(b"rj1 device\0" + jcs(dict(pub)))[:15])


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """The private keys of one device: one set for all its circles.

    Attributes:
        kem_secret: Opens wraps: a scalar or, for X-Wing, a seed of 32 bytes.
        sign_scalar: Signs entries, documents and logins, 32 bytes.
        pub: The public half.
        id: The device's name.
    """

    kem_secret: bytes = field(repr=False)
    sign_scalar: bytes = field(repr=False)
    pub: Pub
    id: str

    @classmethod
    def of(cls, kem_secret: bytes, sign_scalar: bytes, kem: str = "P256") -> Self:
        """Make a key set of two private keys. Raises `CircleError` with `schema`."""
        pub = Pub(
            kem=kem,
            kpk=b64u_encode(kem_public(kem, kem_secret)),
            spk=b64u_encode(public_point(sign_scalar)),
        )
        return cls(kem_secret, sign_scalar, pub, device_id(pub))

    @classmethod
    def generate(cls, kem: str = "P256") -> Self:
        """Make a new key set from the system's randomness."""
        return cls.of(generate_scalar(), generate_scalar(), kem)

    @classmethod
    def from_secret(cls, secret: object) -> Self:
        """Read what `to_secret` wrote.

        Raises:
            CircleError: `schema` or `b64`: it is not that.
        """
        members = require_members(secret, frozenset({"kem", "ksk", "ssk"}), "a private key")
        kem = require_choice(members["kem"], frozenset(KEMS), "a key of the kind P256 or XWING")
        ksk, ssk = (require_bytes(members[name], SCALAR_BYTES, name) for name in ("ksk", "ssk"))
        return cls.of(ksk, ssk, kem)

    def to_secret(self) -> dict[str, str]:
        """Write the private keys as JSON: whoever reads it is this device."""
        return {
            "kem": self.pub["kem"],
            "ksk": b64u_encode(self.kem_secret),
            "ssk": b64u_encode(self.sign_scalar),
        }

    def sign(self, message: bytes) -> bytes:
        """Sign as this device; the same message gives the same 64 bytes."""
        return es256_sign(self.sign_scalar, message)

    def sign_jws(self, typ: str, payload: object) -> str:
        """Sign a payload as this device; see `jws.sign_jws`."""
        return sign_jws(self.sign_scalar, self.id, typ, payload)


def login_token(keys: DeviceKeys, audience: str, now_s: int) -> str:
    """Make the token that logs this device in for the next five minutes.

    Args:
        keys: The device.
        audience: The server's origin, `https://host[:port]`, without a final slash.
        now_s: Unix seconds by the server's clock as far as it is known.
    """
    return keys.sign_jws(
        LOGIN_TYP, {"aud": audience, "exp": now_s + LOGIN_SECONDS_MAX, "iat": now_s}
    )


def check_login(token: str, pub_of: Callable[[str], Pub | None], audience: str, now_s: int) -> str:
    """Check a login token.

    Args:
        token: What followed `Bearer `; the caller bounds its length.
        pub_of: The public keys of a device, None when it is not known.
        audience: The origin that the token must name.
        now_s: Unix seconds by the server's clock.

    Returns:
        The name of the device that signed it.

    Raises:
        Unauthorized: It is not a token of a known device for this audience.
        CircleError: `clock`: it is one, but not of this moment; a client that corrects its clock
            may try again.
    """
    try:
        jws = parse_jws(token, LOGIN_TYP)
        payload = require_members(jws.payload, frozenset({"aud", "exp", "iat"}), "a login")
        issued_s = require_integer(payload["iat"], 0)
        expires_s = require_integer(payload["exp"], issued_s, issued_s + LOGIN_SECONDS_MAX)
        pub = pub_of(jws.kid) if DEVICE.match(jws.kid) else None
        if pub is None:
            raise Unauthorized("this device is not known here")
        jws.verify(b64u_decode(pub["spk"]))
    except CircleError as error:
        raise Unauthorized(error.reason) from error
    if payload["aud"] != audience:
        raise Unauthorized("this login is for another server")
    if not issued_s - LOGIN_LEEWAY_SECONDS <= now_s < expires_s:
        raise CircleError("clock", "this login is not of this moment; check the clock")
    return jws.kid
