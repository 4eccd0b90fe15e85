import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.errors import BadRequest
from rejoint_sync.limits import MARK_LENGTH_MAX, SEQUENCE_MAX
from rejoint_sync.sequence import Position, Sequence


@pytest.mark.parametrize(
    "text", ["0", "42", "0-k3", "42-k3", f"{SEQUENCE_MAX}-0123456789abcdef", "42-k3-g1AA_-x"]
)
def test_reads_what_it_writes(text: str) -> None:
    assert str(Sequence.parse(text)) == text


def test_a_mark_comes_back_to_its_store() -> None:
    """Where a number is not enough to continue, what its store added must not be lost."""
    position = Sequence.parse("42-k3-g1AA_-x").position("k3")
    assert (position, Position.of(position).mark) == (42, "g1AA_-x")
    assert str(Sequence(position, "k3")) == "42-k3-g1AA_-x"
    assert Position.of(42).mark == ""


def test_goes_on_in_the_same_incarnation() -> None:
    assert Sequence.parse("42-k3").position("k3") == 42


def test_starts_over_in_another_incarnation() -> None:
    """After a restore the number 42 stands for another change: going on would skip some."""
    sequence = Sequence.parse("42-k3")
    assert not sequence.is_of("k4")
    assert sequence.number == 42
    assert sequence.position("k4") == 0


def test_a_bare_number_is_believed() -> None:
    assert Sequence.parse("42").position("k4") == 42


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "-k3",
        "42-",
        "42-K3",
        "42-k-",
        "42-k-é",
        "42--g1AA",
        "42-k3-" + "a" * (MARK_LENGTH_MAX + 1),
        "042",
        "+1",
        "-1",
        "1.0",
        "1e3",
        "٣",
        "now",
        "null",
        "42-k3\n",
        " 42",
        "1" * 17,
        str(SEQUENCE_MAX + 1),
        "1-" + "k" * 17,
    ],
)
def test_refuses_garbage(text: str) -> None:
    with pytest.raises(BadRequest):
        Sequence.parse(text)


@given(st.text())
def test_anything_is_read_or_refused(text: str) -> None:
    try:
        read = str(Sequence.parse(text))
    except BadRequest as refusal:
        read = ""
        shown = refusal.reason
    assert read == text if read else len(shown) < 1000
