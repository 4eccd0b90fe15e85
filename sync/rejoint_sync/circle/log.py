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
9.  `closed`: a closed circle takes nothing but `reopen`;
10. the operation's own rules, in `changes`.

An entry that breaks one does not exist: `append` gives a new `Membership` or raises, and never
changes the one it was called on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

from rejoint_sync.circle.changes import APPLY, PROOF_TYP, opened
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.grammar import Pub
from rejoint_sync.circle.keys import device_id
from rejoint_sync.circle.schema import Entry, parse_entry
from rejoint_sync.circle.standing import Epoch, Invitation, Mark, Member, Stamp, Standing
from rejoint_sync.errors import CircleError

__all__ = ["PROOF_TYP", "Epoch", "Invitation", "Mark", "Member", "Membership", "Stamp"]


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
        member = Member(
            device=entry.jws.kid,
            pub=founder,
            member=payload["member"],
            role=payload["role"],
            s="c",
            since=0,
            by=entry.jws.kid,
        )
        if payload["ep"].keys() != {"c"}:
            raise CircleError("epoch", "expected an epoch of exactly c")
        alone = replace(empty, devices={member.device: member})
        return replace(alone, **opened(alone, entry, member))

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
        apply = APPLY.get(entry.op)
        if apply is None or (entry.op == "reopen" and self.closed_s is None):
            raise CircleError("op", "expected an operation of this version, in its place")
        if entry.op == "join":
            _entering(entry)
        else:
            entry.jws.verify(self.author(entry.jws.kid).sign_point)
        if entry.ts < self.stamps[-1].ts:
            raise CircleError("ts", "expected a time not before the entry before")
        if self.closed_s is not None and entry.op != "reopen":
            raise CircleError("closed", "this circle is closed; it can only be opened again")
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
