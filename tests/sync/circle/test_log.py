from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rejoint_sync.circle import entries
from rejoint_sync.circle.encoding import b64u_decode, b64u_encode
from rejoint_sync.circle.log import Epoch, Membership
from sync.circle.story import (
    CAREGIVER,
    ES,
    LINK_SECRET,
    NOW_S,
    PATIENT,
    STRANGER,
    THERAPIST,
    added,
    code_of,
    fixed,
    founded,
    invited,
    joined,
    member_of,
    steps,
    whole,
)

STEPS = steps()
LOG = [step.bundle.log for step in STEPS]


def test_a_log_read_at_once_is_the_log_read_step_by_step() -> None:
    membership = Membership.replay(STEPS[0].membership.circle, LOG)
    assert membership == STEPS[-1].membership


def test_who_joins_has_the_role_that_the_invitation_says() -> None:
    patient = whole().devices[PATIENT.id]
    assert (patient.role, patient.member, patient.since) == ("patient", member_of("patient"), 2)
    assert patient.by == THERAPIST.id


def test_the_name_of_a_circle_is_the_hash_of_its_first_entry() -> None:
    """Whoever serves another log under this name is found out at once."""
    assert code_of(Membership.replay, "c" + "0" * 40, LOG) == "circle"


def test_an_empty_log_is_no_circle() -> None:
    assert code_of(Membership.replay, "c" + "0" * 40, []) == "seq"


def test_a_refused_entry_leaves_no_trace() -> None:
    before = STEPS[2].membership
    copy = replace(before)
    for wrong in (LOG[0], LOG[2], {}, LOG[3] | {"_id": "log:000004"}):
        assert code_of(before.append, wrong) is not None
    assert before == copy
    assert before.append(LOG[3]) == STEPS[3].membership
    assert before == copy


def test_extending_leaves_what_was_before_as_it_was() -> None:
    """A server keeps serving the old membership while the new one is being stored."""
    before = STEPS[1].membership
    joined(STEPS[1])
    assert before.invitations == STEPS[1].membership.invitations
    assert PATIENT.id not in before.devices


def test_no_entry_may_be_left_out_or_swapped() -> None:
    circle = STEPS[0].membership.circle
    for wrong in (LOG[:1] + LOG[2:], [LOG[0], LOG[2], LOG[1], LOG[3]], LOG[1:], LOG + LOG[-1:]):
        assert code_of(Membership.replay, circle, wrong) in {"seq", "op"}


def flipped(document: dict[str, Any], bit: int) -> dict[str, Any]:
    """The same entry with one bit of header, payload or signature changed."""
    parts = [bytearray(b64u_decode(part)) for part in document["j"].split(".")]
    place = bit // 8
    for part in parts:
        if place < len(part):
            part[place] ^= 1 << bit % 8
            break
        place -= len(part)
    return document | {"j": ".".join(b64u_encode(bytes(part)) for part in parts)}


@pytest.mark.parametrize("index", range(len(LOG)))
def test_an_entry_with_one_bit_changed_is_refused(index: int) -> None:
    size = sum(len(b64u_decode(part)) for part in LOG[index]["j"].split("."))
    for bit in range(index, size * 8, 23):
        wrong = flipped(LOG[index], bit)
        if index == 0:
            assert code_of(Membership.founded, wrong) is not None
        else:
            before = STEPS[index - 1].membership
            assert code_of(before.append, wrong) is not None


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["_id", "j", "_rev"]), x),
    )
)
@settings(max_examples=200)
def test_anything_else_is_refused_with_a_code(document: object) -> None:
    """A server passes on what strangers send: only a circle's error may come out."""
    assert code_of(Membership.founded, document) is not None
    assert code_of(STEPS[2].membership.append, document) is not None


def test_an_entry_is_known_again_whatever_its_signature() -> None:
    membership = whole()
    assert all(membership.holds(document) for document in LOG)
    head, payload, _ = LOG[1]["j"].split(".")
    assert membership.holds(LOG[1] | {"j": f"{head}.{payload}.AAAA"})
    assert not STEPS[1].membership.holds(LOG[2])
    other = invited(STEPS[0].membership, secret=fixed("other", 16))
    assert not membership.holds(other.bundle.log)


def test_a_device_that_is_gone_signs_nothing() -> None:
    membership = whole()
    gone = replace(membership.devices[THERAPIST.id], until=3)
    later = replace(membership, devices={**membership.devices, THERAPIST.id: gone})
    document = entries.add(
        later, THERAPIST, pub=STRANGER.pub, role="caregiver", member="m" + "A" * 22, s="c", ts=NOW_S
    )
    assert code_of(later.append, document) == "author"
    assert membership.append(document).seq == 4


def test_a_device_that_is_gone_never_comes_back() -> None:
    """Its keys may be in another's hands."""
    membership = whole()
    gone = replace(membership.devices[CAREGIVER.id], until=3)
    later = replace(membership, devices={**membership.devices, CAREGIVER.id: gone})
    assert code_of(added, later) == "dup"


def test_any_later_epoch_closes_an_invitation() -> None:
    """Who was removed might have known the link."""
    step = invited(STEPS[0].membership)
    chain = step.membership.epochs["c"]
    later = replace(step.membership, epochs={"c": (*chain, Epoch(2, "A" * 43, None, 2))})
    assert step.membership.open_invitations(NOW_S)
    assert later.open_invitations(NOW_S) == []
    opened = entries.join(later, PATIENT, opened=_opened(step.membership), ts=NOW_S)
    assert code_of(later.append, opened) == "invite"
    assert step.membership.append(opened).live(PATIENT.id)


def _opened(membership: Membership) -> Any:
    from rejoint_sync.circle.invitation import open_inv

    step = invited(STEPS[0].membership)
    assert step.bundle.inv is not None
    return open_inv(membership.circle, LINK_SECRET, step.bundle.inv)


def test_a_caregiver_is_not_the_inviter_of_strangers() -> None:
    membership = whole()
    assert code_of(invited, membership, by=CAREGIVER, role="therapist", name="x") == "authz"


def test_two_circles_of_one_founder_have_different_names() -> None:
    names = {
        Membership.founded(
            entries.genesis(
                THERAPIST,
                purpose="patient",
                adds="members",
                clinic="",
                member=member_of("therapist"),
                role="therapist",
                es=ES,
                rnd=fixed(rnd, 16),
                ts=NOW_S,
            )
        ).circle
        for rnd in ("one", "two")
    }
    assert len(names) == 2
    assert founded().membership.circle not in names
