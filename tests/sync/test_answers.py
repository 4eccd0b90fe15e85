"""What the answers of the replication protocol look like."""

import json
from typing import Any

from rejoint_sync import answers
from rejoint_sync.errors import CODES, CircleError, ConflictError
from rejoint_sync.revision import Revision
from rejoint_sync.stores import Leaf, Outcome, Stored
from rejoint_sync.wire import AllDocsRequest, DocumentOptions, Query, Wanted

LEAF = Leaf("3-d", ("c", "a"), deleted=False, tail=b',"n":0}')
LOSER = Leaf("2-b", ("a",), deleted=False, tail=b"}")
GONE = Leaf("2-e", (), deleted=True, tail=b',"_deleted":true}')
STORED = Stored('i"d', 7, (LEAF, LOSER, GONE))


def revisions(*texts: str) -> list[Revision]:
    return [Revision.parse(text) for text in texts]


def test_knows_every_revision_of_a_tree() -> None:
    assert answers.known_revs(STORED) == {"3-d", "2-c", "1-a", "2-b", "2-e"}


def test_names_what_is_missing_and_what_it_may_have_grown_from() -> None:
    assert answers.revs_diff(revisions("3-d", "1-a"), STORED) is None
    assert answers.revs_diff([], None) is None
    assert answers.revs_diff(revisions("1-x"), None) == {"missing": ["1-x"]}
    assert answers.revs_diff(revisions("3-x", "2-b"), STORED) == {
        "missing": ["3-x"],
        "possible_ancestors": ["2-b", "2-e"],
    }
    assert answers.revs_diff(revisions("1-x"), STORED) == {"missing": ["1-x"]}


def shown(leaf: Leaf, **options: bool) -> Any:
    return json.loads(answers.document_text(STORED, leaf, DocumentOptions(**options)))


def test_pastes_a_body_as_it_is_stored() -> None:
    assert answers.document_text(STORED, LEAF) == b'{"_id":"i\\"d","_rev":"3-d","n":0}'
    assert answers.document_text(STORED, LOSER) == b'{"_id":"i\\"d","_rev":"2-b"}'


def test_adds_what_is_asked_for() -> None:
    assert shown(LEAF, revs=True)["_revisions"] == {"start": 3, "ids": ["d", "c", "a"]}
    assert shown(LEAF, conflicts=True)["_conflicts"] == ["2-b"]
    assert shown(LEAF, deleted_conflicts=True)["_deleted_conflicts"] == ["2-e"]
    assert shown(LEAF, local_seq=True)["_local_seq"] == 7
    assert shown(LEAF, revs_info=True)["_revs_info"] == [
        {"rev": "3-d", "status": "available"},
        {"rev": "2-c", "status": "missing"},
        {"rev": "1-a", "status": "missing"},
    ]
    assert shown(GONE, revs_info=True)["_revs_info"] == [{"rev": "2-e", "status": "deleted"}]
    assert "_conflicts" not in shown(LOSER, conflicts=True)


def test_finds_a_leaf_and_what_grew_out_of_a_revision() -> None:
    assert answers.leaves_for(STORED, "2-b", latest=False) == [LOSER]
    assert answers.leaves_for(STORED, "1-a", latest=False) == []
    assert answers.leaves_for(STORED, "1-a", latest=True) == [LEAF, LOSER]
    assert answers.leaves_for(STORED, "9-x", latest=True) == []


def test_a_row_of_bulk_get() -> None:
    def row(wanted: Wanted, stored: Stored | None = STORED) -> Any:
        return json.loads(answers.bulk_get_row(wanted, stored, DocumentOptions(), latest=False))

    assert row(Wanted('i"d', None))["docs"][0]["ok"]["_rev"] == "3-d"
    assert row(Wanted('i"d', "2-e"))["docs"][0]["ok"]["_deleted"] is True
    missing = {"id": 'i"d', "rev": "1-x", "error": "not_found", "reason": "missing"}
    assert row(Wanted('i"d', "1-x")) == {"id": 'i"d', "docs": [{"error": missing}]}
    assert row(Wanted('i"d', "1-x"), None) == {"id": 'i"d', "docs": [{"error": missing}]}


def test_rows_of_bulk_docs() -> None:
    outcomes = [Outcome("a", "1-a"), Outcome("b", "", ConflictError("Document update conflict."))]
    refused = {"id": "b", "error": "conflict", "reason": "Document update conflict."}
    done = {"ok": True, "id": "a", "rev": "1-a"}
    assert json.loads(answers.bulk_docs_answer(outcomes, new_edits=True)) == [done, refused]
    assert json.loads(answers.bulk_docs_answer(outcomes, new_edits=False)) == [refused]


def test_a_circles_refusal_never_stops_a_stock_replicator() -> None:
    """It goes on after "forbidden" only; after any other word it repeats the batch for ever."""
    for code in CODES:
        row = answers.refusal(Outcome("a", ""), CircleError(code, "why"))
        assert row == {"id": "a", "error": "forbidden", "reason": "why", "code": code}


def test_rows_of_all_docs() -> None:
    plain = AllDocsRequest.parse(Query(b""), {})
    full = AllDocsRequest.parse(Query(b"include_docs=true&conflicts=true"), {})
    assert json.loads(answers.all_docs_row(STORED, plain)) == {
        "id": 'i"d',
        "key": 'i"d',
        "value": {"rev": "3-d"},
    }
    assert json.loads(answers.all_docs_row(STORED, full))["doc"]["_conflicts"] == ["2-b"]
    gone = json.loads(answers.all_docs_row(Stored("x", 1, (GONE,)), full))
    assert gone["value"] == {"rev": "2-e", "deleted": True}
    assert gone["doc"] is None
    assert json.loads(answers.missing_key_row(7)) == {"key": 7, "error": "not_found"}
