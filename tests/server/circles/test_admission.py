"""Founding, inviting, joining: each whole or not at all, and the same bytes twice are fine."""

import hashlib
import secrets

import pytest

from rejoint_server.access.hints import NOTES
from rejoint_server.circles.invitations import LOOKS_PER_HOUR
from rejoint_sync.circle.invitation import invitation_id
from rejoint_sync.errors import StoreUnavailable
from server.scene import Person, Scene


async def test_founds_the_clinic_once_with_the_setup_secret(scene: Scene) -> None:
    admin = Person()
    body = admin.genesis(scene.clock.now_s()).to_json() | {"setup": scene.secret}
    first = await scene.ask("POST", "/circles", json=body)
    assert (first.status_code, first.json()) == (201, {"ok": True, "circle": admin.circle})
    again = await scene.ask("POST", "/circles", json=body)
    assert (again.status_code, again.json()) == (200, {"ok": True, "circle": admin.circle})

    other = Person().genesis(scene.clock.now_s()).to_json() | {"setup": scene.secret}
    refused = await scene.ask("POST", "/circles", json=other)
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
    assert await scene.store.databases() == sorted([NOTES, admin.circle])


@pytest.mark.parametrize("setup", [None, "A" * 22])
async def test_founds_no_clinic_without_the_secret(scene: Scene, setup: str | None) -> None:
    body = Person().genesis(scene.clock.now_s()).to_json() | {"setup": setup}
    assert (await scene.ask("POST", "/circles", json=body)).status_code == 403
    assert await scene.store.databases() == [NOTES]


