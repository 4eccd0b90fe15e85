"""What a document on its way in makes of the tree that is there; the same for every store."""

from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest
from rejoint_sync.revtree import Branch, Tree, edit, merge
from rejoint_sync.stores import Leaf


def graft(tree: Tree, document: Document, *, new_edits: bool) -> tuple[Branch, Tree]:
    """The branch that a document brings, and the tree with it.

    Args:
        tree: Leaves of the document that is stored; empty when there is none.
        document: With `new_edits` an edit of its `rev`, without it a revision as it is.
        new_edits: As CouchDB's `new_edits`.

    Returns:
        The branch and the merged tree; the tree is `tree` itself when it knew the branch.

    Raises:
        ConflictError: An edit of something that is not a leaf.
        BadRequest: Without `new_edits`, a document that names no revision.
    """
    if new_edits:
        branch = edit(tree, document.rev, tail=document.tail, deleted=document.deleted)
    elif document.rev is None:
        raise BadRequest("with new_edits false each document must name its revision")
    else:
        branch = Branch(document.rev, document.ancestors, document.deleted)
    return branch, merge(tree, branch)


def leaf_of(branch: Branch, tail: bytes) -> Leaf:
    """A branch with its body, as the port shows it."""
    return Leaf(str(branch.rev), branch.ancestors, branch.deleted, tail)
