"""Promise 1: what was acknowledged outlives a power cut and a restart; durability/ has kills."""

import asyncio
from pathlib import Path

import apsw

from rejoint_sync.document import Document
from rejoint_sync.stores import DatabaseInfo
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import STORE_FILE
from sync.stores.disk import Disk


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
