"""Lies about who is in a circle: who notices, and what the person is told."""

import secrets

import pytest

from liar.edited import number_of
from liar.lies_log import (
    AddsAReader,
    AddsAReaderInItsOwnName,
    ChangesALink,
    ForksTheLog,
    HidesARemoval,
    HidesARemovalAndWhatFollows,
    LetsBothWin,
    OpensAnEpoch,
    ReordersTheLog,
    TruncatesTheLog,
)
from liar.lies_records import ExchangesARecord
from liar.server import Lie
from liar.world import World
from rejoint_server.app import Application
from rejoint_server.circles.aftermath import Aftermath
from rejoint_sync.circle import entries
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.epochs import make_wraps, required_wraps
from rejoint_sync.circle.jws import parse_jws
from rejoint_sync.circle.schema import ENTRY_TYP
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.device import Device
from rejoint_sync.errors import CircleError

BREAKS = "the server shows an entry of this circle's log that breaks the rules"
SHORTER = "the server shows a shorter log of this circle than before"
OTHER = "the server shows another log of this circle than before"
HELD_BACK = "the server keeps back entries of this circle's log that others have seen"


def forged(world: World, lie: str) -> Lie:
    log, therapist = world.log(), world.ids["therapist"]
    if lie == "adds":
        return AddsAReader(world.circle, log, therapist)
    if lie == "adds itself":
        return AddsAReaderInItsOwnName(world.circle, log)
    return OpensAnEpoch(world.circle, log, therapist)


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        ("adds", "sig"),
        ("adds itself", "author"),
        pytest.param("opens", "sig", marks=pytest.mark.long),
    ],
)
def test_an_entry_that_nobody_signed_lets_nobody_in(world: World, lie: str, code: str) -> None:
    """AddsAReader, AddsAReaderInItsOwnName, OpensAnEpoch."""
    seq = len(world.log())
    world.told(forged(world, lie))
    report = world.sync("patient")
    assert [(one["circle"], one["code"]) for one in report["trouble"]] == [(world.circle, code)]
    (alarm,) = world.alarms("patient")
    assert (alarm["code"], alarm["reason"], alarm["n"]) == (code, BREAKS, seq)
    assert not alarm["stops"]
    # Nobody came in, nothing is sealed for anybody else, and all that was read is there.
    assert len(world.log("patient")) == seq
    assert world.scores("patient") == [2, 3]
    world.sync("therapist")
    world.goes_on_elsewhere()
    # It ends with the lie.
    world.honest()
    world.tells("patient", 4)
    world.sync("therapist")
    assert world.scores("therapist") == [2, 3, 4]


def test_entries_in_each_others_place_are_no_log(world: World) -> None:
    """ReordersTheLog."""
    world.do("therapist", "rekey", world.circle)
    world.do("therapist", "rekey", world.circle)
    log = world.log()
    world.told(ReordersTheLog(world.circle, log, -2, -1))
    assert [one["code"] for one in world.sync("patient")["trouble"]] == ["seq"]
    assert [(one["code"], one["reason"]) for one in world.alarms("patient")] == [("seq", BREAKS)]
    # Whoever saw the last one is shown another log than before, and stops writing there.
    assert [one["code"] for one in world.sync("therapist")["trouble"]] == ["fork"]
    world.goes_on_elsewhere()
    world.honest()
    assert world.sync("patient")["trouble"] == []
    assert len(world.log("patient")) == len(log)


def test_a_shorter_log_is_an_alarm_also_from_who_says_that_it_took_the_rest(world: World) -> None:
    """TruncatesTheLog."""
    length = len(world.log())
    waiting = world.put("therapist", 6)
    world.told(TruncatesTheLog(world.circle, length - 2))
    report = world.sync("therapist")
    assert [(one["circle"], one["code"]) for one in report["trouble"]] == [
        (world.circle, "newer-log")
    ]
    (alarm,) = world.alarms("therapist")
    assert (alarm["code"], alarm["reason"], alarm["stops"]) == ("newer-log", SHORTER, True)
    # Nothing is lost, nothing more goes there, and the other circle goes on.
    assert world.scores("therapist") == [2, 3, 6]
    assert waiting[0] in world.within("therapist", world.circle, unsent)
    with pytest.raises(CircleError, match=SHORTER):
        world.put("therapist", 7)
    world.goes_on_elsewhere()


async def unsent(_: Device, copy: CircleCopy) -> list[str]:
    return copy.state.unsent


