"""Servers in processes of their own, one killed between claim and ping: counted where pings arrive.

A week on a clock that the test moves; both servers work through the same minutes at the same time.
"""

import contextlib
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from contract.couchdb import clear, couchdb, fresh
from rejoint_server.reminders import Row, Rows
from rejoint_server.reminders.rows_couch import CouchRows
from rejoint_server.reminders.rows_sqlite import SqliteRows
from rejoint_sync.reminders import DAY_MIN, Marks, Schedule, Sent
from rejoint_sync.stores.sqlite import SqliteStore

DEVICES = 12
DAYS = 7
MONDAY = (20_000 + 4) * DAY_MIN + 7 * 60
"""A Monday, at seven."""

NUDGE = 60
DAILY = Schedule.model_validate(
    {"zone": "UTC", "times": dict.fromkeys("1234567", "07:00"), "nudge": NUDGE}
)
MINUTES = [
    MONDAY + day * DAY_MIN + minute for day in range(DAYS) for minute in (0, 1, NUDGE, NUDGE + 1)
]


class Arrivals:
    """What came to the push service: device, and the minute that the ping stands for."""

    def __init__(self) -> None:
        self.count: Counter[tuple[str, int]] = Counter()
        lock, count = threading.Lock(), self.count

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                device, minute = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with lock:
                    count[device, minute] += 1
                self.send_response(201)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def lost(self) -> list[tuple[str, int]]:
        """What should have come and did not."""
        wanted = {
            (f"d{number}", MONDAY + day * DAY_MIN + later)
            for number in range(DEVICES)
            for day in range(DAYS)
            for later in (0, NUDGE)
        }
        assert self.count.keys() <= wanted
        return sorted(wanted - self.count.keys())


class Server:
    """A process of pinging_server.py."""

    def __init__(self, where: str, url: str, *, at_once: int = 1, dies_before: int = 0) -> None:
        script = Path(__file__).with_name("pinging_server.py")
        self._process = subprocess.Popen(
            [sys.executable, script, where, url, str(at_once), str(dies_before)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.heard("ready")

    def tell(self, minute: int) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{minute}\n")
            self._process.stdin.flush()

    def heard(self, word: str) -> bool:
        """Whether it said this word; False when it is dead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line in (word, "")
        return line == word

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(timeout=60)


@pytest.fixture
def arrivals() -> Iterator[Arrivals]:
    made = Arrivals()
    yield made
    made.close()


@pytest.fixture
async def couch(tmp_path: Path) -> AsyncIterator[tuple[str, CouchRows]]:
    with couchdb(tmp_path) as url:
        address = fresh(url)
        rows = CouchRows(address)
        await rows.start()
        yield f"{url.rstrip('/')}/{address.prefix}", rows
        await rows.close()
        clear(address)


async def fill(rows: Rows) -> None:
    """Schedules of everybody, who are heard of every day of this week."""
    begin = MONDAY - 30
    for number in range(DEVICES):
        marks = Marks(since=begin, heard=begin // DAY_MIN)
        row = Row(f"d{number}", DAILY, marks, Sent(), begin).at(begin, marks, Sent())
        assert await rows.write(row)


@pytest.mark.parametrize(
    ("at_once", "lost_max"), [(1, 1), pytest.param(8, 8, marks=pytest.mark.long)]
)
async def test_of_two_servers_one_is_killed_and_nothing_is_doubled(
    couch: tuple[str, CouchRows], arrivals: Arrivals, at_once: int, lost_max: int
) -> None:
    where, rows = couch
    await fill(rows)
    # Each has half of the shards: on the third day the one dies in the middle of its own.
    dying = Server(where, arrivals.url, at_once=at_once, dies_before=DEVICES * 2 + 3)
    lasting = Server(where, arrivals.url, at_once=at_once)
    deaths = 0
    for minute in MINUTES:
        for server in (dying, lasting):
            server.tell(minute)
        assert lasting.heard("done")
        if not dying.heard("done"):
            deaths += 1
            dying.close()
            dying = Server(where, arrivals.url, at_once=at_once)
    for server in (dying, lasting):
        server.close()
    assert deaths == 1
    assert set(arrivals.count.values()) == {1}
    assert 1 <= len(arrivals.lost) <= lost_max
    assert len({minute for _, minute in arrivals.lost}) == 1


async def test_a_server_with_a_file_is_killed_and_started_again(
    tmp_path: Path, arrivals: Arrivals
) -> None:
    data = tmp_path / "data"
    store = await SqliteStore.open(data)
    await fill(SqliteRows(store))
    await store.close()
    server = Server(str(data), arrivals.url, dies_before=DEVICES * 3 + 3)
    deaths = 0
    for minute in MINUTES:
        server.tell(minute)
        if not server.heard("done"):
            deaths += 1
            server.close()
            server = Server(str(data), arrivals.url)
    server.close()
    assert deaths == 1
    assert set(arrivals.count.values()) == {1}
    # The ping that was claimed when it ended, and no other: those after it went out a minute later.
    assert len(arrivals.lost) == 1
