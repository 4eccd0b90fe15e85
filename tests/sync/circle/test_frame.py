import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.circle.dictionary import DICTIONARIES
from rejoint_sync.circle.frame import BUCKETS, CODEC_JSON, bucket_bytes, frame, unframe
from rejoint_sync.circle.limits import INFLATED_BYTES_MAX
from rejoint_sync.errors import CircleError
from sync.circle.story import code_of

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
records = st.dictionaries(texts, values, max_size=6)


@given(records, st.sampled_from([CODEC_JSON, 1]))
def test_a_record_comes_out_as_it_went_in(record: dict[str, object], codec: int) -> None:
    packed = frame(record, codec)
    assert unframe(packed) == record
    assert len(packed) == bucket_bytes(len(packed))
    assert len(packed) <= len(frame(record, CODEC_JSON))


def test_what_deflate_would_lengthen_stays_as_it_is() -> None:
    assert frame({}, 1)[0] == CODEC_JSON
    assert frame({"type": "pain", "tz_min": 0}, 1)[0] == 1


def test_a_record_that_no_reader_would_unpack_is_not_packed() -> None:
    assert code_of(frame, {"a": "b" * INFLATED_BYTES_MAX}, 1) == "limit"


@given(st.integers(1, 300_000))
def test_a_bucket_holds_its_content_and_little_more(size: int) -> None:
    bucket = bucket_bytes(size)
    assert bucket >= size
    assert bucket_bytes(bucket) == bucket
    if size > BUCKETS[-1]:
        assert bucket <= size * 1.12


@given(st.integers(1, 299_999))
def test_buckets_never_shrink(size: int) -> None:
    assert bucket_bytes(size) <= bucket_bytes(size + 1)


@pytest.mark.parametrize("place", range(5))
def test_no_other_length_is_read(place: int) -> None:
    """The author's key could sign two readings of one frame otherwise."""
    packed = bytearray(frame({"a": 1}))
    for value in range(256):
        changed = bytes(packed[:place]) + bytes([value]) + bytes(packed[place + 1 :])
        if changed == bytes(packed):
            continue
        with pytest.raises(CircleError) as caught:
            unframe(changed)
        known = place or value in DICTIONARIES
        assert caught.value.code == ("frame" if known else "codec")


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_with_a_code(packed: bytes) -> None:
    code = code_of(unframe, packed)
    assert code in {None, "frame", "codec"}
    assert code or unframe(packed) == {}


def test_hostile_depth_is_an_error_and_not_a_crash() -> None:
    body = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    content = b"\0" + len(body).to_bytes(4) + body
    with pytest.raises(CircleError) as caught:
        unframe(content.ljust(bucket_bytes(len(content)), b"\0"))
    assert caught.value.code == "frame"


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.0", 1), ("1e3", 1000), ("-0", 0), ("0.5", 0.5), ("9007199254740993", float(2**53))],
)
def test_numbers_are_read_alike_by_every_program(text: str, number: float) -> None:
    """Else a record would count for one program and not for another."""
    body = b'{"a":' + text.encode() + b"}"
    found = unframe((b"\0" + len(body).to_bytes(4) + body).ljust(128, b"\0"))["a"]
    assert (type(found), found) == (type(number), number)


def test_what_json_cannot_say_is_the_callers_bug() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        frame({"a": float("nan")})
