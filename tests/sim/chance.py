"""One seed decides everything: also keys, nonces and what a key is encapsulated with.

Several sources are drawn from one seed, so that a nonce more in the product does not make another
schedule.
"""

import secrets
from random import Random
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rejoint_sync.circle import envelope
from sim import remembered
from sim.stand_ins import stand_in

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_KEM_ID = b"KEM\x00\x10"
_SUITE_ID = b"HPKE\x00\x10\x00\x01\x00\x02"


def source(seed: int, purpose: str) -> Random:
    """The randomness of one purpose."""
    return Random(f"{seed} {purpose}")


def install(chance: Random) -> None:
    """From now on this process draws its secrets from `chance`; it must not serve anybody."""

    def generate_private_key(curve: Any, backend: Any = None) -> Any:
        return ec.derive_private_key(chance.randrange(1, _ORDER), curve)

    stand_in(secrets, "token_bytes", lambda n=None: chance.randbytes(32 if n is None else n))
    stand_in(secrets, "token_hex", lambda n=None: chance.randbytes(32 if n is None else n).hex())
    stand_in(secrets, "randbelow", chance.randrange)
    stand_in(secrets, "choice", chance.choice)
    stand_in(ec, "generate_private_key", generate_private_key)
    if not isinstance(envelope._SUITES["P256"], _SeededSuite):
        suites: dict[str, Any] = envelope._SUITES
        suites["P256"] = _SeededSuite(suites["P256"])
    remembered.install()


class _SeededSuite:
    """HPKE base mode over P-256 as RFC 9180 has it, whose ephemeral key comes from the seed."""

    def __init__(self, real: Any) -> None:
        self.decrypt = real.decrypt

    def encrypt(self, plaintext: bytes, key: Any, *, info: bytes) -> bytes:
        own = ec.generate_private_key(ec.SECP256R1())
        enc = _point(own.public_key())
        key = getattr(key, "key", key)  # it may be one of `remembered`
        shared = own.exchange(ec.ECDH(), key)
        eae = _extract(_KEM_ID, b"", b"eae_prk", shared)
        secret = _expand(_KEM_ID, eae, b"shared_secret", enc + _point(key), 32)
        context = b"\x00" + _extract(_SUITE_ID, b"", b"psk_id_hash", b"")
        context += _extract(_SUITE_ID, b"", b"info_hash", info)
        base = _extract(_SUITE_ID, secret, b"secret", b"")
        aes = AESGCM(_expand(_SUITE_ID, base, b"key", context, 32))
        nonce = _expand(_SUITE_ID, base, b"base_nonce", context, 12)
        return enc + aes.encrypt(nonce, plaintext, b"")


def _point(key: Any) -> bytes:
    return bytes(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    mac = HMAC(salt or bytes(32), hashes.SHA256())
    mac.update(b"HPKE-v1" + suite + label + ikm)
    return mac.finalize()


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    whole = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return HKDFExpand(hashes.SHA256(), length, whole).derive(prk)
