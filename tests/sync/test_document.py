from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.document import Document, parse_body
from rejoint_sync.errors import (
    BadRequest,
    DocumentMalformed,
    IllegalDocumentId,
    RevisionMalformed,
    SyncError,
    TooLarge,
)
from rejoint_sync.limits import (
    DOCUMENT_BYTES_MAX,
    DOCUMENT_ID_BYTES_MAX,
    REQUEST_BYTES_MAX,
    REVS_LIMIT_MAX,
)
from rejoint_sync.revision import Revision


def pasted(document: Document) -> Any:
    """The document as an answer holds it."""
    return orjson.loads(b'{"_id":"x","_rev":"1-a"' + document.tail)


def test_splits_what_the_protocol_needs_from_the_body() -> None:
    document = Document.parse({"_id": "ev:1", "_rev": "2-b", "h": "x", "c": "y"})
    assert document == Document(
        id="ev:1",
        rev=Revision(2, "b"),
        ancestors=(),
        deleted=False,
        tail=b',"h":"x","c":"y"}',
        members={"h": "x", "c": "y"},
    )


def test_an_empty_body_is_one_brace() -> None:
    assert Document.parse({"_id": "x"}).tail == b"}"


def test_does_not_change_what_it_is_given() -> None:
    value = {"_id": "x", "_rev": "1-a", "_deleted": False, "v": 1}
    Document.parse(value)
    assert value == {"_id": "x", "_rev": "1-a", "_deleted": False, "v": 1}


def test_ancestors_come_from_revisions() -> None:
    document = Document.parse({"_id": "x", "_revisions": {"start": 3, "ids": ["c", "b", "a"]}})
    assert (document.rev, document.ancestors) == (Revision(3, "c"), ("b", "a"))


def test_a_long_history_is_cut_at_the_old_end() -> None:
    ids = [f"d{n}" for n in range(REVS_LIMIT_MAX + 5)]
    document = Document.parse({"_id": "x", "_revisions": {"start": 50_000, "ids": ids}})
    assert document.ancestors == tuple(ids[1:REVS_LIMIT_MAX])


def test_revisions_are_believed_before_rev() -> None:
    """As CouchDB does where the two contradict each other."""
    value = {"_id": "x", "_rev": "3-c", "_revisions": {"start": 2, "ids": ["b", "a"]}}
    document = Document.parse(value)
    assert (str(document.rev), document.ancestors) == ("2-b", ("a",))
    with pytest.raises(RevisionMalformed):
        Document.parse(value | {"_rev": "3"})


def test_a_tombstone_says_so_in_its_body() -> None:
    document = Document.parse({"_id": "x", "_deleted": True, "why": "test"})
    assert document.deleted
    assert pasted(document) == {"_id": "x", "_rev": "1-a", "_deleted": True, "why": "test"}


def test_not_deleted_is_not_mentioned() -> None:
    """`_deleted: false` and nothing are the same edit, so they must have the same digest."""
    with_it = Document.parse({"_id": "x", "_deleted": False, "v": 1})
    assert with_it.tail == Document.parse({"_id": "x", "v": 1}).tail


def test_unknown_members_are_kept_as_they_are_in_their_order() -> None:
    """A newer client's fields survive an older server."""
    body = {"z": {"_nested": [1, None, {"a": "é\u2028\x00"}]}, "a": 1.5, "": True}
    document = Document.parse({"_id": "x", **body})
    assert document.tail == b"," + orjson.dumps(body)[1:]
    assert list(document.members) == ["z", "a", ""]


def test_members_of_answers_are_dropped() -> None:
    """A client that edits what it was answered sends them back."""
    answered = {"_id": "x", "_conflicts": ["1-b"], "_revs_info": [], "_local_seq": 3, "v": 1}
    assert Document.parse(answered).members == {"v": 1}


def test_replicator_members_are_kept() -> None:
    assert Document.parse({"_id": "x", "_replication_id": "r"}).members == {"_replication_id": "r"}


@pytest.mark.parametrize("member", ["_zing", "_", "_idx", "_Deleted"])
def test_unknown_reserved_members_are_refused(member: str) -> None:
    with pytest.raises(DocumentMalformed):
        Document.parse({"_id": "x", member: 1})


@pytest.mark.parametrize("value", [1, "true", None, []])
def test_deleted_is_true_or_false(value: object) -> None:
    with pytest.raises(DocumentMalformed):
        Document.parse({"_id": "x", "_deleted": value})


