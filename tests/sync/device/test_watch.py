"""What a server hides is seen, kept and named; what it cannot be blamed for is no alarm."""

from typing import Any

import pytest

from rejoint_sync.device.feeds import advance
from rejoint_sync.device.watch import sign
from sync.device.clinic import PAIN, Clinic


async def alarms(clinic: Clinic, name: str) -> list[tuple[str, str, int]]:
    return [(one["code"], one["device"], one["n"]) for one in await clinic.do(name, "alarms")]


async def id_of(clinic: Clinic, name: str) -> str:
    async with await clinic.device(name) as device:
        return device.id


def hiding(name: str) -> Any:
    """A server that does not show one document."""

    def spoil(path: str, value: Any) -> Any:
        if path.endswith("/_changes") and isinstance(value, dict):
            value["results"] = [row for row in value["results"] if row["id"] != name]
        return value

    return spoil


async def test_an_honest_server_raises_nothing(clinic: Clinic) -> None:
    circle = await clinic.care()
    for day in range(3):
        clinic.clock.now += 90_000
        clinic.phone_clock.now = clinic.clock.now
        for name in ("patient", "therapist"):
            await clinic.put(name, circle, PAIN | {"score": day})
            await clinic.do(name, "sync")
    assert await alarms(clinic, "patient") == []
    assert await alarms(clinic, "therapist") == []
    names = [row.id for row in await clinic.store.range(circle, "cp:", "cp;", limit=9)]
    assert len(names) == 2


async def test_a_record_hidden_in_the_middle_is_a_gap(clinic: Clinic) -> None:
    circle = await clinic.care()
    names = await clinic.put("patient", circle, PAIN, PAIN, PAIN)
    await clinic.do("patient", "sync")
    clinic.network.spoil = hiding(names[1])
    report = await clinic.do("therapist", "sync")
    # By the numbers alone, and by the author's own checkpoint.
    assert report["alarms"] == 2
    assert set(await alarms(clinic, "therapist")) == {("gap", await id_of(clinic, "patient"), 2)}
    # It is told once, and it stops nothing.
    assert (await clinic.do("therapist", "sync"))["alarms"] == 0
    await clinic.put("therapist", circle, PAIN)


async def test_the_newest_hidden_from_one_is_seen_by_anothers_checkpoint(clinic: Clinic) -> None:
    circle = await clinic.care()
    invited = await clinic.do("patient", "invite", circle, "caregiver")
    await clinic.do("caregiver", "join", invited["link"])
    names = await clinic.put("patient", circle, PAIN, PAIN)
    await clinic.do("patient", "sync")
    await clinic.do("caregiver", "sync")  # signs what it has seen
    clinic.network.spoil = hiding(names[1])
    await clinic.do("therapist", "sync")
    found = await clinic.do("therapist", "alarms", circle)
    assert {(one["code"], one["n"]) for one in found} == {("gap", 2)}
    assert await id_of(clinic, "caregiver") in {one["by"] for one in found}


async def test_an_older_checkpoint_takes_no_place(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN)
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    name = f"cp:c:{await id_of(clinic, 'patient')}"
    old = await clinic.store.read(circle, name)
    assert old is not None
    clinic.clock.now += 90_000
    clinic.phone_clock.now = clinic.clock.now
    await clinic.put("patient", circle, PAIN)
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    async with await clinic.device("therapist") as device:
        here = await device._home.store.read(circle, name)
    assert here is not None
    assert here.leaves[0].rev.startswith("2-")
    assert old.leaves[0].rev.startswith("1-")


async def test_checkpoints_are_a_day_apart_and_numbered(clinic: Clinic) -> None:
    circle = await clinic.care()
    for _ in range(3):
        await clinic.put("patient", circle, PAIN)
        await clinic.do("patient", "sync")
    async with await clinic.device("patient") as device:
        assert (await device._copy(circle)).state.checkpoints["c"].i == 1
    clinic.clock.now += 86_400
    clinic.phone_clock.now = clinic.clock.now
    await clinic.do("patient", "sync")
    async with await clinic.device("patient") as device:
        note = (await device._copy(circle)).state.checkpoints["c"]
    assert (note.i, note.vec[await id_of(clinic, "patient")][0]) == (2, 3)


async def test_what_was_sealed_again_is_not_called_replaced(clinic: Clinic) -> None:
    """A checkpoint never vouches for own records that may still get another chain."""
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN)
    await clinic.do("patient", "sync")
    await clinic.put("patient", circle, PAIN)
    await clinic.do("therapist", "rekey", circle)
    clinic.clock.now += 90_000
    clinic.phone_clock.now = clinic.clock.now
    assert (await clinic.do("patient", "sync"))["resealed"] == 1
    await clinic.do("therapist", "sync")
    await clinic.do("patient", "sync")
    assert await alarms(clinic, "therapist") == []
    assert await alarms(clinic, "patient") == []


async def test_a_checkpoint_names_the_chain_of_what_was_sealed_again(clinic: Clinic) -> None:
    """Also when the sync that brought it did not come to its end, and this one has no news."""
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN)
    await clinic.do("patient", "sync")
    async with await clinic.device("patient") as device:
        copy = await device._copy(circle)
        await advance(copy)
        feed = copy.state.feeds[f"{device.id} c"]
        chain, feed.d = feed.d, "as it was before"
        copy.state.rechain = ["c"]
        copy.state.checkpoints.clear()
        assert await sign(copy, now_s=int(clinic.clock.now)) == 1
        assert copy.state.checkpoints["c"].vec[device.id] == [1, chain]


@pytest.mark.parametrize("forged", [True, False])
async def test_an_exchanged_record_is_named(clinic: Clinic, *, forged: bool) -> None:
    """A fence vouches for what was removed; a server and the removed member cannot rewrite it."""
    circle = await clinic.care()
    invited = await clinic.do("patient", "invite", circle, "caregiver")
    await clinic.do("caregiver", "join", invited["link"])
    await clinic.put("caregiver", circle, PAIN | {"score": 2})
    await clinic.do("caregiver", "sync")
    gone = await id_of(clinic, "caregiver")
    await clinic.do("therapist", "remove", circle, [gone])
    if forged:
        async with await clinic.device("caregiver") as device:
            copy = await device._copy(circle)
            own = (await copy.store.range(circle, "ev:", "ev;", limit=1))[0]
            await copy.store.purge(circle, {own.id: [own.leaves[0].rev]})
            body = {**PAIN, "score": 9, "lam": 1, "at": 1_795_000_000, "tz_min": 0}
            body |= {"day": "2026-11-18", "performed_at": 1_795_000_000}
            other = await copy.sealed(
                "ev", body, n=1, now_s=1_795_000_000, stream="c", month="2611"
            )
        from rejoint_sync.document import Document

        await clinic.store.purge(circle, {own.id: [own.leaves[0].rev]})
        await clinic.store.write(circle, [Document.parse(other)], new_edits=False)
    await clinic.do("patient", "sync")
    assert set(await alarms(clinic, "patient")) == ({("replaced", gone, 1)} if forged else set())
