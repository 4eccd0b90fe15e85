"""Both ways, idempotent, honest about where a record is; faults, lies, restores."""

import copy
from typing import Any

import pytest

from rejoint_sync.circle.document import rev_of
from rejoint_sync.device.circle import plain
from rejoint_sync.document import Document
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import CircleError
from sync.device.clinic import PAIN, Clinic, Killed


async def places(clinic: Clinic, name: str, circle: str) -> list[str]:
    return [record["place"] for record in (await clinic.do(name, "show", circle))["records"]]


async def test_a_record_made_offline_reaches_the_therapist(clinic: Clinic) -> None:
    circle = await clinic.care()
    clinic.network.down = True
    await clinic.put("patient", circle, PAIN, PAIN | {"score": 6})
    assert await places(clinic, "patient", circle) == ["phone", "phone"]
    with pytest.raises(Unreachable):
        await clinic.do("patient", "sync")
    clinic.network.down = False
    report = await clinic.do("patient", "sync")
    assert (report["pushed"], report["refused"]) == (2, [])
    assert await places(clinic, "patient", circle) == ["server", "server"]
    assert (await clinic.do("therapist", "sync"))["pulled"] == 2
    assert await clinic.scores("therapist", circle) == [0, 6]


async def test_a_note_comes_back(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("therapist", circle, {"type": "note", "text": "Good."}, kind="nt")
    await clinic.do("therapist", "sync")
    assert (await clinic.do("patient", "sync"))["pulled"] == 1
    records = (await clinic.do("patient", "show", circle))["records"]
    assert [(one["role"], one["value"]["text"]) for one in records] == [("therapist", "Good.")]


async def test_a_second_sync_moves_nothing(clinic: Clinic, road: str) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN)
    await clinic.do("patient", "sync")
    await clinic.do("patient", "sync")
    report = await clinic.do("patient", "sync")
    assert (report["pushed"], report["pulled"]) == (0, 0)
    assert report["requests"] == (1 if road == "one request" else 5)
    assert report["bytes_up"] > 0
    assert report["bytes_down"] > 0


