"""What a live device may see and write by replication, and what nobody may."""

import asyncio
from typing import Any

import pytest

from rejoint_server.circles.policy import CHECKED_AT_ONCE, CirclePolicy
from rejoint_sync.circle.document import structural_rev
from rejoint_sync.circle.epochs import wrap
from server.scene import Person, Scene, forged


@pytest.fixture
async def people(scene: Scene) -> tuple[Person, Person]:
    """A therapist and a patient in one circle."""
    admin = await Person.founder(scene)
    therapist = await admin.new_patient_circle(scene)
    return therapist, await therapist.admit(scene, "patient")


async def test_a_record_travels_from_phone_to_phone(
    scene: Scene, people: tuple[Person, Person]
) -> None:
    therapist, patient = people
    record = patient.record()
    assert await patient.push(scene, record) == []
    assert await patient.push(scene, record) == []
    path = f"/db/{patient.circle}"
    answer = await scene.json(
        "POST",
        f"{path}/_bulk_get?revs=true&latest=true",
        {"docs": [{"id": record["_id"], "rev": record["_rev"]}]},
        headers=therapist.login(scene),
    )
    digest = record["_rev"].partition("-")[2]
    expected = record | {"_revisions": {"start": 1, "ids": [digest]}}
    assert answer["results"][0]["docs"] == [{"ok": expected}]
    feed = await scene.json("GET", f"{path}/_changes", headers=therapist.login(scene))
    assert [row["id"] for row in feed["results"]].count(record["_id"]) == 1


async def test_nobody_sees_another_devices_wraps(
    scene: Scene, people: tuple[Person, Person]
) -> None:
    therapist, patient = people
    path = f"/db/{patient.circle}"
    headers = patient.login(scene)
    feed = await scene.json("GET", f"{path}/_changes?include_docs=true", headers=headers)
    wraps = [row["id"] for row in feed["results"] if row["id"].startswith("wrap:")]
    assert [name.rpartition(":")[2] for name in wraps] == [patient.keys.id]
    assert feed["pending"] == 0

    theirs = wrap(patient.circle, "c", 1, therapist.es, therapist.keys.pub)["_id"]
    assert await scene.store.read(patient.circle, theirs) is not None
    assert (await scene.ask("GET", f"{path}/{theirs}", headers=headers)).status_code == 404
    asked = {"docs": [{"id": theirs}]}
    got = await scene.json("POST", f"{path}/_bulk_get", asked, headers=headers)
    assert got["results"][0]["docs"][0]["error"]["error"] == "not_found"
    rows = (await scene.json("GET", f"{path}/_all_docs", headers=headers))["rows"]
    assert theirs not in [row["id"] for row in rows]
    keyed = {"keys": [theirs]}
    rows = (await scene.json("POST", f"{path}/_all_docs", keyed, headers=headers))["rows"]
    assert rows == [{"key": theirs, "error": "not_found"}]


async def test_one_refused_document_does_not_hold_up_the_others(
    scene: Scene, people: tuple[Person, Person]
) -> None:
    _, patient = people
    good = [patient.record() for _ in range(CHECKED_AT_ONCE + 3)]
    stranger = Person(es=patient.es, membership=patient.membership)
    bad = {
        "sig": forged(patient.record()),
        "author": stranger.record(),
        "authz": patient.record("nt", type="note"),
        "schema": {**patient.record(), "name": "in clear"},
    }
    rows = await patient.push(scene, *good[:10], *bad.values(), *good[10:])
    assert [(row["id"], row["code"]) for row in rows] == [
        (document["_id"], code) for code, document in bad.items()
    ]
    assert {row["error"] for row in rows} == {"forbidden"}
    for document in good:
        assert await scene.store.read(patient.circle, document["_id"]) is not None
    for document in bad.values():
        assert await scene.store.read(patient.circle, document["_id"]) is None


async def test_the_first_of_two_documents_of_one_name_stays(
    scene: Scene, people: tuple[Person, Person]
) -> None:
    _, patient = people
    first = patient.record(type="pain", score=0)
    patient.n -= 1
    second = patient.record(type="pain", score=6)
    assert first["_id"] == second["_id"]
    assert await patient.push(scene, first) == []
    [row] = await patient.push(scene, second)
    assert row["code"] == "taken"
    stored = await scene.store.read(patient.circle, first["_id"])
    assert stored is not None
    assert [leaf.rev for leaf in stored.leaves] == [first["_rev"]]


async def test_deleting_and_editing_are_refused(
    scene: Scene, people: tuple[Person, Person]
) -> None:
    _, patient = people
    record = patient.record()
    await patient.push(scene, record)
    path, headers = f"/db/{patient.circle}/{record['_id']}", patient.login(scene)
    deleted = await scene.ask("DELETE", path, params={"rev": record["_rev"]}, headers=headers)
    edited = await scene.ask("PUT", path, json={**record, "c": "x"}, headers=headers)
    assert (deleted.status_code, edited.status_code) == (403, 403)
    rev = "2-" + "a" * 32
    tombstone = {"_id": record["_id"], "_rev": rev, "_deleted": True}
    [row] = await patient.push(scene, tombstone)
    assert row["error"] == "forbidden"
    shown = await scene.ask("GET", path, headers=headers)
    assert shown.json() == record


