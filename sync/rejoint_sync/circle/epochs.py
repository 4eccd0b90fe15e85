"""Epoch secrets: how they are committed to, handed to devices, and turned into document keys.

An epoch secret ES is 32 random bytes, never reused. The log carries a commitment to it, each
entitled device gets it sealed to its own key (a wrap), and every author's documents have a key of
their own derived from it.

Source: docs/circle.md, "Epochs and wraps".
"""

from collections.abc import Mapping
from typing import Any, Final

from rejoint_sync.circle.encoding import b64u_decode, b64u_encode, jcs
from rejoint_sync.circle.envelope import (
    SECRET_BYTES,
    hkdf,
    hpke_open,
    hpke_seal,
)
from rejoint_sync.circle.grammar import Pub
from rejoint_sync.circle.keys import DeviceKeys, device_id
from rejoint_sync.circle.log import Epoch, Membership
from rejoint_sync.errors import CircleError

Secrets = Mapping[str, Mapping[int, bytes]]
"""The epoch secrets that a device holds in one circle: by stream, by number of the epoch."""

WRAP_PREFIX: Final = "wrap:"


def commit(es: bytes, stream: str, e: int) -> str:
    """Commit to a secret of 32 bytes as epoch `e` of a stream; the log carries the result."""
    assert len(es) == SECRET_BYTES
    info = b"rj1 commit\0" + stream.encode("ascii") + e.to_bytes(4)
    return b64u_encode(hkdf(es, salt=b"", info=info))


def require_commit(es: bytes, stream: str, epoch: Epoch) -> None:
    """Check a secret against the log's commitment. Raises `CircleError` with `commit`."""
    if len(es) != SECRET_BYTES or commit(es, stream, epoch.e) != epoch.commit:
        raise CircleError("commit", "the key is not the one that the log names")


def document_key(es: bytes, circle: str, stream: str, device: str) -> bytes:
    """Derive the key of one author's documents in one epoch of a stream, 32 bytes."""
    info = b"rj1 doc\0" + stream.encode("ascii") + device.encode("ascii")
    return hkdf(es, salt=circle.encode("ascii"), info=info)


def wrap_id(stream: str, e: int, commitment: str, device: str) -> str:
    """Name the document that hands an epoch's secret to a device."""
    return f"{WRAP_PREFIX}{stream}{e:06d}:{commitment[:16]}:{device}"


def wrap(circle: str, stream: str, e: int, es: bytes, pub: Pub) -> dict[str, Any]:
    """Seal an epoch's secret to a device; the sealed bytes differ each time.

    Returns:
        `{"_id", "k"}`.
    """
    device, commitment = device_id(pub), commit(es, stream, e)
    info = _wrap_info(circle, stream, e, device, commitment)
    sealed = hpke_seal(b64u_decode(pub["kpk"]), es, info=info)
    return {"_id": wrap_id(stream, e, commitment, device), "k": b64u_encode(sealed)}


def unwrap(
    keys: DeviceKeys, document: Mapping[str, Any], *, circle: str, stream: str, epoch: Epoch
) -> bytes:
    """Open the wrap of an epoch that the log names.

    Returns:
        The epoch's secret, 32 bytes.

    Raises:
        CircleError: `schema` or `b64` (no wrap of this epoch for this device), `wrap` (sealed for
            another device, circle, stream, epoch or commitment, or changed), `commit` (it opens,
            but is not the secret that the log names).
    """
    if document.get("_id") != wrap_id(stream, epoch.e, epoch.commit, keys.id):
        raise CircleError("schema", "expected the wrap of this epoch for this device")
    if type(document.get("k")) is not str:
        raise CircleError("schema", "expected the sealed secret as text")
    info = _wrap_info(circle, stream, epoch.e, keys.id, epoch.commit)
    es = hpke_open(keys.kem_scalar, b64u_decode(document["k"]), info=info)
    require_commit(es, stream, epoch)
    return es


def required_wraps(before: Membership | None, after: Membership) -> list[str]:
    """Name exactly the wraps that the entry between two memberships requires.

    A new epoch needs one for each live device entitled to the stream; a device that comes in, or
    is given the clinicians' stream, needs the current epoch of each stream that is new to it.

    Args:
        before: The membership before the entry, None when it is the first.
        after: The membership after it.
    """
    names = []
    for stream, chain in after.epochs.items():
        epoch = chain[-1]
        opened = epoch.at_seq == after.seq
        for member in after.entitled(stream):
            known = None if before is None else before.devices.get(member.device)
            entered = known is None or stream not in known.streams
            if opened or entered:
                names.append(wrap_id(stream, epoch.e, epoch.commit, member.device))
    return names


def _wrap_info(circle: str, stream: str, e: int, device: str, commitment: str) -> bytes:
    return b"rj1 wrap\0" + jcs([circle, stream, e, device, commitment])
