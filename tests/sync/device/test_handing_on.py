"""Keys that did not arrive are reported, and written again by who holds them."""

from typing import Any

import pytest

from rejoint_sync.circle import entries
from rejoint_sync.circle.document import structural_rev
from rejoint_sync.circle.epochs import wrap
from rejoint_sync.document import Document
from sync.device.clinic import PAIN, Clinic


async def id_of(clinic: Clinic, name: str) -> str:
    async with await clinic.device(name) as device:
        return device.id


async def later(clinic: Clinic) -> None:
    clinic.clock.now += 3601
    clinic.phone_clock.now = clinic.clock.now


@pytest.mark.parametrize("how", ["lost", "exchanged"])
async def test_a_key_that_a_server_lost_or_exchanged_is_written_again(
    clinic: Clinic, how: str
) -> None:
    circle = await clinic.care()
    await clinic.do("therapist", "sync")
    await clinic.do("therapist", "rekey", circle)
    patient = await id_of(clinic, "patient")
    rows = await clinic.store.range(circle, "wrap:c000002", "wrap:c000003", limit=9)
    stolen = next(row for row in rows if row.id.endswith(patient))
    await clinic.store.purge(circle, {stolen.id: [stolen.leaves[0].rev]})
    if how == "exchanged":
        async with await clinic.device("patient") as device:
            pub = device._identity.keys.pub
        other = {**wrap(circle, "c", 2, bytes(32), pub), "_id": stolen.id}
        document = Document.parse({**other, "_rev": structural_rev(other)})
        await clinic.store.write(circle, [document], new_edits=False)
    await clinic.put("therapist", circle, PAIN | {"score": 5})
    await clinic.do("therapist", "sync")
    await clinic.do("patient", "sync")
    assert await clinic.scores("patient", circle) == []
    await later(clinic)
    await clinic.do("therapist", "sync")
    await clinic.do("patient", "sync")
    assert await clinic.scores("patient", circle) == [5]
    assert (await clinic.do("patient", "check"))["faults"] == []


async def test_a_broken_link_is_named_and_mended_for_newcomers(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN | {"score": 7})
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    original = entries.epoch

    def bad(*arguments: Any, **options: Any) -> Any:
        return original(*arguments, **{**options, "before": bytes(32)})

    monkeypatch.setattr(entries, "epoch", bad)
    await clinic.do("therapist", "rekey", circle)
    monkeypatch.setattr(entries, "epoch", original)
    await clinic.do("patient", "sync")
    alarms = await clinic.do("patient", "alarms")
    therapist = await id_of(clinic, "therapist")
    assert [(one["code"], one["device"], one["stops"]) for one in alarms] == [
        ("back", therapist, False)
    ]
    # The patient knows, and hands a newcomer the key behind the break.
    invited = await clinic.do("patient", "invite", circle, "caregiver", mode="approve")
    asked = await clinic.do("son", "join", invited["link"])
    await clinic.do("patient", "approve", circle, invited["iid"], asked["device"], asked["digits"])
    await clinic.do("son", "sync")
    assert await clinic.scores("son", circle) == [7]