async def test_an_acknowledgement_that_was_lost_is_found_again(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("patient", "sync")
    await clinic.put("patient", circle, PAIN)

    async def lose() -> None:
        clinic.network.faults = ["lost answer"]

    clinic.network.before_push = lose
    with pytest.raises(Unreachable):
        await clinic.do("patient", "sync")
    assert await places(clinic, "patient", circle) == ["phone"]
    await clinic.do("patient", "sync")
    assert await places(clinic, "patient", circle) == ["server"]
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", circle) == [0]


@pytest.mark.parametrize("fault", ["lost request", "lost answer", "killed", "portal"])
async def test_a_sync_may_end_at_any_request(clinic: Clinic, fault: str) -> None:
    circle = await clinic.care()
    await clinic.do("patient", "sync")
    for request in range(40):
        await clinic.put("patient", circle, PAIN | {"score": request % 11})
        await clinic.put("therapist", circle, {"type": "note", "text": "x"}, kind="nt")
        await clinic.do("therapist", "sync")
        clinic.network.faults = ["ok"] * request + [fault]
        try:
            await clinic.do("patient", "sync")
        except (Unreachable, Killed):
            continue
        if clinic.network.faults:
            break  # the whole sync has fewer requests
    clinic.network.faults = []
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    mine = (await clinic.do("patient", "show", circle))["records"]
    theirs = (await clinic.do("therapist", "show", circle))["records"]
    assert mine == theirs
    assert len(mine) == 2 * (request + 1)
    assert {record["place"] for record in mine} == {"server"}


async def test_a_server_restored_from_a_backup_gets_what_it_lost(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("patient", "sync")
    backup = copy.deepcopy(clinic.store)
    backup._incarnation = "k1"
    await clinic.put("patient", circle, PAIN)
    await clinic.do("patient", "sync")
    clinic.store = backup
    await clinic.start()
    report = await clinic.do("patient", "sync")
    assert report["pushed"] == 1
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", circle) == [0]


async def test_a_shorter_log_is_an_alarm_and_stops_writing(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("therapist", "sync")

    def shorter(path: str, value: Any) -> Any:
        if path.endswith("_bulk_get") and circle in path:
            kept = [row for row in value["results"] if row["id"] < "log:000002"]
            return {"results": kept}
        return value

    clinic.network.spoil = shorter
    report = await clinic.do("therapist", "sync")
    assert [one["code"] for one in report["trouble"]] == ["newer-log"]
    clinic.network.spoil = None
    with pytest.raises(CircleError, match="shorter log"):
        await clinic.put("therapist", circle, PAIN)
    # For ever: the alarm outlives the lie.
    assert len((await clinic.do("therapist", "sync"))["trouble"]) == 1
    with pytest.raises(CircleError, match="shorter log"):
        await clinic.do("therapist", "invite", circle, "patient")


async def test_another_log_is_an_alarm(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("therapist", "sync")

    def other(path: str, value: Any) -> Any:
        if path.endswith("_bulk_get") and circle in path:
            for row in value["results"]:
                entry = row["docs"][0].get("ok")
                if entry is not None and entry["_id"] == "log:000002":
                    entry["j"] = first["j"]
        return value

    first: dict[str, Any] = {}
    stored = await clinic.store.read(circle, "log:000001")
    assert stored is not None
    first.update(plain(stored))
    clinic.network.spoil = other
    report = await clinic.do("therapist", "sync")
    assert [one["code"] for one in report["trouble"]] == ["fork"]


async def test_a_tombstone_from_a_lying_server_hides_nothing(clinic: Clinic) -> None:
    """The next revision of a document would replace it here, if it were taken.

    It has no place in one-request sync, so the lie can be told by replication alone.
    """
    clinic.network.offers_sync = False
    circle = await clinic.care()
    names = await clinic.put("patient", circle, PAIN | {"score": 8})
    await clinic.do("patient", "sync")
    stored = await clinic.store.read(circle, names[0])
    assert stored is not None
    digest = stored.leaves[0].rev.partition("-")[2]
    tombstone = {
        "_id": names[0],
        "_rev": "2-" + "e" * 32,
        "_revisions": {"start": 2, "ids": ["e" * 32, digest]},
        "_deleted": True,
    }
    await clinic.store.write(circle, [Document.parse(tombstone)], new_edits=False)
    report = await clinic.do("patient", "sync")
    assert [(one["id"], one["code"]) for one in report["refused"]] == [(names[0], "schema")]
    assert await clinic.scores("patient", circle) == [8]


async def test_one_circle_in_trouble_holds_up_no_other(clinic: Clinic) -> None:
    circle = await clinic.care(["first", "second"])
    await clinic.put("second", circle, PAIN)
    await clinic.do("second", "sync")

    def broken(path: str, value: Any) -> Any:
        return [] if path.endswith("_changes") and circle not in path else value

    clinic.network.spoil = broken
    with pytest.raises(Unreachable):
        await clinic.do("therapist", "sync")
    clinic.network.spoil = None
    assert await clinic.scores("therapist", circle) in ([], [0])
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", circle) == [0]


async def test_a_forged_author_is_refused_by_the_server_and_kept(clinic: Clinic) -> None:
    """Somebody else's signature under one's own name: the server says why, nothing else stops."""
    clinic.network.offers_sync = False
    circle = await clinic.care()
    names = await clinic.put("patient", circle, PAIN, PAIN | {"score": 5})
    async with await clinic.device("patient") as device:
        store = device._home.store
        stored = await store.read(circle, names[0])
        assert stored is not None
        forged = plain(stored)
        forged["_id"] = names[0].replace("c000001", "c000009")
        forged["_rev"] = rev_of(circle, forged)
        await store.write(circle, [Document.parse(forged)], new_edits=False)
    report = await clinic.do("patient", "sync")
    assert report["pushed"] == 2
    assert [(one["id"], one["code"]) for one in report["refused"]] == [(forged["_id"], "sig")]
    # It is still named the next time, and not sent again.
    again = await clinic.do("patient", "sync")
    assert [one["code"] for one in again["refused"]] == ["sig"]
    assert again["pushed"] == 0


async def test_a_phone_with_a_wrong_clock_logs_in_and_stamps_rightly(clinic: Clinic) -> None:
    clinic.phone_clock.now = 86_400 * 3.0  # January 1970
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN)
    assert (await clinic.do("patient", "sync"))["pushed"] == 1
    record = (await clinic.do("patient", "show", circle))["records"][0]
    assert record["value"]["at"] == 1_795_000_000
    assert record["id"].startswith("ev:2611:")


async def test_further_own_device_gets_all_circles_also_later_ones(clinic: Clinic) -> None:
    first = await clinic.care()
    clinic_circle = next(
        one["circle"]
        for one in await clinic.do("therapist", "circles")
        if one["purpose"] == "clinic"
    )
    await clinic.put("patient", first, PAIN | {"score": 4})
    await clinic.do("patient", "sync")
    invited = await clinic.do("therapist", "invite_own", clinic_circle)
    await clinic.do("laptop", "join", invited["link"])
    await clinic.do("therapist", "sync")
    await clinic.do("laptop", "sync")
    assert await clinic.scores("laptop", first) == [4]
    later = (await clinic.do("therapist", "circle_new"))["circle"]
    await clinic.do("therapist", "sync")
    await clinic.do("laptop", "sync")
    roles = {one["circle"]: one["role"] for one in await clinic.do("laptop", "circles")}
    assert roles == {clinic_circle: "admin", first: "therapist", later: "therapist"}
    # And it writes as the same member.
    await clinic.put("laptop", first, {"type": "note", "text": "From the laptop."}, kind="nt")
    await clinic.do("laptop", "sync")
    await clinic.do("patient", "sync")
    note = (await clinic.do("patient", "show", first))["records"][-1]
    mine = {one["circle"]: one["member"] for one in await clinic.do("therapist", "circles")}
    assert note["member"] == mine[first]


async def test_a_wish_for_an_invitation_that_expired_is_forgotten(clinic: Clinic) -> None:
    await clinic.care()
    circle = (await clinic.do("therapist", "circles"))[0]["circle"]
    await clinic.do("therapist", "invite_own", circle)
    clinic.clock.now += 3601
    clinic.phone_clock.now += 3601
    await clinic.do("therapist", "sync")
    async with await clinic.device("therapist") as device:
        assert device._state.own == []


async def test_a_device_that_is_in_no_circle_is_told(clinic: Clinic) -> None:
    setup = await clinic.start()
    clinic.network.faults = ["ok", "lost request"]
    with pytest.raises(Unreachable):
        await clinic.do("therapist", "new", setup)
    clinic.network.faults = ["lost request"]
    with pytest.raises(Unreachable):
        await clinic.do("therapist", "sync")
    # The founding that got no answer is finished by the sync.
    report = await clinic.do("therapist", "sync")
    assert report["trouble"] == []
    assert len(await clinic.do("therapist", "circles")) == 1


async def test_a_wish_for_an_invitation_that_never_landed_is_forgotten(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("therapist", "sync")
    clinic.clock.now += 10  # else it has the time of the last entry, and may still land
    clinic.phone_clock.now = clinic.clock.now
    clinic.network.faults = ["ok", "lost request"]
    with pytest.raises(Unreachable):
        await clinic.do("therapist", "invite_own", circle)
    clinic.clock.now += 1000
    clinic.phone_clock.now = clinic.clock.now
    await clinic.do("therapist", "sync")
    async with await clinic.device("therapist") as device:
        assert device._state.own == []


async def test_a_closed_circle_keeps_no_own_device_out_of_the_others(clinic: Clinic) -> None:
    last = await clinic.care(["first", "second"])
    house = next(
        one["circle"]
        for one in await clinic.do("therapist", "circles")
        if one["purpose"] == "clinic"
    )
    await clinic.do("therapist", "close", last)
    invited = await clinic.do("therapist", "invite_own", house)
    await clinic.do("laptop", "join", invited["link"])
    assert (await clinic.do("therapist", "sync"))["trouble"] == []
    await clinic.do("laptop", "sync")
    assert len(await clinic.do("laptop", "circles")) == 2
