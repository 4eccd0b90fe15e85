import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.errors import RevisionMalformed
from rejoint_sync.limits import GENERATION_MAX
from rejoint_sync.revision import Revision, check_digest


def test_orders_by_generation_before_digest() -> None:
    """10-a beats 2-b: text order would say the opposite."""
    assert Revision.parse("2-b") < Revision.parse("10-a")
    assert Revision.parse("2-a") < Revision.parse("2-b")


@pytest.mark.parametrize("text", ["1-a", "2-917fa2381192822767f010b95b45325b", "3-totally_fake"])
def test_reads_what_it_writes(text: str) -> None:
    assert str(Revision.parse(text)) == text


def test_reads_the_greatest_generation() -> None:
    assert Revision.parse(f"{GENERATION_MAX}-a").generation == GENERATION_MAX


@given(st.text() | st.from_regex(r"[0-9]+-.*") | st.none() | st.integers() | st.binary())
def test_anything_is_read_or_refused(value: object) -> None:
    """Whatever comes over the wire, no other error gets out."""
    try:
        read = str(Revision.parse(value))
    except RevisionMalformed as refusal:
        read = None
        shown = refusal.reason
    assert read == value if read else len(shown) < 1000


def test_a_digest_needs_no_escaping() -> None:
    """Digests are pasted into JSON as they are."""
    assert check_digest("A_z9") == "A_z9"
    assert check_digest("") == ""
    for text in ('"', "\\", "a\n", "\x00", "a" * 65, None, b"a"):
        with pytest.raises(RevisionMalformed):
            check_digest(text)


def test_an_edit_is_named_by_its_parent_and_its_body() -> None:
    first = Revision.of_edit(None, b',"v":1}')
    second = Revision.of_edit(first, b',"v":2}')
    assert str(first) == "1-" + hashlib.sha256(b'\n,"v":1}').hexdigest()[:32]
    assert str(second) == (
        "2-" + hashlib.sha256(str(first).encode() + b'\n,"v":2}').hexdigest()[:32]
    )


def test_the_same_edit_of_two_parents_has_two_names() -> None:
    one, other = Revision(1, "a"), Revision(1, "b")
    assert Revision.of_edit(one, b"}") != Revision.of_edit(other, b"}")


def test_nothing_follows_the_greatest_generation() -> None:
    with pytest.raises(RevisionMalformed):
        Revision.of_edit(Revision(GENERATION_MAX, "a"), b"}")


def test_parts_make_the_revision_that_their_text_would() -> None:
    for generation in (1, GENERATION_MAX):
        assert Revision.of_parts(generation, "a") == Revision.parse(f"{generation}-a")
    for generation in (0, -1, GENERATION_MAX + 1):
        with pytest.raises(RevisionMalformed):
            Revision.of_parts(generation, "a")
