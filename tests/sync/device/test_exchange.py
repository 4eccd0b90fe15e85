"""What is pushed and how: what waits under the key of now, all else as acknowledged before."""

import contextlib
import copy
from typing import Any

import httpx

from rejoint_sync.errors import StoreFull, SyncError
from sync.device.clinic import PAIN, Clinic, pushed_in


async def test_only_what_was_acknowledged_before_is_sent_as_such(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN | {"score": 1})
    await clinic.do("patient", "sync")
    backup = copy.deepcopy(clinic.store)
    backup._incarnation = "k1"
    names = await clinic.put("patient", circle, PAIN | {"score": 2})
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    clinic.store = backup
    await clinic.start()
    fresh = await clinic.put("patient", circle, PAIN | {"score": 3})
    sent: list[tuple[bool, list[str]]] = []
    inner = clinic.network.handle_async_request

    async def watched(request: httpx.Request) -> httpx.Response:
        for known in (False, True):
            pushed = await pushed_in(request, fresh[0].split(":")[2])
            names_in = [one["_id"] for one, again in pushed if again == known]
            sent.append((known, [name for name in names_in if name.startswith("ev:")]))
        return await inner(request)

    clinic.network.handle_async_request = watched  # type: ignore[method-assign]
    await clinic.do("patient", "sync")
    assert (False, fresh) in sent
    assert (True, names) in sent


async def test_a_relay_brings_others_records_back(clinic: Clinic) -> None:
    """The therapist's phone has what the restored server lost; the patient's may be gone."""
    circle = await clinic.care()
    backup = copy.deepcopy(clinic.store)
    backup._incarnation = "k1"
    await clinic.put("patient", circle, PAIN | {"score": 8})
    await clinic.do("patient", "sync")
    await clinic.do("therapist", "sync")
    clinic.store = backup
    await clinic.start()
    assert (await clinic.do("therapist", "sync"))["pushed"] == 1
    (row,) = await clinic.store.range(circle, "ev:", "ev;", limit=9)
    assert row.id.endswith("c000001")


async def test_what_a_full_server_refused_is_offered_again(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN)
    write = clinic.store.write

    async def refuse(*_: Any, **__: Any) -> Any:
        raise StoreFull("There is no room left for writes; reading works.")

    clinic.store.write = refuse  # type: ignore[method-assign]
    with contextlib.suppress(SyncError):
        await clinic.do("patient", "sync")
    clinic.store.write = write  # type: ignore[method-assign]
    assert (await clinic.do("patient", "sync"))["pushed"] == 1
