"""Lies to who comes in, comes back, asks what time it is, or is told that there is nothing."""

from typing import Any

import pytest

from liar.lies_acts import (
    AsksInAnothersPlace,
    FeedsAnInvitation,
    FeedsAnInvitationInThePast,
    GivesAnothersCard,
    GivesFalseKeys,
    LiesAboutTime,
    PretendsThatACircleIsGone,
    ShowsAnotherLogToWhoJoins,
    WeakensACard,
)
from liar.world import DAY_S, World
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.invitation import invitation_id, open_inv, request, request_code
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.recovery import read_code, recovery_id
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.device import Device
from rejoint_sync.errors import BadRequest, CircleError, NotFound

HOUR_S = 3600


def invited(world: World, mode: str = "direct") -> tuple[str, dict[str, Any]]:
    """A link for a helper, and its sealed part as the server has it."""
    made = world.do("therapist", "invite", world.circle, "caregiver", mode=mode)
    return made["link"], world.stored(f"inv:{made['iid']}")


def test_a_used_invitation_lets_nobody_in(world: World) -> None:
    """FeedsAnInvitation: the server kept what it had to delete."""
    link, sealed = invited(world)
    world.do("son", "join", link)
    world.told(FeedsAnInvitation(sealed))
    with pytest.raises(CircleError) as caught:
        world.do("thief", "join", link)
    assert caught.value.code == "invite"
    assert world.do("thief", "circles") == []


@pytest.mark.parametrize("clock", ["true", "false"])
def test_an_invitation_that_is_over_lets_nobody_in(world: World, clock: str) -> None:
    """FeedsAnInvitation; FeedsAnInvitationInThePast: a later entry says what time it is."""
    link, sealed = invited(world)
    then = world.server.clock.now_s()
    world.server.clock.now += 2 * HOUR_S
    world.do("therapist", "invite", world.circle, "caregiver")
    if clock == "true":
        world.told(FeedsAnInvitation(sealed))
    else:
        world.told(FeedsAnInvitationInThePast(sealed, then))
    with pytest.raises(CircleError) as caught:
        world.do("thief", "join", link)
    assert caught.value.code == "invite"
    assert world.do("thief", "circles") == []


def test_who_joins_notices_a_log_that_ends_before_the_invitation(world: World) -> None:
    """ShowsAnotherLogToWhoJoins: the link's own seal says which entry it belongs to."""
    link, _ = invited(world)
    world.told(ShowsAnotherLogToWhoJoins(len(world.log()) - 1))
    with pytest.raises(CircleError) as caught:
        world.do("son", "join", link)
    assert caught.value.code == "newer-log"
    world.honest()
    assert world.do("son", "join", link)["role"] == "caregiver"


def test_the_digits_of_another_phone_are_others(world: World) -> None:
    """AsksInAnothersPlace: the messenger read the link, and the server puts its own phone there."""
    link, sealed = invited(world, "approve")
    secret = b64u_decode(link.rpartition(".")[2])
    own = DeviceKeys.generate()
    opened = open_inv(world.circle, secret, {name: sealed[name] for name in ("_id", "k")})
    world.told(AsksInAnothersPlace(world.circle, request(opened, world.circle, own)))
    asked = world.do("son", "join", link)
    (row,) = world.do("therapist", "requests", world.circle)["requests"]
    assert row["device"] == own.id
    assert row["digits"].replace(" ", "") == request_code(world.circle, own.id)
    assert row["digits"] != asked["digits"]
    # What the son reads out is not what the therapist sees.
    iid = invitation_id(world.circle, secret)
    with pytest.raises(BadRequest, match="do not let this device in"):
        world.do("therapist", "approve", world.circle, iid, own.id, asked["digits"])
    with pytest.raises(NotFound, match="no such device asks"):
        world.do("therapist", "approve", world.circle, iid, asked["device"], asked["digits"])
    assert len(world.log()) == len(world.log("therapist"))
    assert own.id not in str(world.do("therapist", "members", world.circle))


def test_other_keys_under_a_therapists_name_found_nothing(world: World) -> None:
    """GivesFalseKeys: a name is the hash of the keys."""
    clinic = next(
        one["circle"] for one in world.do("therapist", "circles") if one["purpose"] == "clinic"
    )
    link = world.do("therapist", "enrol", clinic, [world.ids["therapist"]])["link"]
    world.told(GivesFalseKeys(DeviceKeys.generate().pub))
    with pytest.raises(CircleError) as caught:
        world.do("newcomer", "found_by_ticket", link)
    assert caught.value.code == "kid"
    assert world.do("newcomer", "circles") == []


def test_the_sealed_keys_of_another_card_do_not_open(world: World) -> None:
    """GivesAnothersCard."""
    mine = world.do("patient", "recovery_card")["code"]
    other = world.do("therapist", "recovery_card")["code"]

    async def sealed(device: Device, _: CircleCopy) -> dict[str, Any]:
        async with device._line() as line:
            answer = await line.open.call("GET", f"/recovery/{recovery_id(read_code(other))}")
            found: dict[str, Any] = answer["rec"]
            return found

    world.told(GivesAnothersCard(world.within("therapist", world.circle, sealed)))
    assert refusal(world, mine) == "tag"


@pytest.mark.parametrize("kdf", [{"m": 8}, pytest.param({"t": 1}, marks=pytest.mark.long)], ids=str)
def test_a_card_is_not_tried_with_weak_parameters(world: World, kdf: dict[str, int]) -> None:
    """WeakensACard."""
    code = world.do("patient", "recovery_card")["code"]
    world.told(WeakensACard(**kdf))
    assert refusal(world, code) == "limit"


def refusal(world: World, code: str) -> str:
    """Why a new phone does not come in by a card; nothing is changed by trying."""
    length = len(world.log())
    with pytest.raises(CircleError) as caught:
        world.do("new", "recover", code, world.server.url)
    world.sync("therapist")
    assert world.do("new", "circles") == []
    world.honest()
    assert len(world.log()) in (length, length + 1)  # the card itself
    return caught.value.code


@pytest.mark.parametrize(
    "ahead_s", [400 * DAY_S, pytest.param(-400 * DAY_S, marks=pytest.mark.long)]
)
def test_a_false_time_changes_no_order_and_lets_nothing_get_lost(
    world: World, ahead_s: int
) -> None:
    """LiesAboutTime: not noticed; it shows as the time of records, and ends with the lie."""
    world.told(LiesAboutTime(ahead_s, world.server.clock.now_s()))
    # The real server behind it takes no login of such a time.
    assert [one["code"] for one in world.sync("patient")["trouble"]] == ["clock"]
    world.put("patient", 8)
    world.honest()
    world.sync("patient")
    world.tells("patient", 9)
    for person in ("therapist", "caregiver"):
        world.sync(person)
        assert world.scores(person) == [2, 3, 8, 9]
        assert world.alarms(person) == []
    world.goes_on_elsewhere()


def test_a_circle_that_is_said_to_be_gone_is_kept(world: World) -> None:
    """PretendsThatACircleIsGone."""
    waiting = world.put("therapist", 6)
    world.told(PretendsThatACircleIsGone(world.circle))
    report = world.sync("therapist")
    assert [(one["circle"], one["code"]) for one in report["trouble"]] == [
        (world.circle, "not_found")
    ]
    assert world.scores("therapist") == [2, 3, 6]
    world.goes_on_elsewhere()
    world.honest()
    assert world.sync("therapist")["pushed"] == len(waiting)
