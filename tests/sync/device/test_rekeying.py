"""New keys: when somebody left, once a year, and for clinicians alone."""

import pytest

from rejoint_sync.errors import CircleError
from sync.device.clinic import PAIN, Clinic


async def id_of(clinic: Clinic, name: str) -> str:
    async with await clinic.device(name) as device:
        return device.id


async def with_caregiver(clinic: Clinic) -> str:
    circle = await clinic.care()
    invited = await clinic.do("patient", "invite", circle, "caregiver")
    await clinic.do("caregiver", "join", invited["link"])
    return circle


async def test_who_leaves_leaves_a_stale_stream_that_the_next_writer_mends(
    clinic: Clinic,
) -> None:
    circle = await with_caregiver(clinic)
    await clinic.put("caregiver", circle, PAIN | {"score": 3})
    left = await clinic.do("caregiver", "leave", circle)
    assert left["left"] == await id_of(clinic, "caregiver")
    await clinic.do("therapist", "sync")
    # Nothing to send: no storm of new keys.
    assert (await clinic.do("therapist", "members", circle))["stale"] == ["c"]
    await clinic.put("patient", circle, PAIN | {"score": 4})
    report = await clinic.do("patient", "sync")
    assert (report["rekeyed"], report["resealed"], report["pushed"]) == (1, 1, 1)
    await clinic.do("therapist", "sync")
    assert (await clinic.do("therapist", "members", circle))["stale"] == []
    # Neither knew of the other: which one comes first is decided by their names.
    assert sorted(await clinic.scores("therapist", circle)) == [3, 4]


async def test_once_a_year_there_is_a_new_key_by_one_device(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("therapist", "sync")
    clinic.clock.now += 365 * 86_400
    clinic.phone_clock.now = clinic.clock.now
    reports = [await clinic.do(name, "sync") for name in ("patient", "therapist", "patient")]
    # The therapist is in the clinic's own circle too.
    assert [report["rekeyed"] for report in reports] == [1, 1, 0]
    async with await clinic.device("therapist") as device:
        assert len((await device._copy(circle)).members.epochs["c"]) == 2


async def test_the_clinicians_stream(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("therapist", "rekey", circle, ["k"])
    note = {"type": "note", "text": "For us."}
    await clinic.do("therapist", "put", circle, "nt", [note], tz_min=0, stream="k")
    await clinic.do("therapist", "sync")
    await clinic.do("patient", "sync")
    shown = await clinic.do("patient", "show", circle)
    assert shown["records"] == []
    invited = await clinic.do("therapist", "invite", circle, "therapist")
    await clinic.do("second", "join", invited["link"])
    with pytest.raises(CircleError) as caught:
        await clinic.do("therapist", "grant", circle, await id_of(clinic, "patient"))
    assert caught.value.code == "authz"
    await clinic.do("therapist", "grant", circle, await id_of(clinic, "second"))
    await clinic.do("second", "sync")
    texts = [one["value"]["text"] for one in (await clinic.do("second", "show", circle))["records"]]
    assert texts == ["For us."]
    # Removed by the patient, who does not hold k: that stream turns stale until a clinician writes.
    await clinic.do("patient", "remove", circle, [await id_of(clinic, "second")])
    assert (await clinic.do("patient", "members", circle))["stale"] == ["k"]
    await clinic.do("therapist", "put", circle, "nt", [note], tz_min=0, stream="k")
    report = await clinic.do("therapist", "sync")
    assert (report["rekeyed"], report["refused"]) == (1, [])
    assert (await clinic.do("therapist", "members", circle))["stale"] == []
