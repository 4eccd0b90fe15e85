"""A phone: one Chromium with a profile folder of its own, which can lose network or be killed."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import BrowserContext, Page, Playwright, expect

from e2e.browser import ARGUMENTS, obtain

REACH = (Path(__file__).parents[2] / "pwa" / "tools" / "reach.js").read_text()
STOP_S_MAX = 60.0
PATIENCE_MS = 60_000
"""So long anything may take on a machine that is busy with something else."""

expect.set_options(timeout=PATIENCE_MS)


class Phone:
    """One browser profile.

    Args:
        playwright: The running driver.
        folder: Its profile; what survives a kill is what is in here.
        width, height: Size of the screen in CSS pixels.
        language: What its owner reads first.
        more: Arguments of the browser.
    """

    def __init__(
        self,
        playwright: Playwright,
        folder: Path,
        *,
        width: int = 360,
        height: int = 740,
        language: str = "en-GB",
        more: tuple[str, ...] = (),
    ) -> None:
        self._language = language
        self._more = more
        self._playwright = playwright
        self._folder = folder
        self._size = {"width": width, "height": height}
        self._context: BrowserContext | None = None
        self._page: Page | None = None
        self.console: list[str] = []

    def start(self, *, offline: bool = False, script: str = "") -> Self:
        """Open the browser.

        Args:
            offline: It has no network from its first moment.
            script: Runs in every page before the page's own.
        """
        self._context = self._playwright.chromium.launch_persistent_context(
            str(self._folder),
            executable_path=obtain(),
            headless=True,
            args=[*ARGUMENTS, *self._more],
            viewport=self._size,  # type: ignore[arg-type]  # a plain dict is what it takes
            locale=self._language,
            timezone_id="Africa/Nairobi",
        )
        self._context.set_default_timeout(PATIENCE_MS)
        self.offline(yes=offline)
        if script:
            self._context.add_init_script(script)
        self._page = self._context.pages[0] if self._context.pages else self._context.new_page()
        self._page.on("console", lambda message: self.console.append(message.text))
        self._page.on("pageerror", lambda error: self.console.append(f"pageerror: {error}"))
        return self

    @property
    def page(self) -> Page:
        """The open page."""
        assert self._page is not None
        return self._page

    def offline(self, *, yes: bool) -> None:
        """Take the network away from the page and the service worker, or give it back."""
        assert self._context is not None
        self._context.set_offline(yes)

    def wake_worker(self, origin: str, tag: str) -> Callable[[], object]:
        """What a browser does when it believes that a network is there, as a call.

        The browser's own belief is about the machine's network, which a test does not take away.

        Args:
            origin: Of the worker.
            tag: What its page has asked to be woken for.
        """
        assert self._context is not None
        seen: dict[str, str] = {}
        session = self._context.new_cdp_session(self.page)
        session.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda told: seen.update(
                {one["scopeURL"]: one["registrationId"] for one in told["registrations"]}
            ),
        )
        session.send("ServiceWorker.enable")
        return lambda: session.send(
            "ServiceWorker.dispatchSyncEvent",
            {
                "origin": origin,
                "registrationId": seen[f"{origin}/"],
                "tag": tag,
                "lastChance": False,
            },
        )

    def wait_until(self, code: str, arg: object = None) -> None:
        """Wait until a script gives true, also where it gives that later.

        The driver's own waiting takes a promise for true, whatever comes of it.

        Args:
            code: An expression, or a function of `arg`.
        """
        until = time.monotonic() + PATIENCE_MS / 1000
        while not self.page.evaluate(code, arg):
            assert time.monotonic() < until, code
            self.page.wait_for_timeout(100)

    def by(self, test_id: str) -> Any:
        """The element with this `data-testid`."""
        return self.page.get_by_test_id(test_id)

    def beyond_keys(self) -> list[str]:
        """What a keyboard alone can not do on this screen: unreached, out of order, or unseen."""
        for _ in range(self.page.evaluate(REACH)):
            self.page.keyboard.press("Tab")
        return list(self.page.evaluate(REACH, "found"))

    def kill(self) -> None:
        """End every process of this browser at once, as when a phone's battery is pulled."""
        victims = self._processes()
        assert victims
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        until = time.monotonic() + STOP_S_MAX
        while self._processes():
            assert time.monotonic() < until
            time.sleep(0.05)
        self._context = self._page = None

    def _processes(self) -> list[int]:
        mark = f"--user-data-dir={self._folder}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if mark in command and state != "Z":
                found.append(int(entry.name))
        return found

    def close(self) -> None:
        """Close the browser in the ordinary way."""
        if self._context is not None:
            self._context.close()
            self._context = self._page = None
