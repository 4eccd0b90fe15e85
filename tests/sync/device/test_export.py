"""What a person takes along, and a check that finds what was changed."""

import orjson
import pytest

from rejoint_sync.circle.document import rev_of
from rejoint_sync.device.circle import plain
from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest
from sync.device.clinic import PAIN, Clinic


async def test_an_export_has_every_record_and_what_was_not_sent(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN | {"score": 1})
    await clinic.do("patient", "sync")
    names = await clinic.put("patient", circle, PAIN | {"score": 2})
    folder = clinic.folder / "mine"
    answer = await clinic.do("patient", "export", folder)
    assert answer == {"folder": str(folder), "circles": 1, "records": 2, "unsent": 1}
    whole = orjson.loads((folder / f"{circle}.json").read_bytes())
    assert [one["value"]["score"] for one in whole["records"]] == [1, 2]
    assert {one["role"] for one in whole["members"]} == {"therapist", "patient"}
    sealed = orjson.loads((folder / f"{circle}.unsent.json").read_bytes())["docs"]
    assert [one["_id"] for one in sealed] == names
    assert set(sealed[0]) == {"_id", "_rev", "h", "c", "s"}
    for path in (folder, *folder.iterdir()):
        assert path.stat().st_mode & 0o077 == 0


async def test_nothing_is_written_over(clinic: Clinic) -> None:
    await clinic.care()
    folder = clinic.folder / "mine"
    await clinic.do("patient", "export", folder)
    with pytest.raises(BadRequest, match="empty directory"):
        await clinic.do("patient", "export", folder)


async def test_a_check_of_what_is_whole_finds_nothing(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN, PAIN)
    await clinic.do("patient", "sync")
    checked = await clinic.do("patient", "check")
    assert checked == {
        "circles": 1,
        "entries": 3,
        "documents": 2,
        "unsent": 0,
        "kept": 0,
        "alarms": 0,
        "faults": [],
    }


async def test_a_check_names_a_forged_record_and_a_missing_one(clinic: Clinic) -> None:
    circle = await clinic.care()
    names = await clinic.put("patient", circle, PAIN, PAIN)
    names += await clinic.put("patient", circle, PAIN)
    async with await clinic.device("patient") as device:
        store = device._home.store
        stored = await store.read(circle, names[2])
        assert stored is not None
        forged = plain(stored)
        forged["_id"] = names[2].replace("c000003", "c000009")
        forged["_rev"] = rev_of(circle, forged)
        await store.write(circle, [Document.parse(forged)], new_edits=False)
        gone = await store.read(circle, names[1])
        assert gone is not None
        await store.purge(circle, {names[1]: [gone.leaves[0].rev]})
    faults = (await clinic.do("patient", "check"))["faults"]
    assert (forged["_id"], "sig") in {(one["id"], one["code"]) for one in faults}
    assert "gap" in {one["code"] for one in faults}
