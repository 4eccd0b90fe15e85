"""What routes of many documents are asked for."""

from typing import Any

import pytest

from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest, IllegalDocumentId, TooLarge
from rejoint_sync.revision import Revision
from rejoint_sync.stores import Outcome
from rejoint_sync.wire.bulk import (
    PURGED_DOCUMENTS_MAX,
    PURGED_REVISIONS_MAX,
    BulkDocs,
    Note,
    Wanted,
    parse_bulk_get,
    parse_purge,
    parse_revisions,
)
from rejoint_sync.wire.query import DOCUMENTS_PER_REQUEST_MAX


class TestBulkDocs:
    def parse(self, *docs: object, **more: object) -> BulkDocs:
        return BulkDocs.parse({"docs": list(docs), **more}, new_id=lambda: "new", whole=False)

    def test_keeps_the_order_and_names_the_nameless(self) -> None:
        rows = self.parse({"_id": "a"}, {"n": 1}, {"_id": 7}, {"_id": "b", "_rev": "x"}).rows
        assert [type(row) for row in rows] == [Document, Document, Outcome, Outcome]
        assert [getattr(row, "id", None) for row in rows] == ["a", "new", "", "b"]

    def test_new_edits_is_true_unless_told(self) -> None:
        assert self.parse().new_edits
        assert not self.parse(new_edits=False).new_edits

    @pytest.mark.parametrize(
        "body", [{}, {"docs": {}}, {"docs": [1]}, {"docs": [], "new_edits": 0}]
    )
    def test_refuses_other_shapes(self, body: dict[str, object]) -> None:
        with pytest.raises(BadRequest):
            BulkDocs.parse(body, new_id=lambda: "new", whole=False)

    def test_a_note_may_stand_among_documents(self) -> None:
        [note] = self.parse({"_id": "_local/a", "n": 1}).rows
        assert note == Note("a", {"_id": "_local/a", "n": 1})

    def test_as_in_couchdb_one_bad_document_may_refuse_them_all(self) -> None:
        body = {"docs": [{"_id": "a"}, {"_id": "_b"}]}
        with pytest.raises(IllegalDocumentId):
            BulkDocs.parse(body, new_id=lambda: "new", whole=True)

    def test_without_new_edits_each_brings_its_revision(self) -> None:
        [row] = self.parse({"_id": "a"}, new_edits=False).rows
        assert isinstance(row, Outcome)
        assert isinstance(row.error, BadRequest)

    def test_takes_a_bounded_number(self) -> None:
        with pytest.raises(TooLarge):
            self.parse(*[{}] * (DOCUMENTS_PER_REQUEST_MAX + 1))


def test_reads_revs_diff() -> None:
    assert parse_revisions({"a": ["2-b", "1-a", "2-b"]}) == {
        "a": [Revision(2, "b"), Revision(1, "a")]
    }
    wrong: list[Any] = ["2-b", [2], ["x"], {}]
    for revs in wrong:
        with pytest.raises(BadRequest):
            parse_revisions({"a": revs})


def test_purges_a_bounded_number() -> None:
    assert parse_purge({"a": ["1-a"]}) == {"a": [Revision(1, "a")]}
    with pytest.raises(BadRequest, match="number of documents"):
        parse_purge({str(n): [] for n in range(PURGED_DOCUMENTS_MAX + 1)})
    with pytest.raises(BadRequest, match="number of revisions"):
        parse_purge({"a": [f"{n + 1}-a" for n in range(PURGED_REVISIONS_MAX + 1)]})


def test_reads_bulk_get() -> None:
    body = {"docs": [{"id": "a", "rev": "1-a", "atts_since": ["1-b"]}, {"id": "b"}]}
    assert parse_bulk_get(body) == [Wanted("a", "1-a", ("1-b",)), Wanted("b", None)]
    assert parse_bulk_get({"docs": [{"id": "a", "atts_since": []}]}) == [Wanted("a", None)]


def test_an_entry_that_cannot_be_read_does_not_hold_up_the_others() -> None:
    entry = {"id": "a"}
    wrong = [1, {}, {"id": 1}, entry | {"rev": 1}, entry | {"rev": "x"}, entry | {"atts_since": 7}]
    read = parse_bulk_get({"docs": [*wrong, entry]})
    assert [one.error is None for one in read] == [False] * len(wrong) + [True]
    shapes: list[Any] = [None, {}]
    for docs in shapes:
        with pytest.raises(BadRequest):
            parse_bulk_get({"docs": docs})
    with pytest.raises(TooLarge):
        parse_bulk_get({"docs": [entry] * (DOCUMENTS_PER_REQUEST_MAX + 1)})
