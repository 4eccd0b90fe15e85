import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.circle.document import Sealed, verify
from rejoint_sync.circle.feed import (
    START,
    Alarm,
    Chain,
    Claim,
    Mark,
    alarms,
    chains,
    is_own_record,
    require_whole,
)
from sync.circle.story import PATIENT, RECORD, SECRETS, THERAPIST, code_of, sealed, whole

CIRCLE = whole()
LENGTH = 8


def of(device: int, n: int, version: int = 0) -> Sealed:
    keys = (PATIENT, THERAPIST)[device]
    return verify(CIRCLE, sealed(CIRCLE, keys, n=n, obj=RECORD | {"lam": 1 + version}))


FEED = [of(0, n) for n in range(1, LENGTH + 1)]
NAME = (PATIENT.id, "c")
MARKS = Chain.of(FEED).marks
SAID = [Claim(*NAME, mark, THERAPIST.id) for mark in MARKS]


@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_the_order_of_arrival_makes_no_difference(dice: random.Random, times: int) -> None:
    given = FEED * times
    held = chains(dice.sample(given, len(given)))
    assert held[NAME].end == MARKS[-1]
    assert alarms(held, SAID) == []


@given(st.sets(st.integers(1, LENGTH)))
def test_whatever_is_hidden_below_a_claim_is_a_gap(hidden: set[int]) -> None:
    held = chains(document for document in FEED if document.id.n not in hidden)
    found = alarms(held, SAID[-1:])
    expected = [Alarm("gap", *NAME, min(hidden), THERAPIST.id)] if hidden else []
    assert [alarm for alarm in found if alarm.by] == expected
    assert code_of(require_whole, held, SAID) == ("gap" if hidden else None)


@given(st.integers(1, LENGTH), st.integers(1, LENGTH))
def test_an_exchanged_document_breaks_every_later_claim(exchanged: int, until: int) -> None:
    documents = [*FEED]
    documents[exchanged - 1] = of(0, exchanged, version=1)
    found = alarms(chains(documents), SAID[until - 1 : until])
    expected = [Alarm("replaced", *NAME, until, THERAPIST.id)] if until >= exchanged else []
    assert found == expected


def test_a_counter_used_twice_is_seen_and_one_of_them_is_read() -> None:
    other = of(0, 2, version=1)
    smaller = min(FEED[1], other, key=lambda document: document.digest)
    held = chains([*FEED[:3], other])
    assert held[NAME].twice == {2}
    assert held[NAME].end == Chain.of([FEED[0], smaller, FEED[2]]).end
    assert alarms(held, []) == [Alarm("taken", *NAME, 2, "")]


@given(st.integers(0, LENGTH))
def test_a_chain_goes_on_from_any_mark(n: int) -> None:
    start = START if n == 0 else MARKS[n - 1]
    chain = Chain.of(FEED, start)
    assert chain.end == MARKS[-1]
    assert chain.at(n) == start
    assert chain.at(LENGTH) == MARKS[-1]
    assert chain.at(n - 1) is None
    assert chain.at(LENGTH + 1) is None


def test_feeds_are_told_apart() -> None:
    held = chains([FEED[0], of(1, 1), of(1, 3)])
    assert alarms(held, []) == [Alarm("gap", THERAPIST.id, "c", 2, "")]


def test_the_gravest_alarm_is_told_first() -> None:
    claims = [Claim(*NAME, Mark(9, ""), "d"), Claim(*NAME, Mark(1, START.d), "d")]
    held = chains(FEED[:2])
    assert [alarm.code for alarm in alarms(held, claims)] == ["replaced", "gap"]
    assert code_of(require_whole, held, claims) == "replaced"


@pytest.mark.parametrize(
    ("meant", "same"),
    [(RECORD, True), (dict(reversed(RECORD.items())), True), (RECORD | {"score": False}, False)],
)
def test_a_lost_acknowledgement_is_known_by_what_it_says(
    meant: dict[str, object], *, same: bool
) -> None:
    """Sealed anew, the same record has another ciphertext."""
    assert is_own_record(CIRCLE, SECRETS, sealed(CIRCLE), meant) is same
