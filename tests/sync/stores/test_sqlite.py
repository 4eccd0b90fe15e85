"""Promise 1: what was acknowledged is there after a kill, a power cut, a restart."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from rejoint_sync.document import Document
from rejoint_sync.stores import ChangesQuery, DatabaseInfo
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import STORE_FILE
from sync.stores.disk import Disk

WRITER = Path(__file__).with_name("endless_writer.py")


def integrity(directory: Path) -> str:
    connection = apsw.Connection(str(directory / STORE_FILE))
    try:
        return str(connection.pragma("integrity_check"))
    finally:
        connection.close()


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path)
    await store.create("circle")
    documents = [
        {"_id": "x", "_rev": "1-a", "v": 1},
        {"_id": "x", "_rev": "1-b", "v": 2},
        {"_id": "y", "_rev": "1-a", "_deleted": True},
    ]
    await store.write("circle", [Document.parse(one) for one in documents], new_edits=False)
    await store.local_put("circle", "l", b'{"v":1}')
    await store.create("gone", [Document.parse({"_id": "z", "_rev": "1-a"})])
    await store.delete("gone")
    before = await store.range("circle", "", "z", limit=9)
    await store.close()

    store = await SqliteStore.open(tmp_path)
    assert await store.range("circle", "", "z", limit=9) == before
    assert await store.info("circle") == DatabaseInfo("circle", 1, 1, 3)
    assert await store.local_get("circle", "l") == (1, b'{"v":1}')
    assert await store.databases() == ["circle"]
    await store.create("gone")
    assert (await store.info("gone")).sequence == 1
    await store.close()
    assert integrity(tmp_path) == "ok"


async def test_a_power_cut_loses_nothing_acknowledged(
    store: SqliteStore, disk: Disk, tmp_path: Path
) -> None:
    """The disk keeps what was synced and nothing else, cut at any acknowledgement."""
    acknowledged: list[str] = []
    cuts: list[tuple[Path, int]] = []

    async def client(number: int) -> None:
        for n in range(8):
            name = f"{number}-{n}"
            await store.write("circle", [Document.parse({"_id": name})], new_edits=True)
            acknowledged.append(name)
            if n == number % 8:
                cut = tmp_path / f"cut-{number}"
                disk.cut(cut)
                cuts.append((cut, len(acknowledged)))

    await asyncio.gather(*(client(number) for number in range(16)))
    assert len(cuts) == 16
    for directory, count in cuts:
        assert integrity(directory) == "ok"
        survivor = await SqliteStore.open(directory)
        found = await survivor.read_many("circle", acknowledged[:count])
        assert found.keys() == set(acknowledged[:count])
        await survivor.close()


def killed_writer(directory: Path, life_s: float) -> list[dict[str, object]]:
    """Start writers, kill their process group without warning; what they had acknowledged."""
    process = subprocess.Popen(
        [sys.executable, str(WRITER), str(directory)],
        stdout=subprocess.PIPE,
        start_new_session=True,
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


async def survive(directory: Path, rounds: int) -> None:
    """Rounds of writing and killing on one data directory, all checked after each."""
    dice = random.Random(rounds)
    acknowledged: dict[str, str] = {}
    greatest = 0
    for _ in range(rounds):
        for line in killed_writer(directory, dice.uniform(0.05, 0.6)):
            assert line["seq"] > greatest, "a number was given out again"  # type: ignore[operator]  # JSON
            acknowledged[str(line["id"])] = str(line["rev"])
        assert integrity(directory) == "ok"
        store = await SqliteStore.open(directory)
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


async def test_a_kill_loses_nothing_acknowledged(tmp_path: Path) -> None:
    await survive(tmp_path / "data", rounds=4)


@pytest.mark.long
async def test_many_kills_lose_nothing_acknowledged(tmp_path: Path) -> None:
    await survive(tmp_path / "data", rounds=60)
