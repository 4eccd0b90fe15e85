"""Checkpoints: each device signs how far it has seen everyone's feeds, for all others to compare.

    {"_id":"cp:c:dS4o1wXRCCULUGX5KPcfg","_rev":"12-…","j":token}

One document per author and stream, replaced by its author's next one. A server that withholds
documents from one reader must withhold the checkpoints of all others too.

Source: docs/circle.md, "Counters and checkpoints".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from rejoint_sync.circle.encoding import jcs
from rejoint_sync.circle.envelope import sha256
from rejoint_sync.circle.feed import Claim, Mark
from rejoint_sync.circle.grammar import (
    CIRCLE,
    DEVICE,
    HASH_BYTES,
    require_bytes,
    require_integer,
    require_members,
    require_parts,
    require_text,
)
from rejoint_sync.circle.jws import Jws, parse_jws
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.limits import (
    CHECKPOINT_BYTES_MAX,
    CHECKPOINT_EVERY_SECONDS,
    COUNTER_MAX,
    SEQ_MAX,
)
from rejoint_sync.circle.log import Membership
from rejoint_sync.circle.roles import RECOVERY
from rejoint_sync.errors import CircleError

CHECKPOINT_TYP: Final = "rj1+cp"
CHECKPOINT_ID: Final = re.compile(r"cp:([ck]):(d[A-Za-z0-9_-]{20})\Z")

_DOCUMENT: Final = frozenset({"_id", "j"})
_PAYLOAD: Final = frozenset({"cir", "head", "i", "vec", "x"})


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What one device had seen at one moment.

    Attributes:
        device: Its author.
        stream: "c" or "k".
        i: Its number: 1, 2, … for each author and stream.
        seq: Number of the last log entry that the author had.
        head: That entry's hash.
        vec: How far each feed went: by device.
        rev: Its revision, generation `i`.
    """

    device: str
    stream: str
    i: int
    seq: int
    head: str
    vec: Mapping[str, Mark]
    rev: str

    @classmethod
    def read(cls, membership: Membership, document: object) -> Self:
        """Read a checkpoint and check it against the log.

        Raises:
            CircleError: In this order: shape (`schema`, `limit`, `b64`, `canon`, `header`); `kid`
                (signed by another than its name says); `circle`; `author` (its author or one that
                it names never was in the log); `sig`; `newer-log`, `fork` (its head); `authz`
                (before its author came, a role that reads nothing, or a stream that is not its
                own); `removed` (its author was gone).
        """
        stream, device, jws = _parse(document)
        payload = jws.payload
        if payload["cir"] != membership.circle:
            raise CircleError("circle", "the checkpoint is another circle's")
        named = membership.devices.keys()
        if device not in named or payload["vec"].keys() - named:
            raise CircleError("author", "a device that never was in the circle")
        author = membership.devices[device]
        jws.verify(author.sign_point)
        seq, head = payload["head"]
        if seq > membership.seq:
            raise CircleError("newer-log", "made under a log that is not here yet")
        if membership.heads[seq] != head:
            raise CircleError("fork", "made under another log than this one")
        early = stream not in author.streams or seq < author.since_in(stream)
        if early or author.role == RECOVERY:
            raise CircleError("authz", "the author may not vouch for this stream")
        if author.until is not None and seq >= author.until:
            raise CircleError("removed", "the author had left the circle")
        vec = {name: Mark(n, d) for name, (n, d) in payload["vec"].items()}
        assert isinstance(document, dict)  # _parse has seen it
        return cls(device, stream, payload["i"], seq, head, vec, rev_of(document, payload["i"]))

    def require_after(self, pinned: "Checkpoint | None") -> None:
        """Check that this one may take the place of the one that is held.

        Raises:
            CircleError: `stale`: an older one; `replaced`: another one of the same number.
        """
        if pinned is None or self.i > pinned.i:
            return
        if self.i < pinned.i:
            raise CircleError("stale", f"expected checkpoint {pinned.i} or a later one")
        if self.rev != pinned.rev:
            raise CircleError("replaced", "another checkpoint of the same number")

    @property
    def claims(self) -> list[Claim]:
        """What it says of each feed."""
        return [Claim(name, self.stream, mark, self.device) for name, mark in self.vec.items()]


