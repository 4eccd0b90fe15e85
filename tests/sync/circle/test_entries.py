import pytest

from rejoint_sync.circle import entries, invitation
from rejoint_sync.circle.document import structural_rev
from rejoint_sync.circle.entries import Bundle, member_id
from rejoint_sync.circle.epochs import make_wraps, open_wraps, required_wraps, walk
from rejoint_sync.circle.grammar import MEMBER
from rejoint_sync.circle.log import Mark, Membership
from sync.circle.story import (
    CAREGIVER,
    ES,
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
    keys_of,
    member_of,
    steps,
    whole,
)


def test_what_is_built_is_what_the_replay_takes() -> None:
    membership = whole()
    assert membership.seq == 3
    assert len(membership.devices) == 3


def test_building_again_gives_the_same_bytes() -> None:
    """A device that crashed between building and sending sends the same entry again."""
    assert [step.bundle.log for step in steps()] == [step.bundle.log for step in steps()]


def test_an_invitation_is_taken_back() -> None:
    membership = invited(founded().membership).membership
    (invitation,) = membership.open_invitations(NOW_S)
    entry = entries.uninvite(membership, THERAPIST, iid=invitation.iid, ts=NOW_S)
    assert membership.append(entry).open_invitations(NOW_S) == []


def test_a_second_device_of_ones_own_is_added() -> None:
    step = joined(invited(founded().membership))
    second = keys_of("second phone")
    after = added(step.membership, by=PATIENT, keys=second, role="patient", name="patient")
    assert after.membership.devices[second.id].member == member_of("patient")
    assert len(after.bundle.wraps) == 1


def test_what_is_not_allowed_is_built_but_not_taken() -> None:
    """The rules live in one place: the replay."""
    membership = whole()
    entry = entries.add(
        membership,
        PATIENT,
        pub=STRANGER.pub,
        role="therapist",
        member=member_of("therapist"),
        s="c",
        ts=NOW_S,
    )
    assert code_of(membership.append, entry) == "authz"


def test_members_have_names_that_say_nothing() -> None:
    assert MEMBER.match(member_id(fixed("x", 16)))


def test_a_bundle_is_read_as_it_is_written() -> None:
    for step in steps():
        assert Bundle.parse(step.bundle.to_json()) == step.bundle


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"log": {}},
        {"log": {}, "wraps": {}},
        {"log": "x", "wraps": []},
        {"log": {}, "wraps": ["x"]},
        {"log": {}, "wraps": [], "inv": "x"},
        {"log": {}, "wraps": [], "inv": []},
    ],
)
def test_a_malformed_bundle_is_refused(value: object) -> None:
    assert code_of(Bundle.parse, value) == "schema"


def test_the_entry_is_stored_last() -> None:
    """A reader that sees an entry finds its wraps and its invitation there."""
    for step in steps():
        documents = step.bundle.documents()
        assert documents[-1]["_id"] == step.bundle.log["_id"]
        assert all(document["_rev"] == structural_rev(document) for document in documents)
        extra = len(step.bundle.wraps) + (step.bundle.inv is not None)
        assert len(documents) == extra + 1


SECOND, OF_K = fixed("second secret"), fixed("secret of k")


def removed(before: Membership) -> Membership:
    """The therapist removes the caregiver."""
    ep = entries.epoch(
        before,
        "c",
        es=SECOND,
        before=ES,
        fence={CAREGIVER.id: Mark(3, "")},
        nonce=fixed("nonce", 12),
    )
    return before.append(
        entries.remove(before, THERAPIST, targets={CAREGIVER.id}, ep={"c": ep}, ts=NOW_S)
    )


def test_a_device_is_removed_and_the_others_have_another_key() -> None:
    before = whole()
    after = removed(before)
    assert not after.live(CAREGIVER.id)
    assert after.devices[CAREGIVER.id].fence("c") == 3
    wraps = make_wraps(after, required_wraps(before, after), {"c": {2: SECOND}})
    held, closed = open_wraps(PATIENT, after, wraps)
    assert (held, closed) == ({"c": {2: SECOND}}, [])
    assert walk(after, held)[0] == {"c": {2: SECOND, 1: ES}}
    assert open_wraps(CAREGIVER, after, wraps) == ({}, [])


