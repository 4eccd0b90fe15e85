"""Invitations: a link that carries a secret, and what the secret opens.

The link `https://origin/#j1.<circle>.<S>` keeps S in the fragment, which browsers never send. From
S follow the invitation's name and the key of its sealed part, which holds a signing key, the head
of the log that the inviter had, and the current epoch secrets.

Source: docs/circle.md, "Admission".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from rejoint_sync.circle.changes import require_proof
from rejoint_sync.circle.encoding import b64u_decode, b64u_encode, jcs, parse_jcs
from rejoint_sync.circle.envelope import (
    SCALAR_BYTES,
    SECRET_BYTES,
    aes_gcm_open,
    aes_gcm_seal,
    hkdf,
    public_point,
    require_scalar,
    sha256,
)
from rejoint_sync.circle.epochs import require_commit
from rejoint_sync.circle.grammar import (
    CIRCLE,
    HASH_BYTES,
    Pub,
    require_bytes,
    require_integer,
    require_members,
    require_parts,
    require_pub,
    require_text,
)
from rejoint_sync.circle.jws import sign_jws
from rejoint_sync.circle.keys import DeviceKeys, device_id
from rejoint_sync.circle.limits import SEQ_MAX
from rejoint_sync.circle.log import PROOF_TYP, Invitation, Membership
from rejoint_sync.circle.roles import STREAMS_OF_S
from rejoint_sync.circle.schema import STREAMS
from rejoint_sync.errors import CircleError

LINK_SECRET_BYTES: Final = 16
INVITATION_PREFIX: Final = "inv:"
REQUEST_PREFIX: Final = "req:"
CODE_DIGITS: Final = 12

_DOCUMENT: Final = frozenset({"_id", "k"})
_REQUEST: Final = frozenset({"_id", "dev", "proof"})
_INVITATION_ID: Final = re.compile(r"inv:i[A-Za-z0-9_-]{22}\Z")
_REQUEST_ID: Final = re.compile(r"req:(i[A-Za-z0-9_-]{22}):(d[A-Za-z0-9_-]{20})\Z")

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{22}\Z")
_INCOMPLETE: Final = "this link is incomplete"
_FOREIGN: Final = "this is not a link of this app"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that admits: `j1` to a circle, `s1` to found the first clinic.

    Attributes:
        origin: `https://host[:port]`; empty when only the fragment is known.
        kind: "j1" or "s1".
        circle: The circle to join; empty for `s1`.
        secret: 16 bytes.
    """

    origin: str
    kind: str
    circle: str
    secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a link, or what follows its `#`; white space around it is ignored.

        Raises:
            CircleError: `schema` ("this link is incomplete", or not a link of this app), `b64`.
        """
        origin, _, fragment = text.strip().rpartition("#")
        kind, *parts = fragment.split(".")
        if kind not in {"j1", "s1"}:
            raise CircleError("schema", _FOREIGN)
        if len(parts) != (2 if kind == "j1" else 1) or not _SECRET.match(parts[-1]):
            raise CircleError("schema", _INCOMPLETE)
        circle = parts[0] if kind == "j1" else ""
        if kind == "j1" and not CIRCLE.match(circle):
            raise CircleError("schema", _INCOMPLETE)
        return cls(origin.rstrip("/"), kind, circle, b64u_decode(parts[-1]))

    def format(self) -> str:
        """Write the link."""
        middle = f"{self.circle}." if self.kind == "j1" else ""
        return f"{self.origin}/#{self.kind}.{middle}{b64u_encode(self.secret)}"


@dataclass(frozen=True, slots=True)
class Opened:
    """What the sealed part of an invitation holds.

    Attributes:
        iid: The invitation's name.
        sign_scalar: Its signing key, 32 bytes.
        seq: Number of the `invite` entry.
        head: Hash of the `invite` entry.
        es: The current epoch secret per stream.
    """

    iid: str
    sign_scalar: bytes = field(repr=False)
    seq: int
    head: str
    es: Mapping[str, bytes] = field(repr=False)

    @property
    def spk(self) -> str:
        """The public key that the log must name."""
        return b64u_encode(public_point(self.sign_scalar))


def invitation_id(circle: str, secret: bytes) -> str:
    """Name the invitation of a link's secret."""
    return "i" + b64u_encode(
        hkdf(secret, salt=circle.encode("ascii"), info=b"rj1 inv id", length=16)
    )


def invitation_key(circle: str, secret: bytes) -> bytes:
    """Derive the key of an invitation's sealed part, 32 bytes."""
    return hkdf(secret, salt=circle.encode("ascii"), info=b"rj1 invite")


def seal_inv(
    membership: Membership,
    secret: bytes,
    *,
    sign_scalar: bytes,
    es: Mapping[str, bytes],
    nonce: bytes,
) -> dict[str, Any]:
    """Seal what the joiner needs.

    Args:
        membership: After the `invite` entry, which is its last.
        secret: The link's 16 random bytes.
        sign_scalar: The invitation's signing key, 32 bytes.
        es: The current epoch secret of each stream that the joiner will have; none where the
            invitation must be approved.
        nonce: 12 random bytes.

    Returns:
        `{"_id", "k"}`.
    """
    iid = invitation_id(membership.circle, secret)
    body = {
        "v": 1,
        "ssk": b64u_encode(sign_scalar),
        "head": [membership.seq, membership.head],
        "es": {stream: b64u_encode(value) for stream, value in es.items()},
    }
    sealed = aes_gcm_seal(
        invitation_key(membership.circle, secret),
        jcs(body),
        nonce=nonce,
        aad=_aad(membership.circle, iid),
    )
    return {"_id": INVITATION_PREFIX + iid, "k": b64u_encode(sealed)}


