"""A ticket founds one circle of its clinic, within its time, and shows the clinicians' keys."""

import hashlib
import secrets
from typing import Any

import pytest

from rejoint_server.access import tickets
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.limits import TICKET_SECONDS_MAX
from server.ring import Ring
from server.scene import Person, Scene


@pytest.fixture
async def clinic(scene: Scene) -> Ring:
    """The clinic."""
    return await Ring.clinic(scene)


def drawn() -> tuple[str, str]:
    """A ticket and its hash."""
    ticket = secrets.token_bytes(16)
    return b64u_encode(ticket), b64u_encode(hashlib.sha256(ticket).digest())


async def issue(clinic: Ring, hashed: str, seconds: int = 3600) -> tuple[int, str]:
    answer = await clinic.scene.ask(
        "POST",
        f"/clinics/{clinic.circle}/tickets",
        json={"hash": hashed, "exp": clinic.now_s + seconds},
        headers=clinic.headers(clinic.founder),
    )
    return answer.status_code, answer.json().get("code", "")


async def found(clinic: Ring, ticket: str, body: dict[str, Any] | None = None) -> Any:
    patient = Person()
    genesis = patient.genesis(
        clinic.now_s, purpose="patient", clinic=clinic.circle, role="patient"
    ).to_json()
    sent = (body or genesis) | {"ticket": ticket}
    answer = await clinic.scene.ask("POST", "/circles", json=sent)
    return answer.status_code, body or genesis


async def keys(clinic: Ring, ticket: str, *devices: str) -> tuple[int, Any]:
    path = f"/clinics/{clinic.circle}/keys"
    body = {"ticket": ticket, "devices": devices}
    answer = await clinic.scene.ask("POST", path, json=body)
    return answer.status_code, answer.json().get("pubs")


async def test_a_ticket_founds_one_circle(clinic: Ring) -> None:
    ticket, hashed = drawn()
    assert (await found(clinic, ticket))[0] == 403
    assert await issue(clinic, hashed) == (201, "")
    assert await issue(clinic, hashed) == (200, "")
    assert await issue(clinic, hashed, 60) == (409, "dup")
    status, body = await found(clinic, ticket)
    assert status == 201
    assert (await found(clinic, ticket, body))[0] == 200
    assert (await found(clinic, ticket))[0] == 403
    assert (await found(clinic, drawn()[0]))[0] == 403


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(TICKET_SECONDS_MAX, (201, "")), (TICKET_SECONDS_MAX + 1, (400, "ts")), (-1, (400, "ts"))],
)
async def test_a_ticket_has_an_end(clinic: Ring, seconds: int, expected: tuple[int, str]) -> None:
    ticket, hashed = drawn()
    assert await issue(clinic, hashed, seconds) == expected
    clinic.scene.clock.now += TICKET_SECONDS_MAX + 1
    assert (await found(clinic, ticket))[0] == 403
    assert await issue(clinic, "A" * 42) == (400, "schema")


async def test_a_ticket_shows_the_keys_of_live_clinicians(clinic: Ring) -> None:
    ticket, hashed = drawn()
    therapist, gone = await clinic.add("therapist"), await clinic.add("therapist")
    await clinic.remove(gone)
    await issue(clinic, hashed)
    stranger = DeviceKeys.generate()
    asked = (therapist.id, gone.id, stranger.id, clinic.founder.id)
    expected = {one.id: dict(one.pub) for one in (therapist, clinic.founder)}
    assert await keys(clinic, ticket, *asked) == (200, expected)
    assert (await found(clinic, ticket))[0] == 201
    assert await keys(clinic, ticket, therapist.id) == (200, {therapist.id: dict(therapist.pub)})
    assert (await keys(clinic, ticket, *(["x"] * 21)))[0] == 413
    assert (await keys(clinic, drawn()[0], therapist.id))[0] == 403


async def test_a_ticket_is_for_its_own_clinic(clinic: Ring) -> None:
    ticket, hashed = drawn()
    await issue(clinic, hashed)
    patient = await clinic.patient()
    body = (
        Person()
        .genesis(clinic.now_s, purpose="patient", clinic=patient.circle, role="patient")
        .to_json()
    )
    assert (await found(clinic, ticket, body))[0] == 403
    assert (await found(clinic, ticket))[0] == 201


async def test_tickets_are_bounded(clinic: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "TICKETS_MAX", 2)
    assert await issue(clinic, drawn()[1], 10) == (201, "")
    assert await issue(clinic, drawn()[1]) == (201, "")
    assert await issue(clinic, drawn()[1]) == (413, "limit")
    clinic.scene.clock.now += 11
    assert await issue(clinic, drawn()[1]) == (201, "")
