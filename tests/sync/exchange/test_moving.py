"""Moving pictures: the shared vectors, any order, any losses."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.errors import CircleError
from rejoint_sync.exchange.moving import (
    PICTURE_BYTES_MAX,
    PICTURES_MAX,
    Collector,
    Pictures,
    base45_decode,
    base45_encode,
    mixed,
)
from sync.exchange.test_frames import FOLDER

VECTORS = json.loads((Path(FOLDER) / "moving.json").read_text())
LETTERS_OF_VERSION_11 = 468  # alphanumeric, correction level L: ISO 18004, table 7


def test_pictures_are_those_of_the_vectors() -> None:
    for case in VECTORS["files"]:
        pictures = Pictures(bytes.fromhex(case["file"]))
        assert pictures.count == case["count"]
        assert [[turn, pictures.text(turn)] for turn, _ in case["texts"]] == case["texts"]
    assert [[n, mixed(n)] for n, _ in VECTORS["mixed"]] == VECTORS["mixed"]


def test_base45_is_that_of_its_rfc() -> None:
    examples = [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581")]
    assert [(data, base45_encode(data)) for data, _ in examples] == examples
    assert base45_decode("QED8WEX0") == b"ietf!"
    with pytest.raises(CircleError):
        base45_decode("GGW")


@given(st.binary())
def test_base45_comes_back(data: bytes) -> None:
    assert base45_decode(base45_encode(data)) == data


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["why"])
def test_what_is_no_picture_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(CircleError) as error:
        Collector().take(case["text"])
    assert error.value.code == case["code"]


def test_a_picture_is_small_enough_for_cheap_cameras() -> None:
    for size in (1, PICTURE_BYTES_MAX, PICTURE_BYTES_MAX * 7 + 1, PICTURE_BYTES_MAX * PICTURES_MAX):
        assert len(Pictures(bytes(size)).text(0)) <= LETTERS_OF_VERSION_11


def test_nothing_and_too_much_are_not_shown() -> None:
    for size in (0, PICTURE_BYTES_MAX * PICTURES_MAX + 1):
        with pytest.raises(CircleError) as error:
            Pictures(bytes(size))
        assert error.value.code == "limit"


@given(st.integers(1, 6000), st.integers(0, 2**32), st.floats(0, 0.8))
def test_any_order_and_any_losses(size: int, seed: int, loss: float) -> None:
    dice = random.Random(seed)
    file = dice.randbytes(size)
    pictures, collector = Pictures(file), Collector()
    turns = list(range(pictures.count * 12 + 80))
    dice.shuffle(turns)
    seen = 0
    for turn in turns:
        if dice.random() < loss:
            continue
        seen += 1
        progress = collector.take(pictures.text(turn))
        if progress.file is not None:
            break
    assert progress.file == file
    assert (progress.have, progress.count) == (pictures.count, pictures.count)
    assert seen <= pictures.count + 20, "hardly more pictures than parts are needed"


def test_the_same_picture_again_is_nothing_new() -> None:
    pictures, collector = Pictures(bytes(range(256)) * 4), Collector()
    have = [collector.take(pictures.text(turn)).have for turn in (2, 2, 0, 2, 0)]
    assert have == [1, 1, 2, 2, 2]


def test_another_file_begins_anew() -> None:
    one, other = Pictures(b"a" * 500), Pictures(b"b" * 500)
    collector = Collector()
    assert collector.take(one.text(0)).have == 1
    assert collector.take(other.text(0)).have == 1
    assert collector.take(other.text(1)).file == b"b" * 500


def test_pictures_that_lie_together_are_forgotten() -> None:
    true, false = Pictures(b"a" * 500), Pictures(b"b" * 500)
    false._head = true._head
    collector = Collector()
    collector.take(true.text(0))
    with pytest.raises(CircleError) as error:
        collector.take(false.text(1))
    assert error.value.code == "frame"
    assert collector.take(true.text(0)).have == 1
    assert collector.take(true.text(1)).file == b"a" * 500


def test_the_largest_file_is_put_together_from_late_pictures_alone() -> None:
    file = random.Random(5).randbytes(PICTURE_BYTES_MAX * PICTURES_MAX)
    pictures, collector = Pictures(file), Collector()
    for turn in range(PICTURES_MAX, PICTURES_MAX * 2 + 20):
        progress = collector.take(pictures.text(turn))
        if progress.file is not None:
            break
    assert progress.file == file


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"))
def test_any_text_is_a_picture_or_refused(text: str) -> None:
    with pytest.raises(CircleError):
        Collector().take("RJ1:" + text)
