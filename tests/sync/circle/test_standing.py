from dataclasses import replace

from rejoint_sync.circle.log import Epoch
from sync.circle.story import (
    CAREGIVER,
    NOW_S,
    PATIENT,
    STRANGER,
    THERAPIST,
    code_of,
    founded,
    invited,
    member_of,
    steps,
    whole,
)


def test_live_devices_are_entitled_to_the_stream_of_all() -> None:
    membership = whole()
    assert [m.device for m in membership.entitled("c")] == [THERAPIST.id, PATIENT.id, CAREGIVER.id]
    assert membership.entitled("k") == []
    assert membership.live(PATIENT.id)
    assert not membership.live(STRANGER.id)


def test_a_gone_device_is_entitled_to_nothing() -> None:
    membership = whole()
    gone = replace(membership.devices[PATIENT.id], until=4)
    later = replace(membership, devices={**membership.devices, PATIENT.id: gone})
    assert not later.live(PATIENT.id)
    assert PATIENT.id not in [m.device for m in later.entitled("c")]
    assert code_of(later.author, PATIENT.id) == "author"


def test_the_head_is_written_as_documents_say_it() -> None:
    membership = whole()
    assert membership.h == f"3.{membership.heads[3][:16]}"


def test_the_epoch_is_the_one_of_its_time() -> None:
    membership = whole()
    chain = (*membership.epochs["c"], Epoch(2, "A" * 43, None, 3))
    later = replace(membership, epochs={"c": chain})
    assert [later.epoch_at("c", seq).e for seq in range(4)] == [1, 1, 1, 2]
    assert later.current_epoch("c").e == 2
    assert code_of(later.epoch_at, "k", 3) == "epoch"


def test_an_invitation_is_open_until_its_last_second() -> None:
    membership = invited(founded().membership).membership
    (invitation,) = membership.open_invitations(NOW_S)
    assert membership.open_invitations(invitation.exp) == [invitation]
    assert membership.open_invitations(invitation.exp + 1) == []


def test_a_clock_behind_the_log_opens_nothing_again() -> None:
    """The log's own time counts too: a false clock must not revive a link."""
    membership = invited(founded().membership).membership
    (invitation,) = membership.open_invitations(NOW_S)
    stamp = replace(membership.stamps[-1], ts=invitation.exp + 1)
    later = replace(membership, stamps=(*membership.stamps[:-1], stamp))
    assert later.open_invitations(0) == []


def test_an_invited_member_stands_while_the_invitation_is_open() -> None:
    membership = invited(founded().membership).membership
    assert membership.members_standing(NOW_S)[member_of("patient")] == "patient"
    assert member_of("patient") not in membership.members_standing(NOW_S + 3601)


def test_a_member_that_had_a_device_stands_for_ever() -> None:
    membership = whole()
    gone = replace(membership.devices[PATIENT.id], until=4)
    later = replace(membership, devices={**membership.devices, PATIENT.id: gone})
    assert later.members_standing(NOW_S + 10**9)[member_of("patient")] == "patient"


def test_keys_and_names_are_never_taken_twice() -> None:
    membership = steps()[1].membership
    (invitation,) = membership.invitations.values()
    for again in (
        {"spk": THERAPIST.pub["spk"]},
        {"spk": invitation.spk},
        {"spk": STRANGER.pub["spk"], "device": THERAPIST.id},
        {"spk": STRANGER.pub["spk"], "iid": invitation.iid},
    ):
        assert code_of(membership.require_new, **again) == "dup"
    membership.require_new(spk=STRANGER.pub["spk"], device=STRANGER.id)
