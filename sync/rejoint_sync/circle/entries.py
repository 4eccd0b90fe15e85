"""Builders of log entries, and the bundle in which an entry is sent.

Each builder gives `{"_id", "j"}` for the next entry of a membership. They sign whatever they are
asked to: whether it is allowed is said by `Membership.append`, which the caller runs before it
sends. All randomness comes in as arguments.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from rejoint_sync.circle.document import structural_rev
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.envelope import public_point
from rejoint_sync.circle.epochs import back, commit
from rejoint_sync.circle.grammar import Pub
from rejoint_sync.circle.invitation import Opened, join_proof
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.log import Mark, Membership
from rejoint_sync.circle.schema import ENTRY_TYP
from rejoint_sync.errors import CircleError

MEMBER_BYTES: Final = 16


def member_id(random: bytes) -> str:
    """Name a new member from 16 random bytes."""
    assert len(random) == MEMBER_BYTES
    return "m" + b64u_encode(random)


def genesis(  # noqa: PLR0913  # each is named at the call
    keys: DeviceKeys,
    *,
    purpose: str,
    adds: str,
    clinic: str,
    member: str,
    role: str,
    es: bytes,
    rnd: bytes,
    ts: int,
) -> dict[str, Any]:
    """Found a circle.

    Args:
        keys: The founder.
        purpose: "patient", "clinic" or "cohort".
        adds: "members" or "patient".
        clinic: The clinic's circle, or "".
        member: The founder's member id.
        role: The founder's role.
        es: Secret of epoch 1 of stream c, 32 random bytes.
        rnd: 16 random bytes, so that no two circles have one name.
        ts: Unix seconds by the server's clock.
    """
    epoch = {"e": 1, "commit": commit(es, "c", 1), "fence": {}}
    payload = {
        "v": 1,
        "seq": 0,
        "op": "genesis",
        "prev": "",
        "ts": ts,
        "purpose": purpose,
        "adds": adds,
        "clinic": clinic,
        "member": member,
        "role": role,
        "dev": dict(keys.pub),
        "rnd": b64u_encode(rnd),
        "ep": {"c": epoch},
    }
    return {"_id": "log:000000", "j": keys.sign_jws(ENTRY_TYP, payload)}


def invite(  # noqa: PLR0913  # each is named at the call
    membership: Membership,
    keys: DeviceKeys,
    *,
    iid: str,
    sign_scalar: bytes,
    role: str,
    member: str,
    s: str,
    exp: int,
    ts: int,
    mode: str = "direct",
) -> dict[str, Any]:
    """Invite one device for a member.

    Args:
        membership: The circle now.
        keys: The inviter.
        iid: From the link's secret (`invitation.invitation_id`).
        sign_scalar: The invitation's signing key, 32 random bytes below the curve's order.
        role: What the member is or will be.
        member: Known or new.
        s: Streams of the new device, "c" or "ck".
        exp: Last unix second at which it can be used.
        ts: Unix seconds by the server's clock, not before the last entry's.
        mode: "direct" (in person, an hour at most) or "approve" (by a messenger, 14 days at most).
    """
    return _entry(
        membership,
        keys,
        ts,
        "invite",
        iid=iid,
        spk=b64u_encode(public_point(sign_scalar)),
        role=role,
        member=member,
        s=s,
        mode=mode,
        exp=exp,
    )


def uninvite(membership: Membership, keys: DeviceKeys, *, iid: str, ts: int) -> dict[str, Any]:
    """Take an open invitation back."""
    return _entry(membership, keys, ts, "uninvite", iid=iid)


def join(membership: Membership, keys: DeviceKeys, *, opened: Opened, ts: int) -> dict[str, Any]:
    """Enter by an invitation, as the new device."""
    proof = join_proof(opened, membership.circle, keys.id)
    return _entry(membership, keys, ts, "join", iid=opened.iid, dev=dict(keys.pub), proof=proof)


def add(  # noqa: PLR0913  # each is named at the call
    membership: Membership,
    keys: DeviceKeys,
    *,
    pub: Pub,
    role: str,
    member: str,
    s: str,
    ts: int,
    iid: str = "",
) -> dict[str, Any]:
    """Bring in a device whose public keys are known; `iid` names the invitation it asked by."""
    given = {"member": member, "role": role, "s": s, "dev": dict(pub), "iid": iid}
    return _entry(membership, keys, ts, "add", **given)


def epoch(  # noqa: PLR0913  # each is named at the call
    membership: Membership,
    stream: str,
    *,
    es: bytes,
    before: bytes | None,
    fence: Mapping[str, Mark],
    nonce: bytes,
) -> dict[str, Any]:
    """Make the next epoch of a stream, as `remove` and `rekey` carry it.

    Args:
        membership: The circle before the entry.
        stream: "c" or "k".
        es: Its secret, 32 random bytes.
        before: The secret of the epoch before; None lets history end here.
        fence: For each device that lost the stream by removal and has no fence in it yet.
        nonce: 12 random bytes.
    """
    e = len(membership.epochs.get(stream, ())) + 1
    made: dict[str, Any] = {
        "e": e,
        "commit": commit(es, stream, e),
        "fence": {device: list(mark) for device, mark in fence.items()},
    }
    if before is None:
        return made
    circle = membership.circle
    return made | {"back": back(es, before, circle=circle, stream=stream, e=e, nonce=nonce)}


def grant(membership: Membership, keys: DeviceKeys, *, target: str, ts: int) -> dict[str, Any]:
    """Give a live device the stream of clinicians."""
    return _entry(membership, keys, ts, "grant", target=target)


def remove(
    membership: Membership,
    keys: DeviceKeys,
    *,
    targets: Collection[str],
    ep: Mapping[str, dict[str, Any]],
    ts: int,
) -> dict[str, Any]:
    """Take devices out; `ep` holds an `epoch` for each stream that signer and targets share."""
    return _entry(membership, keys, ts, "remove", target=sorted(targets), ep=dict(ep))


def leave(
    membership: Membership, keys: DeviceKeys, *, marks: Mapping[str, Mark], ts: int
) -> dict[str, Any]:
    """Go oneself; `marks` says for each of one's streams up to where one has written."""
    mark = {stream: list(value) for stream, value in marks.items()}
    return _entry(membership, keys, ts, "leave", mark=mark)


