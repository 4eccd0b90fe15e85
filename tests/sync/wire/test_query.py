"""Options of a query string, bodies, and lists of names."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.errors import BadRequest, SyncError, TooLarge
from rejoint_sync.wire.all_docs import AllDocsRequest
from rejoint_sync.wire.bulk import BulkDocs, parse_bulk_get, parse_purge, parse_revisions
from rejoint_sync.wire.changes import ChangesRequest
from rejoint_sync.wire.query import DOCUMENTS_PER_REQUEST_MAX, Query, parse_object, strings
from rejoint_sync.wire.show import DocumentOptions


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

    def test_members_of_a_body_count_before_the_query(self) -> None:
        query = Query(b"limit=1&skip=2").with_members({"limit": 3, "descending": True, "key": "a"})
        assert (query.count("limit"), query.count("skip")) == (3, 2)
        assert query.flag("descending")
        assert query.key("key") == "a"

    def test_reads_lists_of_revisions(self) -> None:
        query = Query(b'revs=["2-b","1-a","2-b"]&bad=["x"]&word=a')
        assert query.revisions("revs") == ("2-b", "1-a")
        assert query.revisions("none") == ()
        for name in ("bad", "word"):
            with pytest.raises(BadRequest):
                query.revisions(name)


def test_a_list_of_strings_is_bounded() -> None:
    assert strings(["a"], "x") == ["a"]
    with pytest.raises(TooLarge):
        strings(["a"] * (DOCUMENTS_PER_REQUEST_MAX + 1), "x")


@given(st.binary(max_size=60))
def test_no_query_breaks_a_parser(raw: bytes) -> None:
    for parse in (
        lambda query: ChangesRequest.parse(query, {}),
        lambda query: AllDocsRequest.parse(query, {}),
        ChangesRequest.function,
        DocumentOptions.parse,
    ):
        with contextlib.suppress(SyncError):
            parse(Query(raw))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["docs", "keys", "doc_ids", "new_edits", "id", "rev", "_id", "_rev", "selector"]
)


@given(
    st.dictionaries(
        KEYS | st.text(max_size=4), JSON | st.lists(st.dictionaries(KEYS, JSON)), max_size=4
    )
)
def test_no_body_breaks_a_parser(body: dict[str, Any]) -> None:
    for parse in (
        parse_revisions,
        parse_purge,
        parse_bulk_get,
        lambda value: BulkDocs.parse(value, new_id=lambda: "new", whole=False),
        lambda value: ChangesRequest.parse(Query(b"filter=_doc_ids"), value),
        lambda value: ChangesRequest.parse(Query(b"filter=_selector"), value),
        lambda value: AllDocsRequest.parse(Query(b""), value),
    ):
        with contextlib.suppress(SyncError):
            parse(body)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"1", b"null", b'"x"', b"\xff", b"{} {}"])
def test_a_body_is_a_json_object(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_object(raw)
