"""What one-request sync brings is kept, each by its own right; nothing bad takes others along."""

from collections.abc import Sequence
from typing import Any

import pytest

from rejoint_sync.device.exchange import Report
from rejoint_sync.device.line import Line
from rejoint_sync.device.replica import document_of
from rejoint_sync.device.taking import take
from rejoint_sync.errors import CircleError
from rejoint_sync.exchange.packing import pack
from sync.device.clinic import PAIN, Clinic, settled

pytestmark = pytest.mark.parametrize("road", ["one request"])


async def given(
    clinic: Clinic, name: str, circle: str, rows: Sequence[Any], report: Report | None = None
) -> Report:
    """Have a device take rows as if the server had given them."""
    report = Report() if report is None else report
    async with await clinic.device(name) as device:
        line = Line(device._identity, device._state, lambda: clinic.phone_clock.now)
        await take(line, await device._copy(circle), [rows], report)
    return report


async def stored(clinic: Clinic, circle: str, name: str) -> dict[str, Any]:
    """A document as the server has it."""
    found = await clinic.store.read(circle, name)
    assert found is not None
    return document_of(name, found.leaves[0])


async def stuck(clinic: Clinic, name: str) -> list[dict[str, Any]]:
    """What a device shows as stuck."""
    found: list[dict[str, Any]] = (await clinic.do(name, "stuck"))["records"]
    return found


async def new_records(clinic: Clinic, count: int) -> tuple[str, list[Any]]:
    """Records that the therapist has not seen, packed."""
    circle = await settled(clinic)
    names = await clinic.put("patient", circle, *[PAIN] * count)
    await clinic.do("patient", "sync")
    return circle, pack([await stored(clinic, circle, name) for name in names], "")


async def test_a_row_that_is_no_document_takes_no_other_along(clinic: Clinic) -> None:
    circle, rows = await new_records(clinic, 3)
    report = Report()
    with pytest.raises(CircleError) as caught:
        await given(
            clinic, "therapist", circle, [rows[0], ["of", 1, "later", b""], *rows[1:]], report
        )
    assert (caught.value.code, report.pulled) == ("schema", 3)


async def test_a_row_that_is_no_document_is_shown_by_its_name_until_it_comes(
    clinic: Clinic,
) -> None:
    circle, rows = await new_records(clinic, 2)
    whole = rows[1][6]
    rows[1][6] = "text"
    with pytest.raises(CircleError):
        await given(clinic, "therapist", circle, rows)
    [row] = await stuck(clinic, "therapist")
    assert (row["id"][:3], row["code"], row["place"]) == ("ev:", "schema", "server")
    rows[1][6] = whole
    await given(clinic, "therapist", circle, rows)
    assert await stuck(clinic, "therapist") == []


async def test_a_row_that_is_no_document_keeps_no_own_record_back(clinic: Clinic) -> None:
    circle = await settled(clinic)
    [name] = await clinic.put("patient", circle, PAIN)
    _, month, _, place = name.split(":")
    own = [0, int(month), b"", 2 * int(place[1:]), 1, b"", "text", b""]
    with pytest.raises(CircleError):
        await given(clinic, "patient", circle, [own])
    assert await stuck(clinic, "patient") == []
    assert (await clinic.do("patient", "sync"))["pushed"] == 1


async def test_a_record_that_nobody_wrote_is_noted_and_takes_no_other_along(clinic: Clinic) -> None:
    circle, rows = await new_records(clinic, 3)
    rows[1][-1] = bytes(64)
    report = await given(clinic, "therapist", circle, rows)
    assert (report.pulled, report.alarms) == (2, 1)
    async with await clinic.device("therapist") as device:
        state = (await device._copy(circle)).state
        assert [(one.id[-3:], one.code) for one in state.refused] == [("003", "sig")]
    # The true one takes its place.
    assert (await clinic.do("therapist", "sync"))["refused"] == []
    assert await clinic.scores("therapist", circle) == [1, 0, 0, 0]


async def test_ones_own_record_that_comes_back_was_acknowledged(clinic: Clinic) -> None:
    circle = await settled(clinic)
    [name] = await clinic.put("patient", circle, PAIN)
    async with await clinic.device("patient") as device:
        found = await (await device._copy(circle)).store.read(circle, name)
        assert found is not None
        rows = pack([document_of(name, found.leaves[0])], "")
    await given(clinic, "patient", circle, rows)
    async with await clinic.device("patient") as device:
        assert (await device._copy(circle)).state.unsent == []


async def test_entries_with_one_missing_between_are_left_to_the_longer_way(clinic: Clinic) -> None:
    circle = await settled(clinic)
    for _ in range(2):
        await clinic.do("therapist", "invite", circle, "caregiver")
    async with await clinic.device("therapist") as device:
        last = (await device._copy(circle)).members.seq
    rows = pack([await stored(clinic, circle, f"log:{last:06d}")], "")
    with pytest.raises(CircleError) as caught:
        await given(clinic, "patient", circle, rows)
    assert caught.value.code == "seq"


async def test_another_entry_in_the_place_of_one_that_was_seen_stops_all_writing(
    clinic: Clinic,
) -> None:
    circle = await settled(clinic)
    other = await stored(clinic, circle, "log:000001")
    rows = pack([{**other, "_id": "log:000002"}], "")
    with pytest.raises(CircleError) as caught:
        await given(clinic, "patient", circle, rows)
    assert caught.value.code == "fork"
    with pytest.raises(CircleError, match="another log"):
        await clinic.put("patient", circle, PAIN)
