"""What a document on its way in makes of the tree that is there; the same for every store."""

from collections.abc import Callable
from typing import NamedTuple

import orjson

from rejoint_sync.attachment import Attachment, resolve
from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest
from rejoint_sync.limits import REVS_LIMIT, REVS_LIMIT_MAX
from rejoint_sync.revtree import Branch, Tree, followed, grown, knows, merge
from rejoint_sync.stores import Leaf

AttachmentsOf = Callable[[str], tuple[Attachment, ...] | None]
"""The attachments of one revision of the document; None when its body is not kept."""


class Grafted(NamedTuple):
    """What a document brings.

    Attributes:
        rev: Its revision, new or not.
        tree: The tree with it: the very one that was given when it brings nothing.
        is_new: Whether the tree did not know this revision.
        attachments: Of the new revision, stubs resolved.
    """

    rev: str
    tree: Tree
    is_new: bool
    attachments: tuple[Attachment, ...] = ()


def graft(
    tree: Tree,
    document: Document,
    *,
    new_edits: bool,
    limit: int = REVS_LIMIT,
    attachments_of: AttachmentsOf | None = None,
) -> Grafted:
    """Put a document on the tree of what is stored under its name.

    Args:
        tree: Leaves of the document that is stored; empty when there is none.
        document: With `new_edits` an edit of its `rev`, without it a revision as it is.
        new_edits: As CouchDB's `new_edits`.
        limit: Revisions kept of each branch.
        attachments_of: Asked only for stubs; None when nothing is stored.

    Raises:
        ConflictError: An edit of something that is not a leaf.
        BadRequest: Without `new_edits`, a document that names no revision.
        MissingStub: A stub of something that the revision before does not have.
    """
    if new_edits:
        return _edited(tree, document, limit, attachments_of)
    if document.rev is None:
        raise BadRequest("with new_edits false each document must name its revision")
    branch = Branch(document.rev, document.ancestors, document.deleted)
    merged = merge(tree, branch, limit=limit)
    attachments: tuple[Attachment, ...] = ()
    is_new = not tree or not knows(tree, branch.rev)
    if document.attachments and is_new:
        is_stubbed = any(one.attachment is None for one in document.attachments)
        before = _nearest(merged, branch, attachments_of) if is_stubbed else None
        attachments = resolve(document.attachments, before, revpos=None)
    return Grafted(str(branch.rev), merged, is_new, attachments)


def leaf_of(branch: Branch, tail: bytes, attachments: tuple[Attachment, ...] = ()) -> Leaf:
    """A branch with its body, as the port shows it."""
    return Leaf(str(branch.rev), branch.ancestors, branch.deleted, tail, attachments)


def earlier_generation(tree: Tree) -> int:
    """The oldest generation that is known: bodies of older revisions cannot be reached."""
    return min(leaf.rev.generation - len(leaf.ancestors) for leaf in tree)


def check_revs_limit(limit: int) -> int:
    """Read a `_revs_limit`. Raises `BadRequest` when it is not 1 to `REVS_LIMIT_MAX`."""
    if not 1 <= limit <= REVS_LIMIT_MAX:
        raise BadRequest(f"_revs_limit must be 1 to {REVS_LIMIT_MAX}")
    return limit


def identity(tail: bytes, attachments: tuple[Attachment, ...]) -> bytes:
    """What tells two edits of one parent apart: the body, and which bytes are attached.

    The same without attachments as it was before there were any.
    """
    if not attachments:
        return tail
    named = [[one.name, one.content_type, one.digest, one.gzipped] for one in attachments]
    return tail + b"\n" + orjson.dumps(sorted(named))


def _edited(
    tree: Tree, document: Document, limit: int, attachments_of: AttachmentsOf | None
) -> Grafted:
    before = followed(tree, document.rev)
    attachments: tuple[Attachment, ...] = ()
    if document.attachments:
        generation = before.rev.generation + 1 if before else 1
        known = attachments_of(str(before.rev)) if before and attachments_of else None
        attachments = resolve(document.attachments, known, revpos=generation)
    content = identity(document.tail, attachments)
    branch = grown(before, content=content, deleted=document.deleted)
    merged = merge(tree, branch, limit=limit)
    is_new = not tree or not knows(tree, branch.rev)
    return Grafted(str(branch.rev), merged, is_new, attachments)


def _nearest(
    tree: Tree, branch: Branch, attachments_of: AttachmentsOf | None
) -> tuple[Attachment, ...] | None:
    """The attachments of the newest ancestor whose body is kept."""
    if attachments_of is None:
        return None
    leaf = next(leaf for leaf in tree if leaf.rev == branch.rev)
    for rev in leaf.path()[1:]:
        found = attachments_of(str(rev))
        if found is not None:
            return found
    return None
