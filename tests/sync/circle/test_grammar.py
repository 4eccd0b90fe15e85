import re

import pytest

from rejoint_sync.circle.grammar import (
    CIRCLE,
    DEVICE,
    INVITATION,
    LOG_ID,
    MEMBER,
    require_bytes,
    require_choice,
    require_integer,
    require_members,
    require_pub,
    require_text,
)
from rejoint_sync.errors import CircleError
from sync.circle.story import THERAPIST

NAMES = {
    "circle": (CIRCLE, "c" + "0af3" * 10),
    "device": (DEVICE, "d" + "aZ0-_" * 4),
    "member": (MEMBER, "m" + "aZ0-_1" * 3 + "abcd"),
    "invitation": (INVITATION, "i" + "aZ0-_1" * 3 + "abcd"),
    "log": (LOG_ID, "log:000001"),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_matched_whole(name: str) -> None:
    """A final line break or a digit of another script passes a careless pattern."""
    pattern, good = NAMES[name]
    assert require_text(good, pattern, name) == good
    for wrong in (good[:-1], good + "a", good + "\n", " " + good, good[:-1] + "٣", "", 1, None):
        with pytest.raises(CircleError) as caught:
            require_text(wrong, pattern, name)
        assert caught.value.code == "schema"


@pytest.mark.parametrize("value", [True, 1.0, "1", None, -1, 11, [1]])
def test_integers_are_integers(value: object) -> None:
    assert require_integer(10, 0, 10) == 10
    with pytest.raises(CircleError) as caught:
        require_integer(value, 0, 10)
    assert caught.value.code == "schema"


def test_objects_have_exactly_their_members() -> None:
    members = frozenset({"a", "b"})
    assert require_members({"b": 1, "a": 2}, members, "a pair") == {"a": 2, "b": 1}
    wrongs: list[object] = [{"a": 1}, {"a": 1, "b": 2, "c": 3}, [], "ab", None]
    for wrong in wrongs:
        with pytest.raises(CircleError) as caught:
            require_members(wrong, members, "a pair")
        assert caught.value.code == "schema"


@pytest.mark.parametrize("value", ["c", None, 1, ["a"]])
def test_choices_are_words(value: object) -> None:
    with pytest.raises(CircleError) as caught:
        require_choice(value, frozenset({"a", "b"}), "a or b")
    assert caught.value.code == "schema"


@pytest.mark.parametrize(("value", "code"), [("AAAA", "schema"), ("A=", "b64"), (1, "schema")])
def test_bytes_have_their_size(value: object, code: str) -> None:
    with pytest.raises(CircleError) as caught:
        require_bytes(value, 2, "two bytes")
    assert caught.value.code == code


def test_public_keys_are_checked_whole() -> None:
    assert require_pub(dict(THERAPIST.pub)) == THERAPIST.pub
    for wrong in ({"kem": "XWING"}, {"kem": "P384"}, {"kpk": "AAAA"}, {"spk": 1}, {"x": "1"}):
        with pytest.raises(CircleError) as caught:
            require_pub({**THERAPIST.pub, **wrong})
        assert caught.value.code == "schema"


def test_no_pattern_ends_in_a_dollar() -> None:
    """`$` matches before a final line break too."""
    assert all(pattern.pattern.endswith(r"\Z") for pattern, _ in NAMES.values())
    assert re.search("a$", "a\n")
