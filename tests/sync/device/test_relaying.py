"""Relay files of a headless device: exported without a server, brought by anybody, there once."""

from pathlib import Path

import pytest

from rejoint_sync.errors import BadRequest, CircleError
from rejoint_sync.exchange import relay
from sync.device.clinic import PAIN, Clinic


async def offline_file(clinic: Clinic, circle: str, *scores: int) -> Path:
    """What a patient without a network exports."""
    await clinic.do("patient", "sync")
    clinic.network.down = True
    for score in scores:
        await clinic.put("patient", circle, PAIN | {"score": score})
    path = clinic.folder / "relay.txt"
    told = await clinic.do("patient", "relay_export", path)
    clinic.network.down = False
    assert told == {"file": str(path), "records": len(scores), "bytes": path.stat().st_size}
    return path


async def test_another_device_brings_what_waits(clinic: Clinic) -> None:
    circle = await clinic.care()
    path = await offline_file(clinic, circle, 3, 5)
    clinic.network.asked.clear()
    told = await clinic.do("therapist", "relay_import", path)
    assert told["brought"]
    assert clinic.network.asked == [("POST", "/relay")]
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", circle) == [3, 5]


async def test_a_direct_sync_before_and_after_stores_nothing_twice(clinic: Clinic) -> None:
    circle = await clinic.care()
    path = await offline_file(clinic, circle, 3)
    await clinic.do("therapist", "relay_import", path)
    shown = await clinic.do("patient", "show", circle)
    assert [one["place"] for one in shown["records"]] == ["phone"], "only the server's word counts"
    report = await clinic.do("patient", "sync")
    assert (report["refused"], report["trouble"]) == ([], [])
    await clinic.do("therapist", "relay_import", path)
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", circle) == [3]
    shown = await clinic.do("patient", "show", circle)
    assert [one["place"] for one in shown["records"]] == ["server"]
    assert (await clinic.do("patient", "check"))["faults"] == []


async def test_the_author_may_bring_its_own(clinic: Clinic) -> None:
    circle = await clinic.care()
    path = await offline_file(clinic, circle, 7)
    assert (await clinic.do("patient", "relay_import", path))["brought"]
    assert (await clinic.do("patient", "sync"))["refused"] == []


async def test_who_is_in_another_circle_alone_brings_it_and_reads_nothing(clinic: Clinic) -> None:
    circle = await clinic.care(("neighbour", "patient"))
    path = await offline_file(clinic, circle, 4)
    assert (await clinic.do("neighbour", "relay_import", path))["brought"]
    await clinic.do("neighbour", "sync")
    assert circle not in {one["circle"] for one in await clinic.do("neighbour", "circles")}
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", circle) == [4]


async def test_after_the_key_changed_on_the_way_it_still_counts(clinic: Clinic) -> None:
    circle = await clinic.care()
    path = await offline_file(clinic, circle, 2)
    await clinic.do("therapist", "sync")
    await clinic.do("therapist", "rekey", circle)
    await clinic.do("therapist", "relay_import", path)
    for name in ("patient", "therapist"):
        assert (await clinic.do(name, "sync"))["trouble"] == []
    assert await clinic.scores("therapist", circle) == [2]


async def test_what_is_no_whole_file_is_told_before_anything_is_sent(clinic: Clinic) -> None:
    circle = await clinic.care()
    path = await offline_file(clinic, circle, 1)
    file = relay.unspelled(path.read_bytes())
    clinic.network.asked.clear()
    for data, code in ((b"anything", "schema"), (file[:-1], "frame"), (b"rj1-relay.x", "frame")):
        path.write_bytes(data)
        with pytest.raises(CircleError) as error:
            await clinic.do("therapist", "relay_import", path)
        assert error.value.code == code
    assert clinic.network.asked == []
    path.write_bytes(file)
    assert (await clinic.do("therapist", "relay_import", path))["bytes"] == len(file)


async def test_nothing_waits_and_no_key_are_told(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("patient", "sync")
    with pytest.raises(CircleError, match="nothing waits"):
        await clinic.do("patient", "relay_export", clinic.folder / "none")
    assert not (clinic.folder / "none").exists()
    await clinic.put("patient", circle, PAIN)
    async with await clinic.device("patient") as device:
        device._state.relay_key = ""
        clinic.network.down = True
        with pytest.raises(BadRequest, match="reach its server once"):
            await device.relay_export(clinic.folder / "none")
        clinic.network.down = False
        assert (await device.relay_export(clinic.folder / "some"))["records"] == 1


async def test_a_file_that_is_there_is_not_overwritten(clinic: Clinic) -> None:
    circle = await clinic.care()
    path = await offline_file(clinic, circle, 1)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        await clinic.do("patient", "relay_export", path)
    assert path.read_bytes() == before
