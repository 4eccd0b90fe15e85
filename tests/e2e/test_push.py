"""An operator's ping reaches a device that enrolled over HTTP, also when the key changes."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from e2e.server_process import ServerProcess
from push_service import PushService, push_service_beside
from rejoint_sync.device.device import Device
from server.device_shell import REJOINT


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service_beside() as opened:
        yield opened
        assert opened.complaints == []


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def server(data: Path) -> Iterator[ServerProcess]:
    with ServerProcess(data, data.with_name("server.log"), "--push-loopback") as running:
        yield running


async def enrolled(server: ServerProcess, home: Path) -> tuple[str, str]:
    """The clinic's first device, and a login token of it."""
    async with await Device.open(home, time.time, make=True) as device:
        founded = await device.new(server.setup_link())
        async with device._line() as line:
            return founded["device"], line._token()


class Phone:
    """What the app does about pings, by HTTP alone."""

    def __init__(self, server: ServerProcess, token: str, service: PushService) -> None:
        self._ask = httpx.Client(
            base_url=server.url, headers={"authorization": f"Bearer {token}"}, timeout=60
        )
        self._service = service

    def subscribe(self) -> dict[str, Any]:
        """Have the browser subscribe for the server's key."""
        key = self._ask.get("/push/key").json()["key"]
        return {**self._service.subscribe(key), "key": key}

    def put(self, browser: dict[str, Any]) -> httpx.Response:
        """Tell the server."""
        body = {"endpoint": browser["endpoint"], **browser["keys"], "key": browser["key"]}
        return self._ask.put("/push/subscription", json=body)

    def close(self) -> None:
        self._ask.close()


def rejoint(*words: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [REJOINT, *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


async def test_an_operators_ping_reaches_a_device_before_and_after_the_key_changes(
    server: ServerProcess, data: Path, service: PushService, tmp_path: Path
) -> None:
    device, token = await enrolled(server, tmp_path / "device")
    phone = Phone(server, token, service)
    browser = phone.subscribe()
    assert phone.put(browser).json() == {"ok": True, "renew": False}
    ping = ("push", "test", "--data", str(data), "--device", device, "--push-loopback")
    assert rejoint(*ping)[1]["outcome"] == "delivered"

    _, rotated = rejoint("vapid", "rotate", "--data", str(data))
    assert [key["subscriptions"] for key in rotated["keys"]] == [0, 1]
    assert rejoint(*ping)[1]["outcome"] == "delivered"
    assert len(service.received(browser)) == 2
    # What a phone does once a day tells it to subscribe anew.
    assert phone.put(browser).json() == {"ok": True, "renew": True}
    again = phone.subscribe()
    assert again["key"] != browser["key"]
    assert phone.put(again).json() == {"ok": True, "renew": False}
    _, counted = rejoint("vapid", "show", "--data", str(data))
    assert [key["subscriptions"] for key in counted["keys"]] == [1, 0]

    status, told = rejoint(*ping)
    assert (status, told["outcome"]) == (0, "delivered")
    (got,) = service.received(again)
    assert json.loads(got.payload)["device"] == device
    assert len(service.received(browser)) == 2
    phone.close()


async def test_a_key_that_was_revoked_is_no_use_and_its_subscriptions_are_void(
    server: ServerProcess, data: Path, service: PushService, tmp_path: Path
) -> None:
    device, token = await enrolled(server, tmp_path / "device")
    phone = Phone(server, token, service)
    browser = phone.subscribe()
    assert phone.put(browser).status_code == 201
    rejoint("vapid", "rotate", "--data", str(data), "--revoke")
    ping = ("push", "test", "--data", str(data), "--device", device, "--push-loopback")
    assert rejoint(*ping) == (
        1,
        {"device": device, "service": "other", "outcome": "given up", "why": "key"},
    )
    assert service.requests(browser) == 0
    assert phone.put(browser).status_code == 409
    assert phone.put(phone.subscribe()).status_code == 201
    phone.close()
