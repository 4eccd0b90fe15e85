"""Taking devices out: what counts of them, who reads on, and a kill at every step."""

from typing import Any

import pytest

from rejoint_sync.device import removal
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import BadRequest, CircleError
from sync.device.clinic import PAIN, Clinic, Killed


async def id_of(clinic: Clinic, name: str) -> str:
    async with await clinic.device(name) as device:
        return device.id


async def with_caregiver(clinic: Clinic) -> str:
    circle = await clinic.care()
    invited = await clinic.do("patient", "invite", circle, "caregiver")
    await clinic.do("caregiver", "join", invited["link"])
    return circle


async def test_a_removed_device_reads_nothing_that_is_written_after(clinic: Clinic) -> None:
    circle = await with_caregiver(clinic)
    gone = await id_of(clinic, "caregiver")
    removed = await clinic.do("therapist", "remove", circle, [gone])
    assert removed["removed"] == [gone]
    await clinic.put("therapist", circle, PAIN | {"score": 4})
    await clinic.do("therapist", "sync")
    await clinic.do("patient", "sync")
    assert await clinic.scores("patient", circle) == [4]
    async with await clinic.device("caregiver") as device:
        assert 2 not in (await (await device._copy(circle)).secrets())["c"]


async def test_what_the_removed_device_had_sent_counts_with_its_chain(clinic: Clinic) -> None:
    circle = await with_caregiver(clinic)
    await clinic.put("caregiver", circle, PAIN | {"score": 2}, PAIN | {"score": 3})
    await clinic.do("caregiver", "sync")
    gone = await id_of(clinic, "caregiver")
    removed = await clinic.do("therapist", "remove", circle, [gone])
    assert removed["counted"] == {"c": {gone: 2}}
    await clinic.do("patient", "sync")
    async with await clinic.device("patient") as device:
        fence = (await device._copy(circle)).members.devices[gone].marks["c"][-1]
    assert (fence.n, len(fence.d)) == (2, 43)
    assert await clinic.scores("patient", circle) == [2, 3]


async def test_on_too_poor_a_link_the_servers_count_is_taken(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = await with_caregiver(clinic)
    await clinic.put("caregiver", circle, PAIN, PAIN, PAIN)
    await clinic.do("caregiver", "sync")

    async def too_poor(*_: Any) -> None:
        raise Unreachable("cut")

    monkeypatch.setattr(removal, "pull", too_poor)
    gone = await id_of(clinic, "caregiver")
    removed = await clinic.do("therapist", "remove", circle, [gone])
    assert removed["counted"] == {"c": {gone: 3}}
    monkeypatch.undo()
    clinic.network.inner = clinic.network.inner
    async with await clinic.device("therapist") as device:
        assert (await device._copy(circle)).members.devices[gone].marks["c"][-1].d == ""


@pytest.mark.parametrize("fault", ["lost answer", "lost request", "killed"])
async def test_killed_between_store_and_answer_the_same_bytes_go_again(
    clinic: Clinic, fault: str
) -> None:
    circle = await with_caregiver(clinic)
    await clinic.do("therapist", "sync")
    gone = await id_of(clinic, "caregiver")
    sent: list[bytes] = []
    inner = clinic.network.handle_async_request

    async def watched(request: Any) -> Any:
        if request.url.path.endswith("/log"):
            sent.append(await request.aread())
            if len(sent) == 1:
                clinic.network.faults = [fault]
        return await inner(request)

    clinic.network.handle_async_request = watched  # type: ignore[method-assign]
    with pytest.raises((Unreachable, Killed)):
        await clinic.do("therapist", "remove", circle, [gone])
    removed = await clinic.do("therapist", "remove", circle, [gone])
    assert removed["removed"] == [gone]
    assert len(sent) == 2
    assert sent[0] == sent[1]
    await clinic.put("therapist", circle, PAIN | {"score": 9})
    await clinic.do("therapist", "sync")
    await clinic.do("patient", "sync")
    assert await clinic.scores("patient", circle) == [9]


async def test_someone_faster_makes_new_bytes_and_a_new_secret(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = await with_caregiver(clinic)
    await clinic.do("therapist", "sync")
    gone = await id_of(clinic, "caregiver")
    me = await id_of(clinic, "therapist")
    from rejoint_sync.device import log

    original, tried = log.send, []

    async def send(line: Any, copy: Any, pending: Any) -> None:
        if copy.keys.id == me:
            tried.append(pending.body)
            if len(tried) == 1:
                await clinic.do("patient", "invite", circle, "caregiver")
        await original(line, copy, pending)

    monkeypatch.setattr(log, "send", send)
    await clinic.do("therapist", "remove", circle, [gone])
    assert len(tried) == 2
    assert {wrap["k"] for wrap in tried[0]["wraps"]}.isdisjoint(
        wrap["k"] for wrap in tried[1]["wraps"]
    )
    names = [{wrap["_id"][13:29] for wrap in body["wraps"]} for body in tried]
    assert names[0].isdisjoint(names[1]), "the commitment is another one: a new secret"


async def test_closed_is_closed_until_it_is_opened_again(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("therapist", "close", circle)
    with pytest.raises(CircleError) as caught:
        await clinic.do("therapist", "invite", circle, "caregiver")
    assert caught.value.code == "closed"
    await clinic.put("patient", circle, PAIN)
    report = await clinic.do("patient", "sync")
    assert [one["code"] for one in report["refused"]] == ["closed"]
    await clinic.do("therapist", "reopen", circle)
    assert (await clinic.do("patient", "sync"))["pushed"] == 1


async def test_nobody_removes_a_stranger_or_a_clinician_out_of_turn(clinic: Clinic) -> None:
    circle = await with_caregiver(clinic)
    with pytest.raises(CircleError) as caught:
        await clinic.do("caregiver", "remove", circle, [await id_of(clinic, "patient")])
    assert caught.value.code == "authz"
    with pytest.raises(CircleError) as caught:
        await clinic.do("patient", "remove", circle, ["d" + "A" * 20])
    assert caught.value.code == "target"


async def test_members_says_who_let_whom_in(clinic: Clinic) -> None:
    circle = await with_caregiver(clinic)
    rows = (await clinic.do("caregiver", "members", circle))["members"]
    assert [row["role"] for row in rows] == ["therapist", "patient", "caregiver"]
    caregiver = rows[2]["devices"][0]
    assert caregiver["by"] == await id_of(clinic, "patient")
    assert (caregiver["by_other"], caregiver["own"], caregiver["until"]) == (True, True, None)
    assert rows[0]["devices"][0]["by_other"] is False


async def test_who_leaves_with_unsent_records_is_told(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = await with_caregiver(clinic)
    await clinic.put("caregiver", circle, PAIN)

    async def nothing(*_: Any) -> None:
        return None

    monkeypatch.setattr(removal, "push", nothing)
    with pytest.raises(BadRequest, match="1 records are not on the server"):
        await clinic.do("caregiver", "leave", circle)
