"""Bodies in parts."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.errors import BadRequest
from rejoint_sync.multipart import (
    HEADERS_BYTES_MAX,
    PARTS_MAX,
    Part,
    accepts,
    media_type,
    parameters,
    quoted,
    read_parts,
    write_parts,
)

KIND = 'multipart/related; boundary="b"'


@given(st.lists(st.tuples(st.binary(max_size=50), st.text(max_size=10))))
def test_reads_what_it_writes(bodies: list[tuple[bytes, str]]) -> None:
    parts = [Part(body, {"x": f"a; filename={quoted(name)}"}) for body, name in bodies]
    if any(b"--long enough" in body for body, _ in bodies):
        return
    text = b"".join(write_parts(parts, "long enough"))
    read = read_parts('multipart/mixed; boundary="long enough"', text) if parts else []
    assert [part.body for part in read] == [part.body for part in parts]


def test_a_boundary_counts_only_at_the_begin_of_a_line() -> None:
    body = b"--b\r\n\r\nx--b--y\r\n--b--"
    assert [part.body for part in read_parts(KIND, body)] == [b"x--b--y"]


def test_reads_what_couchdb_and_browsers_write() -> None:
    """A line before the first boundary, no headers, spaces after it, something after the end."""
    body = b"before\r\n--b  \r\nA: 1\r\nB: x:y\r\n\r\none\r\n--b\r\n\r\n\r\n--b--\r\nafter"
    first, second = read_parts(KIND, body)
    assert (first.headers, first.body) == ({"a": "1", "b": "x:y"}, b"one")
    assert (second.headers, second.body) == ({}, b"")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/related", b"--b--"),
        ('multipart/related; boundary=""', b"--b--"),
        (KIND, b""),
        (KIND, b"--b\r\n\r\nx"),
        (KIND, b"--b\r\nx\r\n--b--"),
        (KIND, b"--bx\r\n\r\nx\r\n--b--"),
        (KIND, b"--b\r\nnothing\r\n\r\nx\r\n--b--"),
        (KIND, b"--b\r\nA: \xff\r\n\r\nx\r\n--b--"),
        (KIND, b"--b\r\nA: " + b"x" * HEADERS_BYTES_MAX + b"\r\n\r\nx\r\n--b--"),
        (KIND, b"--b\r\n\r\n\r\n" * (PARTS_MAX + 1) + b"--b--"),
    ],
)
def test_refuses_what_has_no_such_form(kind: str, body: bytes) -> None:
    with pytest.raises(BadRequest):
        read_parts(kind, body)


@given(st.binary(max_size=200))
def test_anything_is_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(BadRequest):
        read_parts(KIND, body)


def test_reads_parameters() -> None:
    assert parameters('a/b; X="q\\"r;s"; y=z') == {"x": 'q"r;s', "y": "z"}
    assert parameters("a/b") == {}
    assert media_type(" Application/JSON; charset=utf-8") == "application/json"


def test_a_name_cannot_end_its_header() -> None:
    assert quoted('a"b\\c\r\nd') == '"a\\"b\\\\cd"'
    part = Part(b"", {"content-disposition": f"attachment; filename={quoted('a;b')}"})
    assert part.filename == "a;b"
    assert Part(b"").filename is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", True),
        ("*/*", True),
        ("application/json", False),
        ("application/json, multipart/mixed", True),
        ("multipart/*", True),
        ("*/*, multipart/mixed;q=0", False),
        ("multipart/mixed;q=0.0, */*", False),
        ("Multipart/Mixed; q=0.5", True),
        ("text/plain, */*;q=0", False),
    ],
)
def test_knows_what_an_accept_header_allows(header: str, expected: bool) -> None:  # noqa: FBT001
    assert accepts(header, "multipart/mixed") is expected
