"""A ping wakes a real worker: neutral words without a page or a network, and what is tapped counts.

The push service is ours, since a browser in a test reaches none: `PushManager.subscribe` asks it,
and what it decrypted is handed to the worker as the browser would.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Playwright, expect, sync_playwright

from e2e.phone import Phone
from e2e.server_process import ServerProcess
from e2e.test_push import rejoint
from e2e.test_story import join, wait_for_worker
from push_service import PushService, push_service_beside
from rejoint_server.commands.demo_story import PATIENTS, plan
from rejoint_sync.device.device import Device

pytestmark = pytest.mark.browser

PATIENCE_S = 60
SUBSCRIBES = """
(() => {
  const bytes = (text) => Uint8Array.from(
    atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  let made = null;
  PushManager.prototype.getSubscription = async () => made;
  PushManager.prototype.subscribe = async (options) => {
    const { endpoint, keys } = await window.subscribeThere(options.applicationServerKey);
    const key = bytes(options.applicationServerKey).buffer;
    made = {
      endpoint,
      options: { applicationServerKey: key, userVisibleOnly: true },
      getKey: (name) => bytes(keys[name]).buffer,
      unsubscribe: async () => { made = null; return true; },
    };
    return made;
  };
})();
"""
SHOWN = """navigator.serviceWorker.ready.then((worker) => worker.getNotifications())
  .then((shown) => shown.map(({ title, body, tag }) => ({ title, body, tag })))"""
DEVICE = """caches.open('reminding').then((slips) => slips.keys())
  .then((names) => names.map(({ url }) => new URL(url).search.slice(1))[0] ?? '')"""
TAP = """async ([tag, action]) => {
  const [notification] = await self.registration.getNotifications({ tag });
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
}"""


class Ringing:
    """A patient's phone with a push service of ours."""

    def __init__(self, phone: Phone, server: ServerProcess, service: PushService) -> None:
        self.phone, self.service, self._server = phone, service, server
        self.subscriptions: list[dict[str, Any]] = []
        self._worker: dict[str, str] = {}

    def start(self, link: str) -> None:
        context = self.phone.start(script=SUBSCRIBES)._context
        assert context is not None
        context.expose_function("subscribeThere", self._subscribe)
        context.grant_permissions(["notifications"], origin=self._server.url)
        join(self.phone, link)
        wait_for_worker(self.phone)
        self._session = self._listen(context.new_cdp_session(self.phone.page))

    def _subscribe(self, key: str) -> dict[str, Any]:
        self.subscriptions.append(self.service.subscribe(key))
        return self.subscriptions[-1]

    def _listen(self, session: CDPSession) -> CDPSession:
        session.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda told: self._worker.update(
                {one["scopeURL"]: one["registrationId"] for one in told["registrations"]}
            ),
        )
        session.send("ServiceWorker.enable")
        return session

    def deliver(self, payload: str) -> None:
        """Hand it to the worker, as the browser would."""
        registration = self._worker[f"{self._server.url}/"]
        self._session.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self._server.url, "registrationId": registration, "data": payload},
        )

    def shown(self, title: str) -> dict[str, Any]:
        """The notification of that title, once it is there; there is no other one."""
        until = time.monotonic() + PATIENCE_S
        while True:
            found = self.phone.page.evaluate(SHOWN)
            if [one["title"] for one in found] == [title]:
                return dict(found[0])
            assert time.monotonic() < until, found
            time.sleep(0.05)

    def tap(self, tag: str, action: str) -> None:
        """Tap a button of a notification."""
        context = self.phone._context
        assert context is not None
        context.service_workers[0].evaluate(TAP, [tag, action])


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
    log = tmp_path / "server.log"
    with ServerProcess(tmp_path / "data", log, "--push-loopback") as running:
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
def ringing(
    playwright: Playwright, server: ServerProcess, service: PushService, tmp_path: Path
) -> Iterator[Ringing]:
    with ThreadPoolExecutor(1) as beside:  # the driver of browsers has the loop of this thread
        link = beside.submit(asyncio.run, invited(server, tmp_path / "therapist")).result()
    made = Ringing(Phone(playwright, tmp_path / "phone"), server, service)
    made.start(link)
    yield made
    made.phone.close()


def test_a_reminder_that_was_chosen_rings_and_done_counts_without_a_network(
    ringing: Ringing, server: ServerProcess, service: PushService, tmp_path: Path
) -> None:
    phone = ringing.phone
    phone.by("open-reminders").click()
    phone.by("remind-save").click()
    expect(phone.by("remind-there")).to_be_visible()
    assert "route=/push/subscription status=201" in server.log.read_text()
    assert "route=/reminders status=200" in server.log.read_text()

    device = phone.page.evaluate(DEVICE)
    ping = ("push", "test", "--data", str(tmp_path / "data"), "--device", device)
    assert rejoint(*ping, "--push-loopback")[1]["outcome"] == "delivered"
    (browser,) = ringing.subscriptions
    (got,) = service.waiting(browser)
    phone.offline(yes=True)
    ringing.deliver(got.payload)
    assert ringing.shown("Reminders work here")["body"] == ""

    # It stands in the place of the last one, and says nothing of exercises.
    reminder = {**json.loads(got.payload), "kind": "reminder"}
    ringing.deliver(json.dumps(reminder))
    shown = ringing.shown("Time for your routine")
    ringing.tap(shown["tag"], "done")
    phone.page.reload()
    phone.by("open-days").click()
    expect(phone.by("history-row")).to_have_count(1)
    expect(phone.by("place-phone")).to_have_count(1)