@pytest.mark.parametrize("said", [False, True])
def test_an_old_backup_is_noticed_and_one_that_is_said_is_mended(
    world: World, *, said: bool
) -> None:
    """The server goes on with what it had a day ago; only its operator can say that it did."""
    backup = world.backup("old")
    world.do("therapist", "rekey", world.circle)
    world.tells("patient", 6)
    world.sync("therapist")
    if said:
        now_s = world.server.clock.now_s()
        Aftermath().after_restore(now_s - 60, now_s + 60, complete=False).write(backup)
    world.server.replace(backup)
    codes = [one["code"] for one in world.sync("therapist")["trouble"]]
    (alarm,) = world.alarms("therapist")
    if said:
        assert codes == []
        assert (alarm["code"], alarm["stops"]) == ("rollback", False)
        assert (
            alarm["reason"]
            == "the server had forgotten entries of this log and was sent them again"
        )
        assert world.sync("patient")["trouble"] == []
        world.sync("caregiver")
        assert world.scores("caregiver") == [2, 3, 6]
    else:
        assert codes == ["newer-log"]
        assert (alarm["code"], alarm["reason"], alarm["stops"]) == ("newer-log", SHORTER, True)
    assert world.scores("therapist") == [2, 3, 6]
    world.goes_on_elsewhere()


def test_an_old_backup_with_the_same_log_is_sent_the_records_that_it_lost(world: World) -> None:
    backup = world.backup("old")
    world.tells("patient", 6)
    world.server.replace(backup)
    assert world.sync("patient")["trouble"] == []
    world.sync("caregiver")
    assert world.scores("caregiver") == [2, 3, 6]
    assert world.alarms("caregiver") == []


def two_logs(world: World) -> ForksTheLog:
    """The patient is shown a log of its own; on both sides somebody appends and writes."""
    backup = world.backup("second")
    lie = ForksTheLog([world.ids["patient"]], world.server.second(backup))
    world.told(lie)
    for person in ("therapist", "patient"):
        world.do(person, "invite", world.circle, "caregiver")
    world.tells("patient", 8)
    return lie


def test_a_fork_is_seen_when_it_ends(world: World) -> None:
    """ForksTheLog."""
    two_logs(world)
    world.tells("therapist", 9)
    # While it lasts it is silence: of what the other writes nothing is heard.
    assert world.sync("patient")["trouble"] == []
    assert world.alarms("patient") == []
    assert world.scores("patient") == [2, 3, 8]
    world.honest()
    world.an_hour_later()
    assert [one["code"] for one in world.sync("patient")["trouble"]] == ["fork"]
    (alarm,) = world.alarms("patient")
    assert (alarm["code"], alarm["reason"], alarm["stops"]) == ("fork", OTHER, True)
    with pytest.raises(CircleError, match="another log"):
        world.put("patient", 1)
    assert world.scores("patient") == [2, 3, 8]
    assert world.sync("therapist")["trouble"] == []
    world.goes_on_elsewhere()


def test_a_fork_is_seen_by_the_first_record_that_crosses(world: World) -> None:
    """ForksTheLog: a record says under which log it was sealed."""
    fork = two_logs(world)
    crossing = world.stored(world.tells("therapist", 9)[0])

    class Crosses(ExchangesARecord):
        def application_of(self, device: str) -> Application | None:
            return fork.application_of(device)

    world.told(Crosses(world.circle, crossing))
    for _ in range(2):
        world.sync("patient")
    (alarm,) = world.alarms("patient")
    assert (alarm["code"], alarm["device"]) == ("fork", world.ids["therapist"])
    assert alarm["reason"] == "the server shows others another log of this circle"
    assert alarm["stops"]
    assert world.scores("patient") == [2, 3, 8]
    assert (crossing["_id"], "fork") in world.set_aside("patient")


def test_of_two_who_were_told_that_they_won_one_sees_the_other(world: World) -> None:
    """LetsBothWin."""
    world.told(LetsBothWin(world.circle))
    world.do("patient", "invite", world.circle, "caregiver")
    world.honest()
    world.do("therapist", "invite", world.circle, "caregiver")
    assert [one["code"] for one in world.sync("patient")["trouble"]] == ["fork"]
    assert [(one["code"], one["reason"]) for one in world.alarms("patient")] == [("fork", OTHER)]
    assert world.sync("therapist")["trouble"] == []
    assert world.scores("patient") == [2, 3]
    world.goes_on_elsewhere()


def test_an_entry_that_was_only_said_to_be_taken_is_missed(world: World) -> None:
    """LetsBothWin, with nobody else."""
    world.told(LetsBothWin(world.circle))
    world.do("patient", "invite", world.circle, "caregiver")
    world.honest()
    assert [one["code"] for one in world.sync("patient")["trouble"]] == ["newer-log"]
    assert [one["reason"] for one in world.alarms("patient")] == [SHORTER]


def removed(world: World) -> int:
    """The caregiver is removed; the number of that entry."""
    world.do("therapist", "remove", world.circle, [world.ids["caregiver"]])
    return number_of(world.log()[-1]["_id"])


