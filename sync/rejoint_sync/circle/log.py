"""The membership log and its replay: who is in the circle, who may do what, which keys are current.

The log is the access list. Server and clients replay it by the same rules and need no secret for
it. The rules, in the order in which a broken one is reported:

1.  shape of document, JWS and payload (`schema`, `limit`, `b64`, `canon`, `header`);
2.  `seq`: the document's name, the payload and the log agree on the number;
3.  `prev`: it names the entry before by its hash;
4.  `circle`: it belongs to this circle;
5.  `op`: an operation this version knows, genesis first and only first;
6.  `kid` (genesis, join: the signer is the device that enters) or `author` (all others: the signer
    is live);
7.  `sig`: its signature;
8.  `ts`: not before the entry before;
9.  the operation's own rules: `invite`, `proof`, `ts`, `authz`, `epoch`, `fence`, then `dup`.

An entry that breaks one does not exist: `append` gives a new `Membership` or raises, and never
changes the one it was called on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.grammar import Pub
from rejoint_sync.circle.jws import parse_jws
from rejoint_sync.circle.keys import device_id
from rejoint_sync.circle.limits import DIRECT_SECONDS_MAX
from rejoint_sync.circle.schema import Entry, parse_entry
from rejoint_sync.circle.standing import Epoch, Invitation, Member, Stamp, Standing
from rejoint_sync.errors import CircleError

PROOF_TYP: Final = "rj1+join"

__all__ = ["PROOF_TYP", "Epoch", "Invitation", "Member", "Membership", "Stamp"]


@dataclass(frozen=True, slots=True)
class Membership(Standing):
    """A circle as its log says it is, up to one entry; never changed in place.

    Make one by `founded` or `replay`, extend it by `append`.
    """

    @classmethod
    def founded(cls, document: object) -> Self:
        """Read the first entry of a log.

        Raises:
            CircleError: By the rules of this module.
        """
        entry = parse_entry(document)
        if entry.number != 0 or entry.seq != 0:
            raise CircleError("seq", "expected the entry 0")
        if entry.prev != "":
            raise CircleError("prev", "expected nothing before the first entry")
        if entry.op != "genesis":
            raise CircleError("op", "expected a genesis as the first entry")
        payload = entry.payload
        _require_genesis_shape(payload)
        founder = _entering(entry)
        empty = cls(
            circle=entry.circle_founded,
            purpose=payload["purpose"],
            adds=payload["adds"],
            clinic=payload["clinic"],
            heads=(entry.hash,),
            stamps=(Stamp(entry.ts, entry.jws.kid),),
            devices={},
            invitations={},
            epochs={},
        )
        if payload["role"] not in empty.rules.founders:
            raise CircleError("authz", "this role cannot found such a circle")
        return replace(
            empty,
            devices={
                entry.jws.kid: Member(
                    device=entry.jws.kid,
                    pub=founder,
                    member=payload["member"],
                    role=payload["role"],
                    s="c",
                    since=0,
                    by=entry.jws.kid,
                )
            },
            epochs=_opened({}, payload["ep"], 0, frozenset({"c"})),
        )

    @classmethod
    def replay(cls, circle: str, documents: Iterable[object]) -> Self:
        """Replay a whole log, in order, of a circle whose name is known.

        Raises:
            CircleError: `circle` when the first entry founds another one, `seq` when there is no
                entry, else by the rules of this module.
        """
        feed = iter(documents)
        first = next(feed, None)
        if first is None:
            raise CircleError("seq", "expected a log of at least one entry")
        membership = cls.founded(first)
        if membership.circle != circle:
            raise CircleError("circle", "the log is another circle's")
        for document in feed:
            membership = membership.append(document)
        return membership

    def append(self, document: object) -> Self:
        """Read the next entry; the membership after it.

        Raises:
            CircleError: By the rules of this module; this membership stays as it was.
        """
        entry = parse_entry(document)
        if entry.number != entry.seq or entry.seq != self.seq + 1:
            raise CircleError("seq", f"expected the entry {self.seq + 1}")
        if entry.prev != self.head:
            raise CircleError("prev", "expected the hash of the entry before")
        if entry.circle != self.circle:
            raise CircleError("circle", "the entry is another circle's")
        apply = _APPLY.get(entry.op)
        if apply is None:
            raise CircleError("op", "expected an operation of this version")
        if entry.op == "join":
            _entering(entry)
        else:
            entry.jws.verify(self.author(entry.jws.kid).sign_point)
        if entry.ts < self.stamps[-1].ts:
            raise CircleError("ts", "expected a time not before the entry before")
        return replace(
            self,
            heads=(*self.heads, entry.hash),
            stamps=(*self.stamps, Stamp(entry.ts, entry.jws.kid)),
            **apply(self, entry),
        )

    def holds(self, document: object) -> bool:
        """Whether the log has this very entry already, whatever its signature.

        Raises:
            CircleError: The document is not an entry.
        """
        entry = parse_entry(document)
        number = entry.number
        return number == entry.seq <= self.seq and self.heads[number] == entry.hash


_Changes = dict[str, Any]


def _entering(entry: Entry) -> Pub:
    """The keys of the device that signs its own entrance, checked to be the signer's."""
    pub: Pub = entry.payload["dev"]
    if entry.jws.kid != device_id(pub):
        raise CircleError("kid", "expected the entering device as the signer")
    entry.jws.verify(b64u_decode(pub["spk"]))
    return pub


