"""The longer way: taken by a circle about which something is unusual, and only by that one."""

import pytest

from rejoint_sync.device.state import CircleState
from sync.device.clinic import PAIN, Clinic, settled

pytestmark = pytest.mark.parametrize("road", ["one request"])


async def test_a_circle_of_which_something_could_not_be_taken_is_replicated_once(
    clinic: Clinic,
) -> None:
    circle = await settled(clinic)
    [name] = await clinic.put("patient", circle, PAIN)
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    async with await clinic.device("therapist") as device:
        store = device._home.store
        stored = await store.read(circle, name)
        assert stored is not None
        await store.purge(circle, {name: [stored.leaves[0].rev]})
        state = await CircleState.read(store, circle)
        state.behind = True
        await state.write(store, circle)
    clinic.network.asked.clear()
    assert (await clinic.do("therapist", "sync"))["pulled"] == 1
    asked = [path for _, path in clinic.network.asked if path.endswith("/_changes")]
    assert set(asked) == {f"/db/{circle}/_changes"}
    clinic.network.asked.clear()
    await clinic.do("therapist", "sync")
    assert clinic.network.asked == [("POST", "/sync")]


async def test_a_log_that_is_shorter_than_what_was_seen_is_noticed_within_an_hour(
    clinic: Clinic,
) -> None:
    """Until then one that says nothing cannot be told from one at which nothing is new."""
    circle = await settled(clinic)

    def shorter(path: str, value: object) -> object:
        if path == "/circles" and isinstance(value, dict):
            for row in value["circles"]:
                row["seq"] -= row["circle"] == circle
        if path.endswith("_bulk_get") and circle in path and isinstance(value, dict):
            return {"results": [row for row in value["results"] if row["id"] < "log:000002"]}
        return value

    clinic.network.spoil, clinic.network.spoils_sync = shorter, False
    assert (await clinic.do("therapist", "sync"))["trouble"] == []
    clinic.clock.now += 3601
    clinic.phone_clock.now += 3601
    report = await clinic.do("therapist", "sync")
    assert [one["code"] for one in report["trouble"]] == ["newer-log"]
