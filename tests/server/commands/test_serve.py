"""The real thing: a process, a port, a signal."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

REJOINT = str(Path(sys.executable).parent / "rejoint")
START_S_MAX = STOP_S_MAX = 60.0


class Server:
    """`rejoint serve` with its output in a file."""

    def __init__(self, folder: Path, *more: str, port: int = 0) -> None:
        self.log = folder / f"serve-{time.monotonic_ns()}.log"
        with self.log.open("wb") as sink:
            self.process = subprocess.Popen(
                [REJOINT, "serve", "--data", str(folder / "data"), "--port", str(port), *more],
                stdout=sink,
                stderr=subprocess.STDOUT,
            )

    @property
    def text(self) -> str:
        return self.log.read_text()

    def url(self) -> str:
        end = time.monotonic() + START_S_MAX
        while time.monotonic() < end:
            found = re.search(r"^rejoint: listening on (http://\S+)$", self.text, re.MULTILINE)
            if found:
                return found.group(1)
            assert self.process.poll() is None, self.text
            time.sleep(0.02)
        raise AssertionError(self.text)

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(STOP_S_MAX)


@contextmanager
def running(folder: Path, *more: str) -> Iterator[Server]:
    server = Server(folder, *more)
    with ExitStack() as stack:
        stack.callback(server.process.wait, STOP_S_MAX)
        stack.callback(server.process.kill)
        server.url()
        yield server


def setup_secret(text: str) -> str:
    found = re.search(r"http://\S+/#s1\.([A-Za-z0-9_-]{22})$", text, re.MULTILINE)
    assert found, text
    return found.group(1)


def test_starts_prints_one_setup_link_and_stops(tmp_path: Path) -> None:
    secrets = []
    for _ in range(2):
        with running(tmp_path) as server:
            answer = httpx.get(server.url() + "/healthz", trust_env=False)
            assert answer.json() == {"ok": True}
            assert answer.headers["server"] == "rejoint"
            assert len(answer.headers.get_list("date")) == 1
            assert server.stop() == 0
            secrets.append(setup_secret(server.text))
            assert server.text.count("#s1.") == 1
            assert "Traceback" not in server.text
    assert secrets[0] != secrets[1]


def test_a_second_server_on_the_same_data_says_so_in_one_line(tmp_path: Path) -> None:
    with running(tmp_path):
        second = Server(tmp_path)
        assert second.process.wait(30) == 1
        assert re.fullmatch(r"rejoint: .*in use.*\n", second.text)


def test_the_journal_lies_beside_the_data_or_where_it_is_told(tmp_path: Path) -> None:
    with running(tmp_path):
        assert list((tmp_path / "data-journal").glob("*.journal"))
    with running(tmp_path, "--journal", str(tmp_path / "other disk")) as server:
        assert list((tmp_path / "other disk").glob("*.journal"))
        assert server.stop() == 0
    (tmp_path / "file").touch()
    refused = Server(tmp_path, "--journal", str(tmp_path / "file"))
    assert refused.process.wait(30) == 1
    assert re.fullmatch(r"rejoint: cannot use the journal: .+\n", refused.text)


def test_a_port_in_use_says_so_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        second = Server(tmp_path, port=taken.getsockname()[1])
        assert second.process.wait(30) == 1
        assert re.fullmatch(r"rejoint: cannot listen on .*in use\n", second.text)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--policy", "open", "--host", "0.0.0.0"), "loopback"),
        (("--store", "couchdb://ada@127.0.0.1"), "sqlite, or expected couchdb://user"),
        (("--public-url", "nonsense"), "public-url"),
        (("--admin", "ada"), "NAME:PASSWORD"),
        (("--admin", "ada:vorpal"), "belongs to"),
        (("--host", "not.a.host.invalid"), "cannot listen"),
    ],
)
def test_wrong_arguments_are_one_line(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    server = Server(tmp_path, *arguments)
    assert server.process.wait(30) == 1
    assert re.fullmatch(r"rejoint: .+\n", server.text)
    assert words in server.text
    assert "vorpal" not in server.text


def test_data_that_cannot_be_kept_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    server = Server(tmp_path)
    assert server.process.wait(30) == 1
    assert re.fullmatch(r"rejoint: .+\n", server.text)


def test_the_policy_open_warns(tmp_path: Path) -> None:
    with running(tmp_path, "--policy", "open", "--admin", "ada:vorpal") as server:
        assert "policy open" in server.text
        assert "#s1." not in server.text
        assert httpx.put(server.url() + "/db1", trust_env=False).status_code == 401
        auth = ("ada", "vorpal")
        assert httpx.put(server.url() + "/db1", auth=auth, trust_env=False).status_code == 201
        assert "vorpal" not in server.text


def test_an_acknowledged_document_survives_kill_9(tmp_path: Path) -> None:
    with running(tmp_path, "--policy", "open") as server:
        with httpx.Client(base_url=server.url(), trust_env=False) as client:
            client.put("/db/db1")
            revs = [client.put(f"/db/db1/d{n}", json={"n": n}).json()["rev"] for n in range(20)]
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    with (
        running(tmp_path, "--policy", "open") as server,
        httpx.Client(base_url=server.url(), trust_env=False) as client,
    ):
        kept = [client.get(f"/db/db1/d{n}").json() for n in range(20)]
    assert kept == [{"_id": f"d{n}", "_rev": rev, "n": n} for n, rev in enumerate(revs)]


async def test_stopping_ends_what_waits_and_finishes_what_is_under_way(tmp_path: Path) -> None:
    with running(tmp_path, "--policy", "open") as server:
        async with httpx.AsyncClient(base_url=server.url(), trust_env=False, timeout=60) as client:
            await client.put("/db/db1")
            begun = [asyncio.Event() for _ in range(5)]

            async def wait(heard: asyncio.Event) -> Any:
                parts = []
                path = "/db/db1/_changes?feed=longpoll&heartbeat=100"
                async with client.stream("GET", path) as answer:
                    async for part in answer.aiter_bytes():
                        parts.append(part)
                        heard.set()
                return json.loads(b"".join(parts))["results"]

            waiting = [asyncio.create_task(wait(heard)) for heard in begun]
            await asyncio.wait_for(asyncio.gather(*(heard.wait() for heard in begun)), 60)
            server.process.send_signal(signal.SIGTERM)
            assert await asyncio.gather(*waiting) == [[]] * 5
        status = await asyncio.to_thread(server.process.wait, STOP_S_MAX)
        assert status == 0
        assert "Traceback" not in server.text


async def test_many_may_wait_and_others_are_still_answered(tmp_path: Path) -> None:
    """The HTTP server's default would let 128 waiting phones shut everyone else out."""
    limits = httpx.Limits(max_connections=None)
    with running(tmp_path, "--policy", "open") as server:
        async with httpx.AsyncClient(
            base_url=server.url(), trust_env=False, limits=limits, timeout=60
        ) as client:
            await client.put("/db/db1")
            path = "/db/db1/_changes?feed=longpoll&heartbeat=30000"
            waiting = [asyncio.create_task(client.get(path)) for _ in range(200)]
            await asyncio.sleep(1)
            assert (await client.put("/db/db1/a", json={})).status_code == 201
            answers: list[Any] = await asyncio.wait_for(asyncio.gather(*waiting), 30)
            assert {len(answer.json()["results"]) for answer in answers} == {1}


def test_one_process_and_nothing_outlives_it(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        assert children.read_text() == ""
        port = int(server.url().rpartition(":")[2])
        server.stop(signal.SIGKILL)
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))


def test_what_is_not_needed_yet_is_not_loaded() -> None:
    """What sends pings takes a second, what speaks with a CouchDB a quarter of one."""
    code = "import sys, rejoint_server.commands.serve, rejoint_server.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint({"pywebpush", "aiohttp", "couchdb", "httpx"})


def test_the_event_loop_is_libuv(tmp_path: Path) -> None:
    """A request costs a fifth less processor time than with the loop of the standard library."""
    with running(tmp_path) as server:
        assert "/uvloop/loop." in Path(f"/proc/{server.process.pid}/maps").read_text()


def test_a_body_that_is_too_long_is_answered_over_a_real_connection(tmp_path: Path) -> None:
    with running(tmp_path, "--policy", "open") as server:
        httpx.put(server.url() + "/db/db1", trust_env=False)
        body = os.urandom(9 * 1024 * 1024)
        answer = httpx.post(server.url() + "/db/db1/_bulk_docs", content=body, trust_env=False)
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
        assert httpx.get(server.url() + "/db/_up", trust_env=False).status_code == 200
