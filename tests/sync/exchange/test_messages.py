"""Requests and answers: the shared vectors."""

import json
from typing import Any

import pytest

from rejoint_sync.errors import BadRequest, OtherVersion
from rejoint_sync.exchange.frames import read, write
from rejoint_sync.exchange.messages import (
    ITEMS_MAX,
    Begin,
    Later,
    Records,
    answer_item,
    read_answer_item,
    read_request,
    request_items,
)
from sync.exchange.test_frames import FOLDER, plain

VECTORS = json.loads((FOLDER / "messages.json").read_text())


def test_a_request_is_read_and_written() -> None:
    items = plain(VECTORS["request"]["items"])
    assert read(bytes.fromhex(VECTORS["request"]["bytes"])) == items
    begin, asked = read_request(items)
    assert begin == Begin(b"\x01\x02", 900, 1)
    assert request_items(begin, asked) == items
    assert len({type(one) for one in asked}) == 4


def test_an_answer_is_read_and_written() -> None:
    items = plain(VECTORS["answer"]["items"])
    told = [read_answer_item(item) for item in items]
    known = [one for one in told if one is not None]
    assert len(known) == len(items)
    assert write(map(answer_item, known)).hex() == VECTORS["answer"]["bytes"]


@pytest.mark.parametrize("vector", VECTORS["refused"])
def test_a_request_that_is_not_understood_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        read_request(plain(vector["items"]))


def test_a_request_has_so_many_items_and_no_more() -> None:
    items = request_items(Begin()) + [[1, b"x" * 20, [], 0]] * (ITEMS_MAX - 1)
    assert len(read_request(items)[1]) == ITEMS_MAX - 1
    with pytest.raises(BadRequest):
        read_request([*items, items[-1]])


def test_items_of_a_later_time_are_skipped() -> None:
    assert [read_answer_item(item) for item in VECTORS["skipped"]] == [None, None]
    circle = plain(VECTORS["request"]["items"])[1][1]
    known = [1, circle, [], 0]
    begin = [*request_items(Begin())[0], "a member of a later time"]
    items = [begin, [2, circle], known, *VECTORS["skipped"], known]
    first, asked = read_request(items)
    assert first == Begin()
    assert [type(one) for one in asked] == [Later, Records, Later, Later, Records]


@pytest.mark.parametrize("version", [0, 2, 999])
def test_another_version_is_told_which_are_understood(version: int) -> None:
    with pytest.raises(OtherVersion) as caught:
        read_request([[0, version, {"anything": "else"}]])
    assert caught.value.versions == (1,)


@pytest.mark.parametrize(
    "item",
    [
        [0, 2, b"", "a"],
        [0, 1, b"x", "a"],
        [1, "text"],
        [2, b"x", []],
        [2, b"x" * 20, b""],
        [3, 1, [0]],
        [3, 1, [0, 0]],
        [3, "1", []],
        [4, b"x" * 20, 1],
        [5, b"x" * 20, "2611", b""],
        [6, b"x" * 20, "2611", b"x"],
        [9, 2],
        [9],
    ],
)
def test_an_item_that_is_not_what_its_number_says_is_refused(item: list[Any]) -> None:
    with pytest.raises(BadRequest):
        read_answer_item(item)
