import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.circle.document import DocumentId, verify
from rejoint_sync.circle.fold import Operation, dedupe, fold, in_order, order_key
from rejoint_sync.circle.limits import LAMPORT_AHEAD_MAX, LAMPORT_MAX
from sync.circle.story import PATIENT, RECORD, sealed, whole

CIRCLE = whole()
SEALED = verify(CIRCLE, sealed(CIRCLE))
AUTHOR = CIRCLE.devices[PATIENT.id]

ids = st.builds(
    DocumentId,
    kind=st.sampled_from(["ev", "nt", "pl", "pr"]),
    month=st.just("2611"),
    device=st.sampled_from(["d" + "a" * 20, "d" + "b" * 20]),
    stream=st.sampled_from(["c", "k"]),
    n=st.integers(1, 4),
)
names = ids.map(str)
texts = st.sampled_from(["a", "b", "type", "lam"])
scalars = st.none() | st.booleans() | st.integers(0, 3) | texts | names
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(texts, scalars, max_size=3)
# Mostly what the fold acts on, in any kind of document, with anything in its members.
bodies = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["amend", "void", "set", "profile", "plan", "post", "pain"])
        | scalars
    },
    optional={
        "target": names | values,
        "values": values,
        "drop": values,
        "parents": st.lists(names, max_size=3) | values,
        "about": st.sampled_from(["member", "clinic"]) | values,
        "member": st.sampled_from(["ma", "mb"]) | values,
        "name": values,
    },
)
operations = st.builds(
    Operation,
    id=ids,
    lam=st.integers(1, 6) | st.integers(LAMPORT_AHEAD_MAX - 1, LAMPORT_AHEAD_MAX + 6),
    at=st.integers(0, 3),
    role=st.sampled_from(["patient", "caregiver", "therapist", "admin"]),
    member=st.sampled_from(["ma", "mb"]),
    digest=st.text("0123456789abcdef", min_size=2, max_size=2),
    body=bodies,
)
purposes = st.sampled_from(["patient", "clinic", "cohort"])


def distinct(given: list[Operation]) -> list[Operation]:
    """One document has one digest: the same place with the same digest is the same operation."""
    return list({(o.id.device, o.id.stream, o.id.n, o.digest): o for o in given}.values())


@given(st.lists(operations, max_size=8), st.randoms(use_true_random=False), purposes)
def test_the_order_of_arrival_makes_no_difference(
    given: list[Operation], dice: random.Random, purpose: str
) -> None:
    """Phones meet the same records in every order, some twice, and must show the same."""
    unique = distinct(given)
    again = unique + dice.choices(unique, k=3) if unique else []
    shuffled = dice.sample(again, len(again))
    assert in_order(shuffled) == in_order(unique)
    for stream in ("c", "k"):
        one = fold(shuffled, purpose=purpose, stream=stream)
        assert one == fold(unique, purpose=purpose, stream=stream)


@given(st.lists(operations, max_size=8), purposes)
def test_what_clinicians_hold_changes_nothing_for_all(given: list[Operation], purpose: str) -> None:
    unique = distinct(given)
    seen_by_all = [operation for operation in unique if operation.id.stream == "c"]
    assert fold(unique, purpose=purpose) == fold(seen_by_all, purpose=purpose)
    everyone = {o.name for o in in_order(unique)[1] if o.id.stream == "c"}
    assert everyone == {o.name for o in in_order(seen_by_all)[1]}


@given(st.lists(operations, max_size=8), purposes)
def test_nobody_changes_anothers_records(given: list[Operation], purpose: str) -> None:
    unique = distinct(given)
    for shown in fold(unique, purpose=purpose).records:
        own = [o for o in unique if o.member == shown.operation.member]
        assert {o.name for o in own} >= set(shown.amended)
        if shown.operation.type != "post":
            assert {"", *(o.name for o in own)} >= {shown.void}
        kept = {"type", "lam", "at"} & shown.operation.body.keys()
        assert all(shown.body[key] == shown.operation.body[key] for key in kept)


@given(st.lists(operations, max_size=8))
def test_a_plan_is_in_force_until_another_names_it(given: list[Operation]) -> None:
    """A plan is never replaced silently: with any plan that is not void, one is in force."""
    found = fold(distinct(given), purpose="patient")
    plans = [shown for shown in found.records if shown.operation.type == "plan"]
    if plans and not any(shown.void for shown in plans):
        assert plans[-1].operation.name in found.plans


@given(st.lists(operations, max_size=8))
def test_who_follows_next_lam_is_never_set_aside(given: list[Operation]) -> None:
    """Nor is it when others went as far ahead as they could."""
    unique = [o for o in distinct(given) if o.id.stream == "c"]
    name = DocumentId("ev", "2611", "d" + "c" * 20, "c", 1)
    lam = fold(unique, purpose="patient").next_lam
    own = Operation(name, lam, 0, "patient", "mc", "cc", {"type": "pain"})
    found = fold([*unique, own], purpose="patient")
    assert own in {shown.operation for shown in found.records}


@given(st.lists(operations, max_size=8))
def test_nothing_is_lost_but_second_versions(given: list[Operation]) -> None:
    ordered, aside = in_order(given)
    places = {(o.id.device, o.id.stream, o.id.n) for o in given}
    assert {(o.id.device, o.id.stream, o.id.n) for o in ordered + aside} == places
    assert len(ordered) + len(aside) == len(places)
    assert ordered == sorted(ordered, key=order_key)


@given(st.lists(operations, max_size=8))
def test_of_two_versions_the_smaller_digest_is_read(given: list[Operation]) -> None:
    for kept in dedupe(given):
        place = (kept.id.device, kept.id.stream, kept.id.n)
        rivals = [o for o in given if (o.id.device, o.id.stream, o.id.n) == place]
        assert kept.digest == min(o.digest for o in rivals)


def test_one_writer_cannot_win_for_ever() -> None:
    base = Operation.of(SEALED, AUTHOR, RECORD)
    assert base is not None
    far = replace(base, id=replace(base.id, n=2), lam=LAMPORT_MAX)
    ordered, aside = in_order([base, far])
    assert (ordered, aside) == ([base], [far])


def test_a_record_brings_what_the_order_needs() -> None:
    operation = Operation.of(SEALED, AUTHOR, RECORD)
    assert operation is not None
    assert (operation.lam, operation.at, operation.id.n) == (1, RECORD["at"], 1)
    assert (operation.role, operation.member) == (AUTHOR.role, AUTHOR.member)
    assert operation.digest == SEALED.rev.removeprefix("1-")
    assert operation.body == RECORD


@pytest.mark.parametrize(
    "change",
    [{"lam": 0}, {"lam": LAMPORT_MAX + 1}, {"lam": True}, {"lam": 1.5}, {"lam": "1"}, {"at": None}],
)
def test_a_record_without_a_place_in_the_order_is_left_out(change: dict[str, Any]) -> None:
    assert Operation.of(SEALED, AUTHOR, RECORD | change) is None
