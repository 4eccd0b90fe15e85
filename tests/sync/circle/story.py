"""A patient's circle told step by step, with fixed keys: what the tests of circles start from."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rejoint_sync.circle import entries, invitation
from rejoint_sync.circle.document import seal
from rejoint_sync.circle.entries import Bundle, member_id
from rejoint_sync.circle.epochs import required_wraps, wrap
from rejoint_sync.circle.invitation import open_inv
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import CircleError

NOW_S = 1_795_000_000
RECORD = {"type": "pain", "lam": 1, "at": NOW_S, "tz_min": 60, "score": 0}


def fixed(name: str, size: int = 32) -> bytes:
    """Bytes that look random and follow from a name."""
    return hashlib.shake_256(name.encode()).digest(size)


def code_of(act: Callable[..., object], *args: object, **named: object) -> str | None:
    """The code with which an act is refused, None when it is not."""
    try:
        act(*args, **named)
    except CircleError as error:
        return error.code
    return None


def keys_of(name: str) -> DeviceKeys:
    return DeviceKeys.of(fixed(name + " kem"), fixed(name + " sign"))


def member_of(name: str) -> str:
    return member_id(fixed(name + " member", 16))


THERAPIST, PATIENT, CAREGIVER = keys_of("therapist"), keys_of("patient"), keys_of("caregiver")
STRANGER = keys_of("stranger")
ES = fixed("epoch secret")
SECRETS = {"c": {1: ES}}
LINK_SECRET = fixed("link", 16)


@dataclass(frozen=True)
class Step:
    """A membership, and the bundle that led to it."""

    membership: Membership
    bundle: Bundle


def wraps_of(before: Membership | None, after: Membership) -> tuple[dict[str, Any], ...]:
    """The wraps that a step requires, in the order in which they are named."""
    found = []
    for name in required_wraps(before, after):
        pub = after.devices[name.rpartition(":")[2]].pub
        found.append(wrap(after.circle, "c", 1, ES, pub))
    return tuple(found)


def founded(ts: int = NOW_S, **other: str) -> Step:
    given = {"purpose": "patient", "adds": "members", "clinic": "", "role": "therapist"} | other
    log = entries.genesis(
        THERAPIST,
        purpose=given["purpose"],
        adds=given["adds"],
        clinic=given["clinic"],
        role=given["role"],
        member=member_of("therapist"),
        es=ES,
        rnd=fixed("rnd", 16),
        ts=ts,
    )
    membership = Membership.founded(log)
    return Step(membership, Bundle(log, wraps_of(None, membership)))


def invited(
    before: Membership,
    *,
    by: DeviceKeys = THERAPIST,
    role: str = "patient",
    name: str = "patient",
    ts: int = NOW_S,
    secret: bytes = LINK_SECRET,
) -> Step:
    scalar = fixed("invitation " + secret.hex())
    log = entries.invite(
        before,
        by,
        iid=invitation.invitation_id(before.circle, secret),
        sign_scalar=scalar,
        role=role,
        member=member_of(name),
        s="c",
        exp=ts + 3600,
        ts=ts,
    )
    after = before.append(log)
    inv = invitation.seal_inv(
        after, secret, sign_scalar=scalar, es={"c": ES}, nonce=fixed("inv nonce", 12)
    )
    return Step(after, Bundle(log, (), inv))


def joined(step: Step, *, keys: DeviceKeys = PATIENT, ts: int = NOW_S) -> Step:
    before = step.membership
    assert step.bundle.inv is not None
    opened = open_inv(before.circle, LINK_SECRET, step.bundle.inv)
    log = entries.join(before, keys, opened=opened, ts=ts)
    after = before.append(log)
    return Step(after, Bundle(log, wraps_of(before, after)))


def added(
    before: Membership,
    *,
    by: DeviceKeys = THERAPIST,
    keys: DeviceKeys = CAREGIVER,
    role: str = "caregiver",
    name: str = "caregiver",
    ts: int = NOW_S,
) -> Step:
    log = entries.add(before, by, pub=keys.pub, role=role, member=member_of(name), s="c", ts=ts)
    after = before.append(log)
    return Step(after, Bundle(log, wraps_of(before, after)))


def steps() -> list[Step]:
    """Founded by a therapist; the patient joins by link; a caregiver is added."""
    first = founded()
    second = invited(first.membership)
    third = joined(second)
    return [first, second, third, added(third.membership)]


def whole() -> Membership:
    return steps()[-1].membership


def sealed(
    membership: Membership,
    keys: DeviceKeys = PATIENT,
    *,
    kind: str = "ev",
    n: int = 1,
    month: str = "2611",
    obj: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return seal(
        membership,
        keys,
        es=ES,
        kind=kind,
        month=month,
        n=n,
        obj=RECORD if obj is None else obj,
        nonce=fixed(f"nonce {kind} {n} {month}", 12),
    )
