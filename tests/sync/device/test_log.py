"""Appending to a log: the same bytes again, someone faster, an answer that never came."""

import asyncio
from typing import Any

import pytest

from rejoint_sync.device import log
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import CircleError, SyncError
from sync.device.clinic import Clinic


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_attempt: int) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(log, "pause", at_once)


def bundles(clinic: Clinic) -> list[str]:
    return [path for method, path in clinic.network.asked if path.endswith("/log")]


async def test_without_an_answer_the_same_bytes_are_sent_again(clinic: Clinic) -> None:
    circle = await clinic.care()
    clinic.network.faults = ["ok", "lost answer"]
    with pytest.raises(Unreachable):
        await clinic.do("therapist", "invite", circle, "caregiver")
    # The command is given again: the invitation that landed is the answer, no second one is made.
    invited = await clinic.do("therapist", "invite", circle, "caregiver")
    await clinic.do("caregiver", "join", invited["link"])
    assert (await clinic.do("caregiver", "circles"))[0]["seq"] == 4


async def test_a_request_that_never_arrived_is_sent_by_the_next_sync(clinic: Clinic) -> None:
    circle = await clinic.care()
    clinic.network.faults = ["ok", "lost request"]
    with pytest.raises(Unreachable):
        await clinic.do("therapist", "invite", circle, "caregiver")
    await clinic.do("therapist", "sync")
    seq = {one["circle"]: one["seq"] for one in await clinic.do("therapist", "circles")}
    assert seq[circle] == 3


async def test_an_old_bundle_that_never_arrived_is_dropped(clinic: Clinic) -> None:
    circle = await clinic.care()
    clinic.network.faults = ["ok", "lost request"]
    with pytest.raises(Unreachable):
        await clinic.do("therapist", "invite", circle, "caregiver")
    clinic.clock.now += 1000
    clinic.phone_clock.now += 1000
    invited = await clinic.do("therapist", "invite", circle, "caregiver")
    await clinic.do("caregiver", "join", invited["link"])


async def test_someone_faster_makes_it_try_again(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = await clinic.care()
    original = log.send
    faster = ["patient", "patient"]

    async def send(line: Any, copy: CircleCopy, pending: Any) -> None:
        if faster and copy.keys.id == therapist:
            await clinic.do(faster.pop(), "invite", circle, "caregiver")
        await original(line, copy, pending)

    async with await clinic.device("therapist") as device:
        therapist = device.id
    monkeypatch.setattr(log, "send", send)
    invited = await clinic.do("therapist", "invite", circle, "caregiver")
    assert faster == []
    await clinic.do("caregiver", "join", invited["link"])


async def test_who_is_always_slower_says_so_in_the_end(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = await clinic.care()

    async def send(_line: Any, copy: CircleCopy, _pending: Any) -> None:
        raise CircleError("seq", "another entry was faster")

    monkeypatch.setattr(log, "send", send)
    with pytest.raises(CircleError, match="faster"):
        await clinic.do("therapist", "invite", circle, "caregiver")


async def test_what_the_log_forbids_is_not_sent(clinic: Clinic) -> None:
    circle = await clinic.care()
    clinic.network.asked.clear()
    with pytest.raises(CircleError) as caught:
        await clinic.do("patient", "invite", circle, "admin")
    assert caught.value.code == "authz"
    assert bundles(clinic) == []


async def test_a_log_longer_than_one_request_is_read_whole(clinic: Clinic) -> None:
    circle = await clinic.care()
    for _ in range(19):
        await clinic.do("therapist", "invite", circle, "caregiver")
    await clinic.do("patient", "sync")
    assert (await clinic.do("patient", "circles"))[0]["seq"] == 21


async def test_an_entry_that_breaks_a_rule_is_not_kept(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "invite", circle, "caregiver")

    def flip(path: str, value: Any) -> Any:
        if path.endswith("_bulk_get"):
            for row in value["results"]:
                entry = row["docs"][0].get("ok")
                if entry is not None and entry["_id"] == "log:000003":
                    entry["j"] = entry["j"][:-8] + "AAAAAAAA"
        return value

    clinic.network.spoil = flip
    report = await clinic.do("patient", "sync")
    assert [one["code"] for one in report["trouble"]] == ["sig"]
    clinic.network.spoil = None
    report = await clinic.do("patient", "sync")
    assert report["trouble"] == []
    assert (await clinic.do("patient", "circles"))[0]["seq"] == 3


@pytest.mark.parametrize("value", [{}, [], {"results": [{}]}, {"results": [{"docs": [{"ok": 1}]}]}])
async def test_an_answer_of_another_form_is_weather(clinic: Clinic, value: Any) -> None:
    circle = await clinic.care()
    clinic.network.spoil = lambda path, real: value if path.endswith("_bulk_get") else real
    with pytest.raises(SyncError) as caught:
        await clinic.do("therapist", "invite", circle, "caregiver")
    assert isinstance(caught.value, Unreachable)
    async with await clinic.device("therapist") as device:
        assert (await device._copy(circle)).state.alarm == ""
