"""A server that is asked to stop in the middle of everything: answered or not acknowledged."""

import asyncio
import json
from pathlib import Path

import apsw
import httpx

from durability.restorable import command, leaves_of
from e2e.server_process import ServerProcess
from rejoint_sync.stores.sqlite_schema import STORE_FILE

CLIENTS = 16


async def test_what_was_answered_is_there_and_what_waited_ends(tmp_path: Path) -> None:
    """Every answer that a client got is kept, and the longpolls end whole."""
    revs: dict[str, str] = {}
    tried: set[str] = set()
    data = tmp_path / "data"
    with ServerProcess(data, tmp_path / "log", "--policy", "open") as server:
        pool = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=server.url, trust_env=False, timeout=30, limits=pool
        ) as http:
            await http.put("/db/stop")
            await http.put("/db/quiet")

            async def write(number: int) -> str:
                n = 0
                while True:
                    n += 1
                    name = f"{number}-{n}"
                    tried.add(name)
                    try:
                        answer = await http.put(f"/db/stop/{name}", json={"c": "x" * 300})
                    except httpx.TransportError:
                        return "gone"
                    if answer.status_code == 503:
                        return "stopping"
                    assert answer.status_code == 201
                    revs[name] = answer.json()["rev"]

            feed = "/db/quiet/_changes?feed=longpoll&heartbeat=20000"
            waiting = [asyncio.create_task(http.get(feed)) for _ in range(CLIENTS)]
            writers = [asyncio.create_task(write(number)) for number in range(CLIENTS)]
            while len(revs) <= 4 * CLIENTS:
                assert not any(writer.done() for writer in writers)
                await asyncio.sleep(0.05)
            await asyncio.to_thread(server.stop)
            assert set(await asyncio.gather(*writers)) <= {"gone", "stopping"}
            for answer in await asyncio.gather(*waiting):
                assert json.loads(answer.text)["results"] == []
    kept = await leaves_of(data, "stop")
    assert {name: [rev] for name, rev in revs.items()}.items() <= kept.items()
    # At most the one request that each client had under way is there without having been told.
    assert kept.keys() <= tried
    assert len(kept) - len(revs) <= CLIENTS
    assert len(revs) > CLIENTS
    assert command("verify", "--data", data)["faults"] == 0


def test_a_store_of_a_newer_format_is_refused_in_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with ServerProcess(data, tmp_path / "log", "--policy", "open"):
        pass
    connection = apsw.Connection(str(data / STORE_FILE))
    connection.pragma("user_version", 99)
    connection.close()
    log = tmp_path / "second"
    try:
        ServerProcess(data, log, "--policy", "open")
    except AssertionError:
        pass
    else:
        raise AssertionError("it was served")
    assert log.read_text().count("\n") == 1
    assert log.read_text().startswith("rejoint: ")
    assert "format 99" in log.read_text()
