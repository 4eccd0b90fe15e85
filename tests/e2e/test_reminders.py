"""A reminder on a phone: asked for by tapping, pinged, answered on the locked screen offline."""

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, Worker, expect, sync_playwright

from e2e.phone import PATIENCE_MS, Phone
from e2e.server_process import ServerProcess
from e2e.test_story import join, wait_for_worker
from push_service import PushService, push_service_beside
from rejoint_server.commands.demo_story import PATIENTS, plan
from rejoint_sync.device.device import Device
from server.device_shell import REJOINT

pytestmark = pytest.mark.browser

SUBSCRIBES = """
PushManager.prototype.getSubscription = async () => null;
PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
  const { endpoint, keys } = await subscribeThere(applicationServerKey);
  const bytes = (text) => Uint8Array.from(
    atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  return { endpoint, getKey: (name) => bytes(keys[name]).buffer };
};
"""
"""In the place of the browser's own push service, which is nowhere near."""

SHOWN = """self.registration.getNotifications()
  .then((shown) => shown.map(({ title, body }) => `${title}|${body}`))"""

TAPS = """async (action) => {
  const [notification] = await self.registration.getNotifications();
  const init = { notification, action };
  self.dispatchEvent(new NotificationEvent("notificationclick", init));
}"""


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service_beside() as opened:
        yield opened
        assert opened.complaints == []


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    data, log = tmp_path / "data", tmp_path / "server.log"
    with ServerProcess(data, log, "--push-loopback") as running:
        yield running


async def invited(server: ServerProcess, home: Path) -> str:
    """A therapist's link for a patient who has a plan."""
    async with await Device.open(home, time.time, make=True) as therapist:
        await therapist.new(server.setup_link())
        circle = (await therapist.circle_new())["circle"]
        await therapist.put(circle, "pl", [plan(PATIENTS[0])], tz_min=0)
        await therapist.sync()
        return str((await therapist.invite(circle, "patient"))["link"])


@pytest.fixture
def phone(playwright: Playwright, server: ServerProcess, tmp_path: Path) -> Iterator[Phone]:
    """A patient's phone, with everything on it."""
    with ThreadPoolExecutor(1) as beside:  # the driver of browsers has the loop of this thread
        link = beside.submit(asyncio.run, invited(server, tmp_path / "therapist")).result()
    phone = Phone(playwright, tmp_path / "phone").start(script=SUBSCRIBES)
    phone.page.context.grant_permissions(["notifications"], origin=server.url)
    join(phone, link)
    wait_for_worker(phone)
    yield phone
    phone.close()


class Pushes:
    """Brings the phone's worker what a push service would."""

    def __init__(self, phone: Phone, origin: str) -> None:
        self._page, self._origin = phone.page, origin
        self._seen: dict[str, str] = {}
        self._session = phone.page.context.new_cdp_session(phone.page)
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._hear)
        self._session.send("ServiceWorker.enable")

    def _hear(self, told: dict[str, Any]) -> None:
        for one in told["registrations"]:
            self._seen[one["scopeURL"]] = one["registrationId"]

    def deliver(self, payload: str) -> None:
        """One push; the browser tells of its workers when it likes."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while not self._seen:
            assert time.monotonic() < until
            self._page.wait_for_timeout(20)
        place = {"origin": self._origin, "registrationId": self._seen[f"{self._origin}/"]}
        self._session.send("ServiceWorker.deliverPushMessage", {**place, "data": payload})


def shows(phone: Phone, expected: list[str]) -> None:
    """Wait until exactly these notifications are shown, each `title|body`."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while (shown := worker_of(phone).evaluate(SHOWN)) != expected:
        assert time.monotonic() < until, shown
        phone.page.wait_for_timeout(50)


def worker_of(phone: Phone) -> Worker:
    (worker,) = phone.page.context.service_workers
    return worker


def test_a_reminder_is_asked_for_pinged_and_answered_without_a_network(
    phone: Phone, server: ServerProcess, service: PushService, tmp_path: Path
) -> None:
    browser: dict[str, Any] = {}

    def subscribe(key: str) -> dict[str, Any]:
        if not browser:
            browser.update(service.subscribe(key))
        return browser

    phone.page.expose_function("subscribeThere", subscribe)
    phone.by("open-more").click()
    phone.by("open-reminders").click()
    phone.by("remind-09:00").click()
    phone.by("remind-save").click()
    expect(phone.by("remind-there")).to_be_visible()

    slip = phone.page.evaluate(
        "caches.open('reminding').then((kept) => kept.keys()).then(([first]) => first.url)"
    )
    device = re.sub(r".*\?", "", slip)
    ping = ("push", "test", "--data", str(tmp_path / "data"), "--device", device)
    done = subprocess.run(
        [REJOINT, *ping, "--push-loopback"], capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(done.stdout)["outcome"] == "delivered"
    pushes = Pushes(phone, server.url)
    (got,) = service.received(browser)
    pushes.deliver(got.payload)
    shows(phone, ["Reminders work here|"])

    # Without a network: neutral words, one place, and "done" becomes a record.
    phone.offline(yes=True)
    reminder = json.dumps({"v": 1, "device": device, "kind": "reminder", "later": "x"})
    pushes.deliver(reminder)
    shows(phone, ["Time for your routine|"])
    worker_of(phone).evaluate(TAPS, "done")
    shows(phone, [])
    phone.page.goto("about:blank")
    pushes.deliver(reminder.replace("reminder", "nudge"))
    shows(phone, ["Done today|"])
    phone.page.goto(server.url)
    shows(phone, [])
    phone.by("open-days").click()
    expect(phone.by("history-row")).to_have_count(1)
    expect(phone.by("place-phone")).to_have_count(1)

    # A tap on news leads to it, also where the app was closed.
    pushes.deliver(reminder.replace('"reminder"', '"note"'))
    shows(phone, ["Something new for you|"])
    worker_of(phone).evaluate(TAPS, "")
    expect(phone.by("messages")).to_be_visible()

    # The session of the day goes to the server, and its being done with it.
    phone.offline(yes=False)
    phone.page.reload()
    phone.by("open-days").click()
    expect(phone.by("place-server")).to_have_count(1)
