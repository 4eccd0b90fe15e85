"""What must be true of everything that a store holds; checked document by document, without a key.

`rejoint verify` asks these of a whole store. A fault names a rule, never content. What no server
can check is not here: the digests of revisions that another program made, and whether a sealed part
opens.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from rejoint_sync.circle.attachment import read_chunk
from rejoint_sync.circle.checkpoint import Checkpoint
from rejoint_sync.circle.document import KINDS, structural_rev
from rejoint_sync.circle.document import verify as verify_sealed
from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import CircleError, SyncError
from rejoint_sync.judge import STRUCTURAL
from rejoint_sync.revision import Revision, check_digest
from rejoint_sync.revtree import Branch, in_order
from rejoint_sync.stores import Leaf, Stored

_AFTER_LEAVING: Final = "removed"


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one document of a circle.

    Attributes:
        signatures: Signatures that were checked, all good.
        digests: Revisions whose name was found to be that of their content.
        faults: Rules that are broken.
    """

    signatures: int = 0
    digests: int = 0
    faults: tuple[str, ...] = ()


def tree_faults(stored: Stored) -> list[str]:
    """Rules of the tree of revisions that a document breaks; empty when it is well-formed."""
    try:
        branches = [_branch(leaf) for leaf in stored.leaves]
    except SyncError:
        return ["a revision is malformed"]
    if not branches:
        return ["it has no leaf"]
    faults: list[str] = []
    if tuple(branches) != in_order(branches):
        faults.append("the leaves are not in the order of winning")
    if any(len(branch.ancestors) >= branch.rev.generation for branch in branches):
        faults.append("a revision has more ancestors than its generation allows")
    for index, branch in enumerate(branches):
        others = branches[:index] + branches[index + 1 :]
        if any(other.holds(branch.rev) for other in others):
            faults.append("a leaf is the ancestor of another, or there twice")
            break
    return faults + list(_body_faults(stored))


def is_made_here(leaf: Leaf) -> bool:
    """Whether a revision's digest is the one that an edit in one of our stores gives.

    Other programs name revisions in their own way: then this is False and means nothing. It is
    said for bodies without attachments only.
    """
    rev = Revision.parse(leaf.rev)
    parent = Revision(rev.generation - 1, leaf.ancestors[0]) if leaf.ancestors else None
    if parent is None and rev.generation > 1:
        return False
    return Revision.of_edit(parent, leaf.tail) == rev


def check_in_circle(membership: Membership, stored: Stored) -> Checked:
    """Check one document against the log of its circle.

    Entries of the log have been checked by the replay that gave `membership`; here the names of
    their revisions are.

    Args:
        membership: The whole log.
        stored: With a tree that is well-formed.
    """
    if stored.id.startswith(STRUCTURAL):
        return _check_structural(stored)
    kind = stored.id.partition(":")[0]
    if kind == "cp":
        return _check_checkpoint(membership, stored)
    if kind != "ch" and kind not in KINDS:
        return Checked(faults=("schema",))
    if len(stored.leaves) != 1 or stored.leaves[0].deleted:
        return Checked(faults=("more than the one revision of a sealed document",))
    check = read_chunk if kind == "ch" else verify_sealed
    try:
        check(membership, plain(stored.id, stored.leaves[0]))
    except CircleError as error:
        # What was taken while its author was in the circle stays when the author leaves.
        if error.code != _AFTER_LEAVING:
            return Checked(faults=(error.code,))
    return Checked(signatures=1, digests=1)


def _check_checkpoint(membership: Membership, stored: Stored) -> Checked:
    """The newest counts; what it took the place of may stand beside it."""
    if stored.leaves[0].deleted:
        return Checked(faults=("a checkpoint is deleted",))
    try:
        Checkpoint.read(membership, plain(stored.id, stored.leaves[0]))
    except CircleError as error:
        if error.code != _AFTER_LEAVING:
            return Checked(faults=(error.code,))
    return Checked(signatures=1, digests=1)


def plain(name: str, leaf: Leaf) -> dict[str, Any]:
    """A leaf as its document, with `_id` and `_rev`. Raises `ValueError` when it is no JSON."""
    members = orjson.loads(b"{" + leaf.tail.removeprefix(b","))
    return {"_id": name, "_rev": leaf.rev, **members}


def _branch(leaf: Leaf) -> Branch:
    for digest in leaf.ancestors:
        check_digest(digest)
    return Branch(Revision.parse(leaf.rev), leaf.ancestors, leaf.deleted)


def _body_faults(stored: Stored) -> Iterator[str]:
    for leaf in stored.leaves:
        try:
            document = plain(stored.id, leaf)
        except ValueError:
            yield "a body is not JSON"
            continue
        if document["_id"] != stored.id or document["_rev"] != leaf.rev:
            yield "a body names another document or revision"
        if document.get("_deleted", False) is not leaf.deleted:
            yield "a tombstone and its body disagree"


def _check_structural(stored: Stored) -> Checked:
    [*leaves] = stored.leaves
    if leaves[0].deleted and stored.id.startswith(("inv:", "req:")):
        return Checked()  # an invitation that is over leaves a tombstone, and so do its requests
    if len(leaves) != 1 or leaves[0].deleted:
        return Checked(faults=("more than the one revision of a structural document",))
    document = plain(stored.id, leaves[0])
    try:
        rev = structural_rev(document)
    except CircleError as error:
        return Checked(faults=(error.code,))
    if rev != leaves[0].rev:
        return Checked(faults=("the revision is not that of the content",))
    return Checked(digests=1)
