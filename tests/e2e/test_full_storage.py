"""A phone without room: nothing that was saved is lost, and what is not saved is never said to be.

The quota is set through DevTools in a real Chromium. It counts for databases that are opened after
it, so every page is left before it is set. Zero means "no override" there; one byte is no room.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from e2e.phone import Phone
from e2e.server_process import ServerProcess
from e2e.test_story import create_patient, found_clinic, join, log_session, wait_for_worker

pytestmark = [pytest.mark.browser, pytest.mark.long]

READY = """Promise.all([caches.has('reserve'), caches.match('/keeps-sending')])
  .then(([reserve, sending]) => reserve && sending !== undefined)"""
NO_ROOM = 1
GRACE_MS = 3_000
"""So long Chromium keeps a database, and what it knows of its room, after the last page has left:
`kBackingStoreGracePeriod`, 2 s. Nothing shows when that is over."""
LITTLE_ROOM = 50_000


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


class FullPhone:
    """A phone whose browser gives the app only so much room.

    Args:
        phone: Its page has joined, and keeps all that it needs.
        url: Of the server.
    """

    def __init__(self, phone: Phone, url: str) -> None:
        self.phone = phone
        self._url = url
        self._devtools = phone.page.context.new_cdp_session(phone.page)
        usage = phone.page.evaluate("navigator.storage.estimate()")["usage"]
        assert isinstance(usage, int)
        self._usage = usage

    def reopen(self, quota: int | None) -> None:
        """Leave the app, set its quota, and open it again.

        Args:
            quota: All that it may have, bytes; None = as much as there is.
        """
        page = self.phone.page
        page.goto("about:blank")
        page.wait_for_timeout(GRACE_MS)
        chosen = {} if quota is None else {"quotaSize": quota}
        self._devtools.send("Storage.overrideQuotaForOrigin", {"origin": self._url, **chosen})
        page.goto(self._url)
        expect(self.phone.by("done-all").or_(self.phone.by("log-start")).first).to_be_visible()

    def reopen_with_room(self, left: int) -> None:
        """The same, with so many bytes left beside what was used at first."""
        self.reopen(self._usage + left)

    def try_to_log(self) -> None:
        """Log a session as far as its last tap."""
        page = self.phone
        if page.by("done-all").count() == 0:
            page.by("log-start").click()
        page.by("done-all").click()
        page.by("pain-0").click()
        page.by("effort-2").click()
        page.by("save").click()


def test_a_phone_without_room_loses_nothing_and_says_so(
    playwright: Playwright, tmp_path: Path
) -> None:
    with ServerProcess(tmp_path / "data", tmp_path / "server.log") as server:
        desk = Phone(playwright, tmp_path / "desk", width=1280, height=800).start()
        found_clinic(desk, server.setup_link())
        link = create_patient(desk)
        phone = Phone(playwright, tmp_path / "phone").start()
        join(phone, link)
        wait_for_worker(phone)
        phone.wait_until(READY)
        desk.close()
        phone.offline(yes=True)
        log_session(phone, pain=0, effort=2)

        full = FullPhone(phone, server.url)
        # The reserve makes room where 50 kB are not enough for databases that grow by blocks.
        full.reopen_with_room(LITTLE_ROOM)
        log_session(phone, pain=3, effort=2)
        log_session(phone, pain=6, effort=2)

        # What was saved is shown, what can not be saved is not ticked, and one can do something.
        full.reopen(NO_ROOM)
        full.try_to_log()
        expect(phone.by("save-failed")).to_be_visible()
        expect(phone.by("saved")).to_have_count(0)
        phone.by("save-room").click()
        expect(phone.by("room-relay")).to_be_visible()

        full.reopen(None)
        full.try_to_log()
        expect(phone.by("saved")).to_be_visible()
        phone.by("saved-home").click()
        phone.by("open-days").click()
        expect(phone.by("history-row")).to_have_count(4)
        phone.offline(yes=False)
        expect(phone.by("place-server")).to_have_count(4)
        phone.close()
