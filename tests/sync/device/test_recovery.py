"""The printed card: four messages, a new phone, a new card."""

from typing import Any

import pytest

from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.recovery import read_code, recovery_id
from rejoint_sync.device import recovery
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import CircleError
from sync.device.clinic import ORIGIN, PAIN, Clinic, Killed

WRONG = "0000-0000-0000-0000-0000"


async def id_of(clinic: Clinic, name: str) -> str:
    async with await clinic.device(name) as device:
        return device.id


async def with_card(clinic: Clinic) -> tuple[str, str]:
    """A patient with a record and a card: the circle and the code."""
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN | {"score": 6})
    card = await clinic.do("patient", "recovery_card")
    return circle, card["code"]


async def code_of(clinic: Clinic, code: str) -> str:
    with pytest.raises(CircleError) as caught:
        await clinic.do("new", "recover", code, ORIGIN)
    return caught.value.code


async def test_a_card_brings_a_new_phone_in_and_takes_the_lost_one_out(clinic: Clinic) -> None:
    circle, code = await with_card(clinic)
    lost = await id_of(clinic, "patient")
    found = await clinic.do("new", "recover", code.lower().replace("-", " "), ORIGIN, lost="all")
    assert [row["circle"] for row in found["circles"]] == [circle]
    assert found["removed"] == [lost]
    assert await clinic.scores("new", circle) == [6]
    await clinic.put("new", circle, PAIN | {"score": 2})
    assert (await clinic.do("new", "sync"))["pushed"] == 1
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", circle) == [6, 2]
    rows = (await clinic.do("therapist", "members", circle))["members"]
    live = [one for row in rows for one in row["devices"] if one["until"] is None]
    # The therapist, the new phone, and its new card.
    assert len(live) == 3
    assert found["card"]["code"] != code
    assert await clinic.do("again", "recover", found["card"]["code"], ORIGIN)


async def test_a_therapists_card_opens_every_circle(clinic: Clinic) -> None:
    await clinic.care(["first", "second"])
    card = await clinic.do("therapist", "recovery_card")
    assert card["circles"] == 3
    later = (await clinic.do("therapist", "circle_new"))["circle"]
    await clinic.do("therapist", "sync")
    found = await clinic.do("new", "recover", card["code"], ORIGIN)
    assert len(found["circles"]) == 4
    assert later in {row["circle"] for row in found["circles"]}
    roles = {one["circle"]: one["role"] for one in await clinic.do("new", "circles")}
    assert sorted(roles.values()) == ["admin", "therapist", "therapist", "therapist"]


async def test_four_messages_and_no_fifth(clinic: Clinic) -> None:
    circle, code = await with_card(clinic)
    assert await code_of(clinic, WRONG) == "target"
    rid = recovery_id(read_code(code))

    async def held() -> dict[str, Any]:
        async with await clinic.device("patient") as device, device._line() as line:
            answer: dict[str, Any] = await line.open.call("GET", f"/recovery/{rid}")
            return answer

    real = await held()

    def other(**changes: Any) -> None:
        def spoil(path: str, value: Any) -> Any:
            return {**real, "rec": {**real["rec"], **changes}} if "/recovery/" in path else value

        clinic.network.spoil = spoil

    other(kdf={**real["rec"]["kdf"], "m": 64})
    assert await code_of(clinic, code) == "limit"
    other(k=b64u_encode(bytes(200)))
    assert await code_of(clinic, code) == "tag"
    clinic.network.spoil = None
    card = await clinic.do("patient", "recovery_card")  # takes the older one out
    assert card["code"] != code
    assert await code_of(clinic, code) == "removed"
    await clinic.do("therapist", "remove", circle, [card["device"]])
    assert await code_of(clinic, card["code"]) == "removed"


async def test_what_is_no_code_is_told_before_anything_is_asked(clinic: Clinic) -> None:
    await clinic.care()
    clinic.network.asked.clear()
    with pytest.raises(CircleError, match="20 letters"):
        await clinic.do("new", "recover", "ABCD", ORIGIN)
    assert clinic.network.asked == []


@pytest.mark.parametrize("requests", range(3))
async def test_killed_while_printing_the_same_card_is_printed(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, road: str, requests: int
) -> None:
    circle = await clinic.care()
    await clinic.do("patient", "sync")
    of_sync = 1 if road == "one request" else 5
    drawn: list[str] = []
    original = recovery._draw

    def draw(*arguments: Any) -> Any:
        note = original(*arguments)
        drawn.append(note.unprinted["code"])
        return note

    monkeypatch.setattr(recovery, "_draw", draw)
    clinic.network.faults = ["ok"] * (of_sync + requests) + ["killed"]
    with pytest.raises(Killed):
        await clinic.do("patient", "recovery_card")
    card = await clinic.do("patient", "recovery_card")
    assert drawn
    assert read_code(card["code"]) == drawn[-1]
    async with await clinic.device("patient") as device:
        assert device._state.paper is not None
        assert device._state.paper.unprinted == {}
        papers = [
            one
            for one in (await device._copy(circle)).members.devices.values()
            if one.live and one.device not in (device.id, await _therapist(clinic))
        ]
    assert len(papers) == 1


async def _therapist(clinic: Clinic) -> str:
    return await id_of(clinic, "therapist")


@pytest.mark.parametrize("requests", range(3, 30, 4))
async def test_recovering_may_end_at_any_request(clinic: Clinic, requests: int) -> None:
    circle, code = await with_card(clinic)
    clinic.network.faults = ["ok"] * requests + ["lost answer"]
    try:
        await clinic.do("new", "recover", code, ORIGIN)
    except Unreachable:
        clinic.network.faults = []
        try:
            await clinic.do("new", "recover", code, ORIGIN)
        except CircleError:
            # The card is used up: this device is in, and prints its own.
            await clinic.do("new", "recovery_card")
    await clinic.do("new", "sync")
    assert await clinic.scores("new", circle) == [6]
