"""Draw the PNG icons of the app from public/icon.svg with the Chromium that the tests use.

Run by hand after the drawing has changed: `python pwa/tools/draw_icons.py`. The maskable icon is
the same drawing on a ground without corners, small enough for any mask.
"""

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PUBLIC = Path(__file__).parents[1] / "public"
GROUND = "#FAF6EE"
#: A mask may cut everything outside a circle of 80 percent of the icon.
MASKABLE_SCALE = 0.78


def _draw(page: Page, svg: str, size: int, target: Path) -> None:
    page.set_viewport_size({"width": size, "height": size})
    page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{svg}")
    target.write_bytes(page.screenshot(omit_background=True))


def _sized(svg: str, size: int) -> str:
    return svg.replace("<svg ", f'<svg width="{size}" height="{size}" ', 1)


def _maskable(svg: str, size: int) -> str:
    drawing = re.sub(r'rx="\d+"', "", svg, count=1)
    inner = _sized(drawing, round(size * MASKABLE_SCALE))
    style = f"background:{GROUND};width:{size}px;height:{size}px;display:grid;place-items:center"
    return f'<div style="{style}">{inner}</div>'


def main() -> None:
    """Write the three PNG files beside the drawing."""
    svg = (PUBLIC / "icon.svg").read_text()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        for size in (192, 512):
            _draw(page, _sized(svg, size), size, PUBLIC / f"icon-{size}.png")
        _draw(page, _maskable(svg, 512), 512, PUBLIC / "icon-maskable-512.png")
        browser.close()


if __name__ == "__main__":
    main()
