"""Lies about keys: another device's, the server's own, none at all; and to who stands outside."""

import pytest

from liar.lies_log import GivesAKeyOfItsOwn, KeepsBackAWrap, SwapsAWrap
from liar.server import Lie
from liar.world import World
from rejoint_sync.circle.epochs import open_wraps, wrap_id
from rejoint_sync.circle.grammar import Pub
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.device import Device

CLOSED = "the key that the server gives this device does not open; others can write it again"


def key_of(world: World, person: str) -> str:
    """The name under which the server has the current key of a person's device."""

    async def look(_: Device, copy: CircleCopy) -> str:
        epoch = copy.members.current_epoch("c")
        return wrap_id("c", epoch.e, epoch.commit, world.ids[person])

    return world.within("therapist", world.circle, look)


def pub_of(world: World, person: str) -> Pub:
    async def look(_: Device, copy: CircleCopy) -> Pub:
        return copy.members.devices[world.ids[person]].pub

    return world.within("therapist", world.circle, look)


def false_key(world: World, *, own: bool) -> Lie:
    mine = key_of(world, "patient")
    if own:
        return GivesAKeyOfItsOwn(world.circle, mine, pub_of(world, "patient"))
    return SwapsAWrap(world.circle, mine, world.stored(key_of(world, "caregiver")))


@pytest.mark.parametrize("own", [False, True])
def test_another_key_in_the_place_of_ones_own_seals_nothing(world: World, *, own: bool) -> None:
    """SwapsAWrap, GivesAKeyOfItsOwn: what the server knows is never written under."""
    world.do("therapist", "rekey", world.circle)
    world.told(false_key(world, own=own))
    assert world.sync("patient")["trouble"] == []
    (alarm,) = world.alarms("patient")
    assert (alarm["code"], alarm["reason"]) == ("wrap", CLOSED)
    assert (alarm["device"], alarm["stops"]) == (world.ids["patient"], False)
    assert world.scores("patient") == [2, 3]
    # What is written now waits on the device until there is a key that the log names.
    waiting = world.put("patient", 9)
    world.sync("patient")
    assert world.sync("therapist")["trouble"] == []
    assert world.scores("therapist") == [2, 3]
    world.goes_on_elsewhere()
    # Whoever holds the key writes it again; with it all that waited goes.
    world.honest()
    world.a_day_later()
    world.sync("therapist")
    for person in ("patient", "patient", "therapist"):
        world.sync(person)
    assert world.scores("therapist") == [2, 3, 9]
    assert waiting


def test_a_key_that_is_kept_back_is_asked_for(world: World) -> None:
    """KeepsBackAWrap."""
    world.do("therapist", "rekey", world.circle)
    world.told(KeepsBackAWrap(world.circle, key_of(world, "patient")))
    world.sync("patient")
    world.put("patient", 9)
    world.sync("patient")
    assert world.scores("patient") == [2, 3]
    assert world.sync("therapist")["trouble"] == []
    world.goes_on_elsewhere()
    world.honest()
    for person in ("patient", "patient", "therapist"):
        world.sync(person)
    assert world.scores("therapist") == [2, 3, 9]


def test_a_stranger_whom_the_server_shows_everything_opens_nothing(world: World) -> None:
    """No wrap is for it, and the server can make none."""
    stranger = DeviceKeys.generate()
    wraps = [world.stored(key_of(world, name)) for name in ("therapist", "patient", "caregiver")]
    renamed = [wrap | {"_id": wrap["_id"][:-21] + stranger.id} for wrap in wraps]

    async def look(_: Device, copy: CircleCopy) -> object:
        return open_wraps(stranger, copy.members, [*wraps, *renamed])[0]

    assert world.within("therapist", world.circle, look) == {}
