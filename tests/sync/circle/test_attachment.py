import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.circle.attachment import (
    CHUNK_CONTENT_BYTES,
    Index,
    chunk_document,
    cut,
    joined,
    read_chunk,
)
from rejoint_sync.circle.frame import bucket_bytes
from rejoint_sync.circle.limits import ATTACHMENT_BYTES_MAX, CHUNK_BYTES_MAX
from rejoint_sync.records import dump_record, parse_record
from sync.circle.story import PATIENT, STRANGER, code_of, fixed, whole

CIRCLE = whole()
KEY = fixed("attachment")
NOISE = fixed("film", 3 * CHUNK_CONTENT_BYTES)

sizes = st.integers(0, 300) | st.sampled_from(
    [CHUNK_CONTENT_BYTES * n + more for n in (1, 2) for more in (-1, 0, 1)]
)


def draw(size: int) -> bytes:
    return fixed("nonce", size)


@given(sizes)
def test_a_content_comes_out_as_it_went_in(size: int) -> None:
    content = NOISE[:size]
    index, sealed = cut(CIRCLE.circle, content, KEY, draw)
    assert joined(CIRCLE.circle, index, sealed) == content
    assert all(len(chunk) <= CHUNK_BYTES_MAX for chunk in sealed)
    assert Index.of(index.members()) == index


@given(st.integers(0, 2 * CHUNK_CONTENT_BYTES))
def test_a_size_shows_no_more_than_its_bucket(size: int) -> None:
    _, sealed = cut(CIRCLE.circle, bytes(size), KEY, draw)
    tail = size - (len(sealed) - 1) * CHUNK_CONTENT_BYTES
    assert len(sealed[-1]) - 28 == min(CHUNK_CONTENT_BYTES, bucket_bytes(tail))


@given(st.data(), st.integers(0, 300))
def test_a_changed_bit_is_refused(data: st.DataObject, size: int) -> None:
    index, (sealed,) = cut(CIRCLE.circle, NOISE[:size], KEY, draw)
    place = data.draw(st.integers(0, 8 * len(sealed) - 1))
    flipped = (int.from_bytes(sealed) ^ 1 << place).to_bytes(len(sealed))
    assert code_of(joined, CIRCLE.circle, index, [flipped]) == "tag"


def test_what_is_stored_of_it_is_a_record() -> None:
    index, _ = cut(CIRCLE.circle, b"x", KEY, draw)
    stamp = {"lam": 1, "at": 1, "tz_min": 0, "type": "attachment", "media": "image/jpeg"}
    record = stamp | index.members()
    assert dump_record(parse_record("at", record)) == record


def test_an_attachment_has_a_greatest_size() -> None:
    assert code_of(cut, CIRCLE.circle, bytes(ATTACHMENT_BYTES_MAX + 1), KEY, draw) == "limit"
    chunks = -(-ATTACHMENT_BYTES_MAX // CHUNK_CONTENT_BYTES)
    record = Index(KEY, ATTACHMENT_BYTES_MAX, "h" * 43, ("h" * 43,) * chunks).members()
    stamp = {"lam": 1, "at": 1, "tz_min": 0, "type": "attachment", "media": "video/mp4"}
    parse_record("at", stamp | record)


@pytest.mark.parametrize("size", [0, 1, CHUNK_CONTENT_BYTES])
def test_a_chunk_is_carried_by_a_document(size: int) -> None:
    _, (sealed,) = cut(CIRCLE.circle, NOISE[:size], KEY, draw)
    document = chunk_document(CIRCLE, PATIENT, sealed)
    assert read_chunk(CIRCLE, document) == sealed
    assert code_of(read_chunk, CIRCLE, chunk_document(CIRCLE, STRANGER, sealed)) == "author"
