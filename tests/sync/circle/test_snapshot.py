import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.circle.document import DocumentId
from rejoint_sync.circle.feed import Claim, Mark
from rejoint_sync.circle.fold import Operation, fold
from rejoint_sync.circle.snapshot import Snapshot
from sync.circle.story import code_of
from sync.circle.test_fold import distinct, operations, purposes

CHAIN = "A" * 43
FEEDS = {"d" + letter * 20: Mark(3, CHAIN) for letter in "ab"}


def made(given: list[Operation], purpose: str, most: int = 300) -> Snapshot:
    return Snapshot.of(given, FEEDS, purpose=purpose, most=most)


@given(st.lists(operations, max_size=8), purposes, st.integers(0, 3))
def test_a_snapshot_fits_the_originals_it_was_made_of(
    given: list[Operation], purpose: str, most: int
) -> None:
    unique = distinct(given)
    body = made(unique, purpose, most).body(at=1, tz_min=2)
    found = Snapshot.parse(json.loads(json.dumps(body)))
    assert found.body(at=1, tz_min=2) == body
    found.check(unique[::-1], purpose=purpose)


@given(st.lists(operations, max_size=8), purposes)
def test_it_says_what_the_fold_says(given: list[Operation], purpose: str) -> None:
    unique = distinct(given)
    covered = [o for o in unique if o.id.stream == "c" and o.id.n <= 3]
    folded, found = fold(covered, purpose=purpose), made(unique, purpose)
    assert found.settings == folded.settings
    assert [plan["id"] for plan in found.plans] == list(folded.plans)
    counting = [shown for shown in folded.records if not shown.void]
    assert [record["id"] for record in found.records] == [
        shown.operation.name for shown in counting if shown.operation.type != "plan"
    ]
    assert found.next_lam == folded.next_lam


@given(st.lists(operations, min_size=1, max_size=8), st.data())
def test_a_record_that_was_changed_is_an_alarm(given: list[Operation], data: Any) -> None:
    unique = distinct(given)
    found = made(unique, "patient")
    records = [r for r in found.records if not r["amended"]]
    if not records:
        return
    name = data.draw(st.sampled_from([record["id"] for record in records]))
    other = [replace(o, body=o.body | {"forged": 1}) if o.name == name else o for o in unique]
    assert code_of(found.check, other, purpose="patient") == "snapshot"


def test_a_phone_begins_its_chains_there() -> None:
    found = made([], "patient")
    device = next(iter(FEEDS))
    assert found.starts("c")[(device, "c")] == FEEDS[device]
    assert Claim(device, "c", FEEDS[device], "dx") in found.claims("c", "dx")


def test_operations_before_the_snapshot_count() -> None:
    """A phone without the originals must not set aside what all others read."""
    name = replace(_operation().id, n=4)
    late = replace(_operation(), id=name, lam=1_000_005)
    assert fold([late], purpose="patient").aside == (late,)
    assert fold([late], purpose="patient", before=5).aside == ()


def _operation() -> Operation:
    name = DocumentId("ev", "2611", "d" + "a" * 20, "c", 1)
    return Operation(name, 1, 0, "patient", "ma", "00", {"type": "pain"})


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), st.lists, max_leaves=4))
def test_anything_else_is_refused(body: object) -> None:
    assert code_of(Snapshot.parse, body) == "snapshot"


@pytest.mark.parametrize("name", sorted(made([], "patient").body(at=0, tz_min=0)))
@pytest.mark.parametrize("value", [None, [1], {"a": 1}, -1, "x"])
def test_no_member_may_be_anything(name: str, value: object) -> None:
    body = made([], "patient").body(at=0, tz_min=0) | {name: value}
    if name not in ("at", "tz_min"):
        assert code_of(Snapshot.parse, body) == "snapshot"
