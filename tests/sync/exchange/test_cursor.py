"""A cursor is its holder's, at one store, and of the past."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.exchange.cursor import CURSOR_BYTES_MAX, Cursor, Place
from rejoint_sync.sequence import Position

ME, OTHER = "d" + "A" * 20, "d" + "B" * 20
NUMBERS = st.integers(0, 2**53 - 1)
MARKS = st.from_regex("[0-9A-Za-z_-]{1,120}", fullmatch=True)
POSITIONS = NUMBERS | st.builds(Position, NUMBERS, MARKS)
CIRCLES = st.dictionaries(
    st.binary(min_size=20, max_size=20).map(lambda raw: "c" + raw.hex()),
    st.builds(Place, POSITIONS, st.integers(0, 9999)),
    max_size=20,
)


@given(st.integers(0, 2**53 - 1), CIRCLES)
def test_it_comes_back(number: int, circles: dict[str, Place]) -> None:
    for kept in ("", "00000001-x_Y"):
        text = Cursor(number, circles, kept).write("k3x9a", ME)
        found = Cursor.read(text, "k3x9a", ME, number)
        assert found is not None
        assert found == Cursor(number, circles, kept)
        for name, place in circles.items():
            assert Position.of(found.circles[name].at).is_at(place.at)


def test_the_beginning_is_empty() -> None:
    assert Cursor.read(b"", "k3x9a", ME, 0) == Cursor()


@pytest.mark.parametrize(
    ("incarnation", "device", "newest"),
    [("k3x9b", ME, 9), ("k3x9a", OTHER, 9), ("k3x9a", ME, 6)],
)
def test_one_that_means_nothing_here_is_none(incarnation: str, device: str, newest: int) -> None:
    text = Cursor(7).write("k3x9a", ME)
    assert Cursor.read(text, "k3x9a", ME, 7) == Cursor(7)
    assert Cursor.read(text, incarnation, device, newest) is None


@given(st.binary(min_size=1, max_size=60))
def test_any_bytes_are_a_cursor_or_none(text: bytes) -> None:
    found = Cursor.read(text, "k3x9a", ME, 100)
    assert found is None or 0 <= found.number <= 100


def test_damage_is_noticed() -> None:
    text = Cursor(7, {"c" + "0" * 40: Place(1, 2)}).write("k3x9a", ME)
    for cut in range(1, len(text)):
        assert Cursor.read(text[:cut], "k3x9a", ME, 9) is None


def test_too_many_circles_are_not_read() -> None:
    many = {"c" + f"{n:040x}": Place(n, 0) for n in range(1000)}
    text = Cursor(7, many).write("k3x9a", ME)
    assert len(text) > CURSOR_BYTES_MAX
    assert Cursor.read(text, "k3x9a", ME, 9) is None
    assert Cursor.read(bytes(CURSOR_BYTES_MAX + 1), "k3x9a", ME, 9) is None


@pytest.mark.parametrize(
    "rest",
    [
        [b"x" * 20, "7", 0],
        [b"x" * 20, "7-", 0],
        [b"x" * 20, "07-x", 0],
        [b"x" * 20, "-7-x", 0],
        [b"x" * 20, "7-x/../y", 0],
        [b"x" * 20, f"{2**53}-x", 0],
        [b"x" * 20, -1, 0],
        [b"x" * 20, True, 0],
        [b"x" * 20, 1, "1"],
        [b"x" * 19, 1, 1],
        ["x" * 20, 1, 1],
        [""],
        ["a/b"],
        ["a" * 41],
        [7],
        ["a", "b"],
    ],
)
def test_what_is_no_place_and_no_name_is_no_cursor(rest: list[object]) -> None:
    text = cbor2.dumps(["k3x9a", ME[1:6], 7, *rest])
    assert Cursor.read(text, "k3x9a", ME, 9) is None
