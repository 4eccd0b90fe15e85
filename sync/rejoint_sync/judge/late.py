"""What a device that was removed wrote before it knew: kept apart until somebody accepts it.

Source: docs/circle.md, "Removed meanwhile".
"""

from dataclasses import replace

from rejoint_sync.circle.document import Sealed, require_allowed
from rejoint_sync.circle.log import Member, Membership
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError
from rejoint_sync.judge.documents import check_signature


def judge_late(membership: Membership, member: Member, document: Document) -> None:
    """Check that a document may wait for an `accept`. Pure.

    Args:
        membership: The circle.
        member: The device that is gone, which sends.
        document: Its own record or chunk, sealed before its end.

    Raises:
        CircleError: The codes of a document without a key; `authz` for another's document, and for
            checkpoints; `removed`: sealed at or after the device's end, so nobody will read it.
    """
    assert member.until is not None
    back = replace(member, until=None, marks={})
    before = replace(membership, devices={**membership.devices, member.device: back})
    signed = check_signature(before, document)
    if signed is None or not isinstance(signed.content, Sealed | str):
        raise CircleError("authz", "only records and chunks wait to be accepted")
    content = signed.content
    author = content.id.device if isinstance(content, Sealed) else content
    if author != member.device:
        raise CircleError("authz", "only one's own documents wait to be accepted")
    if isinstance(content, Sealed):
        require_allowed(before, content)
    seq = int(str(document.members["h"]).partition(".")[0])
    if seq >= member.until:
        raise CircleError("removed", "the author had left the circle")


def is_covered(member: Member, document_id: str) -> bool:
    """Whether what is known of a device that is gone lets its document count.

    Chunks count where a document names them: they are let in with the first that are accepted.
    """
    if document_id.startswith("ch:"):
        return any(marks[-1].n > 0 for marks in member.marks.values())
    stream, n = document_id[-7], int(document_id[-6:])
    fence = member.fence(stream)
    return fence is not None and n <= fence
