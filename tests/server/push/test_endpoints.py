"""The routes of push, as devices use them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from push_service import PushService, open_push_service
from rejoint_server.push.endpoints import CHANGES_PER_HOUR
from rejoint_server.push.push_keys import KeyRing
from rejoint_server.push.subscriptions import Subscriptions
from rejoint_sync.reminders import Ping
from server.scene import NOW_S, Person, Scene, open_scene

FAR = "https://fcm.googleapis.com/wp/a:b"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, push_loopback=True) as opened:
        yield opened


@pytest.fixture
async def service(scene: Scene) -> AsyncIterator[PushService]:
    async with open_push_service(scene.clock.monotonic_s) as opened:
        yield opened
        assert opened.complaints == []


async def subscribed(scene: Scene, service: PushService) -> tuple[dict[str, Any], dict[str, Any]]:
    """A browser's subscription for the server's key; and what its app puts."""
    key = (await scene.json("GET", "/push/key"))["key"]
    browser = service.subscribe(key)
    return browser, {"endpoint": browser["endpoint"], **browser["keys"], "key": key}


async def put(scene: Scene, person: Person, body: object) -> Any:
    headers = person.login(scene)
    return await scene.ask("PUT", "/push/subscription", json=body, headers=headers)


async def ping(scene: Scene, person: Person) -> str:
    assert scene.application.push is not None
    sender = scene.application.push.sender
    told = await sender.send(person.keys.id, Ping("test", NOW_S // 60, 600))
    return told.word


async def test_a_device_subscribes_and_is_pinged(scene: Scene, service: PushService) -> None:
    admin = await Person.founder(scene)
    browser, body = await subscribed(scene, service)
    answer = await put(scene, admin, body)
    assert (answer.status_code, answer.json()) == (201, {"ok": True, "renew": False})
    assert await ping(scene, admin) == "delivered"
    (got,) = service.waiting(browser)
    assert json.loads(got.payload)["device"] == admin.keys.id
    answer = await put(scene, admin, body)
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "renew": False})


async def test_a_session_is_as_good_as_a_token(scene: Scene, service: PushService) -> None:
    admin = await Person.founder(scene)
    session = await scene.json("POST", "/session", headers=admin.login(scene))
    _, body = await subscribed(scene, service)
    headers = {"authorization": f"Session {session['session']}"}
    answer = await scene.ask("PUT", "/push/subscription", json=body, headers=headers)
    assert answer.status_code == 201


async def test_the_newest_subscription_takes_the_place_of_the_last(
    scene: Scene, service: PushService
) -> None:
    admin = await Person.founder(scene)
    old, body = await subscribed(scene, service)
    await put(scene, admin, body)
    new, body = await subscribed(scene, service)
    await put(scene, admin, body)
    assert await ping(scene, admin) == "delivered"
    assert (service.requests(old), service.requests(new)) == (0, 1)


async def test_who_takes_the_subscription_back_is_not_pinged(
    scene: Scene, service: PushService
) -> None:
    admin = await Person.founder(scene)
    browser, body = await subscribed(scene, service)
    await put(scene, admin, body)
    for _ in range(2):
        answer = await scene.ask("DELETE", "/push/subscription", headers=admin.login(scene))
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert await ping(scene, admin) == "gone"
    assert service.requests(browser) == 0


async def test_after_a_rotation_the_earlier_key_serves_until_the_phone_has_the_new_one(
    scene: Scene, service: PushService, tmp_path: Path
) -> None:
    admin = await Person.founder(scene)
    old, body = await subscribed(scene, service)
    await put(scene, admin, body)
    file = tmp_path / "push-keys.json"
    KeyRing.read(file).rotated(NOW_S).write(file)
    assert await ping(scene, admin) == "delivered"
    assert (await put(scene, admin, body)).json() == {"ok": True, "renew": True}
    new, body = await subscribed(scene, service)
    assert (await put(scene, admin, body)).json() == {"ok": True, "renew": False}
    assert await ping(scene, admin) == "delivered"
    assert (service.requests(old), service.requests(new)) == (1, 1)


async def test_a_key_that_is_not_kept_is_a_conflict(
    scene: Scene, service: PushService, tmp_path: Path
) -> None:
    admin = await Person.founder(scene)
    _, body = await subscribed(scene, service)
    file = tmp_path / "push-keys.json"
    KeyRing.read(file).rotated(NOW_S).keeping(set()).write(file)
    answer = await put(scene, admin, body)
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"endpoint": "https://evil.example/x"}, 403),
        ({"endpoint": "https://10.0.0.1/x"}, 403),
        ({"endpoint": "http://fcm.googleapis.com/x"}, 400),
        ({"endpoint": FAR + "x" * 1024}, 400),
        ({"endpoint": 7}, 400),
        ({"p256dh": "B" + "A" * 86}, 400),
        ({"p256dh": "x"}, 400),
        ({"auth": "A" * 21 + "B"}, 400),
        ({"auth": ""}, 400),
        ({"key": "short"}, 400),
        ({"more": 1}, 400),
    ],
)
async def test_what_is_no_subscription_is_refused_without_being_repeated(
    scene: Scene, service: PushService, change: dict[str, Any], status: int
) -> None:
    admin = await Person.founder(scene)
    _, body = await subscribed(scene, service)
    answer = await put(scene, admin, {**body, **change})
    assert answer.status_code == status
    for secret in ("evil.example", "10.0.0.1", body["auth"]):
        assert secret not in answer.text
    assert await ping(scene, admin) == "gone"


async def test_who_is_not_known_subscribes_to_nothing(scene: Scene, service: PushService) -> None:
    await Person.founder(scene)
    _, body = await subscribed(scene, service)
    assert (await put(scene, Person(), body)).status_code == 401
    assert (await scene.ask("PUT", "/push/subscription", json=body)).status_code == 401
    assert (await scene.ask("DELETE", "/push/subscription")).status_code == 401


async def test_a_suspended_device_does_not_subscribe(scene: Scene, service: PushService) -> None:
    admin = await Person.founder(scene)
    therapist = await admin.admit(scene, "therapist")
    body = {"device": therapist.keys.id}
    path = f"/clinics/{admin.circle}/suspensions"
    await scene.ask("POST", path, json=body, headers=admin.login(scene))
    _, body = await subscribed(scene, service)
    answer = await put(scene, therapist, body)
    assert (answer.status_code, answer.json()["error"]) == (403, "suspended")


async def test_there_is_an_end_to_how_often_one_may_subscribe(
    scene: Scene, service: PushService
) -> None:
    admin = await Person.founder(scene)
    _, body = await subscribed(scene, service)
    answers = [await put(scene, admin, body) for _ in range(CHANGES_PER_HOUR + 1)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [201, *[200] * (CHANGES_PER_HOUR - 1), 429]


async def test_nothing_of_an_endpoint_is_in_log_or_figures(
    scene: Scene, service: PushService
) -> None:
    admin = await Person.founder(scene)
    browser, body = await subscribed(scene, service)
    await put(scene, admin, body)
    await ping(scene, admin)
    service.expire(browser)
    assert await ping(scene, admin) == "gone"
    page = (await scene.ask("GET", "http://127.0.0.1/metrics")).text
    assert 'rejoint_pings_total{outcome="delivered",service="other",why="201"} 1.0' in page
    assert 'rejoint_pings_total{outcome="gone",service="other",why="410"} 1.0' in page
    secret = browser["endpoint"].rpartition("/")[2].partition("?")[0]
    for text in (page, scene.log.getvalue()):
        assert secret not in text
        assert admin.keys.id not in text
    assert await Subscriptions(scene.store).of(admin.keys.id) is None
