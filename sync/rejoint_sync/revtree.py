"""The tree of a document's revisions, kept as its leaves with their ancestors.

Two devices edit `1-a` while apart and later meet. Both edits stay:

    1-a ── 2-b ── 3-d        leaves 3-d (the winner: greater generation) and 2-c (a conflict)
       └── 2-c

`merge` adds one branch, a revision with the ancestors that its sender knows. Branches may arrive in
any order, twice, or cut short at the old end; as long as a digest stands for one parent (it is the
hash of it) the tree that results is the same: merging is idempotent, commutative and associative.
Where a sender contradicts what is known about a revision's ancestors, what was known first stays,
and nothing that was known is ever forgotten because of it.
Old ends beyond `REVS_LIMIT` are cut off (stemmed); then an ancestor that was cut off may come back
as a conflict, as it does in CouchDB, but no leaf is ever lost.

Source: couchdb/src/couch/src/couch_key_tree.erl; pouchdb/packages/pouchdb-merge.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from rejoint_sync.errors import ConflictError
from rejoint_sync.limits import REVS_LIMIT
from rejoint_sync.revision import Revision


@dataclass(frozen=True, slots=True)
class Branch:
    """One revision and the ancestors known of it.

    Attributes:
        rev: The newest of the branch.
        ancestors: Digests, newest first, each one generation older than the one before it.
        deleted: Whether `rev` is a tombstone.
    """

    rev: Revision
    ancestors: tuple[str, ...] = ()
    deleted: bool = False

    def holds(self, rev: Revision) -> bool:
        """Whether `rev` is this branch's own revision or one of its known ancestors."""
        age = self.rev.generation - rev.generation
        if age == 0:
            return self.rev.digest == rev.digest
        return 0 < age <= len(self.ancestors) and self.ancestors[age - 1] == rev.digest

    def below(self, rev: Revision) -> tuple[str, ...]:
        """The digests known of `rev`'s ancestors, newest first; empty when `rev` is not here."""
        if not self.holds(rev):
            return ()
        return self.ancestors[self.rev.generation - rev.generation :]

    def oldest(self) -> Revision:
        """The oldest revision known of this branch."""
        if not self.ancestors:
            return self.rev
        return Revision(self.rev.generation - len(self.ancestors), self.ancestors[-1])

    def path(self) -> list[Revision]:
        """All revisions known of this branch, its own first."""
        newest = self.rev.generation
        older = (Revision(newest - age, one) for age, one in enumerate(self.ancestors, start=1))
        return [self.rev, *older]

    def rank(self) -> tuple[bool, Revision]:
        """The greatest rank among leaves wins."""
        return (not self.deleted, self.rev)


Tree = tuple[Branch, ...]
"""The leaves of one document, the winner first, then by falling rank; empty when unknown."""


def merge(tree: Tree, branch: Branch, *, limit: int = REVS_LIMIT) -> Tree:
    """The tree with one more branch.

    Args:
        tree: Its leaves, as this function returned them.
        branch: A revision with its ancestors.
        limit: Revisions kept of each branch, at least 1.

    Returns:
        `tree` itself when it already knew all of `branch`. A revision that is known keeps its body
        and its `deleted`.
    """
    if not tree:
        return (_stemmed(branch, limit),)
    known = knows(tree, branch.rev)
    if known and not branch.ancestors:
        return tree
    leaves = [_lengthened(leaf, tree, branch) for leaf in tree]
    grown = [leaf for leaf, before in zip(leaves, tree, strict=True) if leaf is not before]
    if not known:
        newest = replace(branch, ancestors=_ancestors(branch.rev, tree, branch))
        leaves.append(newest)
        grown.append(newest)
    merged = in_order(
        _stemmed(leaf, limit)
        for leaf in leaves
        if not any(other.holds(leaf.rev) for other in grown if other is not leaf)
    )
    return tree if merged == tree else merged


def in_order(leaves: Iterable[Branch]) -> Tree:
    """The leaves, the winner first: living before deleted, then the greater revision."""
    return tuple(sorted(leaves, key=Branch.rank, reverse=True))


def conflicts(tree: Tree) -> list[Revision]:
    """The living leaves that lost, greatest first."""
    return [leaf.rev for leaf in tree[1:] if not leaf.deleted]


def deleted_conflicts(tree: Tree) -> list[Revision]:
    """The deleted leaves that lost, greatest first."""
    return [leaf.rev for leaf in tree[1:] if leaf.deleted]


def missing(tree: Tree, revisions: Iterable[Revision]) -> list[Revision]:
    """Which of these the tree does not know, in the order of asking."""
    return [rev for rev in revisions if not knows(tree, rev)]


def possible_ancestors(tree: Tree, absent: Sequence[Revision]) -> list[Revision]:
    """Leaves that are older than one of the missing revisions: it may have grown from them.

    Source: couchdb/src/couch/src/couch_db.erl, `find_missing/2`.
    """
    newest = max((rev.generation for rev in absent), default=0)
    return [leaf.rev for leaf in tree if leaf.rev.generation < newest]


def knows(tree: Tree, rev: Revision) -> bool:
    """Whether the tree has this revision, as a leaf or further back."""
    return any(leaf.holds(rev) for leaf in tree)


def followed(tree: Tree, parent: Revision | None) -> Branch | None:
    """The leaf that an edit follows; None for a new document.

    Args:
        tree: The document's leaves; empty for a new one.
        parent: What was edited: a leaf. None for a new document, or to write a deleted one anew.

    Raises:
        ConflictError: `parent` is not a leaf, or None though the document is there.
    """
    if parent is None:
        if not tree:
            return None
        edited = tree[0] if tree[0].deleted else None
    else:
        edited = next((leaf for leaf in tree if leaf.rev == parent), None)
    if edited is None:
        raise ConflictError("Document update conflict.")
    return edited


def grown(before: Branch | None, *, content: bytes, deleted: bool) -> Branch:
    """The branch that an edit makes.

    Args:
        before: The leaf it follows; None for a new document.
        content: The new body as stored, and what else tells this edit from others.
        deleted: Whether the edit is a deletion.
    """
    if before is None:
        return Branch(Revision.of_edit(None, content), (), deleted)
    rev = Revision.of_edit(before.rev, content)
    return Branch(rev, (before.rev.digest, *before.ancestors), deleted)


def without(tree: Tree, revisions: Collection[Revision]) -> Tree:
    """The tree without these leaves and all that only they stood on; the others are left alone.

    Source: couchdb/src/couch/src/couch_key_tree.erl, `remove_leafs/2`.
    """
    return tuple(leaf for leaf in tree if leaf.rev not in revisions)


def _lengthened(leaf: Branch, tree: Tree, branch: Branch) -> Branch:
    """The leaf with what `branch` knows beyond its old end; itself when that is nothing."""
    oldest = leaf.oldest()
    if not branch.below(oldest):
        return leaf
    return replace(leaf, ancestors=leaf.ancestors + _ancestors(oldest, tree, branch))


def _ancestors(rev: Revision, tree: Tree, branch: Branch) -> tuple[str, ...]:
    """Digests of `rev`'s ancestors: step by step what the tree knows, else what `branch` says."""
    digests: list[str] = []
    while True:
        known = next((below for leaf in tree if (below := leaf.below(rev))), None)
        older = known or branch.below(rev)[:1]
        if not older:
            return tuple(digests)
        digests += older
        rev = Revision(rev.generation - len(older), older[-1])


def _stemmed(branch: Branch, limit: int) -> Branch:
    if len(branch.ancestors) < limit:
        return branch
    return replace(branch, ancestors=branch.ancestors[: limit - 1])
