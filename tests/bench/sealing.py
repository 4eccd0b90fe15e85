"""What sealing and opening records costs in Chromium and in Python, against the ciphers alone.

The floor is what WebCrypto takes for the same bytes in the same round, so that a busy machine
changes the times and hardly the ratios. Only the ratios mean anything; nothing here is a test.

Arguments: `--records N`, `--rounds N`, `--width N` records under way at a time.
"""

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Route, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from e2e.browser import ARGUMENTS, obtain  # noqa: E402
from rejoint_sync.circle import frame  # noqa: E402
from vectors.dictionary_corpus import records  # noqa: E402

ORIGIN = "https://sealing.invalid"
TYPES = {".html": "text/html", ".js": "text/javascript"}
RECORDS_A_ROUND = 27


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--width", type=int, default=1)
    asked = parser.parse_args()
    bodies = records(seed=7, rounds=asked.records // RECORDS_A_ROUND + 1)
    random.Random(1).shuffle(bodies)
    bodies = bodies[: asked.records]
    print(f"{asked.records} records, medians of {asked.rounds} rounds", end="")
    print(f" {'ms':>17} {'least':>8} {'of floor':>9}")
    show("Chromium", in_chromium(bodies, asked.rounds, asked.width))
    show("Python", in_python(bodies, asked.rounds))


def show(place: str, times: dict[str, list[float]]) -> None:
    """Print one line per row; a ratio is that of each round to its own floor."""
    for name, each in times.items():
        kind = "opening" if "open" in name else "sealing"
        floor = times.get(f"floor of {kind}")
        whole = name.startswith(("seal,", "verify and open,")) and floor is not None
        pairs = zip(each, floor or (), strict=False)
        ratio = f"{statistics.median(a / b for a, b in pairs):8.2f}x" if whole else ""
        print(f"{place:9} {name:32} {statistics.median(each):12.1f} {min(each):8.1f} {ratio:>9}")


def in_chromium(bodies: list[dict[str, Any]], rounds: int, width: int) -> dict[str, list[float]]:
    """Milliseconds of each row and round in a real Chromium, with the app's own modules."""
    bundler = shutil.which("rolldown") or "rolldown"
    entry = ROOT / "pwa" / "test" / "circle" / "timing.ts"
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        folder = Path(made)
        command = [bundler, str(entry), "--platform", "browser", "--minify", "--dir", made]
        subprocess.run(command, cwd=ROOT / "pwa", stdout=subprocess.DEVNULL, check=True)
        (folder / "index.html").write_text('<script type="module" src="/timing.js"></script>')

        def answer(route: Route) -> None:
            name = route.request.url.removeprefix(ORIGIN).lstrip("/") or "index.html"
            path = folder / name
            if path.is_file():
                route.fulfill(body=path.read_bytes(), content_type=TYPES[path.suffix])
            else:
                route.fulfill(status=404)

        browser = playwright.chromium.launch(executable_path=obtain(), args=list(ARGUMENTS))
        page = browser.new_page()
        page.route("**/*", answer)
        page.goto(ORIGIN + "/")
        page.wait_for_function("globalThis.timeSealing !== undefined")
        asked = [bodies, rounds, width]
        times: dict[str, list[float]] = page.evaluate("(asked) => timeSealing(...asked)", asked)
        browser.close()
        return times


def in_python(bodies: list[dict[str, Any]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of packing; whole records are rows of `run.py`."""
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for codec in (1, 0):
            begun = time.perf_counter()
            packed = [frame.frame(body, codec) for body in bodies]
            middle = time.perf_counter()
            for one in packed:
                frame.unframe(one)
            times.setdefault(f"frame, codec {codec}", []).append((middle - begun) * 1000)
            took = (time.perf_counter() - middle) * 1000
            times.setdefault(f"unframe, codec {codec}", []).append(took)
    return times


if __name__ == "__main__":
    main()
