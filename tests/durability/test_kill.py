"""Promise 1 under SIGKILL: what was acknowledged is there, and no number is given out twice.

The whole process group is killed at random moments. What was acknowledged is kept here, outside:
nothing that the store says about itself is believed.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from e2e.server_process import ServerProcess
from rejoint_sync.stores import ChangesQuery
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import STORE_FILE

WRITER = Path(__file__).with_name("endless_writer.py")
LIFE_S = (0.02, 0.6)
CLIENTS = 8


def integrity(data: Path) -> str:
    with closing(apsw.Connection(str(data / STORE_FILE))) as connection:
        return str(connection.pragma("integrity_check"))


# ------------------------------------------------------------------------- the writer alone


def killed_writer(data: Path, life_s: float) -> list[dict[str, Any]]:
    """Start writers, kill their process group without warning; what they had acknowledged."""
    process = subprocess.Popen(
        [sys.executable, str(WRITER), str(data)], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    # The clock starts with the first acknowledgement, not with the interpreter.
    first = process.stdout.readline()
    try:
        process.wait(life_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    rest = process.stdout.read()
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    lines = (first + rest).splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


async def survive(data: Path, rounds: int, seed: int) -> None:
    """Rounds of writing and killing on one data directory, all checked after each."""
    dice = random.Random(seed)
    acknowledged: dict[str, str] = {}
    greatest = 0
    for _ in range(rounds):
        for line in killed_writer(data, dice.uniform(*LIFE_S)):
            assert line["seq"] > greatest, "a number was given out again"
            acknowledged[line["id"]] = line["rev"]
        assert integrity(data) == "ok"
        store = await SqliteStore.open(data)
        found = await store.read_many("circle", list(acknowledged))
        assert {name: stored.leaves[0].rev for name, stored in found.items()} == acknowledged
        page = await store.changes("circle", ChangesQuery(limit=10**6))
        names = {json.loads(line)["id"] for line in page.rows.split(b",\n")}
        halves = {name.removeprefix("left-") for name in names if name.startswith("left-")}
        assert halves == {
            name.removeprefix("right-") for name in names if name.startswith("right-")
        }
        greatest = (await store.info("circle")).sequence
        assert page.last == greatest
        await store.close()
    assert len(acknowledged) > 10 * rounds


async def test_a_killed_writer_loses_nothing_acknowledged(tmp_path: Path) -> None:
    await survive(tmp_path / "data", rounds=8, seed=0)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 11))
async def test_many_killed_writers_lose_nothing_acknowledged(tmp_path: Path, seed: int) -> None:
    """Ten times nineteen rounds, each on a store that grows."""
    await survive(tmp_path / "data", rounds=19, seed=seed)


# ------------------------------------------------------------------------- the whole server


class Acknowledged:
    """What clients were told, by document: the newest revision, None when it is deleted."""

    def __init__(self) -> None:
        self.revs: dict[str, str | None] = {}
        self.locals: dict[str, int] = {}
        self.unsure: set[str] = set()

    def attempt(self, *names: str) -> None:
        """These are being changed: until an answer comes, either state is right."""
        self.unsure.update(names)

    def confirm(self, name: str, rev: str | None) -> None:
        """The answer came."""
        self.revs[name] = rev
        self.unsure.discard(name)


async def client(http: httpx.AsyncClient, known: Acknowledged, prefix: str, dice: Any) -> None:
    """Create, change, delete and note until the server is gone."""
    n = 0
    while True:
        n += 1
        name = f"{prefix}-{n}"
        known.attempt(name)
        answer = await http.put(f"/db/kill/{name}", json={"c": "x" * 300})
        known.confirm(name, answer.json()["rev"])
        if n % 3 == 0:
            known.attempt(name)
            rev = known.revs[name]
            if dice.random() < 0.5:
                answer = await http.put(f"/db/kill/{name}", json={"_rev": rev, "c": "y"})
                known.confirm(name, answer.json()["rev"])
            else:
                answer = await http.delete(f"/db/kill/{name}", params={"rev": rev})
                assert answer.status_code == 200
                known.confirm(name, None)
        if n % 4 == 0:
            many = [f"{name}-{part}" for part in range(10)]
            known.attempt(*many)
            docs = [{"_id": one, "c": "z" * 300} for one in many]
            answer = await http.post("/db/kill/_bulk_docs", json={"docs": docs})
            for row in answer.json():
                known.confirm(row["id"], row["rev"])
        answer = await http.put(f"/db/kill/_local/{prefix}", json={"n": n})
        assert answer.status_code == 201
        known.locals[prefix] = n


async def write_until_killed(server: ServerProcess, known: Acknowledged, seed: int) -> None:
    dice = random.Random(seed)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as http:
        assert (await http.put("/db/kill")).status_code in (201, 412)
        clients = [
            asyncio.create_task(client(http, known, f"{seed}-{number}", dice))
            for number in range(CLIENTS)
        ]
        await asyncio.sleep(dice.uniform(0.05, 1.0))
        server.kill()
        for ended in await asyncio.gather(*clients, return_exceptions=True):
            # Nothing but the vanished server may end a client: no refusal, no odd answer.
            assert isinstance(ended, httpx.TransportError), ended


async def check(server: ServerProcess, known: Acknowledged) -> None:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as http:
        names = sorted(known.revs)
        answer = await http.post("/db/kill/_all_docs", json={"keys": names})
        rows = {row.get("id", row["key"]): row for row in answer.json()["rows"]}
        for name in names:
            if name in known.unsure:
                assert name in rows
                continue
            value = rows[name].get("value") or {}
            assert bool(value.get("deleted")) == (known.revs[name] is None), name
            if known.revs[name] is not None:
                assert value["rev"] == known.revs[name]
        for prefix, n in known.locals.items():
            note = (await http.get(f"/db/kill/_local/{prefix}")).json()
            assert note["n"] in (n, n + 1)


async def survive_as_a_server(folder: Path, rounds: int) -> None:
    known = Acknowledged()
    for seed in range(rounds):
        with ServerProcess(folder / "data", folder / f"{seed}.log", "--policy", "open") as server:
            if seed:
                await check(server, known)
            await write_until_killed(server, known, seed)
        assert integrity(folder / "data") == "ok"
    with ServerProcess(folder / "data", folder / "last.log", "--policy", "open") as server:
        await check(server, known)
    assert len(known.revs) > 20 * rounds


async def test_a_killed_server_loses_nothing_acknowledged(tmp_path: Path) -> None:
    await survive_as_a_server(tmp_path, rounds=2)


@pytest.mark.long
async def test_many_kills_of_a_server_lose_nothing_acknowledged(tmp_path: Path) -> None:
    await survive_as_a_server(tmp_path, rounds=10)
