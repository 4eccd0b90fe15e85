"""Photograph every screen of the gallery and look for what an eye should not have to find.

For each state, language, theme and width it writes
build/shots/<language>-<theme>-<width>/<state>.png and reports what `look.js` finds (text that is
cut, overlaps or runs out of the page, targets under 48 px, letters and lines too small), what
`reach.js` finds (controls that Tab does not reach, or where it is not seen), axe violations,
contrast among them, and errors of the page. With --sheets it also lays the pictures of
a set side by side. Themes are light, dark, more, more-dark (more contrast is wanted), forced and
forced-dark (colours of the system).

    python pwa/tools/shots.py --states today-first '^desk-' --widths 360 1280 --languages ar
    python pwa/tools/shots.py --no-pictures --languages sw hi --text 200 --themes light forced
"""

import argparse
import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Literal, NamedTuple

from playwright.async_api import Browser, Error, Page, async_playwright

PWA = Path(__file__).parents[1]
SHOTS = PWA.parent / "build" / "shots"
AXE = PWA / "node_modules" / "axe-core" / "axe.min.js"
VITE = PWA / "node_modules" / "vite" / "bin" / "vite.js"
HEIGHTS = {320: 640, 360: 760, 412: 892, 1280: 860}
SHEET_COLUMNS = {1280: 2}
SCRIPTS = {"ar": "Arab", "hi": "Deva"}
# A screen stands when no part of it is still on its way and nothing has moved for a while.
STANDS = """() => new Promise((stands) => {
  let timer;
  const calm = () => {
    clearTimeout(timer);
    timer = setTimeout(() => document.querySelector('.starting') ? calm() : stands(), 80);
  };
  new MutationObserver(calm).observe(document, { subtree: true, childList: true });
  setTimeout(stands, 10000);
  calm();
})"""
# All rules once; in the other themes of a screen only the one that a theme can break.
AUDIT = """async (rules) => {
  const only = rules.length ? { runOnly: rules } : {};
  const found = await axe.run(document, { resultTypes: ['violations'], ...only });
  return found.violations.map((v) =>
    `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`);
}"""


class Media(NamedTuple):
    """What a theme is to the browser."""

    scheme: Literal["light", "dark"]
    contrast: Literal["more", "no-preference"] = "no-preference"
    forced: Literal["active", "none"] = "none"


