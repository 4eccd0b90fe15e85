"""What both sides hold is compared by digest, and what differs is mended both ways."""

import copy

import httpx
import pytest

from rejoint_sync.device.comparing import inventory
from sync.device.clinic import PAIN, Clinic, pushed_in, settled

pytestmark = pytest.mark.parametrize("road", ["one request"])


async def test_after_a_restore_what_each_side_lost_is_brought_in_three_round_trips(
    clinic: Clinic,
) -> None:
    circle = await settled(clinic)
    await clinic.put("patient", circle, *[PAIN] * 30)
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    backup = copy.deepcopy(clinic.store)
    backup._incarnation = "k1"
    [lost] = await clinic.put("patient", circle, PAIN | {"score": 7})
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    clinic.store = backup
    await clinic.start()
    # Brought by another relay than its author; and nothing that both have is sent.
    brought: list[str] = []
    inner = clinic.network.handle_async_request

    async def watched(request: httpx.Request) -> httpx.Response:
        brought.extend(one["_id"] for one, _ in await pushed_in(request))
        return await inner(request)

    clinic.network.handle_async_request = watched  # type: ignore[method-assign]
    clinic.network.asked.clear()
    report = await clinic.do("therapist", "sync")
    assert brought == [lost]
    assert (report["pushed"], report["pulled"]) == (1, 0)
    paths = [path for _, path in clinic.network.asked]
    after = paths[paths.index("/circles") :]  # that the server was restored was told before
    assert after.count("/sync") == 3
    stored = await clinic.store.read(circle, lost)
    assert stored is not None


async def test_a_record_that_never_came_is_found_by_comparing(clinic: Clinic) -> None:
    """As if the server had said that it was given, and it was not."""
    circle = await settled(clinic)
    names = await clinic.put("patient", circle, PAIN, PAIN | {"score": 3})
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    async with await clinic.device("therapist") as device:
        store = device._home.store
        stored = await store.read(circle, names[1])
        assert stored is not None
        await store.purge(circle, {names[1]: [stored.leaves[0].rev]})
    assert await clinic.scores("therapist", circle) == [1, 0]
    report = await clinic.do("therapist", "sync")
    assert report["pulled"] == 0
    clinic.clock.now += 8 * 86_400
    clinic.phone_clock.now += 8 * 86_400
    report = await clinic.do("therapist", "sync")
    assert report["pulled"] == 1
    assert await clinic.scores("therapist", circle) == [1, 0, 3]


async def test_what_the_server_cannot_have_is_not_compared(clinic: Clinic) -> None:
    circle = await settled(clinic)
    async with await clinic.device("patient") as device:
        before = (await inventory(await device._copy(circle))).digests()
    await clinic.put("patient", circle, PAIN)
    async with await clinic.device("patient") as device:
        assert (await inventory(await device._copy(circle))).digests() == before
