import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.circle.dictionary import DICTIONARIES, deflate, inflate
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.limits import INFLATED_BYTES_MAX
from rejoint_sync.records import parse_record
from sync.circle.story import code_of
from sync.circle.test_vectors import ROOT
from vectors.circle_deflate import deflated
from vectors.dictionary_corpus import body, kind_of, records
from vectors.make_dictionary import SIZE_MAX, typescript

FROZEN = {1: "5045ee67e068c135b671e70b2506a4757300943429fd1e5e0e076223e54d5522"}


def test_a_dictionary_never_changes() -> None:
    """Every frame that it packed would be lost."""
    assert {n: hashlib.sha256(d).hexdigest() for n, d in DICTIONARIES.items()} == FROZEN
    assert all(len(dictionary) <= SIZE_MAX for dictionary in DICTIONARIES.values())


def test_the_web_app_has_the_same_bytes() -> None:
    text = (ROOT / "pwa" / "src" / "circle" / "dictionary1.ts").read_text()
    assert text == typescript(DICTIONARIES[1])
    assert b64u_decode(text.split('"')[1]) == DICTIONARIES[1]


def test_the_corpus_holds_records() -> None:
    for record in records(seed=3, rounds=2):
        parse_record(kind_of(record), record)


def test_records_shrink_to_less_than_half() -> None:
    """Records that were not trained on; 280 B become 96 B, without dictionary 182 B."""
    texts = [body(record) for record in records(seed=4, rounds=4)]
    plain, packed = sum(map(len, texts)), sum(len(deflate(text, 1)) for text in texts)
    assert packed < 0.4 * plain


@given(st.binary(max_size=3000))
def test_bytes_come_out_as_they_went_in(content: bytes) -> None:
    assert inflate(deflate(content, 1), 1) == content


@given(st.text(max_size=300))
def test_the_second_writer_packs_what_is_read(text: str) -> None:
    content = text.encode() + DICTIONARIES[1][500:900]
    assert inflate(deflated(content, DICTIONARIES[1]), 1) == content


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_with_a_code(packed: bytes) -> None:
    assert code_of(inflate, packed, 1) in {None, "frame"}


@pytest.mark.parametrize(("extra", "code"), [(0, None), (1, "frame")])
def test_nothing_larger_than_the_limit_comes_out(extra: int, code: str | None) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, 0, DICTIONARIES[1])
    packed = packer.compress(bytes(INFLATED_BYTES_MAX + extra)) + packer.flush()
    assert code_of(inflate, packed, 1) == code