def open_inv(circle: str, secret: bytes, document: object) -> Opened:
    """Open the sealed part of an invitation with the secret of its link.

    Raises:
        CircleError: `schema`, `b64` (the document's shape), `tag` (another secret, circle or
            invitation, or changed bytes), `canon`, `schema` (what is inside).
    """
    members = require_parts(document, _DOCUMENT, "an invitation")
    name = require_text(members["_id"], _INVITATION_ID, "a name like inv:i…")
    if type(members["k"]) is not str:
        raise CircleError("schema", "expected a sealed part as text")
    iid = name.removeprefix(INVITATION_PREFIX)
    key, aad = invitation_key(circle, secret), _aad(circle, iid)
    body = require_members(
        parse_jcs(aes_gcm_open(key, b64u_decode(members["k"]), aad=aad)),
        frozenset({"v", "ssk", "head", "es"}),
        "an invitation",
    )
    require_integer(body["v"], 1, 1)
    scalar = require_bytes(body["ssk"], SCALAR_BYTES, "ssk")
    require_scalar(scalar)
    head, es = body["head"], body["es"]
    if type(head) is not list or len(head) != 2:
        raise CircleError("schema", "expected a head of number and hash")
    if type(es) is not dict or es.keys() - STREAMS:
        raise CircleError("schema", "expected secrets of the streams c and k")
    require_bytes(head[1], HASH_BYTES, "the hash of an entry")
    return Opened(
        iid=iid,
        sign_scalar=scalar,
        seq=require_integer(head[0], 0, SEQ_MAX),
        head=head[1],
        es={name: require_bytes(value, SECRET_BYTES, "a secret") for name, value in es.items()},
    )


def accept(membership: Membership, opened: Opened, now_s: int) -> Invitation:
    """Check an opened invitation against the log that came with it, before joining.

    Args:
        membership: The replay of the log of the circle that the link names.
        opened: The invitation.
        now_s: Unix seconds by the server's clock.

    Returns:
        What the log says of it: the role and member that the joiner will have.

    Raises:
        CircleError: `newer-log` (the log is shorter than the inviter's), `fork` (it is another
            log), `invite` (not open, or not this key), `commit` (a secret that is not the log's),
            `epoch` (a stream that the log does not have, or not exactly the secrets that such an
            invitation carries).
    """
    if opened.seq > membership.seq:
        raise CircleError("newer-log", "the log is shorter than the one of who invited")
    if membership.heads[opened.seq] != opened.head:
        raise CircleError("fork", "the log is another than the one of who invited")
    invitation = membership.open_invitation(
        opened.iid, max(now_s, membership.stamps[membership.seq].ts)
    )
    if invitation.spk != opened.spk:
        raise CircleError("invite", "the log names another key for this invitation")
    for stream, es in opened.es.items():
        require_commit(es, stream, membership.current_epoch(stream))
    if set(opened.es) != (
        set(STREAMS_OF_S[invitation.s]) if invitation.mode == "direct" else set()
    ):
        raise CircleError("epoch", "the link carries other keys than such an invitation does")
    return invitation


def join_proof(opened: Opened, circle: str, device: str) -> str:
    """Sign, with the invitation's key, that this device is the one that joins."""
    return sign_jws(opened.sign_scalar, opened.iid, PROOF_TYP, {"cir": circle, "dev": device})


@dataclass(frozen=True, slots=True)
class Request:
    """A device that asks to be let in by an invitation that must be approved.

    Attributes:
        iid: The invitation.
        device: Who asks.
        pub: Its public keys.
    """

    iid: str
    device: str
    pub: Pub


def request(opened: Opened, circle: str, keys: DeviceKeys) -> dict[str, Any]:
    """Ask to be let in, as the new device.

    Returns:
        `{"_id", "dev", "proof"}`.
    """
    return {
        "_id": f"{REQUEST_PREFIX}{opened.iid}:{keys.id}",
        "dev": dict(keys.pub),
        "proof": join_proof(opened, circle, keys.id),
    }


def read_request(membership: Membership, document: object, now_s: int) -> Request:
    """Read what a device asks for.

    Args:
        membership: The circle.
        document: `{"_id", "dev", "proof"}`, with or without `_rev`, from the wire.
        now_s: Unix seconds by the server's clock.

    Raises:
        CircleError: In this order `schema`, `b64` (its shape), `kid` (the keys are another
            device's), `invite` (not open, or nobody has to approve), `proof`, `dup` (the device or
            its signing key stood in the log before).
    """
    members = require_parts(document, _REQUEST, "a request")
    name = require_text(members["_id"], _REQUEST_ID, "a name like req:i…:d…")
    pub = require_pub(members["dev"])
    if type(members["proof"]) is not str:
        raise CircleError("schema", "expected a proof as text")
    _, iid, device = name.split(":")
    if device_id(pub) != device:
        raise CircleError("kid", "the keys are another device's")
    invitation = membership.open_invitation(iid, max(now_s, membership.stamps[-1].ts))
    if invitation.mode != "approve":
        raise CircleError("invite", "nobody has to approve this invitation")
    require_proof(membership.circle, invitation, device, members["proof"])
    membership.require_new(spk=pub["spk"], device=device)
    return Request(iid, device, pub)


def request_code(circle: str, device: str) -> str:
    """The digits that both sides compare by voice or sight before a device is let in, 12 of them.

    >>> request_code("c" + "0" * 40, "d" + "A" * 20)
    '265805475382'
    """
    digest = sha256(b"rj1 code\0" + circle.encode("ascii") + device.encode("ascii"))
    return f"{int.from_bytes(digest) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _aad(circle: str, iid: str) -> bytes:
    return b"rj1 invite\0" + jcs([circle, iid])
