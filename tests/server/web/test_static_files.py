"""The built web app: compressed copies, caching, and nothing outside its folder."""

import gzip
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from rejoint_server.web.static_files import Web, find_assets
from server.scene import Scene, open_scene

OPEN: dict[str | None, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    None: bytes,
}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    for name in ("index.html", "sw.js", "assets/index-abc.js", "manifest.webmanifest"):
        (folder / name).write_text(name)
        (folder / f"{name}.br").write_bytes(brotli.compress(f"br {name}".encode()))
        (folder / f"{name}.gz").write_bytes(gzip.compress(f"gz {name}".encode()))
    (folder / "icon-192.png").write_bytes(b"png")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
async def site(tmp_path: Path, dist: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, web=dist) as scene:
        yield scene


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip, deflate, br", ("br", "br ")),
        ("gzip", ("gzip", "gz ")),
        ("br;q=0, gzip", ("gzip", "gz ")),
        ("GZIP;q=0.5", ("gzip", "gz ")),
        ("identity", (None, "")),
        ("", (None, "")),
    ],
)
def test_sends_the_best_copy_the_client_takes(
    dist: Path, accepted: str, expected: tuple[str | None, str]
) -> None:
    answer = Web(dist).answer("/assets/index-abc.js", {b"accept-encoding": accepted})
    headers = dict(answer.headers)
    coding, mark = expected
    assert headers.get(b"content-encoding") == (coding.encode() if coding else None)
    opened = OPEN[coding](answer.body)
    assert opened.decode() == f"{mark}assets/index-abc.js"
    assert headers[b"vary"] == b"accept-encoding"
    assert answer.content_type == b"text/javascript; charset=utf-8"


async def test_hashed_names_are_kept_for_ever_and_the_page_never(site: Scene) -> None:
    for path, expected in (
        ("/", "no-cache"),
        ("/sw.js", "no-cache"),
        ("/manifest.webmanifest", "no-cache"),
        ("/assets/index-abc.js", "public, max-age=31536000, immutable"),
    ):
        answer = await site.ask("GET", path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, expected)


async def test_what_a_browser_has_is_not_sent_again(site: Scene) -> None:
    first = await site.ask("GET", "/")
    again = await site.ask("GET", "/", headers={"if-none-match": f"W/{first.headers['etag']}"})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/index.html.br",
        "/assets/",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/index-abc.js/",
        "/dbx",
    ],
)
async def test_everything_else_is_not_found(site: Scene, path: str) -> None:
    answer = await site.ask("GET", f"http://rejoint.test{path}")
    assert (answer.status_code, answer.text) == (404, "not found\n")


async def test_files_are_only_read(site: Scene) -> None:
    assert (await site.ask("POST", "/")).status_code == 405
    head = await site.ask("HEAD", "/icon-192.png")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "3")


async def test_without_a_build_the_page_says_what_to_do(scene: Scene) -> None:
    answer = await scene.ask("GET", "/")
    assert answer.status_code == 200
    assert "make setup" in answer.text


def test_a_folder_without_a_page_is_not_built(tmp_path: Path) -> None:
    (tmp_path / "old.js").write_text("")
    assert find_assets(tmp_path) == {}
