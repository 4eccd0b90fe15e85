from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.circle.encoding import INTEGER_MAX, b64u_decode, b64u_encode, jcs, parse_jcs
from rejoint_sync.circle.limits import JSON_DEPTH_MAX
from rejoint_sync.errors import CircleError
from sync.circle.story import code_of

ascii_text = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
canonical_values = st.recursive(
    st.integers(0, INTEGER_MAX) | ascii_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ascii_text, inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=100))
def test_base64url_gives_back_what_was_encoded(data: bytes) -> None:
    assert b64u_decode(b64u_encode(data)) == data


@given(st.text(max_size=12) | st.text("AB-_=+/ \n", max_size=12))
def test_base64url_takes_one_spelling_or_none(text: str) -> None:
    """Two spellings of the same bytes would be two names of one signed thing."""
    code = code_of(b64u_decode, text)
    assert code in {None, "b64"}
    assert code or b64u_encode(b64u_decode(text)) == text


@given(canonical_values)
def test_canonical_json_gives_back_what_was_written(value: Any) -> None:
    assert parse_jcs(jcs(value)) == value


@given(st.binary(max_size=40) | st.text('{}[]":,01.aetrun \\', max_size=14).map(str.encode))
def test_canonical_json_takes_one_spelling_or_none(data: bytes) -> None:
    code = code_of(parse_jcs, data)
    assert code in {None, "canon"}
    assert code or jcs(parse_jcs(data)) == data


@pytest.mark.parametrize(
    "value",
    [True, False, None, 1.0, 1.5, -1, INTEGER_MAX + 1, "é", "\n", "\x7f", {1: 2}, (1,), b"x"],
)
def test_canonical_json_refuses_to_write(value: object) -> None:
    """`True == 1` and `1.0 == 1` in Python: comparing alone would let them through."""
    for wrapped in (value, [value], {"a": value}):
        with pytest.raises(CircleError) as caught:
            jcs(wrapped)
        assert caught.value.code == "canon"


def test_canonical_json_counts_levels() -> None:
    def nested(depth: int) -> object:
        return [nested(depth - 1)] if depth else 1

    assert parse_jcs(jcs(nested(JSON_DEPTH_MAX))) == nested(JSON_DEPTH_MAX)
    with pytest.raises(CircleError):
        jcs(nested(JSON_DEPTH_MAX + 1))


def test_hostile_depth_is_an_error_and_not_a_crash() -> None:
    with pytest.raises(CircleError):
        parse_jcs(b"[" * 100_000 + b"]" * 100_000)
