import pytest

from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest, ConflictError
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Branch
from rejoint_sync.stores import Leaf
from rejoint_sync.stores.graft import graft, leaf_of

TREE = (Branch(Revision(2, "b"), ("a",)),)


def test_an_edit_grows_from_its_parent() -> None:
    document = Document.parse({"_id": "x", "_rev": "2-b", "v": 1})
    branch, tree = graft(TREE, document, new_edits=True)
    assert branch.ancestors == ("b", "a")
    assert tree == (branch,)


def test_a_revision_is_taken_as_it_is() -> None:
    document = Document.parse({"_id": "x", "_rev": "2-c", "_deleted": True})
    branch, tree = graft(TREE, document, new_edits=False)
    assert branch == Branch(Revision(2, "c"), (), deleted=True)
    assert tree == (*TREE, branch)


def test_what_is_known_gives_the_same_tree() -> None:
    document = Document.parse({"_id": "x", "_rev": "1-a"})
    assert graft(TREE, document, new_edits=False)[1] is TREE


def test_refusals() -> None:
    document = Document.parse({"_id": "x"})
    with pytest.raises(ConflictError):
        graft(TREE, document, new_edits=True)
    with pytest.raises(BadRequest):
        graft(TREE, document, new_edits=False)


def test_a_leaf_is_a_branch_with_its_body() -> None:
    assert leaf_of(TREE[0], b"}") == Leaf("2-b", ("a",), deleted=False, tail=b"}")
