"""Silence is told to every clinic of a device, once each."""

from rejoint_server.access.audit import Audit
from rejoint_server.access.hints import Hints
from rejoint_server.access.memberships import Memberships
from rejoint_server.reminders.silence import Silence
from server.ring import Ring
from server.scene import Scene


async def acts(scene: Scene, ring: Ring) -> list[str]:
    clinic = ring.membership.clinic or ring.circle
    audit = Audit(scene.store, scene.clock)
    return [one["device"] for one in await audit.acts(clinic) if one["act"] == "silent"]


def silence(scene: Scene) -> Silence:
    return Silence(Hints(scene.store), Memberships(scene.store), Audit(scene.store, scene.clock))


async def test_a_device_in_two_circles_of_a_clinic_is_told_once(scene: Scene) -> None:
    clinic = await Ring.clinic(scene)
    first, second = await clinic.patient(), await clinic.patient()
    device = await first.add("patient")
    await second.add("caregiver", device)
    await silence(scene).tell(device.id)
    assert await acts(scene, clinic) == [device.id]


async def test_a_device_that_left_is_nobodys(scene: Scene) -> None:
    clinic = await Ring.clinic(scene)
    ring = await clinic.patient()
    device = await ring.add("patient")
    await ring.remove(device)
    await silence(scene).tell(device.id)
    assert await acts(scene, clinic) == []


async def test_a_device_that_nobody_knows_is_nobodys(scene: Scene) -> None:
    await silence(scene).tell("dAAAAAAAAAAAAAAAAAAAA")
    assert scene.store is not None
