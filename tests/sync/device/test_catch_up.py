"""A device brings back what its server lost, and shows what it has when it is asked."""

import copy

import pytest

from rejoint_server.aftermath import Aftermath
from rejoint_sync.errors import Unauthorized
from sync.device.clinic import NOW_S, PAIN, Clinic


async def restored(clinic: Clinic, *, complete: bool) -> tuple[str, str]:
    """A clinic whose server lost that a caregiver came in; the circle and a link for another."""
    circle = await clinic.care()
    backup = copy.deepcopy(clinic.store)
    backup._incarnation = "k1"
    link = (await clinic.do("therapist", "invite", circle, "caregiver"))["link"]
    await clinic.do("caregiver", "join", link)
    for name in ("therapist", "patient"):
        await clinic.do(name, "sync")
    data = clinic.folder / "data"
    data.mkdir(exist_ok=True)
    Aftermath().after_restore(NOW_S, NOW_S + 10, complete=complete).write(data)
    clinic.store = backup
    await clinic.start()
    clinic.clock.now = clinic.phone_clock.now = NOW_S + 3600
    return circle, link


async def test_a_device_that_the_server_forgot_brings_itself_back(clinic: Clinic) -> None:
    circle, _ = await restored(clinic, complete=False)
    await clinic.put("caregiver", circle, PAIN | {"score": 4})
    report = await clinic.do("caregiver", "sync")
    assert (report["pushed"], report["trouble"]) == (1, [])
    await clinic.do("therapist", "sync")
    assert await clinic.scores("therapist", circle) == [4]


async def test_devices_that_are_waited_for_are_heard_by_their_next_sync(clinic: Clinic) -> None:
    circle, _ = await restored(clinic, complete=False)
    ledger = clinic.application.ledger
    assert ledger is not None
    for name in ("patient", "therapist", "caregiver"):
        clinic.network.asked.clear()
        assert (await clinic.do(name, "sync"))["trouble"] == []
    # Heard: nothing more is asked of them, and the circle takes new entries.
    clinic.network.asked.clear()
    await clinic.do("patient", "sync")
    assert ("POST", f"/circles/{circle}/log") not in clinic.network.asked
    await clinic.do("therapist", "invite", circle, "caregiver")


async def test_a_device_that_was_never_let_in_stays_out(clinic: Clinic) -> None:
    """A server that lost nothing believes nobody."""
    await restored(clinic, complete=True)
    Aftermath().write(clinic.folder / "data")
    with pytest.raises(Unauthorized):
        await clinic.do("caregiver", "sync")
