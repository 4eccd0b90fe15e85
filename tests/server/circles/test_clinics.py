"""What admins of a clinic may have the server do, and the trail that it leaves."""

from typing import Any

import pytest

from rejoint_sync.circle import entries
from rejoint_sync.circle.keys import DeviceKeys
from server.ring import Ring
from server.scene import Scene


@pytest.fixture
async def clinic(scene: Scene) -> Ring:
    """The clinic."""
    return await Ring.clinic(scene)


async def ask(
    ring: Ring, keys: DeviceKeys, method: str, place: str, body: object = None
) -> tuple[int, Any]:
    more: dict[str, Any] = {} if body is None else {"json": body}
    path = f"/clinics/{ring.circle}/{place}"
    answer = await ring.scene.ask(method, path, headers=ring.headers(keys), **more)
    return answer.status_code, answer.json()


async def test_a_suspended_device_is_served_nowhere_in_the_clinic(clinic: Ring) -> None:
    therapist = await clinic.add("therapist")
    patient = await clinic.patient(therapist)
    scene, admin = clinic.scene, clinic.founder
    other = await clinic.patient()
    body = {"device": therapist.id}
    assert await ask(clinic, admin, "POST", "suspensions", body) == (201, {"ok": True})
    assert await ask(clinic, admin, "GET", "suspensions") == (200, {"devices": [therapist.id]})
    headers = clinic.headers(therapist)
    for circle in (clinic.circle, patient.circle):
        answer = await scene.ask("GET", f"/db/{circle}", headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "suspended")
        assert "code" not in answer.json()
    entry = entries.grant(patient.membership, therapist, target=admin.id, ts=patient.now_s)
    sent = {"log": entry, "wraps": []}
    answer = await scene.ask("POST", f"/circles/{patient.circle}/log", json=sent)
    assert (answer.status_code, answer.json()["error"]) == (403, "suspended")
    mine = await scene.json("GET", "/circles", headers=headers)
    assert all(row["suspended"] for row in mine["circles"])
    assert await scene.json("GET", "/db/_all_dbs", headers=headers) == []
    assert (
        "suspended"
        not in (await scene.json("GET", "/circles", headers=clinic.headers(admin)))["circles"][0]
    )
    assert (await scene.ask("GET", f"/db/{other.circle}", headers=clinic.headers(admin))).is_success
    place = f"suspensions/{therapist.id}"
    assert (await ask(clinic, admin, "DELETE", place))[0] == 200
    assert (await ask(clinic, admin, "DELETE", place))[0] == 404
    assert (await scene.ask("GET", f"/db/{patient.circle}", headers=headers)).status_code == 200


async def test_only_admins_of_the_clinic_may(clinic: Ring) -> None:
    therapist = await clinic.add("therapist")
    patient = await clinic.patient()
    body = {"device": therapist.id}
    places: list[tuple[str, str, Any]] = [
        ("POST", "suspensions", body),
        ("DELETE", f"suspensions/{therapist.id}", None),
        ("POST", "tickets", {"hash": "A" * 43, "exp": clinic.now_s + 10}),
        ("GET", "audit", None),
    ]
    for method, place, sent in places:
        status, answer = await ask(clinic, therapist, method, place, sent)
        assert (status, answer["code"]) == (403, "authz")
        status, answer = await ask(patient, clinic.founder, method, place, sent)
        assert (status, answer["code"]) == (403, "authz")
        assert (await ask(clinic, DeviceKeys.generate(), method, place, sent))[0] == 401
    status, answer = await ask(
        clinic, clinic.founder, "POST", "suspensions", {"device": clinic.founder.id}
    )
    assert (status, answer["code"]) == (400, "target")
    status, answer = await ask(clinic, clinic.founder, "POST", "suspensions", {"device": "x"})
    assert (status, answer["code"]) == (400, "schema")


async def test_therapists_see_who_is_suspended_and_nobody_outside_does(clinic: Ring) -> None:
    therapist = await clinic.add("therapist")
    patient = await clinic.patient()
    lost = await patient.add("caregiver")
    await ask(clinic, clinic.founder, "POST", "suspensions", {"device": lost.id})
    seen = await ask(clinic, therapist, "GET", "suspensions")
    assert seen == (200, {"devices": [lost.id]})
    status, answer = await ask(patient, clinic.founder, "GET", "suspensions")
    assert (status, answer["code"]) == (403, "authz")
    assert (await ask(clinic, DeviceKeys.generate(), "GET", "suspensions"))[0] == 401


async def test_the_trail_says_who_did_what_and_nothing_of_what(clinic: Ring) -> None:
    patient = await clinic.patient()
    keys = await patient.add("caregiver")
    await ask(clinic, clinic.founder, "POST", "suspensions", {"device": keys.id})
    status, answer = await ask(clinic, clinic.founder, "GET", "audit")
    assert status == 200
    assert [(row["act"], row["circle"]) for row in answer["acts"]] == [
        ("suspend", clinic.circle),
        ("add", patient.circle),
        ("found", patient.circle),
        ("found", clinic.circle),
    ]
    assert all(row.keys() == {"n", "at", "device", "circle", "act"} for row in answer["acts"])
    assert {row["device"] for row in answer["acts"]} == {clinic.founder.id}
    _, answer = await ask(clinic, clinic.founder, "GET", "audit?before=2")
    assert [row["n"] for row in answer["acts"]] == [1]