def rekey(
    membership: Membership, keys: DeviceKeys, *, ep: Mapping[str, dict[str, Any]], ts: int
) -> dict[str, Any]:
    """Open epochs; `ep` holds an `epoch` by stream."""
    return _entry(membership, keys, ts, "rekey", ep=dict(ep))


def accept(  # noqa: PLR0913  # each is named at the call
    membership: Membership, keys: DeviceKeys, *, target: str, stream: str, mark: Mark, ts: int
) -> dict[str, Any]:
    """Let more documents of a device count that is gone."""
    n, d = mark
    return _entry(membership, keys, ts, "accept", target=target, x=stream, n=n, d=d)


def close(membership: Membership, keys: DeviceKeys, *, ts: int) -> dict[str, Any]:
    """Close the circle: nothing new is taken, and after a time it is purged."""
    return _entry(membership, keys, ts, "close")


def reopen(membership: Membership, keys: DeviceKeys, *, ts: int) -> dict[str, Any]:
    """Open a closed circle again."""
    return _entry(membership, keys, ts, "reopen")


def _entry(
    membership: Membership, keys: DeviceKeys, ts: int, op: str, **members: object
) -> dict[str, Any]:
    seq = membership.seq + 1
    payload = {
        "v": 1,
        "seq": seq,
        "op": op,
        "prev": membership.head,
        "ts": ts,
        "cir": membership.circle,
        **members,
    }
    return {"_id": f"log:{seq:06d}", "j": keys.sign_jws(ENTRY_TYP, payload)}


@dataclass(frozen=True, slots=True)
class Bundle:
    """An entry with exactly what it requires, sent and stored as one.

    Attributes:
        log: The entry, `{"_id", "j"}`.
        wraps: `{"_id", "k"}` each.
        inv: `{"_id", "k"}` beside an `invite`, else None.
    """

    log: dict[str, Any]
    wraps: tuple[dict[str, Any], ...]
    inv: dict[str, Any] | None = None

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read `{"log", "wraps", "inv"?}` from parsed JSON; other members are not looked at.

        Raises:
            CircleError: `schema`.
        """
        members = value if type(value) is dict else {}
        log, wraps, inv = members.get("log"), members.get("wraps"), members.get("inv")
        if type(log) is not dict or type(wraps) is not list:
            raise CircleError("schema", "expected an entry as log and a list of wraps")
        if not all(type(wrap) is dict for wrap in wraps) or type(inv) not in (dict, type(None)):
            raise CircleError("schema", "expected wraps and inv to be documents")
        return cls(log, tuple(wraps), inv)

    def to_json(self) -> dict[str, Any]:
        """Write what `parse` reads."""
        body: dict[str, Any] = {"log": self.log, "wraps": list(self.wraps)}
        return body if self.inv is None else body | {"inv": self.inv}

    def documents(self) -> list[dict[str, Any]]:
        """The documents to store, each with its revision, the entry last.

        Raises:
            CircleError: `canon`: one holds something that canonical JSON cannot say.
        """
        invitation = [] if self.inv is None else [self.inv]
        return [
            {**document, "_rev": structural_rev(document)}
            for document in (*self.wraps, *invitation, self.log)
        ]
