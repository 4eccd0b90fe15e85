"""What waits is sent when the network returns: by the page, or by the worker without one."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from e2e.phone import Phone
from e2e.server_process import ServerProcess
from e2e.test_story import create_patient, found_clinic, join, log_session, wait_for_worker

pytestmark = pytest.mark.browser

PATIENCE_S = 60
"""So long a wait may take on a machine that is busy with something else."""

PARKED = "caches.open('parked').then((parked) => parked.keys()).then((keys) => keys.length)"

TAGS = "navigator.serviceWorker.ready.then((worker) => worker.sync.getTags())"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path / "data", tmp_path / "server.log") as running:
        yield running


@pytest.fixture
def phones(
    playwright: Playwright, server: ServerProcess, tmp_path: Path
) -> Iterator[tuple[Phone, Phone]]:
    """A therapist's desk and a patient's phone, both informed."""
    desk = Phone(playwright, tmp_path / "desk", width=1280, height=800).start()
    found_clinic(desk, server.setup_link())
    link = create_patient(desk)
    phone = Phone(playwright, tmp_path / "phone").start()
    join(phone, link)
    wait_for_worker(phone)
    yield desk, phone
    desk.close()
    phone.close()


def asked(server: ServerProcess) -> int:
    """Requests to `/sync` that were answered well."""
    return server.log.read_text().count("route=/sync status=200")


def wait_until(holds: Callable[[], bool], seconds: float) -> float:
    """How long it took; fails when it does not come."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds
        time.sleep(0.02)
    return time.monotonic() - started


def test_records_go_when_the_network_is_back_also_without_a_page(
    phones: tuple[Phone, Phone], server: ServerProcess
) -> None:
    desk, phone = phones
    page = phone.page
    before = asked(server)
    phone.page.reload()
    expect(phone.by("today")).to_be_visible()
    wait_until(lambda: asked(server) > before, PATIENCE_S)
    phone.offline(yes=True)
    log_session(phone, pain=2, effort=2)
    # Long enough for pauses to have grown.
    time.sleep(5)
    before = asked(server)
    phone.offline(yes=False)
    took_s = wait_until(lambda: asked(server) > before, PATIENCE_S)
    print(f"{took_s:.1f} s after the network was back")
    phone.by("open-days").click()
    expect(phone.by("place-server")).to_have_count(1)

    # The page goes before the network is back: its worker sends what was left.
    page.go_back()
    phone.offline(yes=True)
    log_session(phone, pain=4, effort=7)
    wait_until(lambda: page.evaluate(TAGS) == ["carry"], PATIENCE_S)
    wait_until(lambda: page.evaluate(PARKED) == 1, PATIENCE_S)
    # Only the phone's worker can ask then.
    desk.offline(yes=True)
    before = asked(server)
    wake = phone.wake_worker(server.url, "carry")
    page.goto("about:blank")
    phone.offline(yes=False)

    def sent() -> bool:
        # The emulated network comes back to the worker when it likes; a browser tries again too.
        wake()
        time.sleep(0.5)
        return asked(server) > before

    wait_until(sent, PATIENCE_S)

    desk.offline(yes=False)
    desk.by("room-status").click()
    desk.by("sync-now").click()
    desk.by("room-home").click()
    desk.by("patient-row").first.click()
    expect(desk.by("session-row")).to_have_count(2)

    page.goto(server.url)
    phone.by("open-days").click()
    expect(phone.by("place-server")).to_have_count(2)
    expect(phone.by("history-row")).to_have_count(2)
    wait_until(lambda: page.evaluate(PARKED) == 0, PATIENCE_S)