def test_a_hidden_removal_is_seen_by_what_is_written_after_it(world: World) -> None:
    """HidesARemoval."""
    world.told(HidesARemoval(world.circle, removed(world), [world.ids["patient"]]))
    world.tells("therapist", 9)
    world.sync("patient")
    assert world.alarms("patient") == []  # it may just be on its way
    assert world.sync("patient")["alarms"] == 1
    (alarm,) = world.alarms("patient")
    assert (alarm["code"], alarm["reason"]) == ("newer-log", HELD_BACK)
    assert alarm["device"] == world.ids["therapist"]
    assert world.scores("patient") == [2, 3]
    world.honest()
    world.sync("patient")
    assert world.scores("patient") == [2, 3, 9]


def test_a_removal_hidden_with_all_that_follows_is_silence(world: World) -> None:
    """HidesARemovalAndWhatFollows: it can not be noticed; "last heard from" stands still."""
    seq = removed(world)
    world.a_day_later()
    names = world.tells("therapist", 9)
    hidden = [*names, f"cp:c:{world.ids['therapist']}"]
    lie = HidesARemovalAndWhatFollows(world.circle, seq, hidden, [world.ids["patient"]])
    world.told(lie)
    before = heard(world, "patient")
    world.sync("patient")
    world.a_day_later()
    assert world.sync("patient")["trouble"] == []
    assert world.alarms("patient") == []
    assert heard(world, "patient") == before
    assert world.server.clock.now_s() - before >= 2 * 86_400
    assert heard(world, "therapist") > before
    # The first thing that comes through shows what was kept back; it is fetched then.
    world.honest()
    world.tells("therapist", 8)
    world.sync("patient")
    assert world.codes("patient") == {"gap"}
    world.sync("patient")
    assert world.scores("patient") == [2, 3, 9, 8]
    assert heard(world, "patient") == heard(world, "therapist")


def heard(world: World, person: str) -> int:
    """When a person last heard from the therapist."""
    rows = world.do(person, "members", world.circle)["members"]
    by_device = {one["device"]: one["heard"] for row in rows for one in row["devices"]}
    last: int = by_device[world.ids["therapist"]]
    return last


def test_the_server_can_not_change_a_link_between_keys(world: World) -> None:
    """ChangesALink."""
    world.do("therapist", "rekey", world.circle)
    entry = world.log()[-1]
    head, payload, signature = entry["j"].split(".")
    back = parse_jws(entry["j"], ENTRY_TYP).payload["ep"]["c"]["back"]
    from rejoint_sync.circle.encoding import b64u_decode, b64u_encode

    text = b64u_decode(payload).replace(back.encode(), (back[:-8] + "AAAAAAAA").encode())
    changed = ".".join((head, b64u_encode(text), signature))
    world.told(ChangesALink(world.circle, entry, changed))
    assert [one["code"] for one in world.sync("patient")["trouble"]] == ["sig"]
    assert [(one["code"], one["reason"]) for one in world.alarms("patient")] == [("sig", BREAKS)]
    assert world.scores("patient") == [2, 3]


def break_a_link(world: World, person: str = "therapist") -> None:
    """A member gone bad opens an epoch whose link leads nowhere; the server takes it unseen."""

    async def act(device: Device, copy: CircleCopy) -> None:
        members = copy.members
        es, wrong = secrets.token_bytes(32), secrets.token_bytes(32)
        epoch = entries.epoch(
            members, "c", es=es, before=wrong, fence={}, nonce=secrets.token_bytes(12)
        )
        entry = entries.rekey(members, copy.keys, ep={"c": epoch}, ts=members.stamps[-1].ts)
        after = members.append(entry)
        held = {"c": {epoch["e"]: es}}
        bundle = Bundle(entry, make_wraps(after, required_wraps(members, after), held))
        async with device._line() as line:
            await line.open.call("POST", f"/circles/{copy.circle}/log", body=bundle.to_json())

    world.within(person, world.circle, act)


def test_a_bad_link_names_who_signed_it_and_stops_nothing(world: World) -> None:
    """A member gone bad, with the server's help: nobody but a reader can see it."""
    break_a_link(world)
    assert world.sync("patient")["trouble"] == []
    (alarm,) = world.alarms("patient")
    assert (alarm["code"], alarm["device"]) == ("back", world.ids["therapist"])
    assert "broke the link" in alarm["reason"]
    assert not alarm["stops"]
    # The new key is good, and what was read before still is.
    world.tells("patient", 4)
    assert world.scores("patient") == [2, 3, 4]
    world.sync("caregiver")
    assert world.scores("caregiver") == [2, 3, 4]
