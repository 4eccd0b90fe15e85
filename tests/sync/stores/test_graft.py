import pytest

from rejoint_sync.attachment import Attachment
from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest, ConflictError, MissingStub
from rejoint_sync.limits import REVS_LIMIT_MAX
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Branch
from rejoint_sync.stores import Leaf
from rejoint_sync.stores.graft import Grafted, check_revs_limit, earlier_generation, graft, leaf_of

KEPT = Attachment.of("a", b"kept", revpos=1)
TREE = (Branch(Revision(2, "b"), ("a",)),)


def test_an_edit_grows_from_its_parent() -> None:
    document = Document.parse({"_id": "x", "_rev": "2-b", "v": 1})
    grafted = graft(TREE, document, new_edits=True)
    [branch] = grafted.tree
    assert branch.ancestors == ("b", "a")
    assert (grafted.rev, grafted.is_new) == (str(branch.rev), True)


def test_a_revision_is_taken_as_it_is() -> None:
    document = Document.parse({"_id": "x", "_rev": "2-c", "_deleted": True})
    branch = Branch(Revision(2, "c"), (), deleted=True)
    assert graft(TREE, document, new_edits=False) == Grafted("2-c", (*TREE, branch), is_new=True)


def test_what_is_known_gives_the_same_tree() -> None:
    document = Document.parse({"_id": "x", "_rev": "1-a"})
    grafted = graft(TREE, document, new_edits=False)
    assert grafted.tree is TREE
    assert not grafted.is_new


def test_the_same_edit_has_the_same_name_and_other_bytes_another() -> None:
    def edit(*, data: str = "aGk=", content_type: str = "text/plain", name: str = "a") -> str:
        attachment = {"data": data, "content_type": content_type}
        value = {"_id": "x", "_rev": "2-b", "_attachments": {name: attachment}}
        return graft(TREE, Document.parse(value), new_edits=True).rev

    plain = graft(TREE, Document.parse({"_id": "x", "_rev": "2-b"}), new_edits=True).rev
    revs = {plain, edit(), edit(data="aGo="), edit(content_type="text/html"), edit(name="b")}
    assert len(revs) == 5
    assert edit() in revs


def test_a_stub_of_an_edit_is_looked_up_in_its_parent() -> None:
    asked = []

    def look(rev: str) -> tuple[Attachment, ...]:
        asked.append(rev)
        return (KEPT,)

    value = {"_id": "x", "_rev": "2-b", "_attachments": {"a": {"stub": True}}}
    grafted = graft(TREE, Document.parse(value), new_edits=True, attachments_of=look)
    assert (asked, grafted.attachments) == (["2-b"], (KEPT,))


def test_a_stub_of_a_revision_is_looked_up_in_its_nearest_ancestor_that_is_kept() -> None:
    asked = []

    def look(rev: str) -> tuple[Attachment, ...] | None:
        asked.append(rev)
        return (KEPT,) if rev == "1-a" else None

    value = {
        "_id": "x",
        "_revisions": {"start": 3, "ids": ["d", "c", "a"]},
        "_attachments": {"a": {"stub": True}},
    }
    grafted = graft(TREE, Document.parse(value), new_edits=False, attachments_of=look)
    assert (asked, grafted.attachments) == (["2-c", "1-a"], (KEPT,))


@pytest.mark.parametrize("new_edits", [True, False])
def test_a_stub_of_a_new_document_is_refused(*, new_edits: bool) -> None:
    value = {"_id": "x", "_attachments": {"a": {"stub": True}}}
    if not new_edits:
        value["_rev"] = "1-a"
    with pytest.raises(MissingStub):
        graft((), Document.parse(value), new_edits=new_edits)


def test_the_oldest_generation_that_is_known() -> None:
    tree = (Branch(Revision(9, "b"), ("a",)), Branch(Revision(7, "c"), ("b", "a")))
    assert earlier_generation(tree) == 5


@pytest.mark.parametrize("limit", [0, -1, REVS_LIMIT_MAX + 1])
def test_an_impossible_revs_limit_is_refused(limit: int) -> None:
    assert check_revs_limit(1) == 1
    assert check_revs_limit(REVS_LIMIT_MAX) == REVS_LIMIT_MAX
    with pytest.raises(BadRequest):
        check_revs_limit(limit)


def test_refusals() -> None:
    document = Document.parse({"_id": "x"})
    with pytest.raises(ConflictError):
        graft(TREE, document, new_edits=True)
    with pytest.raises(BadRequest):
        graft(TREE, document, new_edits=False)


def test_a_leaf_is_a_branch_with_its_body() -> None:
    assert leaf_of(TREE[0], b"}") == Leaf("2-b", ("a",), deleted=False, tail=b"}")
