"""Documents on the wire: the shared vectors, and nothing that takes another along."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.circle.document import Sealed, SealedDocument
from rejoint_sync.circle.limits import DOCUMENT_BYTES_MAX
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, SyncError
from rejoint_sync.exchange.frames import read
from rejoint_sync.exchange.packing import arrivals, names_of, pack, unpack
from sync.exchange.test_frames import FOLDER, plain

VECTORS = json.loads((Path(FOLDER) / "packing.json").read_text())
CIRCLE, ASKER = VECTORS["circle"], VECTORS["asker"]


def test_documents_are_packed_and_come_back() -> None:
    packed = plain(VECTORS["packed"])
    assert pack(VECTORS["documents"], ASKER) == packed
    assert unpack(packed, CIRCLE, ASKER) == VECTORS["documents"]
    [[number, circle, rows]] = read(bytes.fromhex(VECTORS["bytes"]))
    assert (number, "c" + circle.hex(), rows) == (2, CIRCLE, packed)


def test_in_any_order() -> None:
    for start in range(len(VECTORS["documents"])):
        documents = VECTORS["documents"][start:] + VECTORS["documents"][:start]
        assert unpack(pack(documents, ASKER), CIRCLE, ASKER) == documents


def test_what_is_none_is_refused_and_takes_no_other_along() -> None:
    good = plain(VECTORS["packed"])[0]
    for bad in plain(VECTORS["refused"]):
        before, error, after = unpack([good, bad, good], CIRCLE, ASKER)
        assert isinstance(error, CircleError)
        assert error.code == "schema"
        assert before == after == VECTORS["documents"][0]


def test_each_row_says_what_it_is_though_it_may_be_no_document() -> None:
    packed = plain(VECTORS["packed"])
    names = [document["_id"] for document in VECTORS["documents"]]
    assert names_of(packed, ASKER) == names
    assert names_of([[*row[:-1], 7] for row in packed], ASKER) == names
    assert names_of([7, [], [b""], [7, "x"], [9] * 8, packed[0]], ASKER) == [""] * 5 + names[:1]


JUNK = st.recursive(
    st.integers(-9, 9999) | st.binary(max_size=16) | st.text(max_size=5) | st.just("log:000001"),
    lambda inner: st.lists(inner, max_size=9),
    max_leaves=20,
)


@given(st.lists(JUNK, max_size=5))
def test_any_rows_are_documents_or_refused(rows: list[Any]) -> None:
    read_rows = unpack(rows, CIRCLE, ASKER)
    assert len(read_rows) == len(rows)
    assert all(isinstance(one, dict | CircleError) for one in read_rows)


FIELDS = [field.name for field in fields(Document)]


def test_what_arrives_is_what_replication_would_bring() -> None:
    """Field by field, and read as the judge would read it."""
    found = arrivals(plain(VECTORS["packed"]), CIRCLE, ASKER)
    for document, arrived in zip(VECTORS["documents"], found, strict=True):
        expected = Document.parse(document)
        assert isinstance(arrived, Document)
        for name in FIELDS:
            assert getattr(arrived, name) == getattr(expected, name), name
        if isinstance(arrived, SealedDocument):
            assert (arrived.circle, arrived.content) == (CIRCLE, Sealed.parse(CIRCLE, document))
    assert any(isinstance(one, SealedDocument) for one in found)


def test_what_is_none_does_not_arrive() -> None:
    good = plain(VECTORS["packed"])[0]
    for bad in plain(VECTORS["refused"]):
        before, error, after = arrivals([good, bad, good], CIRCLE, ASKER)
        assert isinstance(error, CircleError)
        assert error.code == "schema"
        assert isinstance(before, Document)
        assert before == after


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (1, 2613, "schema"),
        (1, 10**9, "schema"),
        (3, 0, "schema"),
        (3, 2 * 10**6, "schema"),
        (4, 10_000, "schema"),
        (6, bytes(27), "schema"),
        (6, bytes(DOCUMENT_BYTES_MAX), "limit"),
    ],
)
def test_names_heads_and_sizes_are_checked_on_arrival(place: int, value: Any, code: str) -> None:
    row = list(plain(VECTORS["packed"])[0])
    row[place] = value
    [error] = arrivals([row], CIRCLE, ASKER)
    assert isinstance(error, CircleError)
    assert error.code == code
    [document] = unpack([row], CIRCLE, ASKER)
    with pytest.raises(CircleError, match=error.reason):
        Sealed.parse(CIRCLE, document)


@given(st.lists(JUNK, max_size=5))
def test_any_rows_arrive_or_are_refused(rows: list[Any]) -> None:
    found = arrivals(rows, CIRCLE, ASKER)
    assert len(found) == len(rows)
    assert all(isinstance(one, Document | SyncError) for one in found)
