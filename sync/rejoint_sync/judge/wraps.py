"""Which wraps may come later than the entry that required them.

A device whose wrap is missing or does not open says so; whoever holds the secret writes it again.
The server cannot tell whether a wrap is good, so it takes one only where the log entitles a live
device to that very epoch.

Source: docs/circle.md, "Epochs".
"""

import re
from typing import Any, Final

from rejoint_sync.circle.document import structural_rev
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.envelope import WRAP_BYTES
from rejoint_sync.circle.log import Member, Membership
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError

_WRAP_ID: Final = re.compile(r"wrap:([ck])([0-9]{6}):([A-Za-z0-9_-]{16}):(d[A-Za-z0-9_-]{20})\Z")


def wrapped_for(membership: Membership, name: object) -> tuple[str, Member]:
    """The stream of a wrap and the device that it is for.

    Args:
        membership: The circle.
        name: From the wire.

    Raises:
        CircleError: `schema` (no name of a wrap); `wrap`: the log has no such epoch, history was
            made to end after it, or it is for no live device of its stream.
    """
    matched = _WRAP_ID.match(name) if type(name) is str else None
    if matched is None:
        raise CircleError("schema", "expected a name like wrap:c000001:…:d…")
    stream, number = matched[1], int(matched[2])
    chain = membership.epochs.get(stream, ())
    if not 1 <= number <= len(chain) or chain[number - 1].commit[:16] != matched[3]:
        raise CircleError("wrap", "the log has no such epoch")
    if any(epoch.back is None for epoch in chain[number:]):
        raise CircleError("wrap", "history was made to end after this epoch")
    member = membership.devices.get(matched[4])
    if member is None or not member.live or stream not in member.streams:
        raise CircleError("wrap", "this is for no live device of the stream")
    return stream, member


def judge_wrap(membership: Membership, giver: Member, wrap: dict[str, Any]) -> Document:
    """Judge a wrap that comes after its entry. Pure.

    Args:
        membership: The circle.
        giver: The live device that sends it.
        wrap: `{"_id", "k"}`, with or without `_rev`, from the wire.

    Returns:
        What to store.

    Raises:
        CircleError: `schema`, `b64`, `wrap`; `authz`: the giver does not hold the stream.
    """
    if wrap.keys() - {"_rev"} != {"_id", "k"} or type(wrap["k"]) is not str:
        raise CircleError("schema", "expected a wrap with exactly _id and k")
    stream, member = wrapped_for(membership, wrap["_id"])
    if stream not in giver.streams:
        raise CircleError("authz", "the giver does not hold this stream")
    size = WRAP_BYTES[member.pub["kem"]]
    if len(b64u_decode(wrap["k"])) != size:
        raise CircleError("wrap", f"expected a wrap of {size} bytes")
    bare = {"_id": wrap["_id"], "k": wrap["k"]}
    return Document.parse({**bare, "_rev": structural_rev(bare)})
