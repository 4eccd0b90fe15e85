"""Epoch secrets: how they are committed to, handed to devices, and turned into document keys.

An epoch secret ES is 32 random bytes, never reused. The log carries a commitment to it, each
entitled device gets it sealed to its own key (a wrap), and every author's documents have a key of
their own derived from it. An epoch may carry the secret of the one before, sealed under its own
(`back`): who has the newest walks back from there.

Source: docs/circle.md, "Epochs".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rejoint_sync.circle.encoding import b64u_decode, b64u_encode, jcs
from rejoint_sync.circle.envelope import (
    NONCE_BYTES,
    SECRET_BYTES,
    aes_gcm_open,
    aes_gcm_seal,
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

_WRAP_ID: Final = re.compile(r"wrap:([ck])([0-9]{6}):([A-Za-z0-9_-]{16}):(d[A-Za-z0-9_-]{20})\Z")


@dataclass(frozen=True, slots=True)
class BadBack:
    """A link to the epoch before that does not lead there: its signer broke the chain.

    Attributes:
        stream: Of which stream.
        e: The epoch that carries it.
        device: Who signed it.
    """

    stream: str
    e: int
    device: str


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
    sealed = hpke_seal(pub["kem"], b64u_decode(pub["kpk"]), es, info=info)
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
    es = hpke_open(keys.pub["kem"], keys.kem_secret, b64u_decode(document["k"]), info=info)
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


def repair_wraps(before: Membership | None, after: Membership) -> list[str]:
    """Name the wraps that an entry may bring along beyond `required_wraps`.

    Who lets a device in knows which links are broken and hands it the newest secret of each piece
    beyond one. The server cannot tell, so any epoch that is linked to the current one may be
    wrapped; beyond an end of history on purpose none is.

    Args:
        before: The membership before the entry, None when it is the first.
        after: The membership after it.
    """
    names = []
    for stream in after.epochs:
        older = [epoch for epoch in _linked(after, stream) if epoch.e != len(after.epochs[stream])]
        for member in after.entitled(stream):
            known = None if before is None else before.devices.get(member.device)
            if known is None or stream not in known.streams:
                names += [wrap_id(stream, x.e, x.commit, member.device) for x in older]
    return names


def make_wraps(
    membership: Membership, names: Iterable[str], secrets: Secrets
) -> tuple[dict[str, Any], ...]:
    """Write the wraps of these names.

    Args:
        membership: After the entry that they belong to.
        names: From `required_wraps` or `repair_wraps`.
        secrets: Holds the secret of each of their epochs.
    """
    found = []
    for name in names:
        stream, e, _, device = _parts(name)
        pub = membership.devices[device].pub
        found.append(wrap(membership.circle, stream, e, secrets[stream][e], pub))
    return tuple(found)


def open_wraps(
    keys: DeviceKeys, membership: Membership, documents: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, dict[int, bytes]], list[str]]:
    """Open what the server has for this device.

    Args:
        keys: The device.
        membership: The circle; a wrap of an epoch that it does not know is passed over.
        documents: Wraps; those of other devices are passed over.

    Returns:
        The secrets, and the names of the wraps that do not open or hold another secret: a holder
        must write them again.
    """
    secrets: dict[str, dict[int, bytes]] = {}
    closed: list[str] = []
    for document in documents:
        stream, e, _, device = _parts(document.get("_id"))
        chain = membership.epochs.get(stream, ())
        if device != keys.id or not 1 <= e <= len(chain):
            continue
        try:
            es = unwrap(keys, document, circle=membership.circle, stream=stream, epoch=chain[e - 1])
        except CircleError:
            closed.append(document["_id"])
        else:
            secrets.setdefault(stream, {})[e] = es
    return secrets, closed


def back(  # noqa: PLR0913  # each is named at the call
    es: bytes, before: bytes, *, circle: str, stream: str, e: int, nonce: bytes
) -> str:
    """Seal the secret of the epoch before under that of epoch `e`.

    Args:
        es: Secret of epoch `e`, 32 bytes.
        before: Secret of epoch `e` - 1, 32 bytes.
        circle: The circle.
        stream: "c" or "k".
        e: From 2.
        nonce: 12 random bytes.
    """
    assert len(before) == SECRET_BYTES
    assert len(nonce) == NONCE_BYTES
    key, aad = _back_key(es, circle, stream), _back_aad(circle, stream, e)
    return b64u_encode(aes_gcm_seal(key, before, nonce=nonce, aad=aad))


def unback(es: bytes, *, circle: str, stream: str, epoch: Epoch, before: Epoch) -> bytes:
    """Open the link of an epoch to the one before.

    Args:
        es: Secret of `epoch`.
        circle: The circle.
        stream: "c" or "k".
        epoch: An epoch with a link.
        before: The epoch before it.

    Returns:
        The secret of `before`.

    Raises:
        CircleError: `back`: it does not open, or is not the secret that the log names.
    """
    key, aad = _back_key(es, circle, stream), _back_aad(circle, stream, epoch.e)
    try:
        found = aes_gcm_open(key, b64u_decode(epoch.back or ""), aad=aad)
        require_commit(found, stream, before)
    except CircleError as error:
        raise CircleError("back", "the link to the key before is broken") from error
    return found


def walk(
    membership: Membership, secrets: Secrets
) -> tuple[dict[str, dict[int, bytes]], list[BadBack]]:
    """Follow the links of every epoch whose secret is held, and check them.

    Args:
        membership: The circle.
        secrets: What is held, each checked against the log.

    Returns:
        All secrets that follow, and the links that are broken, also where the secret before is
        held already: who has it is the one who can tell the others. What is held stays usable.
    """
    found = {stream: dict(chain) for stream, chain in secrets.items()}
    broken: list[BadBack] = []
    for stream, chain in membership.epochs.items():
        held = found.setdefault(stream, {})
        for epoch in reversed(chain):
            if epoch.back is None or epoch.e not in held:
                continue
            before = chain[epoch.e - 2]
            try:
                older = unback(
                    held[epoch.e],
                    circle=membership.circle,
                    stream=stream,
                    epoch=epoch,
                    before=before,
                )
            except CircleError:
                broken.append(BadBack(stream, epoch.e, membership.stamps[epoch.at_seq].device))
            else:
                held[before.e] = older
    return found, broken


def pieces(membership: Membership, broken: Iterable[BadBack]) -> dict[str, list[int]]:
    """The epochs whose secrets a new device must be handed beside the current one, by stream.

    Each is the newest behind a broken link. Behind an end of history on purpose there is none.
    """
    found: dict[str, list[int]] = {}
    for bad in broken:
        if bad.e - 1 in {epoch.e for epoch in _linked(membership, bad.stream)}:
            found.setdefault(bad.stream, []).append(bad.e - 1)
    return found


def _linked(membership: Membership, stream: str) -> Iterator[Epoch]:
    """The current epoch, and those before it up to where history was made to end."""
    for epoch in reversed(membership.epochs[stream]):
        yield epoch
        if epoch.back is None:
            return


def _parts(name: object) -> tuple[str, int, str, str]:
    """Stream, number, commitment and device of a wrap's name; empty ones when it is none."""
    matched = _WRAP_ID.match(name) if type(name) is str else None
    if matched is None:
        return "", 0, "", ""
    return matched[1], int(matched[2]), matched[3], matched[4]


def _back_key(es: bytes, circle: str, stream: str) -> bytes:
    info = b"rj1 back\0" + stream.encode("ascii")
    return hkdf(es, salt=circle.encode("ascii"), info=info)


def _back_aad(circle: str, stream: str, e: int) -> bytes:
    return b"rj1 back\0" + jcs([circle, stream, e])


def _wrap_info(circle: str, stream: str, e: int, device: str, commitment: str) -> bytes:
    return b"rj1 wrap\0" + jcs([circle, stream, e, device, commitment])
