"""Limits of a log, and what comes back after a restore."""

from dataclasses import replace

import pytest

from rejoint_sync.circle import entries, limits
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.log import Membership, Stamp
from rejoint_sync.errors import CircleError
from rejoint_sync.judge import judge_bundle
from sync.circle.story import (
    CAREGIVER,
    NOW_S,
    PATIENT,
    STRANGER,
    THERAPIST,
    Step,
    added,
    code_of,
    fixed,
    invited,
    joined,
    steps,
    whole,
)

STEPS = steps()
CIRCLE = whole()


def test_open_invitations_are_counted() -> None:
    membership = CIRCLE
    for number in range(limits.INVITATIONS_OPEN_MAX):
        step = invite_number(membership, number)
        membership = judge_bundle(membership, step.bundle, NOW_S)
    one_more = invite_number(membership, 99)
    assert code_of(judge_bundle, membership, one_more.bundle, NOW_S) == "limit"
    (first, *_) = membership.open_invitations(NOW_S)
    back = entries.uninvite(membership, THERAPIST, iid=first.iid, ts=NOW_S)
    fewer = judge_bundle(membership, Bundle(back, ()), NOW_S)
    assert code_of(judge_bundle, fewer, invite_number(fewer, 99).bundle, NOW_S) is None


def invite_number(membership: Membership, number: int) -> Step:
    return invited(
        membership, role="caregiver", name=f"aunt {number}", secret=fixed(f"link {number}", 16)
    )


def test_a_device_appends_sixty_times_a_day() -> None:
    stamps = tuple(Stamp(NOW_S, THERAPIST.id) for _ in range(limits.APPENDS_PER_DAY_MAX))
    busy = with_stamps(STEPS[2].membership, stamps)
    step = added(busy, ts=NOW_S + 86_399)
    with pytest.raises(CircleError) as caught:
        judge_bundle(busy, step.bundle, NOW_S + 86_399)
    assert (caught.value.code, caught.value.status) == ("limit", 429)
    step = added(busy, ts=NOW_S + 86_400)
    assert code_of(judge_bundle, busy, step.bundle, NOW_S + 86_400) is None
    others = with_stamps(STEPS[2].membership, (*stamps[1:], Stamp(NOW_S, PATIENT.id)))
    step = added(others, ts=NOW_S)
    assert code_of(judge_bundle, others, step.bundle, NOW_S) is None


def with_stamps(membership: Membership, stamps: tuple[Stamp, ...]) -> Membership:
    """The same circle after a longer log of which only the signers matter."""
    heads = tuple("A" * 43 for _ in stamps)
    return replace(membership, stamps=stamps, heads=heads)


def test_a_full_log_takes_only_what_makes_it_safe() -> None:
    stamps = tuple(Stamp(NOW_S, PATIENT.id) for _ in range(limits.SEQ_ORDINARY_MAX + 1))
    open_step = invited(STEPS[0].membership)
    nearly = with_stamps(open_step.membership, stamps[:-1])
    last = added(nearly)
    assert code_of(judge_bundle, nearly, last.bundle, NOW_S) is None
    full = with_stamps(open_step.membership, stamps)
    assert code_of(judge_bundle, full, added(full).bundle, NOW_S) == "limit"
    (invitation,) = full.open_invitations(NOW_S)
    back = entries.uninvite(full, THERAPIST, iid=invitation.iid, ts=NOW_S)
    assert code_of(judge_bundle, full, Bundle(back, ()), NOW_S) is None


def crowded(live: int, gone: int) -> Membership:
    pattern = CIRCLE.devices[CAREGIVER.id]
    names = [f"d{number:020d}" for number in range(live + gone - len(CIRCLE.devices))]
    extra = {
        name: replace(
            pattern,
            device=name,
            pub={**pattern.pub, "spk": name},
            until=None if index < live - len(CIRCLE.devices) else 3,
        )
        for index, name in enumerate(names)
    }
    return replace(CIRCLE, devices={**CIRCLE.devices, **extra})


