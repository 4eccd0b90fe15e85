"""Devices bring back what a restore lost; a log that went another way is seen, and frozen."""

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from rejoint_server.circles.aftermath import Aftermath
from rejoint_server.circles.catch_up import ENTRIES_MAX
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.stores.journal import Journal, read
from rejoint_sync.stores.memory import MemoryStore
from server.scene import NOW_S, Person, Scene, open_scene

DAY_S = 86_400
RESTORED_S = NOW_S + 100


class Lost:
    """A server whose store was restored after a caregiver came in.

    Attributes:
        scene: The restored server, an hour after the restore.
        bundles: What was lost.
    """

    def __init__(self, scene: Scene, people: list[Person], bundles: list[Bundle]) -> None:
        self.scene = scene
        self.admin, self.therapist, self.patient, self.caregiver = people
        self.bundles = bundles
        self.circle = self.therapist.circle

    async def bring(
        self, person: Person, entries: list[Bundle], *, own_wraps: bool = True
    ) -> httpx.Response:
        """What a device sends: entries with as many wraps as it has."""
        sent = [
            {
                "log": one.log,
                "wraps": [
                    wrap for wrap in one.wraps if own_wraps and wrap["_id"].endswith(person.keys.id)
                ],
            }
            for one in entries
        ]
        return await self.scene.ask(
            "POST",
            f"/circles/{self.circle}/log",
            json={"again": True, "entries": sent},
            headers=person.login(self.scene),
        )

    async def waiting(self, person: Person) -> bool:
        """Whether the server asks this device for its newest entry."""
        mine = await self.scene.json("GET", "/circles", headers=person.login(self.scene))
        (row,) = [row for row in mine["circles"] if row["circle"] == self.circle]
        assert row.get("waiting", True) is True
        return "waiting" in row


@asynccontextmanager
async def lost(
    folder: Path, *, journal: Journal | None = None, complete: bool = False
) -> AsyncIterator[Lost]:
    store = MemoryStore()
    noted = Journal.open(folder / "before")
    async with open_scene(folder, store, journal=noted) as scene:
        admin = await Person.founder(scene)
        therapist = await admin.new_patient_circle(scene)
        patient = await therapist.admit(scene, "patient")
        backup = copy.deepcopy(store)
        patient.membership = therapist.membership
        caregiver = await therapist.admit(scene, "caregiver")
        patient.membership = therapist.membership
    await noted.close()
    bundles = [
        Bundle.parse(record.bundle)
        for record in read(folder / "before")
        if record.bundle and record.circle == therapist.circle
    ][3:]
    assert len(bundles) == 2
    Aftermath().after_restore(NOW_S - 10, RESTORED_S, complete=complete).write(folder)
    async with open_scene(folder, backup, journal=journal) as scene:
        scene.clock.now = RESTORED_S + 3600
        yield Lost(scene, [admin, therapist, patient, caregiver], bundles)


async def test_a_device_brings_back_what_was_lost(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "after")
    async with lost(tmp_path, journal=journal) as case:
        therapist = case.therapist
        assert await case.waiting(therapist)
        answer = await case.bring(therapist, case.bundles)
        assert (answer.status_code, answer.json()) == (201, {"ok": True, "seq": 4})
        again = await case.bring(therapist, case.bundles)
        assert (again.status_code, again.json()) == (200, {"ok": True, "seq": 4})
        mine = await case.scene.json("GET", "/circles", headers=case.caregiver.login(case.scene))
        assert mine["circles"][0]["role"] == "caregiver"
        # The caregiver's own wrap was not the therapist's to bring; now it comes.
        wrap = case.bundles[1].wraps[0]["_id"]
        assert await case.scene.store.read(case.circle, wrap) is None
        assert (await case.bring(case.caregiver, case.bundles)).status_code == 200
        assert await case.scene.store.read(case.circle, wrap) is not None
        assert await case.therapist.push(case.scene, case.caregiver.record()) == []
    await journal.close()
    assert sum(record.bundle is not None for record in read(tmp_path / "after")) == 2


async def test_nothing_new_before_each_device_has_shown_its_newest_entry(tmp_path: Path) -> None:
    async with lost(tmp_path) as case:
        scene = case.scene

        async def invite(person: Person) -> int:
            before = person.membership
            bundle, _ = person.invite(scene.clock.now_s(), "caregiver")
            path = f"/circles/{case.circle}/log"
            status = (await scene.ask("POST", path, json=bundle.to_json())).status_code
            if status != 201:
                person.membership = before
            return status

        assert (await case.bring(case.therapist, case.bundles)).status_code == 201
        assert not await case.waiting(case.therapist)
        assert await invite(case.therapist) == 503
        for person, waits in ((case.patient, True), (case.caregiver, True)):
            assert await case.waiting(person) is waits
            # Its newest entry alone, which is there: that is how a device shows it.
            assert (await case.bring(person, case.bundles[-1:])).status_code == 200
            assert not await case.waiting(person)
        assert await invite(case.therapist) == 201


