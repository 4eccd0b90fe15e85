"""The ciphers: the only file that imports `cryptography`.

Signatures are ES256 (RFC 7518), deterministic (RFC 6979): the same entry has the same bytes.
Sealing to a device is HPKE base mode with AES-256-GCM (RFC 9180), by one of two KEMs:

- "P256": DHKEM(P-256, HKDF-SHA256). Points are uncompressed, 65 bytes, and on the curve; private
  keys are the 32-byte scalar.
- "XWING": X-Wing (0x647a), which a quantum computer does not open. The public key is 1,216 bytes:
  ML-KEM-768, then X25519; the private key is a seed of 32 bytes (draft-connolly-cfrg-xwing-kem).
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rejoint_sync.errors import CircleError

POINT_BYTES: Final = 65
SCALAR_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
SECRET_BYTES: Final = 32
"""Length of an epoch secret and of every symmetric key."""


@dataclass(frozen=True, slots=True)
class Kem:
    """The lengths of one KEM, in bytes: its public key, and what HPKE sends along."""

    public: int
    enc: int


KEMS: Final = {"P256": Kem(POINT_BYTES, POINT_BYTES), "XWING": Kem(1216, 1120)}
WRAP_BYTES: Final = {name: kem.enc + SECRET_BYTES + TAG_BYTES for name, kem in KEMS.items()}
"""Length of a sealed epoch secret by KEM: HPKE's encapsulated key and its ciphertext."""

_MLKEM_PUBLIC_BYTES: Final = 1184
_MLKEM_SEED_BYTES: Final = 64
_CURVE: Final = ec.SECP256R1()
_ES256_SIGN: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_ES256_VERIFY: Final = ec.ECDSA(hashes.SHA256())
_SUITES: Final = {
    "P256": hpke.Suite(hpke.KEM.P256, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM),
    "XWING": hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM),
}


def sha256(data: bytes) -> bytes:
    """Hash bytes to 32 bytes."""
    return hashlib.sha256(data).digest()


def hkdf(secret: bytes, *, salt: bytes, info: bytes, length: int = SECRET_BYTES) -> bytes:
    """Derive `length` bytes by HKDF-SHA256 (RFC 5869)."""
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def argon2id(secret: bytes, *, salt: bytes, memory_kib: int, passes: int) -> bytes:
    """Derive 32 bytes from a secret that a person can type (RFC 9106, one lane)."""
    derivation = Argon2id(
        salt=salt, length=SECRET_BYTES, iterations=passes, lanes=1, memory_cost=memory_kib
    )
    return derivation.derive(secret)


def aes_gcm_seal(key: bytes, plaintext: bytes, *, nonce: bytes, aad: bytes) -> bytes:
    """Seal with AES-256-GCM: nonce (12 bytes, never used twice with a key), ciphertext, tag."""
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def aes_gcm_open(key: bytes, sealed: bytes, *, aad: bytes) -> bytes:
    """Open what `aes_gcm_seal` made.

    Raises:
        CircleError: `tag`: another key or `aad`, or changed bytes.
    """
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise CircleError("tag", "expected a nonce and a tag")
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
    except InvalidTag as error:
        raise CircleError("tag", "the sealed part does not open with this key") from error


def generate_scalar() -> bytes:
    """Make a new private key, 32 bytes."""
    return ec.generate_private_key(_CURVE).private_numbers().private_value.to_bytes(SCALAR_BYTES)


def public_point(scalar: bytes) -> bytes:
    """Compute the public key of a private one, 65 bytes. Raises as `require_scalar`."""
    return _private(scalar).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def require_scalar(scalar: bytes) -> None:
    """Check that bytes are a private key.

    Raises:
        CircleError: `schema`: not 32 bytes, zero, or not below the order of the curve.
    """
    _private(scalar)


def require_point(point: bytes) -> None:
    """Check that bytes are an uncompressed point of the curve.

    Raises:
        CircleError: `schema`: they are not.
    """
    if len(point) != POINT_BYTES or point[0] != 4:  # SEC 1: uncompressed
        raise CircleError("schema", "expected an uncompressed P-256 point")
    _public(point)


def es256_sign(scalar: bytes, message: bytes) -> bytes:
    """Sign; the same key and message give the same 64 bytes r||s."""
    r, s = decode_dss_signature(_private(scalar).sign(message, _ES256_SIGN))
    return r.to_bytes(32) + s.to_bytes(32)


def es256_verify(point: bytes, message: bytes, signature: bytes) -> None:
    """Check a signature.

    Raises:
        CircleError: `sig`: it is not this key's signature of this message.
    """
    if len(signature) != SIGNATURE_BYTES:
        raise CircleError("sig", "expected a signature of 64 bytes")
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    try:
        _public(point).verify(encode_dss_signature(r, s), message, _ES256_VERIFY)
    except InvalidSignature as error:
        raise CircleError("sig", "the signature is not the named device's") from error


def kem_public(kem: str, private: bytes) -> bytes:
    """Compute the public key of a private one of 32 bytes. Raises as `require_scalar`."""
    if kem == "P256":
        return public_point(private)
    key = _xwing_mlkem(private).public_key().public_bytes_raw()
    return key + _xwing_x25519(private).public_key().public_bytes_raw()


def hpke_seal(kem: str, public: bytes, plaintext: bytes, *, info: bytes) -> bytes:
    """Seal to a public key: encapsulated key, ciphertext, tag. Differs each time.

    A key that nothing can be sealed to gets bytes of the same length that nobody opens: a device
    that published such a key reads nothing, and keeps nobody from changing the circle's key.
    """
    try:
        key = _public(public) if kem == "P256" else _xwing_public(public)
        return _SUITES[kem].encrypt(plaintext, key, info=info)
    except ValueError:
        nobody = kem_public(kem, generate_scalar())
        return hpke_seal(kem, nobody, bytes(len(plaintext)), info=b"")


def hpke_open(kem: str, private: bytes, sealed: bytes, *, info: bytes) -> bytes:
    """Open what `hpke_seal` made.

    Raises:
        CircleError: `wrap`: another key or `info`, or changed bytes.
    """
    key = _private(private) if kem == "P256" else _xwing_private(private)
    try:
        return _SUITES[kem].decrypt(sealed, key, info=info)
    except InvalidTag as error:
        raise CircleError("wrap", "the wrap is not for this device and epoch") from error


def _xwing_mlkem(seed: bytes) -> mlkem.MLKEM768PrivateKey:
    expanded = hashlib.shake_256(seed).digest(_MLKEM_SEED_BYTES + SCALAR_BYTES)
    return mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES])


def _xwing_x25519(seed: bytes) -> x25519.X25519PrivateKey:
    expanded = hashlib.shake_256(seed).digest(_MLKEM_SEED_BYTES + SCALAR_BYTES)
    return x25519.X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:])


def _xwing_private(seed: bytes) -> hpke.MLKEM768X25519PrivateKey:
    return hpke.MLKEM768X25519PrivateKey(_xwing_mlkem(seed), _xwing_x25519(seed))


def _xwing_public(public: bytes) -> hpke.MLKEM768X25519PublicKey:
    return hpke.MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES]),
        x25519.X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:]),
    )


@lru_cache(maxsize=4096)
def _public(point: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
    except ValueError as error:
        raise CircleError("schema", "expected a point on the curve P-256") from error


def _private(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    if len(scalar) != SCALAR_BYTES:
        raise CircleError("schema", "expected a private key of 32 bytes")
    try:
        return ec.derive_private_key(int.from_bytes(scalar), _CURVE)
    except ValueError as error:
        raise CircleError("schema", "expected a private key of P-256") from error
