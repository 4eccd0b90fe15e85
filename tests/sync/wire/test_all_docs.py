"""What lists of documents are asked for."""

from typing import Any

import pytest

from rejoint_sync.errors import BadRequest
from rejoint_sync.wire.all_docs import LAST_ID, AllDocsRequest, Range, parse_names
from rejoint_sync.wire.query import Query


def all_docs(raw: bytes, **body: Any) -> AllDocsRequest:
    return AllDocsRequest.parse(Query(raw), body)


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
        assert (asked.range.start, asked.range.end) == expected

    def test_reads_keys_of_any_kind(self) -> None:
        assert all_docs(b"", keys=["a", 1, None]).keys == ("a", 1, None)
        with pytest.raises(BadRequest):
            all_docs(b"", keys="a")

    def test_options_may_stand_in_the_body(self) -> None:
        asked = all_docs(b"limit=9", startkey="a", endkey="b", limit=2, include_docs=True)
        assert (asked.range.start, asked.range.end, asked.range.limit) == ("a", "b\0", 2)
        assert asked.include_docs

    @pytest.mark.parametrize("name", ["key", "startkey", "start_key", "endkey", "end_key"])
    def test_keys_and_a_range_are_two_questions(self, name: str) -> None:
        with pytest.raises(BadRequest, match="incompatible"):
            all_docs(f'{name}="a"'.encode(), keys=["a"])


def test_a_range_of_names_in_memory() -> None:
    names = ["a", "b", "c", "d"]
    assert Range.parse(Query(b'startkey="b"')).of(names) == ["b", "c", "d"]
    assert Range.parse(Query(b"descending=true&skip=1&limit=2")).of(names) == ["c", "b"]


def test_names_of_databases_are_strings() -> None:
    assert parse_names({"keys": ["a"]}) == ["a"]
    with pytest.raises(BadRequest):
        parse_names({"keys": [1]})
