"""From a schedule to a browser: routes, loop, sender, and a strict push service."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from push_service import Fault, PushService, Received, open_push_service
from rejoint_sync.circle.keys import DeviceKeys
from server.ring import Ring
from server.scene import Scene, open_scene

NOON_S = 1_795_000_000 // 86_400 * 86_400 + 86_400 + 12 * 3600
"""The first noon after the scene begins."""


class World:
    """A circle whose devices have browsers."""

    def __init__(self, ring: Ring, service: PushService) -> None:
        self.ring = ring
        self.scene: Scene = ring.scene
        self.service = service
        self.browsers: dict[str, dict[str, Any]] = {}
        scheduler = self.scene.application.scheduler
        assert scheduler is not None
        scheduler._jitter_s = 0.0
        self.scheduler = scheduler

    async def joins(self, role: str, **schedule: object) -> DeviceKeys:
        """A device that has subscribed and chosen."""
        keys = await self.ring.add(role)
        headers = self.ring.headers(keys)
        key = (await self.scene.json("GET", "/push/key"))["key"]
        browser = self.browsers[keys.id] = self.service.subscribe(key)
        body = {"endpoint": browser["endpoint"], **browser["keys"], "key": key}
        answer = await self.scene.ask("PUT", "/push/subscription", json=body, headers=headers)
        assert answer.status_code == 201
        chosen = {"zone": "UTC", "times": {}, **schedule}
        answer = await self.scene.ask("PUT", "/reminders", json=chosen, headers=headers)
        assert answer.status_code == 200
        return keys

    async def at(self, second: int) -> None:
        """Let the loop look at this second's minute."""
        self.scene.clock.now = float(second)
        await self.scheduler.once(second // 60)

    def received(self, keys: DeviceKeys) -> list[Received]:
        """What a device's browser was sent."""
        return self.service.received(self.browsers[keys.id])


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_scene(tmp_path, push_loopback=True) as scene:
        clinic = await Ring.clinic(scene)
        async with open_push_service(scene.clock.monotonic_s) as service:
            yield World(await clinic.patient(), service)
            assert service.complaints == []


def daily(time: str) -> dict[str, str]:
    return dict.fromkeys("1234567", time)


async def test_three_kinds_of_one_minute_look_alike_to_the_push_service(world: World) -> None:
    reminded = await world.joins("patient", times=daily("12:00"))
    nudged = await world.joins("caregiver", times=daily("11:00"), nudge=60)
    informed = await world.joins("caregiver", times=daily("20:00"))
    await world.at(NOON_S - 3600)
    assert len(world.received(nudged)) == 1
    await world.at(NOON_S - 60)
    world.scene.clock.now = NOON_S - 30.0
    await world.ring.push(world.ring.founder, world.ring.record(world.ring.founder, kind="nt"))
    await world.at(NOON_S)
    last = [world.received(one)[-1] for one in (reminded, nudged, informed)]
    shown = {(one.body_bytes, one.headers, one.ttl_s, one.urgency, len(one.topic)) for one in last}
    assert len(shown) == 1
    kinds = [json.loads(one.payload)["kind"] for one in last]
    assert kinds == ["reminder", "nudge", "note"]
    assert [len(world.received(one)) for one in (reminded, nudged, informed)] == [1, 2, 1]


async def test_a_busy_push_service_gets_the_reminder_later_and_once(world: World) -> None:
    patient = await world.joins("patient", times=daily("12:00"))
    browser = world.browsers[patient.id]
    world.service.fail(browser, Fault(429, {"retry-after": "150"}, times=1))
    for minute in range(30):
        await world.at(NOON_S + 60 * minute)
    assert world.service.requests(browser) == 2
    (got,) = world.received(patient)
    first_life_s = 12 * 3600
    assert first_life_s - 600 <= got.ttl_s <= first_life_s - 150


async def test_done_today_takes_back_what_a_busy_push_service_put_off(world: World) -> None:
    patient = await world.joins("patient", times=daily("12:00"))
    browser = world.browsers[patient.id]
    world.service.fail(browser, Fault(503, {"retry-after": "300"}, times=1))
    await world.at(NOON_S)
    answer = await world.scene.ask(
        "POST", "/reminders/mark", json={"mark": "done"}, headers=world.ring.headers(patient)
    )
    assert answer.status_code == 200
    for minute in range(1, 30):
        await world.at(NOON_S + 60 * minute)
    assert world.service.requests(browser) == 1


async def test_a_browser_that_is_gone_is_asked_once(world: World) -> None:
    patient = await world.joins("patient", times=daily("12:00"), nudge=60)
    browser = world.browsers[patient.id]
    world.service.expire(browser)
    for minute in range(90):
        await world.at(NOON_S + 60 * minute)
    assert world.service.requests(browser) == 1