def test_attachments_are_taken_out_of_the_body() -> None:
    value = {
        "_id": "x",
        "v": 1,
        "_attachments": {"a": {"data": "aGk="}, "b": {"stub": True}, "c": {"follows": True}},
    }
    document = Document.parse(value, follows={"c": b"abc"})
    assert document.members == {"v": 1}
    assert [(one.name, one.data) for one in document.attachments] == [
        ("a", b"hi"),
        ("b", b""),
        ("c", b"abc"),
    ]
    assert Document.parse({"_id": "x", "_attachments": {}}).attachments == ()


@pytest.mark.parametrize("value", [None, [], "x", 1, True])
def test_a_document_is_an_object(value: object) -> None:
    with pytest.raises(BadRequest):
        Document.parse(value)


@pytest.mark.parametrize("name", ["a", "_design/x", "é", "a/b", "a\x00b", " ", "\U0010ffff", "-"])
def test_takes_these_names(name: str) -> None:
    assert Document.parse({"_id": name}).id == name


@pytest.mark.parametrize(
    "name",
    ["", "_", "_x", "_design", "_design/", "_local/x", "\ud800", 1, None, [], "é" * 2049],
)
def test_refuses_these_names(name: object) -> None:
    with pytest.raises(IllegalDocumentId):
        Document.parse({"_id": name})


def test_the_longest_name_is_taken() -> None:
    assert Document.parse({"_id": "é" * (DOCUMENT_ID_BYTES_MAX // 2)}).id


def test_the_name_may_stand_in_the_url_only() -> None:
    assert Document.parse({"v": 1}, document_id="x").id == "x"
    assert Document.parse({"_id": "x"}, document_id="x").id == "x"


def test_two_names_are_refused() -> None:
    with pytest.raises(BadRequest):
        Document.parse({"_id": "x"}, document_id="y")
    with pytest.raises(IllegalDocumentId):
        Document.parse({"v": 1})


def test_the_largest_body_is_taken_and_one_byte_more_is_not() -> None:
    frame = len(orjson.dumps({"c": ""}))
    Document.parse({"_id": "x", "c": "y" * (DOCUMENT_BYTES_MAX - frame)})
    with pytest.raises(TooLarge):
        Document.parse({"_id": "x", "c": "y" * (DOCUMENT_BYTES_MAX - frame + 1)})


def test_of_equal_keys_the_last_counts() -> None:
    document = Document.parse(parse_body(b'{"_id":"x","v":1,"v":2,"_id":"y"}'))
    assert (document.id, document.tail) == ("y", b',"v":2}')


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        (b"9223372036854775808", b"9223372036854775808"),
        (b"18446744073709551615", b"18446744073709551615"),
        (b"-9223372036854775808", b"-9223372036854775808"),
        (b"18446744073709551616", b"1.8446744073709552e+19"),
        (b"1.0", b"1.0"),
        (b"-0.0", b"-0.0"),
        (b"1e300", b"1e+300"),
        (b"0.1", b"0.1"),
    ],
)
def test_numbers_are_exact_to_64_bits_and_then_nearest_doubles(number: bytes, kept: bytes) -> None:
    """What JavaScript reads is never changed: beyond 2^53 it has doubles only."""
    document = Document.parse(parse_body(b'{"_id":"x","v":' + number + b"}"))
    assert document.tail[:-1].lower().replace(b"e+", b"e") == b',"v":' + kept.replace(b"e+", b"e")
    assert float(document.members["v"]) == float(number)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nope", b"NaN", b"[Infinity]", b"[1e400]", b'"\\ud800"', b'"\xff"', b"[" * 5000],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_body(body)


def test_a_request_over_the_limit_is_not_parsed() -> None:
    with pytest.raises(TooLarge):
        parse_body(b" " * (REQUEST_BYTES_MAX + 1))


@pytest.mark.parametrize("value", [object(), 2**70, {1: 2}, b"x", "\ud800"])
def test_what_cannot_be_json_is_refused(value: object) -> None:
    with pytest.raises(BadRequest):
        Document.parse({"_id": "x", "v": value})


def test_deep_nesting_is_refused() -> None:
    deep = orjson.loads(b"[" * 300 + b"]" * 300)
    with pytest.raises(BadRequest):
        Document.parse({"_id": "x", "v": deep})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.sampled_from(["_id", "_rev", "_revisions", "_deleted", "_attachments", "_x", "c"])


@given(st.dictionaries(MEMBERS | st.text(), JSON) | JSON)
def test_anything_is_split_or_refused(value: object) -> None:
    """Whatever a client sends, only the errors of this package get out."""
    try:
        document = Document.parse(value)
    except SyncError:
        return
    assert isinstance(value, dict)
    assert document.id == value["_id"]
    assert orjson.loads(b'{"_id":"x"' + document.tail).keys() >= document.members.keys()