def write(
    membership: Membership,
    keys: DeviceKeys,
    *,
    stream: str,
    i: int,
    vec: Mapping[str, Mark],
) -> dict[str, Any]:
    """Sign a checkpoint as this device, under the log as it is known now.

    Args:
        membership: The author's view of the circle.
        keys: The author.
        stream: "c" or "k".
        i: One more than its last one.
        vec: The ends of all feeds that it holds without a gap, with their chains.

    Returns:
        `{"_id", "_rev", "j"}`. Where it is stored with its history, the author's last one comes
        before it, so that the newer takes the place of the older.
    """
    payload = {
        "cir": membership.circle,
        "x": stream,
        "i": i,
        "head": [membership.seq, membership.head],
        "vec": {device: [mark.n, mark.d] for device, mark in vec.items()},
    }
    document = {"_id": f"cp:{stream}:{keys.id}", "j": keys.sign_jws(CHECKPOINT_TYP, payload)}
    return {"_rev": rev_of(document, i), **document}


def is_due(last: Mapping[str, Mark], now: Mapping[str, Mark], age_s: int) -> bool:
    """Whether a device should write its next checkpoint: feeds moved and the last is a day old.

    Args:
        last: `vec` of its last one, empty before the first.
        now: The ends of all feeds as it holds them.
        age_s: Seconds since its last one.
    """
    return dict(last) != dict(now) and (not last or age_s >= CHECKPOINT_EVERY_SECONDS)


def rev_of(document: Mapping[str, Any], i: int) -> str:
    """Compute the revision of a checkpoint: its number, and a hash of what it says.

    The signature is not in it, as everywhere: nothing is named by its signature.
    """
    signed = str(document["j"]).rpartition(".")[0]
    return f"{i}-{sha256(jcs([document['_id'], signed])).hex()[:32]}"


def _parse(document: object) -> tuple[str, str, Jws]:
    members = require_parts(document, _DOCUMENT, "a checkpoint")
    name, token = members["_id"], members["j"]
    matched = CHECKPOINT_ID.match(name) if type(name) is str else None
    if matched is None or type(token) is not str:
        raise CircleError("schema", "expected a name like cp:c:d… and a token")
    if len(token) > CHECKPOINT_BYTES_MAX:
        raise CircleError("limit", f"expected at most {CHECKPOINT_BYTES_MAX} characters")
    stream, device = matched[1], matched[2]
    jws = parse_jws(token, CHECKPOINT_TYP)
    payload = require_members(jws.payload, _PAYLOAD, "a checkpoint")
    i = require_integer(payload["i"], 1, COUNTER_MAX)
    require_text(payload["cir"], CIRCLE, "a circle")
    _require_head(payload["head"])
    _require_vec(payload["vec"])
    if payload["x"] != stream:
        raise CircleError("schema", "expected the stream of its name")
    if members.get("_rev", rev_of(members, i)) != rev_of(members, i):
        raise CircleError("schema", "expected the revision that belongs to the content")
    if jws.kid != device:
        raise CircleError("kid", "expected the device of its name as the signer")
    return stream, device, jws


def _require_head(head: object) -> None:
    if type(head) is not list or len(head) != 2:
        raise CircleError("schema", "expected a head of number and hash")
    require_integer(head[0], 0, SEQ_MAX)
    require_bytes(head[1], HASH_BYTES, "a hash")


def _require_vec(vec: object) -> None:
    if type(vec) is not dict:
        raise CircleError("schema", "expected marks by device")
    for device, mark in vec.items():
        require_text(device, DEVICE, "a device")
        if type(mark) is not list or len(mark) != 2:
            raise CircleError("schema", "expected a mark of counter and chain")
        require_integer(mark[0], 1, COUNTER_MAX)
        require_bytes(mark[1], HASH_BYTES, "a chain")
