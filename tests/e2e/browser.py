"""Find a Chromium for the browser tests, or get one.

In this order: $CHROMIUM; a `chromium` or `google-chrome` on the path; on Debian as root, apt;
Playwright's own download. When none can be had, one clear line and exit status 1: the browser
tests fail then, they are never skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserMissing(Exception):
    """No Chromium can be had on this machine."""


def installed() -> str | None:
    """The path of a Chromium that is there already, None without one."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise BrowserMissing(f"$CHROMIUM is {named}, which cannot be run")
        return named
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    own = _playwright_own()
    return str(own) if own.exists() else None


def _playwright_own() -> Path:
    from playwright.sync_api import sync_playwright  # only when nothing else was found

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def _run(*command: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run = subprocess.run(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return run.returncode == 0


def obtain() -> str:
    """The path of a Chromium, installed when there was none.

    Raises:
        BrowserMissing: None is there and none could be installed.
    """
    found = installed()
    if found:
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    else:
        _run(sys.executable, "-m", "playwright", "install", "chromium")
    found = installed()
    if not found:
        raise BrowserMissing(
            "no Chromium for the browser tests: install chromium, or name one in $CHROMIUM"
        )
    return found


if __name__ == "__main__":
    try:
        print(obtain())
    except BrowserMissing as missing:
        print(f"make: {missing}", file=sys.stderr)
        raise SystemExit(1) from None