def _require_genesis_shape(payload: dict[str, Any]) -> None:
    if payload["purpose"] == "clinic" and payload["clinic"]:
        raise CircleError("schema", "expected no clinic above a clinic")
    if payload["purpose"] != "patient" and payload["adds"] != "members":
        raise CircleError("schema", "expected members to add others")


def _opened(
    epochs: Mapping[str, tuple[Epoch, ...]],
    ep: dict[str, dict[str, Any]],
    seq: int,
    streams: frozenset[str],
) -> dict[str, tuple[Epoch, ...]]:
    """The epochs after an entry that opens one of each of `streams` and fences nobody."""
    if ep.keys() != streams:
        raise CircleError("epoch", f"expected an epoch of exactly {', '.join(sorted(streams))}")
    after = dict(epochs)
    for stream, opened in ep.items():
        chain = after.get(stream, ())
        if opened["e"] != len(chain) + 1 or ("back" in opened and not chain):
            raise CircleError("epoch", f"expected epoch {len(chain) + 1}, linked to one before")
        if opened["fence"]:
            raise CircleError("fence", "expected no fence: nobody was removed")
        epoch = Epoch(opened["e"], opened["commit"], opened.get("back"), seq)
        after[stream] = (*chain, epoch)
    return after


def _invite(before: Standing, entry: Entry) -> _Changes:
    p = entry.payload
    if not entry.ts <= p["exp"] <= entry.ts + DIRECT_SECONDS_MAX:
        raise CircleError("ts", f"expected an invitation of at most {DIRECT_SECONDS_MAX} s")
    before.require_may_bring_in(
        before.author(entry.jws.kid), entry.ts, member=p["member"], role=p["role"], s=p["s"]
    )
    before.require_new(spk=p["spk"], iid=p["iid"])
    invitation = Invitation(
        iid=p["iid"],
        spk=p["spk"],
        role=p["role"],
        member=p["member"],
        s=p["s"],
        mode=p["mode"],
        exp=p["exp"],
        by=entry.jws.kid,
        seq=entry.seq,
    )
    return {"invitations": {**before.invitations, p["iid"]: invitation}}


def _uninvite(before: Standing, entry: Entry) -> _Changes:
    invitation = before.open_invitation(entry.payload["iid"], entry.ts)
    before.require_may_uninvite(before.author(entry.jws.kid), invitation)
    return {"invitations": _closing(before, invitation)}


def _join(before: Standing, entry: Entry) -> _Changes:
    invitation = before.open_invitation(entry.payload["iid"], entry.ts)
    _require_proof(before, entry, invitation)
    member = Member(
        device=entry.jws.kid,
        pub=entry.payload["dev"],
        member=invitation.member,
        role=invitation.role,
        s=invitation.s,
        since=entry.seq,
        by=invitation.by,
    )
    return {
        "invitations": _closing(before, invitation),
        "devices": _brought_in(before, member),
    }


def _add(before: Standing, entry: Entry) -> _Changes:
    p = entry.payload
    if p["iid"] != "":
        raise CircleError("invite", "expected no invitation: approval is not offered yet")
    before.require_may_bring_in(
        before.author(entry.jws.kid), entry.ts, member=p["member"], role=p["role"], s=p["s"]
    )
    member = Member(
        device=device_id(p["dev"]),
        pub=p["dev"],
        member=p["member"],
        role=p["role"],
        s=p["s"],
        since=entry.seq,
        by=entry.jws.kid,
    )
    return {"devices": _brought_in(before, member)}


def _require_proof(before: Standing, entry: Entry, invitation: Invitation) -> None:
    """Check that the joiner holds the invitation's key; whatever is wrong with it is `proof`."""
    try:
        proof = parse_jws(entry.payload["proof"], PROOF_TYP)
        proof.verify(b64u_decode(invitation.spk))
    except CircleError as error:
        raise CircleError("proof", "the joiner does not hold the invitation") from error
    expected = {"cir": before.circle, "dev": entry.jws.kid}
    if proof.kid != invitation.iid or proof.payload != expected:
        raise CircleError("proof", "the proof is for another device, circle or invitation")


def _closing(before: Standing, invitation: Invitation) -> dict[str, Invitation]:
    return {**before.invitations, invitation.iid: replace(invitation, closed=True)}


def _brought_in(before: Standing, member: Member) -> dict[str, Member]:
    before.require_new(spk=member.pub["spk"], device=member.device)
    return {**before.devices, member.device: member}


_APPLY: Final[dict[str, Callable[[Standing, Entry], _Changes]]] = {
    "invite": _invite,
    "uninvite": _uninvite,
    "join": _join,
    "add": _add,
}