def test_late_writings_are_accepted() -> None:
    gone = removed(whole())
    entry = entries.accept(
        gone, PATIENT, target=CAREGIVER.id, stream="c", mark=Mark(9, "A" * 43), ts=NOW_S
    )
    after = gone.append(entry)
    assert after.devices[CAREGIVER.id].fence("c") == 9
    assert after.devices[CAREGIVER.id].marks["c"] == (Mark(3, ""), Mark(9, "A" * 43))


def test_who_leaves_says_up_to_where_it_has_written() -> None:
    before = whole()
    entry = entries.leave(before, CAREGIVER, marks={"c": Mark(2, "")}, ts=NOW_S)
    after = before.append(entry)
    assert not after.live(CAREGIVER.id)
    assert after.is_stale("c")
    ep = entries.epoch(after, "c", es=SECOND, before=ES, fence={}, nonce=fixed("nonce", 12))
    assert not after.append(entries.rekey(after, PATIENT, ep={"c": ep}, ts=NOW_S)).is_stale("c")


def test_clinicians_have_a_stream_of_their_own() -> None:
    colleague = keys_of("colleague")
    before = added(whole(), keys=colleague, role="therapist", name="colleague").membership
    ep = entries.epoch(before, "k", es=OF_K, before=None, fence={}, nonce=fixed("nonce", 12))
    opened = before.append(entries.rekey(before, THERAPIST, ep={"k": ep}, ts=NOW_S))
    assert [m.device for m in opened.entitled("k")] == [THERAPIST.id]
    after = opened.append(entries.grant(opened, THERAPIST, target=colleague.id, ts=NOW_S))
    assert [m.device for m in after.entitled("k")] == [THERAPIST.id, colleague.id]
    (wrap,) = make_wraps(after, required_wraps(opened, after), {"k": {1: OF_K}})
    assert open_wraps(colleague, after, [wrap])[0] == {"k": {1: OF_K}}


def test_a_circle_is_closed_and_opened_again() -> None:
    before = whole()
    shut = before.append(entries.close(before, PATIENT, ts=NOW_S))
    assert shut.closed_s == NOW_S
    assert code_of(removed, shut) == "closed"
    again = shut.append(entries.reopen(shut, THERAPIST, ts=NOW_S))
    assert again.closed_s is None
    assert removed(again).seq == 6


def test_who_asks_is_let_in_after_the_digits_were_compared() -> None:
    """From the link to the new device, with an inviter that is online and a link that was seen."""
    before, newcomer = whole(), keys_of("newcomer")
    link, scalar = fixed("another link", 16), fixed("its key")
    iid = invitation.invitation_id(before.circle, link)
    given = {"role": "therapist", "member": member_of("newcomer"), "s": "c"}
    asked = before.append(
        entries.invite(
            before,
            THERAPIST,
            iid=iid,
            sign_scalar=scalar,
            exp=NOW_S + 1_209_600,
            ts=NOW_S,
            mode="approve",
            **given,
        )
    )
    inv = invitation.seal_inv(asked, link, sign_scalar=scalar, es={}, nonce=fixed("nonce", 12))
    opened = invitation.open_inv(before.circle, link, inv)
    assert invitation.accept(asked, opened, NOW_S).mode == "approve"
    request = invitation.request(opened, before.circle, newcomer)
    read = invitation.read_request(asked, request, NOW_S)
    assert (read.iid, read.device, read.pub) == (iid, newcomer.id, newcomer.pub)
    entry = entries.add(asked, PATIENT, pub=read.pub, ts=NOW_S, iid=iid, **given)
    after = asked.append(entry)
    assert after.devices[newcomer.id].by == PATIENT.id
    assert after.open_invitations(NOW_S) == []
    assert code_of(invitation.read_request, after, request, NOW_S) == "invite"
