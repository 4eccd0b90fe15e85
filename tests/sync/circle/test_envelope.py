import ast
from pathlib import Path

import pytest

from rejoint_sync import circle
from rejoint_sync.circle import envelope
from rejoint_sync.circle.envelope import (
    KEMS,
    WRAP_BYTES,
    aes_gcm_open,
    aes_gcm_seal,
    es256_sign,
    es256_verify,
    generate_scalar,
    hkdf,
    hpke_open,
    hpke_seal,
    kem_public,
    public_point,
    require_point,
)
from rejoint_sync.errors import CircleError
from sync.circle.story import fixed

# RFC 6979 A.2.5, P-256 with SHA-256, message "sample".
RFC6979_KEY = bytes.fromhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
RFC6979_SIGNATURE = bytes.fromhex(
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
)


def test_only_this_file_imports_ciphers() -> None:
    folder = Path(circle.__file__).parent
    importers = [
        path.name
        for path in sorted(folder.parent.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cryptography")
    ]
    assert set(importers) == {"envelope.py"}


def test_hkdf_is_rfc_5869() -> None:
    """Appendix A.1."""
    key = hkdf(b"\x0b" * 22, salt=bytes(range(13)), info=bytes(range(0xF0, 0xFA)), length=42)
    assert key.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_hkdf_without_salt_is_rfc_5869() -> None:
    """Appendix A.3: the commitment of an epoch has no salt."""
    assert hkdf(b"\x0b" * 22, salt=b"", info=b"", length=42).hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


def test_signatures_are_rfc_6979() -> None:
    assert es256_sign(RFC6979_KEY, b"sample") == RFC6979_SIGNATURE
    es256_verify(public_point(RFC6979_KEY), b"sample", RFC6979_SIGNATURE)


@pytest.mark.parametrize("bit", range(0, 512, 7))
def test_a_signature_with_one_bit_changed_is_refused(bit: int) -> None:
    changed = bytearray(RFC6979_SIGNATURE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CircleError) as caught:
        es256_verify(public_point(RFC6979_KEY), b"sample", bytes(changed))
    assert caught.value.code == "sig"


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64])
def test_a_malformed_signature_is_refused(signature: bytes) -> None:
    with pytest.raises(CircleError) as caught:
        es256_verify(public_point(RFC6979_KEY), b"sample", signature)
    assert caught.value.code == "sig"


@pytest.mark.parametrize("kem", KEMS)
def test_a_wrap_opens_with_its_key_alone(kem: str) -> None:
    private, info = generate_scalar(), b"info"
    public = kem_public(kem, private)
    assert len(public) == KEMS[kem].public
    sealed = hpke_seal(kem, public, bytes(32), info=info)
    assert len(sealed) == WRAP_BYTES[kem]
    assert hpke_open(kem, private, sealed, info=info) == bytes(32)
    for key, bound in ((generate_scalar(), info), (private, b"other")):
        with pytest.raises(CircleError) as caught:
            hpke_open(kem, key, sealed, info=bound)
        assert caught.value.code == "wrap"


@pytest.mark.parametrize("kem", KEMS)
def test_a_wrap_with_one_bit_changed_is_refused(kem: str) -> None:
    private = fixed("recipient")
    sealed = hpke_seal(kem, kem_public(kem, private), bytes(32), info=b"")
    for bit in range(0, WRAP_BYTES[kem] * 8, 131):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CircleError) as caught:
            hpke_open(kem, private, bytes(changed), info=b"")
        assert caught.value.code == "wrap"


@pytest.mark.parametrize("kem", KEMS)
@pytest.mark.parametrize("sealed", [b"", bytes(32), bytes(113), bytes(1168), b"\xff" * 1168])
def test_bytes_that_are_no_wrap_are_refused(kem: str, sealed: bytes) -> None:
    with pytest.raises(CircleError) as caught:
        hpke_open(kem, fixed("recipient"), sealed, info=b"")
    assert caught.value.code == "wrap"


def test_a_key_that_nothing_can_be_sealed_to_stops_nobody() -> None:
    """Else a device with such a key could never be removed: others must be given the new key."""
    private = fixed("recipient")
    good = kem_public("XWING", private)
    for public in (good[:-32] + bytes(32), b"\xff" * 1216):
        sealed = hpke_seal("XWING", public, bytes(32), info=b"")
        assert len(sealed) == WRAP_BYTES["XWING"]
        with pytest.raises(CircleError) as caught:
            hpke_open("XWING", private, sealed, info=b"")
        assert caught.value.code == "wrap"


def test_a_post_quantum_key_is_the_one_of_its_draft() -> None:
    """X-Wing, draft-connolly-cfrg-xwing-kem, first test vector: seed and ends of the public key."""
    seed = "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"
    public = kem_public("XWING", bytes.fromhex(seed)).hex()
    assert public.startswith("e2236b35a8c24b39b10aa1323a96a919")


def test_the_sealed_part_is_bound_to_its_place() -> None:
    key, nonce = fixed("key"), fixed("nonce", 12)
    sealed = aes_gcm_seal(key, b"text", nonce=nonce, aad=b"here")
    assert aes_gcm_open(key, sealed, aad=b"here") == b"text"
    for wrong_key, data, aad in (
        (fixed("other"), sealed, b"here"),
        (key, sealed, b"there"),
        (key, sealed[:-1], b"here"),
        (key, b"", b"here"),
    ):
        with pytest.raises(CircleError) as caught:
            aes_gcm_open(wrong_key, data, aad=aad)
        assert caught.value.code == "tag"


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_private_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(CircleError) as caught:
        envelope.require_scalar(b"\1" * size)
    assert caught.value.code == "schema"


def test_argon2id_is_that_of_its_authors() -> None:
    """One of the tests of the reference implementation of RFC 9106."""
    found = envelope.argon2id(b"password", salt=b"somesalt", memory_kib=65_536, passes=2)
    assert found.hex() == "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"


def test_only_uncompressed_points_of_the_curve_are_taken() -> None:
    good = public_point(RFC6979_KEY)
    require_point(good)
    beside = good[:-1] + bytes([good[-1] ^ 1])
    for point in (b"", good[:-1], good + b"\0", b"\2" + good[1:33], b"\6" + good[1:], beside):
        with pytest.raises(CircleError) as caught:
            require_point(point)
        assert caught.value.code == "schema"
    require_point(good[:-1] + good[-1:])
