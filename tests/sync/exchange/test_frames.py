"""Items of a CBOR sequence: the shared vectors, and bytes as they come from a network."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.errors import BadRequest, TooLarge
from rejoint_sync.exchange.frames import ITEM_BYTES_MAX, Reader, read, write

FOLDER = Path(__file__).parents[2] / "vectors" / "exchange"
VECTORS = json.loads((FOLDER / "frames.json").read_text())

ITEMS = st.lists(
    st.recursive(
        st.integers(-(2**53) + 1, 2**53 - 1) | st.binary(max_size=40) | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=4),
        max_leaves=9,
    ).filter(lambda value: _depth(value) < 5),
    max_size=5,
).map(lambda rest: [3, *rest])


def _depth(value: Any) -> int:
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def plain(value: Any) -> Any:
    """A value of a vector: bytes stand under `b`."""
    if isinstance(value, dict):
        return bytes.fromhex(value["b"])
    return [plain(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("vector", VECTORS["items"])
def test_items_are_written_and_read(vector: dict[str, Any]) -> None:
    item, text = plain(vector["item"]), bytes.fromhex(vector["bytes"])
    assert write([item]) == text
    assert read(text) == [item]


@pytest.mark.parametrize("vector", VECTORS["also_read"])
def test_a_longer_form_is_read_too(vector: dict[str, Any]) -> None:
    assert read(bytes.fromhex(vector["bytes"])) == [plain(vector["item"])]


@pytest.mark.parametrize("vector", VECTORS["refused"])
def test_all_else_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        read(bytes.fromhex(vector["bytes"]))


@given(st.lists(ITEMS, max_size=4), st.integers(1, 7))
def test_items_come_back_however_they_are_cut(items: list[list[Any]], size: int) -> None:
    text = write(items)
    assert read(text) == items
    reader = Reader()
    found = []
    for start in range(0, len(text), size):
        found += list(reader.feed(text[start : start + size]))
    assert found == items
    assert reader.is_between


@given(st.binary(max_size=60))
def test_any_bytes_are_items_or_refused(text: bytes) -> None:
    try:
        items = read(text)
    except BadRequest:
        return
    assert read(write(items)) == items


def test_what_came_whole_is_given_before_what_is_broken() -> None:
    reader = Reader()
    found = []
    items = reader.feed(write([[1, b"x"]]) + b"\xff")
    found.append(next(items))
    with pytest.raises(BadRequest):
        next(items)
    assert found == [[1, b"x"]]


def test_an_item_without_an_end_is_given_up() -> None:
    reader = Reader()
    with pytest.raises(TooLarge):
        list(reader.feed(b"\x82\x00\x5a\xff\xff\xff\xff" + bytes(ITEM_BYTES_MAX)))


def test_an_item_of_the_greatest_size_is_taken() -> None:
    room = ITEM_BYTES_MAX - len(write([[1, bytes(ITEM_BYTES_MAX)]])) + ITEM_BYTES_MAX
    text = write([[1, bytes(room)]])
    assert len(text) == ITEM_BYTES_MAX
    assert read(text) == [[1, bytes(room)]]
    with pytest.raises(TooLarge):
        read(write([[1, bytes(room + 1)]]))
