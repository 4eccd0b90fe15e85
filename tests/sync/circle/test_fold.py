import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.circle.document import verify
from rejoint_sync.circle.fold import Operation, dedupe, in_order, order_key
from rejoint_sync.circle.limits import LAMPORT_AHEAD_MAX, LAMPORT_MAX
from sync.circle.story import RECORD, sealed, whole

CIRCLE = whole()
SEALED = verify(CIRCLE, sealed(CIRCLE))

operations = st.builds(
    Operation,
    lam=st.integers(1, 6) | st.integers(LAMPORT_AHEAD_MAX - 1, LAMPORT_AHEAD_MAX + 6),
    at=st.integers(0, 3),
    role=st.sampled_from(["patient", "caregiver", "therapist", "admin"]),
    device=st.sampled_from(["da", "db"]),
    stream=st.sampled_from(["c", "k"]),
    n=st.integers(1, 4),
    digest=st.text("0123456789abcdef", min_size=2, max_size=2),
    body=st.just({}),
)


@given(st.lists(operations, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(
    given: list[Operation], dice: random.Random
) -> None:
    """Phones meet the same records in every order and must show the same."""
    # One document has one digest: the same place with the same digest is the same operation.
    unique = list({(o.device, o.stream, o.n, o.digest): o for o in given}.values())
    shuffled = dice.sample(unique, len(unique))
    assert in_order(shuffled) == in_order(unique)


@given(st.lists(operations, max_size=12))
def test_nothing_is_lost_but_second_versions(given: list[Operation]) -> None:
    ordered, aside = in_order(given)
    places = {(o.device, o.stream, o.n) for o in given}
    assert {(o.device, o.stream, o.n) for o in ordered + aside} == places
    assert len(ordered) + len(aside) == len(places)
    assert ordered == sorted(ordered, key=order_key)


@given(st.lists(operations, max_size=12))
def test_of_two_versions_the_smaller_digest_is_read(given: list[Operation]) -> None:
    for kept in dedupe(given):
        rivals = [
            o for o in given if (o.device, o.stream, o.n) == (kept.device, kept.stream, kept.n)
        ]
        assert kept.digest == min(o.digest for o in rivals)


def test_one_writer_cannot_win_for_ever() -> None:
    base = Operation.of(SEALED, "patient", RECORD)
    assert base is not None
    far = replace(base, n=2, lam=LAMPORT_MAX)
    ordered, aside = in_order([base, far])
    assert (ordered, aside) == ([base], [far])


def test_a_record_brings_what_the_order_needs() -> None:
    operation = Operation.of(SEALED, "patient", RECORD)
    assert operation is not None
    assert (operation.lam, operation.at, operation.n) == (1, RECORD["at"], 1)
    assert operation.digest == SEALED.rev.removeprefix("1-")
    assert operation.body == RECORD


@pytest.mark.parametrize(
    "change",
    [{"lam": 0}, {"lam": LAMPORT_MAX + 1}, {"lam": True}, {"lam": 1.0}, {"lam": "1"}, {"at": None}],
)
def test_a_record_without_a_place_in_the_order_is_left_out(change: dict[str, Any]) -> None:
    assert Operation.of(SEALED, "patient", RECORD | change) is None
