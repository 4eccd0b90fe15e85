"""Killed during `POST /sync`: what a device was given a receipt for is there, for every device.

Many devices of one circle ask at once, each with a cursor of its own that it keeps as it heard it.
Nothing is believed of what the server says about itself: each device counts what it was told, and
in the end proves by digests that it holds the same as the server.
"""

import asyncio
import random
import time
from contextlib import closing
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, cast

import apsw
import httpx
import pytest

from e2e.server_process import ServerProcess
from rejoint_server.clock import ManualClock
from rejoint_sync.exchange.digest import Inventory
from rejoint_sync.exchange.messages import Digests, Receipt, Unequal
from rejoint_sync.stores.sqlite_schema import STORE_FILE
from server.ring import Ring
from server.scene import ORIGIN, Scene
from server.sync_client import Handset, Said

DEVICES = 12
RECORDS_MAX = 5
"""Records of one request."""

LIFE_S = (0.1, 1.2)
LATER_S_MAX = 60.0


def scene_of(server: ServerProcess) -> Scene:
    """The running server, asked through its socket under the name that tokens are made for."""
    client = httpx.AsyncClient(
        base_url=server.url,
        headers={"host": ORIGIN.removeprefix("http://"), "accept": "application/json"},
        trust_env=False,
        timeout=LATER_S_MAX,
    )
    nothing = cast("Any", None)
    secret = server.setup_link().rpartition("#s1.")[2] if "#s1." in server.log.read_text() else None
    clock = ManualClock(int(time.time()))
    return Scene(nothing, nothing, clock, client, StringIO(), secret)


@dataclass(slots=True)
class Copy:
    """A device, what it holds and what it was promised.

    Attributes:
        handset: Asks.
        held: By name what it was given, or has written itself.
        pending: Its records without a receipt; the same bytes are sent until there is one.
        acknowledged: Names that it has a receipt for.
    """

    handset: Handset
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    pending: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)

    async def exchange(self, circle: str) -> Said:
        """Bring what is pending and take what is new."""
        brought = list(self.pending)
        asked = [self.handset.records(circle, brought)] if brought else []
        said = await self.handset.sync(*asked)
        self.held |= {one["_id"]: one for one in said.documents.get(circle, [])}
        if brought:
            assert said.of(Receipt) == [Receipt(1)]
            self.acknowledged |= {one["_id"] for one in brought}
            del self.pending[: len(brought)]
        return said

    async def work(self, ring: Ring, dice: random.Random) -> None:
        """Write and exchange until the server is gone."""
        while True:
            made = [ring.record(self.handset.keys) for _ in range(dice.randint(0, RECORDS_MAX))]
            self.pending += made
            self.held |= {one["_id"]: one for one in made}
            await self.exchange(ring.circle)


def integrity(data: Path) -> str:
    with closing(apsw.Connection(str(data / STORE_FILE))) as connection:
        return str(connection.pragma("integrity_check"))


def move(ring: Ring, copies: list[Copy], scene: Scene) -> None:
    """Go on with a server that was started again: sessions are over, cursors are not."""
    ring.scene = scene
    for copy in copies:
        copy.handset.scene, copy.handset.session = scene, ""


async def check(ring: Ring, copies: list[Copy]) -> None:
    """Every receipt of every device is kept, and all hold the same."""
    for _ in range(2):  # what one brings in the first is news to the others in the second
        for copy in copies:
            while (await copy.exchange(ring.circle)).more:
                pass
    promised = set[str]().union(*(copy.acknowledged for copy in copies))
    for copy in copies:
        assert promised <= copy.held.keys()
        inventory = Inventory.of((one["_id"], one["_rev"]) for one in copy.held.values())
        said = await copy.handset.sync(Digests(ring.circle, inventory.digests()))
        assert (said.of(Unequal), said.names) == ([], [])


async def survive(folder: Path, rounds: int, seed: int) -> int:
    """Kill and start again; how many receipts for a record there were."""
    dice, data = random.Random(seed), folder / "data"
    with ServerProcess(data, folder / "first.log") as server:
        scene = scene_of(server)
        ring = await (await Ring.clinic(scene)).patient()
        keys = [await ring.add("therapist") for _ in range(DEVICES)]
        copies = [Copy(Handset(scene, one)) for one in keys]
        await scene.client.aclose()
    for number in range(rounds):
        with ServerProcess(data, folder / f"{number}.log") as server:
            move(ring, copies, scene_of(server))
            working = [asyncio.create_task(copy.work(ring, dice)) for copy in copies]
            await asyncio.sleep(dice.uniform(*LIFE_S))
            server.kill()
            for ended in await asyncio.gather(*working, return_exceptions=True):
                # Nothing but the vanished server may end one: no refusal, no odd answer.
                assert isinstance(ended, httpx.TransportError), ended
            await ring.scene.client.aclose()
        assert integrity(data) == "ok"
    with ServerProcess(data, folder / "last.log") as server:
        move(ring, copies, scene_of(server))
        await check(ring, copies)
        await ring.scene.client.aclose()
    return sum(len(copy.acknowledged) for copy in copies)


async def test_a_receipt_outlives_the_server(tmp_path: Path) -> None:
    assert await survive(tmp_path, rounds=2, seed=0) > DEVICES


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 11))
async def test_receipts_outlive_many_servers(tmp_path: Path, seed: int) -> None:
    assert await survive(tmp_path, rounds=12, seed=seed) > 10 * DEVICES
