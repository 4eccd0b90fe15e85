"""Worlds of stock PouchDBs: the server with `--policy open` in the same network as everybody.

Laws: what a push counted as written is on the server, also after it was killed; when all is quiet,
everybody has the same leaves; what was written is there or has a descendant; what was deleted and
not written again is not shown by anybody.
"""

import asyncio
import itertools
import subprocess
import tempfile
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson

from rejoint_sync.stores import ChangesQuery, Store
from sim import chance
from sim.chance import source
from sim.hosting import Asked, Hosting
from sim.network import LATE_S_MAX, Network
from sim.shipped import NODE, NodeHost, Refused, ShippedPhone
from sim.trace import Trace
from sim.virtual_time import runner
from sim.world import HOUR_S, Outcome

DATABASE: Final = "pouched"
NAMES: Final = ("one", "two")
DOCUMENTS: Final = 6
"""So few that both write the same ones."""
ACTS: Final = 24
HOURS: Final = 6.0
ROUNDS: Final = 3
"""One brings all to the server, the second to everybody."""

_HERE: Final = Path(__file__).parent
_MODULES: Final = _HERE.parent / "conformance" / "node_modules"
_BASIC: Final = b"Basic YWRtaW46c2VjcmV0"

Revisions = dict[str, list[str]]


