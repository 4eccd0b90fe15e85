"""What an entry of the membership log looks like: the document, its JWS, its payload.

A payload has exactly the common members and those of its operation. An operation that this
version does not know passes with only the common members checked: the replay refuses it with
`op`, after the questions that do not depend on it.

Source: docs/circle.md, "Payloads".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.envelope import sha256
from rejoint_sync.circle.grammar import (
    CIRCLE,
    DEVICE,
    HASH_BYTES,
    INVITATION,
    LOG_ID,
    MEMBER,
    require_bytes,
    require_choice,
    require_integer,
    require_members,
    require_parts,
    require_pub,
    require_public_point,
    require_text,
)
from rejoint_sync.circle.jws import Jws, parse_jws
from rejoint_sync.circle.limits import (
    COUNTER_MAX,
    ENTRY_BYTES_MAX,
    INVITED_SECONDS_MAX,
    SEQ_MAX,
)
from rejoint_sync.circle.roles import ADDS, PURPOSES, ROLES, STREAMS_OF_S
from rejoint_sync.errors import CircleError

ENTRY_TYP: Final = "rj1+log"
STREAMS: Final = frozenset({"c", "k"})

_DOCUMENT: Final = frozenset({"_id", "j"})
_COMMON: Final = frozenset({"v", "seq", "op", "prev", "ts"})
_EPOCH: Final = frozenset({"e", "commit", "fence"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry whose shape is right; nothing else is checked yet.

    Attributes:
        number: From the document's name.
        seq: From the payload.
        op: Any word; the replay knows which.
        prev: Hash of the entry before, "" for the first.
        ts: Unix seconds.
        circle: Its circle, "" for the first.
        payload: All members; those of a known operation have their types.
        jws: For the signature.
    """

    number: int
    seq: int
    op: str
    prev: str
    ts: int
    circle: str
    payload: dict[str, Any]
    jws: Jws

    @property
    def hash(self) -> str:
        """The hash by which the next entry names this one; the signature is not in it."""
        return b64u_encode(sha256(self.jws.signing_input))

    @property
    def circle_founded(self) -> str:
        """The name of the circle that this entry founds, when it is a genesis."""
        return "c" + sha256(self.jws.signing_input).hex()[:40]


def parse_entry(document: object) -> Entry:
    """Read one document of the log.

    Args:
        document: `{"_id", "j"}`, with or without `_rev`, from the wire.

    Raises:
        CircleError: `schema`, `limit`, `b64`, `canon`, `header`, as in docs/circle.md, in the
            order document, size, encoding, canonical form, header, members.
    """
    members = require_parts(document, _DOCUMENT, "an entry")
    name = require_text(members["_id"], LOG_ID, "a name like log:000001")
    if type(members["j"]) is str and len(members["j"]) > ENTRY_BYTES_MAX:
        raise CircleError("limit", f"expected an entry of at most {ENTRY_BYTES_MAX} characters")
    jws = parse_jws(members["j"], ENTRY_TYP)
    payload = jws.payload
    if type(payload) is not dict or not payload.keys() >= _COMMON:
        raise CircleError("schema", f"expected an entry with {', '.join(sorted(_COMMON))}")
    require_integer(payload["v"], 1, 1)
    seq = require_integer(payload["seq"], 0, SEQ_MAX)
    common = _COMMON if seq == 0 else _COMMON | {"cir"}
    op = payload["op"]
    if type(op) is not str or not payload.keys() >= common:
        raise CircleError("schema", f"expected an entry with {', '.join(sorted(common))}")
    prev = payload["prev"]
    if prev != "":
        require_bytes(prev, HASH_BYTES, "the hash of the entry before")
    circle = "" if seq == 0 else require_text(payload["cir"], CIRCLE, "the name of a circle")
    shape = _OPERATIONS.get(op)
    if shape is not None:
        require_members(payload, common | shape.keys(), f"an entry of {op}")
        for member, require in shape.items():
            require(payload[member])
    return Entry(
        number=int(name[4:]),
        seq=seq,
        op=op,
        prev=prev,
        ts=require_integer(payload["ts"], 0),
        circle=circle,
        payload=payload,
        jws=jws,
    )


