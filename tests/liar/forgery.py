"""What a server can make itself: everything but the signatures and keys of others."""

import secrets
from collections.abc import Mapping
from typing import Any

from rejoint_sync.circle import entries
from rejoint_sync.circle.document import rev_of, seal, structural_rev
from rejoint_sync.circle.envelope import NONCE_BYTES
from rejoint_sync.circle.epochs import commit, wrap
from rejoint_sync.circle.grammar import Pub
from rejoint_sync.circle.jws import parse_jws, sign_jws
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.log import Membership
from rejoint_sync.circle.schema import ENTRY_TYP


def with_rev(document: Mapping[str, Any]) -> dict[str, Any]:
    """A structural document with the revision that belongs to its content."""
    bare = {name: value for name, value in document.items() if name != "_rev"}
    return {**bare, "_rev": structural_rev(bare)}


def forged_add(log: list[dict[str, Any]], *, signer: str, stranger: DeviceKeys) -> dict[str, Any]:
    """An entry by which `signer` seems to let a stranger in; the stranger signed it."""
    circle = Membership.replay(_name(log), log)
    member = entries.member_id(secrets.token_bytes(16))
    entry = entries.add(
        circle,
        stranger,
        pub=stranger.pub,
        role="caregiver",
        member=member,
        s="c",
        ts=circle.stamps[-1].ts,
    )
    return _signed_as(entry, signer, stranger)


def _signed_as(entry: Mapping[str, Any], signer: str, keys: DeviceKeys) -> dict[str, Any]:
    """The same entry with another's name on it, signed with the keys that there are."""
    payload = parse_jws(entry["j"], ENTRY_TYP).payload
    token = sign_jws(keys.sign_scalar, signer, ENTRY_TYP, payload)
    return with_rev({"_id": entry["_id"], "j": token})


def _name(log: list[dict[str, Any]]) -> str:
    return Membership.founded(log[0]).circle


def own_wrap(name: str, circle: str, pub: Pub) -> dict[str, Any]:
    """A wrap of this name for this device, with a secret that the server has made."""
    _, epoch, _, _ = name.split(":")
    made = wrap(circle, epoch[0], int(epoch[1:]), secrets.token_bytes(32), pub)
    return with_rev({"_id": name, "k": made["k"]})


def own_epoch_entry(log: list[dict[str, Any]], *, signer: str) -> dict[str, Any]:
    """A rekey in the name of `signer` that the server signed with a key of its own."""
    circle, es = Membership.replay(_name(log), log), secrets.token_bytes(32)
    e = circle.current_epoch("c").e + 1
    ep = {"c": {"e": e, "commit": commit(es, "c", e), "fence": {}}}
    keys = DeviceKeys.generate()
    entry = entries.rekey(circle, keys, ep=ep, ts=circle.stamps[-1].ts)
    return _signed_as(entry, signer, keys)


def moved(document: Mapping[str, Any], circle: str, **changes: str) -> dict[str, Any]:
    """A sealed document under another name or head, with the revision that fits."""
    made = {**document, **changes}
    made["_rev"] = rev_of(circle, made)
    return made


def forged_record(
    log: list[dict[str, Any]], keys: DeviceKeys, name: str, body: dict[str, Any]
) -> dict[str, Any]:
    """A record under another's name, sealed and signed with keys of the server's own."""
    circle = Membership.replay(_name(log), log)
    kind, month, _, counter = name.split(":")
    made = seal(
        circle,
        keys,
        es=secrets.token_bytes(32),
        kind=kind,
        month=month,
        n=int(counter[1:]),
        obj=body,
        nonce=secrets.token_bytes(NONCE_BYTES),
        stream=counter[0],
    )
    return moved(made, circle.circle, _id=name)