class PouchHost(NodeHost):
    """A process of Node with PouchDBs in it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [NODE, "--no-warnings", _HERE / "pouchdb_host.mjs", _MODULES],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._phones = {}
        self._told = itertools.count(1)
        self._said = deque()


@dataclass(slots=True)
class PouchWorld:
    """Two PouchDBs and a server.

    Args:
        seed: Decides everything.
        folder: Empty.
        host: Where they run.
    """

    seed: int
    folder: Path
    host: PouchHost
    written: list[tuple[str, str]] = field(default_factory=list)
    counted: set[tuple[str, str]] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    chance: Random = field(init=False)
    trace: Trace = field(init=False)
    hosting: Hosting = field(init=False)
    network: Network = field(init=False)
    peers: dict[str, ShippedPhone] = field(init=False)

    def __post_init__(self) -> None:
        self.chance = source(self.seed, "schedule")
        self.trace = Trace(asyncio.get_running_loop().time)
        self.hosting = Hosting(self.folder / "server", policy="open")
        self.network = Network(self.hosting, source(self.seed, "network"), self.trace)
        self.peers = {name: ShippedPhone(name, name, self.network, self.host) for name in NAMES}
        for peer in self.peers.values():
            peer.rests = False

    async def attempt(self, name: str, act: str, *arguments: Any) -> Any:
        """One act; None when the world was against it."""
        try:
            answer = await self.peers[name].do(act, *arguments)
        except Refused as error:
            self.trace.note(name, f"{act}: {error.error}")
            if act not in ("push", "pull"):
                self.broken.append(f"{name} fails in {act}: {error.error}")
            return None
        self.trace.note(name, f"{act}: done")
        return answer

    async def live(self, name: str) -> None:
        """What one of them does in a day."""
        for number in range(ACTS):
            await asyncio.sleep(self.chance.uniform(0, 2 * HOURS * HOUR_S / ACTS))
            document = f"d{self.chance.randrange(DOCUMENTS)}"
            drawn = self.chance.random()
            if drawn < 0.45:
                revision = await self.attempt(name, "write", document, f"{name} {number}")
                self.written.append((document, revision))
            elif drawn < 0.55:
                if revision := await self.attempt(name, "remove", document):
                    self.written.append((document, revision))
            elif drawn < 0.8:
                await self.push(name)
            else:
                await self.attempt(name, "pull")

    async def push(self, name: str) -> bool:
        """Push; what it counts as written is remembered."""
        counted: Revisions | None = await self.attempt(name, "push")
        for document, revisions in (counted or {}).items():
            self.counted |= {(document, revision) for revision in revisions}
        return counted is not None

    async def befall(self) -> None:
        """Weather, kills and full disks."""
        for _ in range(12):
            await asyncio.sleep(self.chance.uniform(0, HOURS * HOUR_S / 6))
            drawn = self.chance.random()
            peer = self.peers[self.chance.choice(NAMES)]
            if drawn < 0.6:
                peer.link.weather = self.chance.choice(("good", "bad", "bad", "none"))
            elif drawn < 0.8:
                self.hosting.full = self.chance.randrange(1, 4)
            else:
                await self.hosting.written(within_s=HOUR_S)
                await asyncio.sleep(self.chance.uniform(0.0, 0.004))
                self.trace.note("server", "killed")
                await self.hosting.kill()
                await self.hosting.start()

    async def run(self) -> Outcome:
        """Its whole life."""
        await self.hosting.start()
        headers = ((b"authorization", _BASIC), (b"host", b"clinic.example"))
        made = await self.hosting.answer(
            Asked("PUT", f"/db/{DATABASE}", headers, b""), [b""], whole=True
        )
        assert made.status == 201
        await asyncio.gather(self.befall(), *(self.live(name) for name in NAMES))
        self.hosting.full = 0
        for peer in self.peers.values():
            peer.link.weather = "good"
        self.trace.note("world", "heals")
        await asyncio.sleep(LATE_S_MAX)
        for _ in range(ROUNDS):
            for name in NAMES:
                if not await self.push(name) or not await self.attempt(name, "pull"):
                    self.broken.append(f"{name} cannot replicate though all is well")
        await self.check()
        for peer in self.peers.values():
            peer.end()
        await self.hosting.kill()
        requests = sum(peer.link.requests for peer in self.peers.values())
        hours = asyncio.get_running_loop().time() / HOUR_S
        return Outcome(self.broken, self.trace, requests, hours)

    async def check(self) -> None:
        """Hold the laws against what is left."""
        store = self.hosting.store
        assert store is not None
        leaves, known, deleted = await _held(store)
        for document, _ in set(self.counted) - known:
            self.broken.append(f"{document} lacks what a push counted as written")
        for document, _ in set(self.written) - known:
            self.broken.append(f"{document} lacks what was written")
        for name in NAMES:
            if await self.attempt(name, "leaves") != leaves:
                self.broken.append(f"{name} and the server have other leaves")
            shown = await self.attempt(name, "shown")
            self.broken += [f"{name} shows {one} again" for one in deleted.intersection(shown)]
        self.broken += [f"the server failed inside: {line}" for line in self.hosting.failures]


async def _held(store: Store) -> tuple[Revisions, set[tuple[str, str]], set[str]]:
    """Leaves by document, revisions that are known, documents whose leaves are all deleted."""
    page = await store.changes(DATABASE, ChangesQuery(limit=1000, all_leaves=True))
    names = [row["id"] for row in orjson.loads(b"[" + page.rows + b"]")]
    leaves: Revisions = {}
    known: set[tuple[str, str]] = set()
    deleted: set[str] = set()
    for name, stored in (await store.read_many(DATABASE, names)).items():
        leaves[name] = sorted(leaf.rev for leaf in stored.leaves)
        for leaf in stored.leaves:
            generation = int(leaf.rev.partition("-")[0])
            known.add((name, leaf.rev))
            known |= {(name, f"{generation - n}-{one}") for n, one in enumerate(leaf.ancestors, 1)}
        if all(leaf.deleted for leaf in stored.leaves):
            deleted.add(name)
    return leaves, known, deleted


def run_world(seed: int, host: PouchHost) -> Outcome:
    """One world of PouchDBs; from then on this process belongs to worlds."""

    async def run(folder: Path) -> Outcome:
        host.begin(seed)
        return await PouchWorld(seed, folder, host).run()

    chance.install(source(seed, "secrets"))
    try:
        with (
            tempfile.TemporaryDirectory(prefix="rejoint-pouched-") as folder,
            runner(source(seed, "threads")) as running,
        ):
            return running.run(run(Path(folder)))
    except Exception as error:  # noqa: BLE001  # whatever it is, a world must not end by it
        words = f"the world came to no end: {type(error).__name__}"
        return Outcome([words], Trace(lambda: 0.0), 0, 0.0)
