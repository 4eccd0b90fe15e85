"""Suspended devices are served nowhere in the clinic, and everywhere else."""

import pytest

from rejoint_server.access import suspensions
from rejoint_server.access.suspensions import Suspensions
from rejoint_sync.errors import CircleError, Suspended
from server.ring import Ring
from server.scene import Scene


async def test_a_suspension_holds_in_all_circles_of_its_clinic(scene: Scene) -> None:
    clinic = await Ring.clinic(scene)
    patient = await clinic.patient()
    ours = Suspensions(scene.store)
    await ours.suspend(clinic.circle, "d1", by="d2", now_s=1)
    await ours.suspend(clinic.circle, "d1", by="d2", now_s=2)
    for fresh in (ours, Suspensions(scene.store)):
        for circle in (clinic.membership, patient.membership):
            with pytest.raises(Suspended):
                await fresh.require_served("d1", circle)
            await fresh.require_served("d2", circle)
    assert await ours.of("c" + "0" * 40) == frozenset()
    assert await ours.lift(clinic.circle, "d1")
    assert not await ours.lift(clinic.circle, "d1")
    await ours.require_served("d1", patient.membership)


async def test_suspensions_are_bounded(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspensions, "SUSPENDED_MAX", 2)
    clinic = await Ring.clinic(scene)
    ours = Suspensions(scene.store)
    for device in ("d1", "d2", "d1"):
        await ours.suspend(clinic.circle, device, by="d9", now_s=1)
    with pytest.raises(CircleError) as caught:
        await ours.suspend(clinic.circle, "d3", by="d9", now_s=1)
    assert caught.value.code == "limit"