async def test_a_crash_between_secret_and_circle_is_healed_by_the_same_bytes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = Person()
    body = admin.genesis(scene.clock.now_s()).to_json() | {"setup": scene.secret}

    async def crash(*_: object) -> None:
        raise StoreUnavailable("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(scene.store, "create", crash)
        assert (await scene.ask("POST", "/circles", json=body)).status_code == 503
    newer = await scene.application.start()
    assert newer is not None
    assert newer != scene.secret
    assert (await scene.ask("POST", "/circles", json=body)).status_code == 201
    assert await scene.application.start() is None


async def test_keeps_the_secret_only_as_a_hash(scene: Scene) -> None:
    note = await scene.store.local_get(NOTES, "setup")
    assert note is not None
    assert scene.secret is not None
    assert scene.secret.encode() not in note[1]
    assert hashlib.sha256(scene.secret.encode()).hexdigest().encode() in note[1]


def h_of(person: Person) -> str:
    assert person.membership is not None
    return person.membership.h


async def test_a_clinician_founds_a_patients_circle(scene: Scene) -> None:
    admin = await Person.founder(scene)
    therapist = await admin.new_patient_circle(scene)
    mine = await scene.json("GET", "/circles", headers=admin.login(scene))
    assert mine == {
        "circles": [
            {
                "circle": admin.circle,
                "purpose": "clinic",
                "clinic": "",
                "role": "admin",
                "seq": 0,
                "h": h_of(admin),
            },
            {
                "circle": therapist.circle,
                "purpose": "patient",
                "clinic": admin.circle,
                "role": "therapist",
                "seq": 0,
                "h": h_of(therapist),
            },
        ],
        "incarnation": scene.store.incarnation,
        "relay": (await scene.json("GET", "/relay"))["key"],
    }


async def test_nobody_else_founds_a_patients_circle(scene: Scene) -> None:
    admin = await Person.founder(scene)
    patient = await (await admin.new_patient_circle(scene)).admit(scene, "patient")
    for founder in (Person(), patient):
        mine = Person(keys=founder.keys)
        body = mine.genesis(
            scene.clock.now_s(), purpose="patient", clinic=admin.circle, role="therapist"
        ).to_json()
        for headers in ({}, founder.login(scene)):
            answer = await scene.ask("POST", "/circles", json=body, headers=headers)
            assert answer.status_code == 401
    # An admin's login does not help to found a circle for a device that is not there.
    answer = await scene.ask("POST", "/circles", json=body, headers=admin.login(scene))
    assert answer.status_code == 403
    lone = Person(keys=admin.keys).genesis(
        scene.clock.now_s(), purpose="patient", clinic="c" + "0" * 40, role="therapist"
    )
    answer = await scene.ask("POST", "/circles", json=lone.to_json(), headers=admin.login(scene))
    assert answer.status_code == 403


async def test_a_patient_joins_and_the_used_invitation_is_gone(scene: Scene) -> None:
    admin = await Person.founder(scene)
    therapist = await admin.new_patient_circle(scene)
    bundle, secret = therapist.invite(scene.clock.now_s(), "patient")
    path = f"/circles/{therapist.circle}"
    assert (await scene.json("POST", f"{path}/log", bundle.to_json())) == {"ok": True, "seq": 1}
    iid = invitation_id(therapist.circle, secret)
    seen = await scene.json("GET", f"{path}/invitations/{iid}")
    assert [entry["_id"] for entry in seen["log"]] == ["log:000000", "log:000001"]
    patient = Person()
    joined = patient.join(therapist.circle, secret, seen, scene.clock.now_s()).to_json()
    first = await scene.ask("POST", f"{path}/log", json=joined)
    again = await scene.ask("POST", f"{path}/log", json=joined)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == {"ok": True, "seq": 2}

    stored = await scene.store.read(therapist.circle, f"inv:{iid}")
    assert stored is not None
    assert stored.leaves[0].deleted
    assert (await scene.json("GET", f"{path}/invitations/{iid}"))["inv"] is None
    late = Person().join(therapist.circle, secret, seen, scene.clock.now_s()).to_json()
    answer = await scene.ask("POST", f"{path}/log", json=late)
    assert (answer.status_code, answer.json()["code"]) == (409, "seq")


async def test_a_second_user_of_a_link_is_told_that_it_was_used(scene: Scene) -> None:
    admin = await Person.founder(scene)
    therapist = await admin.new_patient_circle(scene)
    bundle, secret = therapist.invite(scene.clock.now_s(), "patient")
    path = f"/circles/{therapist.circle}"
    await scene.ask("POST", f"{path}/log", json=bundle.to_json())
    iid = invitation_id(therapist.circle, secret)
    seen = await scene.json("GET", f"{path}/invitations/{iid}")
    first = Person()
    joined = first.join(therapist.circle, secret, seen, scene.clock.now_s())
    await scene.ask("POST", f"{path}/log", json=joined.to_json())

    second = Person()
    both = {**seen, "log": [*seen["log"], joined.log]}
    with pytest.raises(Exception, match="invitation") as caught:
        second.join(therapist.circle, secret, both, scene.clock.now_s())
    assert getattr(caught.value, "code", "") == "invite"


async def test_an_expired_invitation_shows_nothing(scene: Scene) -> None:
    admin = await Person.founder(scene)
    therapist = await admin.new_patient_circle(scene)
    bundle, secret = therapist.invite(scene.clock.now_s(), "patient")
    path = f"/circles/{therapist.circle}"
    await scene.ask("POST", f"{path}/log", json=bundle.to_json())
    iid = invitation_id(therapist.circle, secret)
    seen = await scene.json("GET", f"{path}/invitations/{iid}")
    scene.clock.now += 3700
    assert (await scene.json("GET", f"{path}/invitations/{iid}"))["inv"] is None
    # Signed with a time at which the link was good: the server's own clock says it is over.
    late = Person().join(therapist.circle, secret, seen, scene.clock.now_s() - 100).to_json()
    answer = await scene.ask("POST", f"{path}/log", json=late)
    assert (answer.status_code, answer.json()["code"]) == (409, "invite")


async def test_an_unknown_invitation_says_so_and_a_known_one_is_shown_sixty_times(
    scene: Scene,
) -> None:
    admin = await Person.founder(scene)
    bundle, secret = admin.invite(scene.clock.now_s(), "therapist")
    await scene.ask("POST", f"/circles/{admin.circle}/log", json=bundle.to_json())
    for circle, iid in (
        (admin.circle, "i" + "A" * 22),
        (admin.circle, "%00"),
        ("c" + "0" * 40, "i" + "A" * 22),
        ("nonsense", "x"),
    ):
        answer = await scene.ask("GET", f"/circles/{circle}/invitations/{iid}")
        assert (answer.status_code, answer.json()["code"]) == (404, "invite")
    path = f"/circles/{admin.circle}/invitations/{invitation_id(admin.circle, secret)}"
    answers = [(await scene.ask("GET", path)).status_code for _ in range(LOOKS_PER_HOUR + 1)]
    assert answers == [200] * LOOKS_PER_HOUR + [429]
    scene.clock.now += 3600
    assert (await scene.ask("GET", path)).status_code == 200


async def test_of_two_entries_for_one_number_one_lands(scene: Scene) -> None:
    admin = await Person.founder(scene)
    twin = Person(keys=admin.keys, es=admin.es, membership=admin.membership)
    path = f"/circles/{admin.circle}/log"
    one = admin.invite(scene.clock.now_s(), "therapist")[0].to_json()
    two = twin.invite(scene.clock.now_s(), "therapist")[0].to_json()
    assert (await scene.ask("POST", path, json=one)).status_code == 201
    answer = await scene.ask("POST", path, json=two)
    assert (answer.status_code, answer.json()["code"]) == (409, "seq")
    assert await scene.store.read(admin.circle, two["inv"]["_id"]) is None


async def test_a_bundle_without_its_wraps_leaves_no_trace(scene: Scene) -> None:
    admin = Person()
    body = admin.genesis(scene.clock.now_s()).to_json() | {"wraps": [], "setup": scene.secret}
    answer = await scene.ask("POST", "/circles", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "wrap")
    assert await scene.store.databases() == [NOTES]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"log":1,"wraps":[]}',
        b'{"log":{},"wraps":[1]}',
        b'{"log":{"_id":"log:000000","j":7},"wraps":[]}',
        b'{"log":{"_id":"log:000000","j":"a.b.c"},"wraps":[]}',
        b'{"log":{},"wraps":[],"extra":1}',
        b'{"log":{},"wraps":[],"setup":"short"}',
        b"\xff\xfe",
        b"[" * 5000,
    ],
)
async def test_garbage_is_refused_in_couchdbs_shape(scene: Scene, body: bytes) -> None:
    for path in ("/circles", "/circles/c" + "0" * 40 + "/log", "/circles/x/log"):
        answer = await scene.ask("POST", path, content=body)
        assert 400 <= answer.status_code < 500
        assert {"error", "reason"} <= answer.json().keys() <= {"error", "reason", "code"}


async def test_a_body_that_is_too_long_is_refused(scene: Scene) -> None:
    answer = await scene.ask("POST", "/circles", content=secrets.token_bytes(3 * 1024 * 1024))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
