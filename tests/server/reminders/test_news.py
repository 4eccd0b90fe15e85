"""Who is pinged for what somebody brought, and who is not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.reminders import NOTE_EVERY_MIN
from server.reminders.postbox import Postbox
from server.ring import Ring
from server.scene import open_scene
from server.sync_client import Handset

NOTES_ALONE = {"zone": "UTC", "times": {}}


class Round:
    """A patient's circle whose devices all want to be pinged for news."""

    def __init__(self, ring: Ring, box: Postbox) -> None:
        self.ring = ring
        self.box = box
        self.scene = ring.scene
        scheduler = ring.scene.application.scheduler
        assert scheduler is not None
        scheduler._jitter_s = 0.0
        self.scheduler = scheduler

    @property
    def therapist(self) -> DeviceKeys:
        return self.ring.founder

    async def wants(self, keys: DeviceKeys, **more: object) -> None:
        answer = await self.scene.ask(
            "PUT", "/reminders", headers=self.ring.headers(keys), json=NOTES_ALONE | more
        )
        assert answer.status_code == 200

    async def joins(self, role: str, member: str = "") -> DeviceKeys:
        keys = await self.ring.add(role, member=member)
        await self.wants(keys)
        return keys

    async def writes(self, keys: DeviceKeys, kind: str = "ev", stream: str = "c") -> None:
        rows = await self.ring.push(keys, self.ring.record(keys, kind=kind, stream=stream))
        assert all("error" not in row for row in rows)

    async def minutes(self, count: int = 1) -> None:
        for _ in range(count):
            self.scene.clock.now += 60
            await self.scheduler.once(self.scene.clock.now_s() // 60)

    def pinged(self) -> set[str]:
        """Who was pinged since this was asked last."""
        found = {device for device, _ in self.box.sent}
        assert {ping.kind for _, ping in self.box.sent} <= {"note"}
        assert len(found) == len(self.box.sent)
        self.box.sent.clear()
        return found


@pytest.fixture
async def around(tmp_path: Path) -> AsyncIterator[Round]:
    box = Postbox()
    async with open_scene(tmp_path, sender=box) as scene:
        clinic = await Ring.clinic(scene)
        made = Round(await clinic.patient(), box)
        await made.wants(made.therapist)
        yield made


async def test_a_note_pings_every_device_of_everybody_else(around: Round) -> None:
    patient = await around.joins("patient")
    member = around.ring.membership.devices[patient.id].member
    tablet = await around.joins("patient", member=member)
    caregiver = await around.joins("caregiver")
    await around.writes(around.therapist, "nt")
    await around.minutes()
    assert around.pinged() == {patient.id, tablet.id, caregiver.id}


async def test_what_a_patient_logs_pings_who_treats(around: Round) -> None:
    patient, _ = await around.joins("patient"), await around.joins("caregiver")
    await around.writes(patient)
    await around.minutes()
    assert around.pinged() == {around.therapist.id}


async def test_clinicians_among_themselves_ping_no_patient(around: Round) -> None:
    patient = await around.joins("patient")
    other = await around.joins("therapist")
    await around.ring.rekey("k")
    await around.ring.grant(other)
    await around.writes(around.therapist, "nt", "k")
    await around.minutes()
    assert around.pinged() == {other.id}
    assert patient.id != other.id


async def test_one_ping_in_an_hour_however_much_comes(around: Round) -> None:
    patient = await around.joins("patient")
    for _ in range(3):
        await around.writes(around.therapist, "nt")
        await around.minutes()
    assert around.pinged() == {patient.id}
    await around.minutes(NOTE_EVERY_MIN)
    await around.writes(around.therapist, "nt")
    await around.minutes()
    assert around.pinged() == {patient.id}


async def test_in_quiet_hours_it_waits_until_they_end_or_the_news_is_fetched(
    around: Round,
) -> None:
    patient = await around.ring.add("patient")
    night = {"start": "00:00", "end": "23:59"}
    await around.wants(patient, quiet=night)
    other = await around.ring.add("caregiver")
    await around.wants(other, quiet=night)
    await around.writes(around.therapist, "nt")
    await around.minutes()
    assert around.pinged() == set()
    await Handset(around.scene, other).sync()
    left = 24 * 60 - around.scene.clock.now_s() % 86_400 // 60
    around.scene.clock.now += 60 * (left - 2)
    await around.minutes(2)
    assert around.pinged() == {patient.id}


async def test_who_does_not_want_it_is_not_pinged(around: Round) -> None:
    patient = await around.joins("patient")
    await around.wants(patient, notes=False)
    await around.writes(around.therapist, "nt")
    await around.minutes(3)
    assert around.pinged() == set()


async def test_neither_who_is_gone_nor_who_is_suspended_is_pinged(around: Round) -> None:
    gone, suspended = await around.joins("patient"), await around.joins("caregiver")
    await around.ring.remove(gone)
    clinic = around.ring.membership.clinic
    answer = await around.scene.ask(
        "POST",
        f"/clinics/{clinic}/suspensions",
        headers=around.ring.headers(around.therapist),
        json={"device": suspended.id},
    )
    assert answer.status_code == 201
    await around.writes(around.therapist, "nt")
    await around.minutes(3)
    assert around.pinged() == set()


async def test_what_comes_again_after_a_restore_is_no_news(around: Round) -> None:
    await around.joins("patient")
    record = around.ring.record(around.therapist, kind="nt")
    await around.ring.push(around.therapist, record, query="?again=true")
    await around.minutes(3)
    assert around.pinged() == set()


async def test_what_is_refused_is_no_news(around: Round) -> None:
    patient = await around.joins("patient")
    [row] = await around.ring.push(
        patient, {**around.ring.record(patient), "s": around.ring.record(patient)["s"]}
    )
    assert "error" in row
    await around.minutes(2)
    assert around.pinged() == set()