@pytest.mark.parametrize(
    ("live", "gone", "code"),
    [(199, 0, None), (200, 0, "limit"), (10, 989, None), (10, 990, "limit")],
)
def test_devices_are_counted(live: int, gone: int, code: str | None) -> None:
    before = crowded(live, gone)
    step = added(before, keys=STRANGER, name="another")
    assert code_of(judge_bundle, before, step.bundle, NOW_S) == code


def test_repairs_that_nobody_needs_are_counted() -> None:
    """Else one device could fill a log by opening epochs."""
    stamps = tuple(Stamp(NOW_S, THERAPIST.id) for _ in range(limits.APPENDS_PER_DAY_MAX))
    busy = with_stamps(STEPS[2].membership, stamps)
    shut = entries.close(busy, THERAPIST, ts=NOW_S)
    assert code_of(judge_bundle, busy, Bundle(shut, ()), NOW_S) == "limit"
    by_other = entries.close(busy, PATIENT, ts=NOW_S)
    assert code_of(judge_bundle, busy, Bundle(by_other, ()), NOW_S) is None
    assert limits.UNCOUNTED < limits.REPAIRS


def test_an_entry_of_long_ago_comes_back_after_a_restore() -> None:
    step, late = added(STEPS[2].membership, ts=NOW_S + 1), NOW_S + 10**6
    before = STEPS[2].membership
    assert code_of(judge_bundle, before, step.bundle, late) == "ts"
    assert judge_bundle(before, step.bundle, late, again=True) == step.membership
    assert code_of(judge_bundle, before, step.bundle, NOW_S - 10**6, again=True) is None


def test_a_joiner_comes_back_after_a_restore_when_the_link_is_long_over() -> None:
    step = joined(STEPS[1])
    late = NOW_S + 10**6
    assert judge_bundle(STEPS[1].membership, step.bundle, late, again=True) == step.membership


def test_what_comes_back_may_lack_what_nobody_has_any_more() -> None:
    """A device holds its own wraps only, and no sealed invitation; wrong ones stay wrong."""
    for index in (1, 2, 3):
        before, step = STEPS[index - 1].membership, STEPS[index]
        bare = replace(step.bundle, wraps=(), inv=None)
        assert code_of(judge_bundle, before, bare, NOW_S) in ("wrap", "schema")
        assert judge_bundle(before, bare, NOW_S, again=True) == step.membership
    foreign = replace(STEPS[2].bundle, wraps=STEPS[0].bundle.wraps)
    assert code_of(judge_bundle, STEPS[1].membership, foreign, NOW_S, again=True) == "wrap"
    inv = STEPS[1].bundle.inv
    assert inv is not None
    spoiled = replace(STEPS[1].bundle, inv=inv | {"k": 1})
    assert code_of(judge_bundle, STEPS[0].membership, spoiled, NOW_S, again=True) == "schema"


def test_a_log_has_an_end() -> None:
    stamps = tuple(Stamp(NOW_S, PATIENT.id) for _ in range(limits.SEQ_MAX))
    open_step = invited(STEPS[0].membership)
    (invitation,) = open_step.membership.open_invitations(NOW_S)
    nearly = with_stamps(open_step.membership, stamps)
    back = entries.uninvite(nearly, THERAPIST, iid=invitation.iid, ts=NOW_S)
    assert judge_bundle(nearly, Bundle(back, ()), NOW_S).seq == limits.SEQ_MAX
    full = with_stamps(open_step.membership, (*stamps, stamps[0]))
    back = entries.uninvite(full, THERAPIST, iid=invitation.iid, ts=NOW_S)
    assert code_of(judge_bundle, full, Bundle(back, ()), NOW_S) == "schema"


@pytest.mark.parametrize("more", [0, 1])
def test_a_bundle_has_at_most_a_megabyte(more: int) -> None:
    """At the bound the next rules speak: a wrap is not that long."""
    step = STEPS[2]
    (wrap,) = step.bundle.wraps
    letters = limits.BUNDLE_BYTES_MAX - len(wrap["_id"]) - len(wrap.get("_rev", "")) + more
    bundle = replace(step.bundle, wraps=(wrap | {"k": "A" * letters},))
    code = code_of(judge_bundle, STEPS[1].membership, bundle, NOW_S)
    assert (code == "limit") is (more == 1)
