import pytest

from rejoint_sync.circle import entries
from rejoint_sync.circle.document import structural_rev
from rejoint_sync.circle.entries import Bundle, member_id
from rejoint_sync.circle.grammar import MEMBER
from sync.circle.story import (
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