@pytest.mark.parametrize("end", ["seven days", "the operator", "nothing was lost"])
async def test_the_waiting_ends(tmp_path: Path, end: str) -> None:
    async with lost(tmp_path, complete=end == "nothing was lost") as case:
        if end == "seven days":
            case.scene.clock.now += 7 * DAY_S
        if end == "the operator":
            Aftermath(Aftermath.read(tmp_path).windows, 0).write(tmp_path)
        assert not await case.waiting(case.therapist)
        assert (await case.bring(case.therapist, case.bundles)).status_code == 201
        bundle, _ = case.therapist.invite(case.scene.clock.now_s(), "caregiver")
        answer = await case.scene.ask("POST", f"/circles/{case.circle}/log", json=bundle.to_json())
        assert answer.status_code == 201


async def test_two_logs_freeze_the_circle(tmp_path: Path) -> None:
    """The operator did not wait, another entry took the place: now a device comes with the lost."""
    async with lost(tmp_path, complete=True) as case:
        scene, patient = case.scene, case.patient
        patient.membership = await scene_membership(case)
        bundle, _ = patient.invite(scene.clock.now_s(), "caregiver")
        path = f"/circles/{case.circle}/log"
        assert (await scene.ask("POST", path, json=bundle.to_json())).status_code == 201
        answer = await case.bring(case.therapist, case.bundles)
        assert (answer.status_code, answer.json()["code"]) == (403, "fork")
        figures = (await scene.ask("GET", "/metrics", headers={"host": "localhost"})).text
        assert "rejoint_circles_frozen 1.0" in figures
        more, _ = patient.invite(scene.clock.now_s(), "caregiver")
        refused = await scene.ask("POST", path, json=more.to_json())
        assert (refused.status_code, refused.json()["code"]) == (403, "fork")
        pushed = await patient.push(scene, patient.record())
        assert pushed["code"] == "fork"
        seen = await scene.ask("GET", f"/db/{case.circle}/_changes", headers=patient.login(scene))
        assert seen.status_code == 200


async def scene_membership(case: Lost) -> Any:
    from rejoint_server.access.memberships import Memberships

    return await Memberships(case.scene.store).of(case.circle)


async def test_an_entry_that_is_not_good_freezes_nothing(tmp_path: Path) -> None:
    async with lost(tmp_path) as case:
        assert (await case.bring(case.therapist, case.bundles)).status_code == 201
        entry = dict(case.bundles[0].log)
        head, payload, signature = entry["j"].split(".")
        flipped = "A" if signature[5] != "A" else "B"
        other = Person(keys=case.therapist.keys, es=case.therapist.es)
        other.membership = await scene_membership(case)
        rival, _ = Person(keys=other.keys, membership=case.patient.membership).invite(
            NOW_S, "caregiver"
        )
        assert rival.log["_id"] == "log:000005"
        broken = Bundle(
            {"_id": "log:000003", "j": f"{head}.{payload[:-4]}AAAA.{flipped}{signature[1:]}"}, ()
        )
        answer = await case.bring(case.therapist, [broken])
        assert answer.status_code == 400
        assert case.scene.application.ledger is not None
        assert case.scene.application.ledger.frozen == 0


async def test_a_server_that_lost_nothing_takes_no_old_entries(tmp_path: Path) -> None:
    """Else a joiner could bring an entry of the time when its link was still good."""
    async with lost(tmp_path, complete=True) as case:
        Aftermath().write(tmp_path)
        answer = await case.bring(case.therapist, case.bundles)
        assert (answer.status_code, answer.json()["code"]) == (409, "newer-log")
        Aftermath().after_restore(NOW_S + 400, RESTORED_S + 400, complete=True).write(tmp_path)
        assert (await case.bring(case.therapist, case.bundles)).status_code == 409


async def test_only_a_device_of_the_circle_brings_it_back(tmp_path: Path) -> None:
    async with lost(tmp_path) as case:
        assert (await case.bring(Person(), case.bundles)).status_code == 401
        # One that is live only after the entries that it brings.
        assert (await case.bring(case.caregiver, case.bundles)).status_code == 201


async def test_a_circle_that_was_founded_after_the_backup_is_founded_again(
    tmp_path: Path,
) -> None:
    store = MemoryStore()
    journal = Journal.open(tmp_path / "before")
    async with open_scene(tmp_path, store, journal=journal) as scene:
        admin = await Person.founder(scene)
        backup = copy.deepcopy(store)
        therapist = await admin.new_patient_circle(scene)
    await journal.close()
    bundles = [Bundle.parse(record.bundle) for record in read(tmp_path / "before") if record.bundle]
    Aftermath().after_restore(NOW_S - 10, RESTORED_S, complete=False).write(tmp_path)
    async with open_scene(tmp_path, backup) as scene:
        case = Lost(scene, [admin, therapist, Person(), Person()], bundles[1:])
        assert (await case.bring(therapist, case.bundles)).status_code == 201
        mine = await scene.json("GET", "/circles", headers=admin.login(scene))
        assert therapist.circle in [row["circle"] for row in mine["circles"]]


async def test_what_is_asked_is_bounded_and_read_strictly(tmp_path: Path) -> None:
    async with lost(tmp_path) as case:
        for count in (0, ENTRIES_MAX + 1):
            assert (await case.bring(case.therapist, case.bundles[:1] * count)).status_code == 400
        for body in (
            {"again": False, "entries": []},
            {"again": True},
            {"again": True, "entries": [{"log": {}}]},
            {"again": True, "entries": [], "log": {}},
        ):
            path = f"/circles/{case.circle}/log"
            headers = case.therapist.login(case.scene)
            assert (
                await case.scene.ask("POST", path, json=body, headers=headers)
            ).status_code == 400
