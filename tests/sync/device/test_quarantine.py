"""What is stuck is kept, shown, tried again after an update, and taken along sealed."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from rejoint_sync.circle.document import verify
from rejoint_sync.device import quarantine
from rejoint_sync.errors import BadRequest
from sync.device.clinic import PAIN, Clinic


async def refused_one(clinic: Clinic, code: str) -> tuple[str, list[str]]:
    """A circle, and three records of which the server refused the second."""
    circle = await clinic.care()
    await clinic.do("patient", "sync")
    names = await clinic.put("patient", circle, PAIN, PAIN | {"score": 9}, PAIN)
    clinic.network.refuses = {names[1]: code}
    await clinic.do("patient", "sync")
    return circle, names


async def stuck(clinic: Clinic, name: str, **options: Any) -> list[tuple[str, str, str]]:
    rows = (await clinic.do(name, "stuck", **options))["records"]
    return [(row["id"], row["code"], row["place"]) for row in rows]


async def test_one_that_is_refused_delays_no_other_and_leaves_no_gap(clinic: Clinic) -> None:
    circle, names = await refused_one(clinic, "limit")
    assert await stuck(clinic, "patient") == [(names[1], "limit", "phone")]
    report = await clinic.do("therapist", "sync")
    assert (report["alarms"], report["refused"]) == (0, [])
    assert await clinic.scores("therapist", circle) == [0, 0]


@pytest.mark.parametrize("road", ["one request"])
async def test_it_costs_the_others_no_round_trip(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN)
    for _ in range(2):
        await clinic.do("patient", "sync")
    names = await clinic.put("patient", circle, PAIN, PAIN | {"score": 9}, PAIN)
    clinic.network.refuses = {names[1]: "authz"}
    clinic.network.asked.clear()
    assert (await clinic.do("patient", "sync"))["pushed"] == 2
    assert clinic.network.asked == [("POST", "/sync")]


@pytest.mark.parametrize("code", ["limit", "authz"])
async def test_after_an_update_it_is_tried_again_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    circle, _ = await refused_one(clinic, code)
    assert len(await stuck(clinic, "patient")) == 1
    assert (await clinic.do("patient", "sync"))["pushed"] == 0
    monkeypatch.setattr("rejoint_sync.device.sync._version", lambda: "99.0.0")
    assert (await clinic.do("patient", "sync"))["pushed"] >= 1
    assert await stuck(clinic, "patient") == []
    assert (await clinic.do("patient", "sync"))["pushed"] == 0
    assert (await clinic.do("therapist", "sync"))["alarms"] == 0
    assert sorted(await clinic.scores("therapist", circle)) == [0, 0, 9]


async def test_it_can_be_tried_again_by_hand(clinic: Clinic) -> None:
    circle, _ = await refused_one(clinic, "limit")
    assert (await clinic.do("patient", "stuck", retries=True))["retried"] == 1
    await clinic.do("patient", "sync")
    assert sorted(await clinic.scores("patient", circle)) == [0, 0, 9]
    assert await stuck(clinic, "patient") == []


async def test_it_is_taken_along_sealed(clinic: Clinic, tmp_path: Path) -> None:
    circle, names = await refused_one(clinic, "limit")
    file = tmp_path / "along.json"
    answer = await clinic.do("patient", "stuck", file=file)
    assert (answer["file"], answer["exported"]) == (str(file), 1)
    assert file.stat().st_mode & 0o077 == 0
    written = orjson.loads(file.read_bytes())
    [document] = written["circles"][circle]
    assert (written["format"], document["_id"]) == (quarantine.FORMAT, names[1])
    await clinic.do("therapist", "sync")
    async with await clinic.device("therapist") as device:
        verify((await device._copy(circle)).members, document)
    assert b"score" not in file.read_bytes()
    with pytest.raises(BadRequest, match="is there already"):
        await clinic.do("patient", "stuck", file=file)


async def test_a_code_of_a_later_version_is_kept_and_said(clinic: Clinic) -> None:
    _, names = await refused_one(clinic, "of-later")
    rows = (await clinic.do("patient", "stuck"))["records"]
    assert [(row["id"], row["code"], row["reason"]) for row in rows] == [
        (names[1], "of-later", "it was refused: of-later")
    ]