def _text(value: object) -> None:
    if type(value) is not str:
        raise CircleError("schema", "expected text")


def _member(value: object) -> None:
    require_text(value, MEMBER, "the name of a member")


def _invitation(value: object) -> None:
    require_text(value, INVITATION, "the name of an invitation")


def _invitation_or_none(value: object) -> None:
    if value != "":
        _invitation(value)


def _circle_or_none(value: object) -> None:
    if value != "":
        require_text(value, CIRCLE, "the name of a circle")


def _random(value: object) -> None:
    require_bytes(value, 16, "rnd")


def _spk(value: object) -> None:
    require_public_point(value, "spk")


def _choice(choices: frozenset[str], what: str) -> Callable[[object], None]:
    def require(value: object) -> None:
        require_choice(value, choices, what)

    return require


def _moment(value: object) -> None:
    require_integer(value, 0)


def _epochs(value: object) -> None:
    if type(value) is not dict or not value or value.keys() - STREAMS:
        raise CircleError("schema", "expected epochs of the streams c and k")
    for epoch in value.values():
        if type(epoch) is not dict or epoch.keys() - {"back"} != _EPOCH:
            raise CircleError("schema", "expected an epoch with e, commit, fence and maybe back")
        require_integer(epoch["e"], 1, SEQ_MAX + 1)
        require_bytes(epoch["commit"], HASH_BYTES, "commit")
        if "back" in epoch:
            require_bytes(epoch["back"], 60, "back")
        _fence(epoch["fence"])


def _fence(value: object) -> None:
    if type(value) is not dict:
        raise CircleError("schema", "expected a fence by device")
    for device, mark in value.items():
        _device(device)
        _mark(mark)


def _marks(value: object) -> None:
    if type(value) is not dict or value.keys() - STREAMS:
        raise CircleError("schema", "expected a mark for each stream")
    for mark in value.values():
        _mark(mark)


def _mark(value: object) -> None:
    if type(value) is not list or len(value) != 2:
        raise CircleError("schema", "expected a count and a chain")
    _count(value[0])
    _chain(value[1])


def _count(value: object) -> None:
    require_integer(value, 0, COUNTER_MAX)


def _chain(value: object) -> None:
    if value != "":
        require_bytes(value, HASH_BYTES, "the chain of a feed")


def _device(value: object) -> None:
    require_text(value, DEVICE, "the name of a device")


def _devices(value: object) -> None:
    if type(value) is not list:
        raise CircleError("schema", "expected names of devices")
    for device in value:
        _device(device)


_ROLE: Final = _choice(ROLES, "a role")
_S: Final = _choice(frozenset(STREAMS_OF_S), "the streams c or ck")

_OPERATIONS: Final[dict[str, dict[str, Callable[[object], object]]]] = {
    "genesis": {
        "purpose": _choice(PURPOSES, "a purpose"),
        "adds": _choice(ADDS, "members or patient"),
        "clinic": _circle_or_none,
        "member": _member,
        "role": _ROLE,
        "dev": require_pub,
        "rnd": _random,
        "ep": _epochs,
    },
    "invite": {
        "iid": _invitation,
        "spk": _spk,
        "role": _ROLE,
        "member": _member,
        "s": _S,
        "mode": _choice(frozenset(INVITED_SECONDS_MAX), "the mode direct or approve"),
        "exp": _moment,
    },
    "uninvite": {"iid": _invitation},
    "join": {"iid": _invitation, "dev": require_pub, "proof": _text},
    "add": {
        "member": _member,
        "role": _ROLE,
        "s": _S,
        "dev": require_pub,
        "iid": _invitation_or_none,
    },
    "grant": {"target": _device},
    "remove": {"target": _devices, "ep": _epochs},
    "leave": {"mark": _marks},
    "rekey": {"ep": _epochs},
    "accept": {"target": _device, "x": _choice(STREAMS, "a stream"), "n": _count, "d": _chain},
    "close": {},
    "reopen": {},
}
