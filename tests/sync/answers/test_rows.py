"""Rows of lists."""

import json
from typing import Any

from rejoint_sync.answers.rows import (
    all_docs_row,
    bulk_docs_answer,
    bulk_get_row,
    change_row,
    local_row,
    local_text,
    missing_key_row,
    refusal,
    revs_diff,
    usual_bulk_get_row,
)
from rejoint_sync.answers.shown import document_text
from rejoint_sync.attachment import Attachment
from rejoint_sync.errors import CODES, BadRequest, CircleError, ConflictError
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Branch, in_order
from rejoint_sync.stores import Leaf, LocalDocument, Outcome, Stored
from rejoint_sync.wire.bulk import Wanted
from rejoint_sync.wire.show import DocumentOptions

LEAF = Leaf("3-d", ("c", "a"), deleted=False, tail=b',"n":0}')
LOSER = Leaf("2-b", ("a",), deleted=False, tail=b"}")
GONE = Leaf("2-e", (), deleted=True, tail=b',"_deleted":true}')
STORED = Stored('i"d', 7, (LEAF, LOSER, GONE))
TREE = in_order(
    Branch(Revision.parse(leaf.rev), leaf.ancestors, leaf.deleted) for leaf in STORED.leaves
)


def revisions(*texts: str) -> list[Revision]:
    return [Revision.parse(text) for text in texts]


def test_names_what_is_missing_and_what_it_may_have_grown_from() -> None:
    assert revs_diff(revisions("3-d", "1-a"), TREE) is None
    assert revs_diff([], ()) is None
    assert revs_diff(revisions("1-x"), ()) == {"missing": ["1-x"]}
    assert revs_diff(revisions("3-x", "2-b"), TREE) == {
        "missing": ["3-x"],
        "possible_ancestors": ["2-b", "2-e"],
    }
    assert revs_diff(revisions("1-x"), TREE) == {"missing": ["1-x"]}


def test_a_row_of_bulk_get() -> None:
    def row(wanted: Wanted, *texts: bytes) -> Any:
        return json.loads(bulk_get_row(wanted, texts))

    assert row(Wanted("a", None), b"{}", b"{}") == {"id": "a", "docs": [{"ok": {}}, {"ok": {}}]}
    missing = {"id": "a", "rev": "1-x", "error": "not_found", "reason": "missing"}
    assert row(Wanted("a", "1-x")) == {"id": "a", "docs": [{"error": missing}]}
    assert row(Wanted("a", None))["docs"][0]["error"]["rev"] == "undefined"
    bad = row(Wanted("", None, error=BadRequest("why")))
    error = {"id": None, "rev": None, "error": "bad_request", "reason": "why"}
    assert bad == {"id": None, "docs": [{"error": error}]}


def test_a_usual_row_of_bulk_get_is_what_every_row_would_be() -> None:
    single = Stored('i"d', 7, (Leaf("1-a", (), deleted=False, tail=b"}"),))
    for stored in (STORED, single, Stored("gone", 1, (GONE,))):
        for revs in (True, False):
            winner = stored.leaves[0]
            wanted = Wanted(stored.id, winner.rev)
            text = document_text(stored, winner, DocumentOptions(revs=revs))
            row = usual_bulk_get_row(wanted, stored, revs=revs)
            assert row is not None
            assert json.loads(row) == json.loads(bulk_get_row(wanted, [text]))


def test_an_unusual_row_of_bulk_get_is_left_to_others() -> None:
    image = Attachment("n", "t/p", "md5-", 1, 1, gzipped=False, encoded_length=1, blob="h")
    attached = Leaf("1-a", (), deleted=False, tail=b"}", attachments=(image,))
    for wanted, stored in (
        (Wanted("a", None), STORED),
        (Wanted("a", LOSER.rev), STORED),
        (Wanted("a", "1-a"), STORED),
        (Wanted("a", LEAF.rev, error=BadRequest("why")), STORED),
        (Wanted("a", "1-a"), Stored("a", 1, (attached,))),
    ):
        assert usual_bulk_get_row(wanted, stored, revs=True) is None


def test_rows_of_bulk_docs() -> None:
    outcomes = [Outcome("a", "1-a"), Outcome("b", "", ConflictError("Document update conflict."))]
    refused = {"id": "b", "error": "conflict", "reason": "Document update conflict."}
    done = {"ok": True, "id": "a", "rev": "1-a"}
    assert json.loads(bulk_docs_answer(outcomes, new_edits=True)) == [done, refused]
    assert json.loads(bulk_docs_answer(outcomes, new_edits=False)) == [refused]


def test_a_circles_refusal_never_stops_a_stock_replicator() -> None:
    """It goes on after "forbidden" only; after any other word it repeats the batch for ever."""
    for code in CODES:
        row = refusal(Outcome("a", ""), CircleError(code, "why"))
        assert row == {"id": "a", "error": "forbidden", "reason": "why", "code": code}


def test_rows_of_all_docs() -> None:
    assert json.loads(all_docs_row(STORED, None)) == {
        "id": 'i"d',
        "key": 'i"d',
        "value": {"rev": "3-d"},
    }
    assert json.loads(all_docs_row(STORED, b'{"n":1}'))["doc"] == {"n": 1}
    gone = json.loads(all_docs_row(Stored("x", 1, (GONE,)), b"null"))
    assert gone["value"] == {"rev": "2-e", "deleted": True}
    assert gone["doc"] is None
    assert json.loads(missing_key_row(7)) == {"key": 7, "error": "not_found"}


def test_a_note_has_the_name_its_writer_gave_it() -> None:
    note = LocalDocument("device:n", 2, b'{"a":1}')
    assert json.loads(local_text(note, "n")) == {"_id": "_local/n", "_rev": "0-2", "a": 1}
    assert json.loads(local_text(LocalDocument("n", 1, b"{}"), "n"))["_rev"] == "0-1"
    row = json.loads(local_row(note, "n", include_docs=False))
    assert row == {"id": "_local/n", "key": "_local/n", "value": {"rev": "0-2"}}
    assert json.loads(local_row(note, "n", include_docs=True))["doc"]["a"] == 1


def test_a_row_of_the_feed_names_the_leaves_that_passed() -> None:
    row = json.loads(change_row(STORED, (LOSER,), "7-k3", None))
    assert row == {"seq": "7-k3", "id": 'i"d', "changes": [{"rev": "2-b"}]}
    gone = change_row(Stored("x", 1, (GONE,)), (GONE,), "1", b"{}")
    assert json.loads(gone)["deleted"] is True
    assert json.loads(gone)["doc"] == {}
