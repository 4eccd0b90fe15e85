"""Documents on the wire: the shared vectors, and nothing that takes another along."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.errors import CircleError
from rejoint_sync.exchange.frames import read
from rejoint_sync.exchange.packing import pack, unpack
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
