"""The shared vectors in a real Chromium: what Python and Node take and refuse, it does too."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from e2e.browser import ARGUMENTS, obtain

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "vectors" / "circle"
EXCHANGE = ROOT / "tests" / "vectors" / "exchange"
EXCHANGE_RUNS = ("digest", "frames", "messages", "packing")
# A name that is nobody's: every request to it is answered from the folder of the bundle.
ORIGIN = "https://vectors.invalid"
TYPES = {".html": "text/html", ".js": "text/javascript"}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("vectors")
    bundler = shutil.which("rolldown")
    assert bundler, "rolldown is not on the path; make setup installs it"
    entry = ROOT / "pwa" / "test" / "circle" / "page.ts"
    command = [bundler, str(entry), "--platform", "browser", "--dir", str(folder)]
    done = subprocess.run(
        command, cwd=ROOT / "pwa", capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    (folder / "index.html").write_text('<script type="module" src="/page.js"></script>')

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(ORIGIN).lstrip("/") or "index.html"
        path = folder / name
        if path.is_file():
            route.fulfill(body=path.read_bytes(), content_type=TYPES[path.suffix])
        else:
            route.fulfill(status=404)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=obtain(), args=list(ARGUMENTS))
        page = browser.new_page()
        page.route("**/*", answer)
        page.goto(ORIGIN + "/")
        page.wait_for_function("globalThis.runVector !== undefined")
        yield page
        browser.close()


def told(page: Page, vectors: list[dict[str, Any]]) -> list[str]:
    found: list[str] = page.evaluate("(vectors) => Promise.all(vectors.map(runVector))", vectors)
    return found


def test_every_vector_holds_in_chromium(page: Page) -> None:
    vectors = [json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    names = sorted(path.stem for path in FOLDER.glob("*.json"))
    found = dict(zip(names, told(page, vectors), strict=True))
    assert {name: word for name, word in found.items() if word not in {"ok", "left out"}} == {}
    left_out = [name for name, word in found.items() if word == "left out"]
    assert all(name.startswith(("judge-", "login-", "recovery-")) for name in left_out)
    assert len(found) - len(left_out) > 700


def test_a_vector_that_does_not_hold_is_told(page: Page) -> None:
    """Else the test above would say nothing."""
    vector = json.loads((FOLDER / "encoding-b64u-empty.json").read_text("utf-8"))
    assert told(page, [vector, {**vector, "expect": "canon"}]) == ["ok", told_wrong(vector)]


def test_every_vector_of_one_request_sync_holds_in_chromium(page: Page) -> None:
    files = {
        name: json.loads((EXCHANGE / f"{name}.json").read_text("utf-8")) for name in EXCHANGE_RUNS
    }
    call = "([name, vectors]) => runExchange(name, vectors)"
    assert {name: page.evaluate(call, [name, one]) for name, one in files.items()} == dict.fromkeys(
        files, "ok"
    )
    frames = {**files["frames"], "refused": [{"why": "it is none", "bytes": "8100"}]}
    assert page.evaluate(call, ["frames", frames]) == "Error: not refused: it is none"


def told_wrong(vector: dict[str, Any]) -> str:
    assert vector["expect"] == "success"
    return 'Error: value: found "none", wanted "canon"'