THEMES = {
    "light": Media("light"),
    "dark": Media("dark"),
    "more": Media("light", contrast="more"),
    "more-dark": Media("dark", contrast="more"),
    "forced": Media("light", forced="active"),
    "forced-dark": Media("dark", forced="active"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What to photograph: states, widths in px, themes, languages and text sizes in percent."""

    states: tuple[str, ...]
    widths: tuple[int, ...]
    themes: tuple[str, ...]
    languages: tuple[str, ...]
    texts: tuple[int, ...]
    audit: bool
    pictures: bool

    def looks(self) -> Iterator[tuple[str, int, int]]:
        """Theme, width and text size of each look at a screen.

        Without pictures, a theme after the first is looked at once: colours do not move words.
        """
        first = self.themes[0], self.widths[0], self.texts[0]
        for look in product(self.themes, self.widths, self.texts):
            if self.pictures or look[0] == first[0] or look[1:] == first[1:]:
                yield look

    def sets(self) -> Iterator[str]:
        """Folder of each set of pictures."""
        for language, look in product(self.languages, self.looks()):
            yield folder(language, *look)


def folder(language: str, theme: str, width: int, text: int) -> str:
    """Return the name of the folder of one set of pictures."""
    return f"{language}-{theme}-{width}" + ("" if text == 100 else f"-{text}")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@asynccontextmanager
async def gallery() -> AsyncIterator[str]:
    """Build the gallery and serve it while the block runs; yields its address."""
    node = os.environ.get("NODE", str(PWA.parent / ".venv" / "bin" / "node"))
    with TemporaryDirectory() as built:
        args = ("build", "--mode", "gallery", "--logLevel", "error", "--outDir", built)
        build = await asyncio.create_subprocess_exec(node, str(VITE), *args, cwd=PWA)
        if await build.wait():
            raise RuntimeError("the gallery can not be built")
        copyfile(AXE, Path(built) / AXE.name)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=built))
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/gallery.html"
        server.shutdown()


async def photograph(browser: Browser, address: str, wish: Wish, jobs: int) -> int:
    """Take every picture of `wish`, in `jobs` pages at once; returns how many faults were seen."""
    for kind in wish.sets() if wish.pictures else ():
        (SHOTS / kind).mkdir(parents=True, exist_ok=True)
    screens = product(wish.languages, wish.states)

    async def work() -> int:
        faults = 0
        page = await browser.new_page(device_scale_factor=1, reduced_motion="reduce")
        for language, state in screens:
            for fault in await _screen(page, address, (language, state), wish):
                print(f"{language} {fault}", flush=True)
                faults += 1
        await page.close()
        return faults

    return sum(await asyncio.gather(*(work() for _ in range(jobs))))


async def _screen(page: Page, address: str, screen: tuple[str, str], wish: Wish) -> list[str]:
    """One screen in all its looks; a fault that several looks share is told with the first."""
    language, state = screen
    faults: dict[str, str] = {}

    def tell(look: str, what: str) -> None:
        faults.setdefault(what, look)

    def broke(error: Error) -> None:
        tell("", f"error: {error}")

    page.on("pageerror", broke)
    width = wish.widths[0]
    await page.set_viewport_size({"width": width, "height": HEIGHTS.get(width, 800)})
    await page.goto(f"{address}?state={state}&language={language}")
    await page.locator("#app > *").first.wait_for()
    await page.evaluate(STANDS)
    if wish.audit:
        await page.add_script_tag(url=AXE.name)
    script = SCRIPTS.get(language[:2], "Latn")
    for what in await _reach(page):
        tell("Tab", what)
    for theme, width, text in wish.looks():
        await _dress(page, theme, width, text)
        look = f"{theme} {width} {text}%"
        for what in await page.evaluate((PWA / "tools" / "look.js").read_text(), script):
            tell(look, what)
        if wish.audit and (width, text) == (wish.widths[0], wish.texts[0]):
            rules = [] if theme == wish.themes[0] else ["color-contrast"]
            for what in await page.evaluate(AUDIT, rules):
                tell(look, what)
        if wish.pictures:
            path = SHOTS / folder(language, theme, width, text) / f"{state}.png"
            await page.screenshot(path=path, full_page=True)
    page.remove_listener("pageerror", broke)
    return [f"{look} {state}: {what}" for what, look in faults.items()]


async def _reach(page: Page) -> list[str]:
    """Go through a screen by Tab alone, as `reach.js` asks for it."""
    script = (PWA / "tools" / "reach.js").read_text()
    for _ in range(await page.evaluate(script)):
        await page.keyboard.press("Tab")
    faults: list[str] = await page.evaluate(script, "found")
    # As it was: pictures are taken after this.
    await page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
    return faults


async def _dress(page: Page, theme: str, width: int, text: int) -> None:
    """Give the page its theme, width and text size, and the height it needs to lie open."""
    scheme, contrast, forced = THEMES[theme]
    await page.emulate_media(
        color_scheme=scheme, contrast=contrast, forced_colors=forced, reduced_motion="reduce"
    )
    await page.evaluate(f"document.documentElement.style.fontSize = '{text}%'")
    tall = HEIGHTS.get(width, 800)
    for _ in range(4):  # Figures go by the height of the screen: they grow once more with it.
        await page.set_viewport_size({"width": width, "height": tall})
        whole = await page.evaluate("document.documentElement.scrollHeight")
        if whole <= tall:
            break
        tall = whole


async def sheets(browser: Browser, wish: Wish) -> None:
    """Lay the pictures of each set on one page, a few states at a time.

    The pictures of all figures are sheets themselves.
    """
    states = [state for state in wish.states if not state.startswith("figures")]
    for language, (theme, width, text) in product(wish.languages, wish.looks()):
        columns = SHEET_COLUMNS.get(width, 6)
        kind = folder(language, theme, width, text)
        rows = columns * 2
        for at in range(0, len(states), rows):
            part = states[at : at + rows]
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
        "align-items:flex-start;font:14px sans-serif}figure{margin:0;max-height:1800px;"
        "overflow:hidden}figcaption{color:#fff}"
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


def asked() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--states", nargs="*", default=[], help="names or regular expressions")
    parser.add_argument("--widths", nargs="*", type=int, default=[320, 360, 412, 1280])
    parser.add_argument("--themes", nargs="*", default=["light", "dark"], choices=list(THEMES))
    parser.add_argument("--languages", nargs="*", default=["en"])
    parser.add_argument("--text", nargs="*", type=int, default=[100], help="percent")
    parser.add_argument("--jobs", type=int, default=2, help="pages at once")
    parser.add_argument("--no-audit", action="store_true", help="without axe")
    parser.add_argument("--no-pictures", action="store_true", help="look for faults only")
    parser.add_argument("--sheets", action="store_true")
    return parser.parse_args()


async def main() -> int:
    """Run the command line; returns 1 when a fault was seen."""
    args = asked()
    async with gallery() as address, async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        known = await states_of(browser, address)
        wanted = [
            name
            for name in known
            if not args.states or any(re.search(w, name) for w in args.states)
        ]
        wish = Wish(
            states=tuple(wanted),
            widths=tuple(args.widths),
            themes=tuple(args.themes),
            languages=tuple(args.languages),
            texts=tuple(args.text),
            audit=not args.no_audit,
            pictures=not args.no_pictures,
        )
        faults = await photograph(browser, address, wish, args.jobs)
        if args.sheets:
            await sheets(browser, wish)
        await browser.close()
    looks = len(wanted) * len(list(wish.sets()))
    print(f"{looks} looks at {len(wanted)} screens, {faults} faults; pictures go to build/shots")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
