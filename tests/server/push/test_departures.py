"""A phone that was lost, or whose person has left, is not pinged any more."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rejoint_server.push.subscriptions import Subscription, Subscriptions
from rejoint_sync.circle import entries
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.log import Mark
from rejoint_sync.errors import StoreUnavailable
from server.scene import Person, Scene, open_scene


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        yield opened


async def subscribe(scene: Scene, *people: Person) -> None:
    for person in people:
        subscription = Subscription("https://push.example/x", "p", "a", "k", at=1)
        await Subscriptions(scene.store).put(person.keys.id, subscription)


async def subscribed(scene: Scene, *people: Person) -> list[bool]:
    kept = Subscriptions(scene.store)
    return [await kept.of(person.keys.id) is not None for person in people]


async def test_a_suspended_device_is_not_pinged(scene: Scene) -> None:
    admin = await Person.founder(scene)
    therapist = await admin.admit(scene, "therapist")
    await subscribe(scene, admin, therapist)
    path = f"/clinics/{admin.circle}/suspensions"
    body = {"device": therapist.keys.id}
    await scene.ask("POST", path, json=body, headers=admin.login(scene))
    assert await subscribed(scene, admin, therapist) == [True, False]


async def leave(scene: Scene, person: Person) -> None:
    """Go out of one's circle."""
    assert person.membership is not None
    marks, now_s = {"c": Mark(person.n, "")}, scene.clock.now_s()
    log = entries.leave(person.membership, person.keys, marks=marks, ts=now_s)
    body = Bundle(log, ()).to_json()
    answer = await scene.ask("POST", f"/circles/{person.circle}/log", json=body)
    assert answer.status_code == 201, answer.text


async def test_who_has_left_is_not_pinged(scene: Scene) -> None:
    admin = await Person.founder(scene)
    therapist = await admin.admit(scene, "therapist")
    await subscribe(scene, admin, therapist)
    await leave(scene, therapist)
    assert await subscribed(scene, admin, therapist) == [True, False]


async def test_who_is_still_in_another_circle_is_pinged(scene: Scene) -> None:
    admin = await Person.founder(scene)
    therapist = await admin.admit(scene, "therapist")
    await therapist.new_patient_circle(scene)
    await subscribe(scene, therapist)
    await leave(scene, therapist)
    assert await subscribed(scene, therapist) == [True]


async def test_an_entry_is_appended_also_when_nothing_can_be_forgotten(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await Person.founder(scene)
    therapist = await admin.admit(scene, "therapist")

    async def fail(*_: object) -> bool:
        raise StoreUnavailable("no")

    monkeypatch.setattr(Subscriptions, "drop", fail)
    await leave(scene, therapist)


async def test_a_sweep_forgets_who_is_in_no_circle(scene: Scene) -> None:
    admin, stranger = await Person.founder(scene), Person()
    await subscribe(scene, admin, stranger)
    assert scene.application.upkeep is not None
    await scene.application.upkeep.once()
    assert await subscribed(scene, admin, stranger) == [True, False]
