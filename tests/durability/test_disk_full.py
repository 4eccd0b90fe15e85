"""A really full file system under a real server: writes are 507, reads go on, and it passes.

The file system is a small tmpfs in a mount namespace of the server's own, which needs the right to
mount. Where that is missing the test is skipped; tests/server/operations/test_endpoints.py fills a
disk of our own making instead.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

REJOINT = str(Path(sys.executable).parent / "rejoint")
SIZE = "6m"
BALLAST = 2 * 1024 * 1024
WAIT_S_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Small:
    """A server on a small disk.

    Attributes:
        url: Of the server.
        disk: The directory, as this process reaches it.
    """

    url: str
    disk: Path


def may_mount(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    script = f"mount -t tmpfs -o size={SIZE} tmpfs {folder}"
    return not subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", script],
        capture_output=True,
        check=False,
    ).returncode


@contextmanager
def small_server(folder: Path) -> Iterator[Small]:
    disk, log = folder / "disk", folder / "log"
    disk.mkdir()
    if not may_mount(disk):
        pytest.skip("this machine lets nobody here mount a file system")
    serve = f"exec {REJOINT} serve --data {disk}/data --policy open --port 0"
    script = f"mount -t tmpfs -o size={SIZE} tmpfs {disk} && {serve}"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            ["unshare", "--mount", "--map-root-user", "sh", "-c", script],
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + WAIT_S_MAX
        while not (found := re.search(r"listening on (http://\S+)", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        yield Small(found.group(1), Path(f"/proc/{process.pid}/root{disk}"))
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(WAIT_S_MAX) == 0
        assert "Traceback" not in log.read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(WAIT_S_MAX)


def test_a_full_disk_refuses_writes_until_there_is_room(tmp_path: Path) -> None:
    with (
        small_server(tmp_path) as small,
        httpx.Client(base_url=small.url, trust_env=False, timeout=30) as http,
    ):
        (small.disk / "ballast").write_bytes(bytes(BALLAST))
        assert http.put("/db/full").status_code == 201
        revs: dict[str, str] = {}
        refused = None
        for n in range(2000):
            answer = http.put(f"/db/full/d{n}", json={"c": "x" * 20_000})
            if answer.status_code != 201:
                refused = answer
                break
            revs[f"d{n}"] = answer.json()["rev"]
        assert refused is not None
        assert refused.status_code == 507
        assert refused.json()["error"] == "insufficient_storage"
        assert len(revs) > 10
        for _ in range(3):
            many = {"docs": [{"_id": f"m{n}", "c": "x" * 20_000} for n in range(50)]}
            assert http.post("/db/full/_bulk_docs", json=many).status_code == 507
        assert http.get("/db/full/m0").status_code == 404
        for name, rev in revs.items():
            assert http.get(f"/db/full/{name}").json()["_rev"] == rev
        page = http.get("/db/full/_changes").json()
        assert len(page["results"]) == len(revs)
        (small.disk / "ballast").unlink()
        answer = http.put("/db/full/after", json={"c": "x" * 20_000})
        assert answer.status_code == 201
        assert http.get("/db/full").json()["doc_count"] == len(revs) + 1
