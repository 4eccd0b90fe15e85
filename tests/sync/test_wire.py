"""What the requests of the replication protocol ask for."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest, NotOffered, SyncError, TooLarge
from rejoint_sync.revision import Revision
from rejoint_sync.stores import Outcome
from rejoint_sync.wire import (
    DOCUMENTS_PER_REQUEST_MAX,
    HEARTBEAT_MS_MIN,
    LAST_ID,
    TIMEOUT_MS_MAX,
    AllDocsRequest,
    BulkDocs,
    ChangesRequest,
    DocumentOptions,
    Query,
    Wanted,
    parse_bulk_get,
    parse_object,
    parse_revs_diff,
)


def changes(raw: bytes, **body: Any) -> ChangesRequest:
    return ChangesRequest.parse(Query(raw), body)


def all_docs(raw: bytes, **body: Any) -> AllDocsRequest:
    return AllDocsRequest.parse(Query(raw), body)


class TestQuery:
    def test_decodes_names_and_values(self) -> None:
        query = Query(b"a=1+2%20%C3%BC&b&a=3&=x&c=d%3De")
        assert [query.text(name) for name in "abcd"] == ["3", "", "d=e", None]

    def test_reads_flags_and_numbers(self) -> None:
        query = Query(b"t=true&f=false&n=007&bad=1")
        assert (query.flag("t"), query.flag("f"), query.flag("none")) == (True, False, False)
        assert (query.count("n"), query.count("none")) == (7, None)
        with pytest.raises(BadRequest, match="bad must be true or false"):
            query.flag("bad")

    @pytest.mark.parametrize("value", ["", "-1", "1.0", "x", "1e3", "٣", "²", "9" * 16])
    def test_refuses_what_is_no_number(self, value: str) -> None:
        with pytest.raises(BadRequest, match="n must be a number"):
            Query(f"n={value}".encode()).count("n")

    def test_reads_json_of_the_first_name_that_is_there(self) -> None:
        query = Query(b"b=%22x%22&n=null&list=[1]&bad={")
        assert query.key("a", "b") == "x"
        assert query.key("n") is query.key("none") is None
        assert query.json("list") == [1]
        for name, words in (("list", "JSON string"), ("bad", "must be JSON")):
            with pytest.raises(BadRequest, match=words):
                query.key(name)

    def test_refuses_what_is_not_utf_8(self) -> None:
        with pytest.raises(BadRequest, match="UTF-8"):
            Query(b"a=%ff")


@given(st.binary(max_size=60))
def test_no_query_breaks_a_parser(raw: bytes) -> None:
    for parse in (ChangesRequest.parse, AllDocsRequest.parse):
        with contextlib.suppress(SyncError):
            parse(Query(raw), {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(["docs", "keys", "doc_ids", "new_edits", "id", "rev", "_id", "_rev"])


@given(
    st.dictionaries(
        KEYS | st.text(max_size=4), JSON | st.lists(st.dictionaries(KEYS, JSON)), max_size=4
    )
)
def test_no_body_breaks_a_parser(body: dict[str, Any]) -> None:
    for parse in (
        parse_revs_diff,
        parse_bulk_get,
        lambda value: BulkDocs.parse(value, new_id=lambda: "new"),
        lambda value: ChangesRequest.parse(Query(b"filter=_doc_ids"), value),
        lambda value: AllDocsRequest.parse(Query(b""), value),
    ):
        with contextlib.suppress(SyncError):
            parse(body)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"1", b"null", b'"x"', b"\xff", b"{} {}"])
def test_a_body_is_a_json_object(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_object(raw)


class TestChanges:
    def test_asks_for_everything_at_once(self) -> None:
        assert changes(b"") == ChangesRequest(
            longpoll=False,
            since="0",
            limit=None,
            descending=False,
            all_leaves=False,
            include_docs=False,
            document_ids=None,
            heartbeat_ms=None,
            timeout_ms=TIMEOUT_MS_MAX,
        )

    def test_reads_what_pouchdb_sends(self) -> None:
        asked = changes(
            b"style=all_docs&feed=longpoll&heartbeat=10000&since=12-k3&limit=100&seq_interval=100"
        )
        assert (asked.longpoll, asked.all_leaves, asked.heartbeat_ms) == (True, True, 10_000)
        assert (asked.since, asked.limit) == ("12-k3", 100)

    def test_a_limit_of_0_is_1_as_in_couchdb(self) -> None:
        assert changes(b"limit=0").limit == 1

    @pytest.mark.parametrize(
        ("option", "expected"),
        [("true", 60_000), ("false", None), ("1", HEARTBEAT_MS_MIN), ("0", HEARTBEAT_MS_MIN)],
    )
    def test_a_heartbeat_is_not_a_storm(self, option: str, expected: int | None) -> None:
        assert changes(f"heartbeat={option}".encode()).heartbeat_ms == expected

    def test_a_timeout_is_bounded(self) -> None:
        assert changes(b"timeout=999999999").timeout_ms == TIMEOUT_MS_MAX
        assert changes(b"timeout=5").timeout_ms == 5

    def test_reads_ids_from_body_or_query(self) -> None:
        assert changes(b"filter=_doc_ids", doc_ids=["a"]).document_ids == frozenset({"a"})
        assert changes(b'filter=_doc_ids&doc_ids=["b"]').document_ids == frozenset({"b"})
        assert changes(b'doc_ids=["b"]').document_ids is None

    @pytest.mark.parametrize(
        "raw", [b"feed=continuous", b"feed=eventsource", b"filter=a/b", b"conflicts=true"]
    )
    def test_says_what_is_not_offered(self, raw: bytes) -> None:
        with pytest.raises(NotOffered):
            changes(raw)


class TestBulkDocs:
    def parse(self, *docs: object, **more: object) -> BulkDocs:
        return BulkDocs.parse({"docs": list(docs), **more}, new_id=lambda: "new")

    def test_keeps_the_order_and_names_the_nameless(self) -> None:
        rows = self.parse({"_id": "a"}, {"n": 1}, {"_id": 7}, {"_id": "b", "_rev": "x"}).rows
        assert [type(row) for row in rows] == [Document, Document, Outcome, Outcome]
        assert [row.id for row in rows] == ["a", "new", "", "b"]

    def test_new_edits_is_true_unless_told(self) -> None:
        assert self.parse().new_edits
        assert not self.parse(new_edits=False).new_edits

    @pytest.mark.parametrize(
        "body", [{}, {"docs": {}}, {"docs": [1]}, {"docs": [], "new_edits": 0}]
    )
    def test_refuses_other_shapes(self, body: dict[str, object]) -> None:
        with pytest.raises(BadRequest):
            BulkDocs.parse(body, new_id=lambda: "new")

    def test_takes_a_bounded_number(self) -> None:
        with pytest.raises(TooLarge):
            self.parse(*[{}] * (DOCUMENTS_PER_REQUEST_MAX + 1))


def test_reads_revs_diff() -> None:
    assert parse_revs_diff({"a": ["2-b", "1-a", "2-b"]}) == {
        "a": [Revision(2, "b"), Revision(1, "a")]
    }
    wrong: list[Any] = ["2-b", [2], ["x"], {}]
    for revs in wrong:
        with pytest.raises(BadRequest):
            parse_revs_diff({"a": revs})


def test_reads_bulk_get() -> None:
    body = {"docs": [{"id": "a", "rev": "1-a", "atts_since": []}, {"id": "b"}]}
    assert parse_bulk_get(body) == [Wanted("a", "1-a"), Wanted("b", None)]
    entry = {"id": "a"}
    wrong: list[Any] = [
        None,
        {},
        [1],
        [{}],
        [{"id": 1}],
        [entry | {"rev": 1}],
        [entry | {"rev": "x"}],
    ]
    for docs in wrong:
        with pytest.raises(BadRequest):
            parse_bulk_get({"docs": docs})


class TestAllDocs:
    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            (b"", ("", LAST_ID)),
            (b'startkey="b"', ("b", LAST_ID)),
            (b'endkey="b"', ("", "b\0")),
            (b'endkey="b"&inclusive_end=false', ("", "b")),
            (b'key="b"', ("b", "b\0")),
            (b'key="b"&inclusive_end=false', ("b", "b\0")),
            (b'startkey="d"&endkey="b"&descending=true', ("b", "d\0")),
            (b'endkey="b"&inclusive_end=false&descending=true', ("b\0", LAST_ID)),
            (b'key="b"&descending=true', ("b", "b\0")),
        ],
    )
    def test_a_range_is_half_open(self, raw: bytes, expected: tuple[str, str]) -> None:
        asked = all_docs(raw)
        assert (asked.start, asked.end) == expected

    def test_reads_keys_of_any_kind(self) -> None:
        assert all_docs(b"", keys=["a", 1, None]).keys == ("a", 1, None)
        with pytest.raises(BadRequest):
            all_docs(b"", keys="a")


def test_meta_stands_for_three_options() -> None:
    assert DocumentOptions.parse(Query(b"meta=true")) == DocumentOptions(
        revs_info=True, conflicts=True, deleted_conflicts=True
    )
