import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.circle.checkpoint import Checkpoint, is_due, write
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.feed import Claim, Mark
from rejoint_sync.circle.limits import CHECKPOINT_BYTES_MAX, CHECKPOINT_EVERY_SECONDS
from sync.circle.story import CAREGIVER, PATIENT, THERAPIST, code_of, fixed, whole

CIRCLE = whole()
VEC = {PATIENT.id: Mark(3, b64u_encode(fixed("chain"))), CAREGIVER.id: Mark(1, "A" * 43)}

marks = st.builds(
    Mark, st.integers(1, 999_999), st.binary(min_size=32, max_size=32).map(b64u_encode)
)
vecs = st.dictionaries(st.sampled_from([PATIENT.id, CAREGIVER.id, THERAPIST.id]), marks)


@given(vecs, st.integers(1, 999_999))
def test_a_checkpoint_is_read_as_it_was_written(vec: dict[str, Mark], i: int) -> None:
    document = write(CIRCLE, PATIENT, stream="c", i=i, vec=vec)
    found = Checkpoint.read(CIRCLE, document)
    assert (found.device, found.i, found.seq, found.head) == (
        PATIENT.id,
        i,
        CIRCLE.seq,
        CIRCLE.head,
    )
    assert found.vec == vec
    assert found.rev == document["_rev"]
    assert {(c.device, c.mark) for c in found.claims} == set(vec.items())
    assert all(claim == Claim(claim.device, "c", claim.mark, PATIENT.id) for claim in found.claims)


@given(st.integers(1, 9), st.integers(1, 9))
def test_only_a_later_one_takes_the_place_of_the_one_held(before: int, after: int) -> None:
    pinned = Checkpoint.read(CIRCLE, write(CIRCLE, PATIENT, stream="c", i=before, vec=VEC))
    found = Checkpoint.read(CIRCLE, write(CIRCLE, PATIENT, stream="c", i=after, vec={}))
    expected = None if after > before else "stale" if after < before else "replaced"
    assert code_of(found.require_after, pinned) == expected
    assert code_of(found.require_after, found) is None
    assert code_of(found.require_after, None) is None


@pytest.mark.parametrize("place", range(0, 300, 7))
def test_a_changed_letter_is_refused(place: int) -> None:
    document = write(CIRCLE, PATIENT, stream="c", i=1, vec=VEC)
    token = document["j"]
    other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    assert code_of(Checkpoint.read, CIRCLE, {"_id": document["_id"], "j": other}) is not None


def test_a_whole_circle_fits() -> None:
    vec = {f"d{n:020d}": Mark(999_999, "A" * 43) for n in range(1000)}
    document = write(CIRCLE, PATIENT, stream="c", i=1, vec=vec)
    assert len(document["j"]) < CHECKPOINT_BYTES_MAX


@pytest.mark.parametrize(
    ("last", "now", "age_s", "due"),
    [
        ({}, VEC, 0, True),
        ({}, {}, CHECKPOINT_EVERY_SECONDS, False),
        (VEC, VEC, CHECKPOINT_EVERY_SECONDS, False),
        (VEC, {}, CHECKPOINT_EVERY_SECONDS - 1, False),
        (VEC, {}, CHECKPOINT_EVERY_SECONDS, True),
    ],
)
def test_one_a_day_when_feeds_moved(
    last: dict[str, Mark], now: dict[str, Mark], age_s: int, *, due: bool
) -> None:
    assert is_due(last, now, age_s) is due