async def test_the_log_is_only_written_through_bundles(
    scene: Scene, people: tuple[Person, Person]
) -> None:
    therapist, _ = people
    known = await _structural(scene, therapist)
    assert len(known) == 4
    assert await therapist.push(scene, *known) == []
    bundle, _ = therapist.invite(scene.clock.now_s(), "caregiver")
    rows = await therapist.push(scene, *bundle.documents())
    assert [row["error"] for row in rows] == ["forbidden", "forbidden"]
    other = {"_id": "log:000000", "j": "a.b.c"}
    [row] = await therapist.push(scene, {**other, "_rev": structural_rev(other)})
    assert row["error"] == "forbidden"


async def _structural(scene: Scene, person: Person) -> list[dict[str, Any]]:
    path = f"/db/{person.circle}/_changes?include_docs=true"
    feed = await scene.json("GET", path, headers=person.login(scene))
    return [row["doc"] for row in feed["results"] if not row.get("deleted")]


async def test_a_circle_is_not_created_or_deleted_by_replication(
    scene: Scene, people: tuple[Person, Person]
) -> None:
    _, patient = people
    headers = patient.login(scene)
    for method in ("PUT", "DELETE"):
        answer = await scene.ask(method, f"/db/{patient.circle}", headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert (await scene.ask("PUT", "/db/another", headers=headers)).status_code == 403


async def test_only_live_devices_of_the_circle_enter(
    scene: Scene, people: tuple[Person, Person]
) -> None:
    therapist, patient = people
    other = await Person(
        keys=therapist.keys, membership=await _clinic(scene, therapist)
    ).new_patient_circle(scene)
    path = f"/db/{other.circle}/_changes"
    assert (await scene.ask("GET", path)).status_code == 401
    assert (await scene.ask("GET", path, headers=patient.login(scene))).status_code == 401
    assert (await scene.ask("GET", path, headers=therapist.login(scene))).status_code == 200
    unknown = "/db/c" + "0" * 40
    assert (await scene.ask("GET", unknown, headers=patient.login(scene))).status_code == 404
    assert (await scene.ask("GET", "/db/_server", headers=patient.login(scene))).status_code == 501
    assert (await scene.ask("GET", "/db/x/y", headers=patient.login(scene))).status_code == 404


async def _clinic(scene: Scene, person: Person) -> Any:
    mine = await scene.json("GET", "/circles", headers=person.login(scene))
    clinic = next(row["circle"] for row in mine["circles"] if row["purpose"] == "clinic")
    policy = scene.application.service.policy
    assert isinstance(policy, CirclePolicy)
    return await policy._memberships.of(clinic)


async def test_each_device_has_its_own_local_documents(
    scene: Scene, people: tuple[Person, Person]
) -> None:
    therapist, patient = people
    path = f"/db/{patient.circle}/_local/checkpoint"
    written = await scene.ask("PUT", path, json={"n": 1}, headers=patient.login(scene))
    assert written.json() == {"ok": True, "id": "_local/checkpoint", "rev": "0-1"}
    assert (await scene.ask("GET", path, headers=therapist.login(scene))).status_code == 404
    mine = await scene.json("GET", path, headers=patient.login(scene))
    assert mine == {"_id": "_local/checkpoint", "_rev": "0-1", "n": 1}


async def test_a_write_that_meets_a_longer_log_is_judged_again(
    scene: Scene, people: tuple[Person, Person]
) -> None:
    """The log moves on between the checks and the store's turn; the sender notices nothing."""
    therapist, patient = people
    policy = scene.application.service.policy
    assert isinstance(policy, CirclePolicy)
    stale = await policy._memberships.of(patient.circle)
    bundle, _ = therapist.invite(scene.clock.now_s(), "caregiver")
    path = f"/circles/{therapist.circle}/log"
    assert (await scene.ask("POST", path, json=bundle.to_json())).status_code == 201
    policy._memberships._kept[patient.circle] = stale
    assert await patient.push(scene, patient.record()) == []


async def test_a_waiting_device_hears_of_a_record_at_once(
    scene: Scene, people: tuple[Person, Person]
) -> None:
    therapist, patient = people
    path = f"/db/{patient.circle}/_changes"
    headers = therapist.login(scene)
    last = (await scene.json("GET", path, headers=headers))["last_seq"]
    waiting = asyncio.create_task(
        scene.json("GET", f"{path}?feed=longpoll&since={last}", headers=headers)
    )
    await asyncio.sleep(0.05)
    record = patient.record()
    await patient.push(scene, record)
    feed = await asyncio.wait_for(waiting, 60)
    assert [row["id"] for row in feed["results"]] == [record["_id"]]
