"""Photograph every screen of the gallery and look for what an eye should not have to find.

For each state, language, theme and width it writes
build/shots/<language>-<theme>-<width>/<state>.png and reports text that runs out of the page,
targets under 48 px, axe violations and errors of the console. With --sheets it also lays the
pictures of a width side by side.

    python pwa/tools/shots.py --widths 360 1280 --states today-first desk-patients
"""

import argparse
import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from playwright.async_api import Browser, Error, Page, async_playwright

PWA = Path(__file__).parents[1]
SHOTS = PWA.parent / "build" / "shots"
AXE = PWA / "node_modules" / "axe-core" / "axe.min.js"
VITE = PWA / "node_modules" / "vite" / "bin" / "vite.js"
HEIGHTS = {320: 640, 360: 760, 412: 892, 1280: 860}
SHEET_COLUMNS = {1280: 2}

LOOK = """() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  const out = [];
  if (wide > 0) out.push(`page is ${wide} px too wide`);
  for (const e of document.querySelectorAll('button, a, input, select, textarea')) {
    const box = e.getBoundingClientRect();
    const name = (e.getAttribute('aria-label') || e.textContent).trim().slice(0, 30);
    if (!box.width) continue;
    if (box.width < 47.5 || box.height < 47.5)
      out.push(`target ${Math.round(box.width)}x${Math.round(box.height)}: ${name}`);
    if (e.scrollWidth > e.clientWidth + 1) out.push(`text runs out of: ${name}`);
  }
  return out;
}"""
AUDIT = """async () => {
  const found = await axe.run(document, { resultTypes: ['violations'] });
  return found.violations.map((v) =>
    `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`);
}"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to photograph: states, widths in px, themes, languages and text size in percent."""

    states: tuple[str, ...]
    widths: tuple[int, ...]
    themes: tuple[str, ...]
    languages: tuple[str, ...]
    text: int
    audit: bool

    def sets(self) -> Iterator[tuple[str, str, int]]:
        """Language, theme and width of each set of pictures."""
        return product(self.languages, self.themes, self.widths)


def free_port() -> int:
    """Return a port on this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@asynccontextmanager
async def gallery() -> AsyncIterator[str]:
    """Serve the gallery while the block runs; yields its address."""
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        os.environ.get("NODE", str(PWA.parent / ".venv" / "bin" / "node")),
        *(str(VITE), "--host", "127.0.0.1", "--port", str(port), "--strictPort"),
        cwd=PWA,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        await asyncio.wait_for(_ready(server), timeout=60)
        yield f"http://127.0.0.1:{port}/gallery.html"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        await server.wait()


async def _ready(server: asyncio.subprocess.Process) -> None:
    assert server.stdout is not None
    said = ""
    async for line in server.stdout:
        said += line.decode()
        if "ready in" in said:
            return
    raise RuntimeError(f"the gallery did not start: {said[:500]}")


async def photograph(browser: Browser, address: str, wish: Wish) -> int:
    """Take every picture of `wish`; returns how many faults were seen."""
    faults = 0
    for language, theme, width in wish.sets():
        folder = SHOTS / f"{language}-{theme}-{width}"
        folder.mkdir(parents=True, exist_ok=True)
        page = await browser.new_page(
            viewport={"width": width, "height": HEIGHTS.get(width, 800)},
            color_scheme="dark" if theme == "dark" else "light",
            device_scale_factor=1,
            reduced_motion="reduce",
        )
        for state in wish.states:
            seen = await _shoot(page, f"{address}?state={state}&language={language}", wish)
            await page.screenshot(path=folder / f"{state}.png", full_page=True)
            for fault in seen:
                print(f"{language} {theme} {width} {state}: {fault}")
            faults += len(seen)
        await page.close()
    return faults


async def _shoot(page: Page, address: str, wish: Wish) -> list[str]:
    errors: list[str] = []

    def broke(error: Error) -> None:
        errors.append(f"error: {error}")

    page.on("pageerror", broke)
    await page.goto(address)
    await page.locator("#app > *").first.wait_for()
    if wish.text != 100:
        await page.evaluate(f"document.documentElement.style.fontSize = '{wish.text}%'")
    await page.wait_for_timeout(120)
    errors += await page.evaluate(LOOK)
    if wish.audit:
        await page.evaluate(AXE.read_text())
        errors += await page.evaluate(AUDIT)
    page.remove_listener("pageerror", broke)
    return errors


async def sheets(browser: Browser, wish: Wish) -> None:
    """Lay the pictures of each set on one page, a few states at a time."""
    for language, theme, width in wish.sets():
        columns = SHEET_COLUMNS.get(width, 6)
        kind = f"{language}-{theme}-{width}"
        rows = columns * 2
        for at in range(0, len(wish.states), rows):
            part = wish.states[at : at + rows]
            figures = "".join(
                f"<figure><figcaption>{state}</figcaption>"
                f"<img src='file://{SHOTS / kind}/{state}.png'></figure>"
                for state in part
            )
            target = SHOTS / f"sheet-{kind}-{at // rows + 1}.png"
            await _lay(browser, figures, columns * (width + 20), target)


async def _lay(browser: Browser, figures: str, width: int, target: Path) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 400})
    html = (
        "<style>body{margin:0;background:#7b776f;display:flex;flex-wrap:wrap;gap:20px;"
        "align-items:flex-start;font:14px sans-serif}figure{margin:0}figcaption{color:#fff}"
        f"img{{display:block}}</style>{figures}"
    )
    source = SHOTS / "sheet.html"
    source.write_text(html)
    await page.goto(f"file://{source}")
    await page.screenshot(path=target, full_page=True)
    await page.close()


async def states_of(browser: Browser, address: str) -> tuple[str, ...]:
    """Return the names of all states, as the gallery lists them."""
    page = await browser.new_page()
    await page.goto(address)
    await page.locator("#states li").first.wait_for()
    names = await page.locator("#states a").all_inner_texts()
    await page.close()
    return tuple(names)


async def main() -> int:
    """Run the command line; returns 1 when a fault was seen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--states", nargs="*", default=[], help="names or regular expressions")
    parser.add_argument("--widths", nargs="*", type=int, default=[320, 360, 412, 1280])
    parser.add_argument("--themes", nargs="*", default=["light", "dark"])
    parser.add_argument("--languages", nargs="*", default=["en"])
    parser.add_argument("--text", type=int, default=100, help="percent")
    parser.add_argument("--no-audit", action="store_true")
    parser.add_argument("--sheets", action="store_true")
    asked = parser.parse_args()
    async with gallery() as address, async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        known = await states_of(browser, address)
        wanted = tuple(
            name
            for name in known
            if not asked.states or any(re.search(w, name) for w in asked.states)
        )
        wish = Wish(
            states=wanted,
            widths=tuple(asked.widths),
            themes=tuple(asked.themes),
            languages=tuple(asked.languages),
            text=asked.text,
            audit=not asked.no_audit,
        )
        faults = await photograph(browser, address, wish)
        if asked.sheets:
            await sheets(browser, wish)
        await browser.close()
    pictures = len(wanted) * len(list(wish.sets()))
    print(f"{pictures} pictures in build/shots, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
