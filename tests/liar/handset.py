"""The real web app in Chromium, as the patient's second phone; one browser for all lies."""

import re
from typing import Any, Self

from playwright.sync_api import Browser, Page, Response, expect

from liar.world import World

WAIT_MS = 60_000
OVER_AN_HOUR_S = 3_660
"""The phone counts on between two answers of the server, whose clock stands still."""
_PAIN = re.compile(r"^\D*(\d+) [A-Z]")


def _begins_a_round(response: Response) -> bool:
    method = "POST" if response.url.endswith("/sync") else "GET"
    return response.request.method == method and response.url.endswith(("/sync", "/circles"))


class Handset:
    """One phone: a browser context of its own, which has joined the patient's circle.

    Args:
        browser: Running.
        world: Whose server it talks to.
    """

    def __init__(self, browser: Browser, world: World) -> None:
        self._context = browser.new_context(
            viewport={"width": 360, "height": 740},
            locale="en-GB",
            timezone_id="Africa/Nairobi",
            service_workers="block",
        )
        self._context.set_default_timeout(WAIT_MS)
        self.world = world
        self.page: Page = self._context.new_page()
        self.console: list[str] = []
        self.page.on("console", lambda message: self.console.append(message.text))

    def by(self, test_id: str) -> Any:
        """The element with this `data-testid`."""
        return self.page.get_by_test_id(test_id)

    def join(self) -> Self:
        """Come in by a link of the therapist."""
        world = self.world
        before = set(self._devices())
        link = world.do("therapist", "invite", world.circle, "patient")["link"]
        self.page.goto(link)
        self.by("join-accept").click()
        expect(self.by("today")).to_be_visible(timeout=WAIT_MS)
        world.sync("therapist")
        (world.ids["phone"],) = set(self._devices()) - before
        self.sync()
        assert self.words() == ""
        return self

    def _devices(self) -> list[str]:
        rows = self.world.do("therapist", "members", self.world.circle)["members"]
        return [one["device"] for row in rows for one in row["devices"]]

    def sync(self, times: int = 1) -> None:
        """Tap "Try now" an hour later, when the list of circles is asked for; wait for its end."""
        self.world.server.clock.now += OVER_AN_HOUR_S
        self._open_status()
        for _ in range(times):
            button = self.by("sync-now")
            expect(button).to_have_attribute("aria-disabled", "false", timeout=WAIT_MS)
            with self.page.expect_response(_begins_a_round):
                button.click()
            expect(button).to_have_attribute("aria-disabled", "false", timeout=WAIT_MS)

    def _open(self, room: str) -> None:
        if self.by("today").count() == 0:
            self._home()
        self.by(f"open-{room}").click()

    def _open_status(self) -> None:
        if self.by("sync-now").count() == 0:
            self._open("more")
            self.by("open-status").click()
            expect(self.by("sync-now")).to_be_visible(timeout=WAIT_MS)

    def words(self) -> str:
        """What the screen "Phone and network" warns of; "" when it does not."""
        self._open_status()
        banner = self.page.locator(".banner")
        return "" if banner.count() == 0 else str(banner.first.text_content()).strip()

    def pains(self) -> list[int]:
        """The pain numbers that "My days" shows, in ascending order."""
        self._open("days")
        expect(self.by("days")).to_be_visible(timeout=WAIT_MS)
        rows = self.by("history-row").locator(".facts").all_text_contents()
        self._home()
        return sorted(int(found[1]) for row in rows if (found := _PAIN.search(row)))

    def heard(self) -> str:
        """When somebody was last heard from, as the list of members says of the therapist."""
        self._open("record")
        self.by("record-members").click()
        row = self.page.locator("[data-testid=member][data-role=therapist]")
        expect(row).to_contain_text("Last heard from", timeout=WAIT_MS)
        text = str(row.text_content())
        self._home()
        return text

    def _home(self) -> None:
        """Back, as often as it takes: a room may lie behind another."""
        today = self.by("today")
        between = self.by("more").or_(self.by("record"))
        self.page.evaluate("history.back()")
        expect(today.or_(between)).to_be_visible(timeout=WAIT_MS)
        if between.count() > 0:
            self.page.evaluate("history.back()")
        expect(today).to_be_visible(timeout=WAIT_MS)

    def reload(self) -> None:
        """Close the app and open it again."""
        self.page.goto(self.world.server.url)
        expect(self.by("today")).to_be_visible(timeout=WAIT_MS)

    def close(self) -> None:
        """End it."""
        self._context.close()
