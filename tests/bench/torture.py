"""Records through networks that hardly are any: our clients and stock PouchDB side by side.

Each row is one network and one client with its records ready: how many of them the server holds in
the end, what it took, and for how long. A row ends when all are there, when its time is over, or
when nothing more has arrived for long; what it could not finish is said.

Arguments: `--records N`, `--seconds S` for a row at most, `--patience S` without a new record,
`--networks a,b,c,d`, `--clients app,device,pouch,pouch10`, `--forwarder` for no namespaces.
"""

import argparse
import asyncio
import math
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from bench.far import TlsServer, far_scene  # noqa: E402
from bench.forwarder import Conditions  # noqa: E402
from bench.link import is_possible, leave_the_network  # noqa: E402
from bench.networks import ABOUT, Counted, Network, open_network  # noqa: E402
from bench.torture_phones import PHONES, Phone, Place, drafts  # noqa: E402
from rejoint_sync.exchange.frames import write  # noqa: E402
from rejoint_sync.exchange.packing import pack  # noqa: E402
from server.ring import Ring  # noqa: E402
from sync.exchange.roads import APP, DEVICE, Road  # noqa: E402

CUT_EVERY_S: Final = 20.0
WINDOW_S: Final = 3.0
DARK_S: Final = 2.0
MUTE_S: Final = 60.0
LOOK_S: Final = 0.5


@dataclass(slots=True)
class Result:
    """What came of a row.

    Attributes:
        delivered: Records that the server holds.
        payload: Their bytes, packed.
        counted: What passed.
        requests: Requests of the client.
        first_s, last_s: When the first and the last of them was there.
        seconds: How long the row took.
        why: Why it ended before all were there; "" when they were.
    """

    delivered: int = 0
    payload: int = 0
    counted: Counted = field(default_factory=Counted)
    requests: int = 0
    first_s: float = math.nan
    last_s: float = math.nan
    seconds: float = 0.0
    why: str = ""


async def cut_every_20_s(network: Network) -> None:
    """16 kbit/s, and every connection reset every 20 s."""
    network.become(Conditions(kbit_s=16))
    while True:
        await asyncio.sleep(CUT_EVERY_S)
        network.cut()


async def windows_of_3_s(network: Network) -> None:
    """8 kbit/s, reset and dark 3 s after the first handshake is through."""
    network.become(Conditions(kbit_s=8))
    seen = len(network.connections())
    while True:
        await asyncio.sleep(0.02)
        spoke = [one.spoke_s for one in network.connections()[seen:] if one.spoke_s is not None]
        if spoke and time.monotonic() >= min(spoke) + WINDOW_S:
            network.cut()
            network.become(Conditions(kbit_s=8, is_dark=True))
            await asyncio.sleep(DARK_S)
            seen = len(network.connections())
            network.become(Conditions(kbit_s=8))


async def far_and_lossy(network: Network) -> None:
    """800 ms there and back, a fifth of all packets lost in each direction."""
    network.become(Conditions(rtt_ms=800, loss=0.2))


async def mute_for_60_s(network: Network) -> None:
    """The server takes connections and answers nothing on them; after 60 s on new ones it does."""
    network.become(Conditions(is_mute=True))
    await asyncio.sleep(MUTE_S)
    network.become(Conditions())


NETWORKS: Final[dict[str, tuple[str, Callable[[Network], Awaitable[None]]]]] = {
    "a": ("16 kbit/s, reset every 20 s", cut_every_20_s),
    "b": ("8 kbit/s, 3 s after a handshake", windows_of_3_s),
    "c": ("800 ms, 20 % lost", far_and_lossy),
    "d": ("60 s mute, then well", mute_for_60_s),
}


@dataclass(slots=True)
class Bench:
    """All rows.

    Attributes:
        asked: The command line.
        network: The network.
        server: The server.
        clinic: Founds a circle for each row.
        folder: For files.
    """

    asked: argparse.Namespace
    network: Network
    server: TlsServer
    clinic: Ring
    folder: Path

    async def row(self, kind: str, client: str) -> Result:
        """One row."""
        name = f"{kind}-{client}-{time.monotonic_ns()}"
        (self.folder / name).mkdir()
        ring = await self.clinic.patient()
        place = Place(
            self.server, self.network, ring, self.folder / name, drafts(self.asked.records)
        )
        phone: Phone = PHONES[client][1](place)
        self.network.become(Conditions())
        weather = None
        try:
            await phone.prepare()
            self.network.cut()
            self.network.begin()
            weather = asyncio.ensure_future(NETWORKS[kind][1](self.network))
            await asyncio.sleep(0)
            await phone.go()
            result = await self._watch(ring)
            result.requests = phone.requests
        finally:
            if weather is not None:
                weather.cancel()
                await asyncio.gather(weather, return_exceptions=True)
            self.network.become(Conditions())
            await phone.close()
        result.payload = await payload(ring)
        return result

    async def _watch(self, ring: Ring) -> Result:
        """Look until all is there, or the time is over."""
        result, begun_s = Result(), time.monotonic()
        new_s = begun_s
        while True:
            await asyncio.sleep(LOOK_S)
            now_s, there = time.monotonic(), len(await stored(ring))
            if there > result.delivered:
                new_s = now_s
                result.last_s = now_s - begun_s
                if not result.delivered:
                    result.first_s = result.last_s
            result.delivered = there
            result.counted, result.seconds = self.network.counted, now_s - begun_s
            if there >= self.asked.records:
                return result
            if result.seconds >= self.asked.seconds:
                result.why = f"its {self.asked.seconds:.0f} s were over"
                return result
            if now_s - new_s >= self.asked.patience:
                result.why = f"nothing new for {self.asked.patience:.0f} s"
                return result


async def stored(ring: Ring) -> list[str]:
    """Names of the records that the server holds."""
    answer = await ring.scene.json(
        "GET",
        f'/db/{ring.circle}/_all_docs?startkey="ev:"&endkey="ev;"',
        headers=ring.headers(ring.founder),
    )
    return [row["id"] for row in answer["rows"]]


async def payload(ring: Ring) -> int:
    """Bytes of the records that the server holds, as one-request sync packs them."""
    answer = await ring.scene.json(
        "GET",
        f'/db/{ring.circle}/_all_docs?startkey="ev:"&endkey="ev;"&include_docs=true',
        headers=ring.headers(ring.founder),
    )
    documents = [row["doc"] for row in answer["rows"]]
    return len(write([pack(documents, "")])) if documents else 0


def floor(kind: str, client: str) -> str:
    """What is asked at least where a window carries one request: its heads and a full body.

    Elsewhere nothing but the number of requests bounds it, and nothing is said.
    """
    caller = {"app": APP, "device": DEVICE}.get(client)
    if kind != "b" or caller is None:
        return "-"
    most = Road(1_000, 0, caller=caller).most(round(WINDOW_S * 1_000))
    return f"{1 + caller.first_up / most:.2f}x"


def show(kind: str, client: str, result: Result, records: int) -> None:
    """Print a row."""
    passed, sealed = result.counted, result.payload
    asked = passed.up - passed.greetings
    ratios = [
        f"{some / sealed:.2f}x" if sealed else "-" for some in (asked, passed.up + passed.down)
    ]
    cells = (
        f"{NETWORKS[kind][0]:32}{PHONES[client][0]:25}{result.delivered:>5} of {records}"
        f"{result.requests or '-':>9}{passed.dials:>6}{passed.greetings:>10,}{asked:>10,}"
        f"{passed.down:>9,}{sealed:>8,}{ratios[0]:>7}{floor(kind, client):>7}{ratios[1]:>7}"
        f"{passed.packets or '-':>9}"
        f"{result.first_s:>7.1f}{result.last_s:>7.1f}{result.seconds:>7.1f}"
    )
    print(f"{cells}  {result.why}".rstrip(), flush=True)


def head() -> None:
    """Print the head of the table."""
    print(
        f"{'network':32}{'client':25}{'delivered':>12}{'requests':>9}{'dials':>6}{'greeting':>10}"
        f"{'asked':>10}{'down':>9}{'payload':>8}{'asked':>7}{'floor':>7}{'all':>7}{'packets':>9}"
        f"{'first s':>7}{'last s':>7}{'s':>7}"
    )


async def main(asked: argparse.Namespace, *, namespaces: bool) -> None:
    """Run and print."""
    print(f"{asked.records} records; {ABOUT[namespaces]}")
    print(
        "bytes are payload of TCP, each counted once: up, in handshakes (greeting) and after them"
        " (asked), and down; payload is the records as /sync packs them, of which asked and all are"
        " given as multiples, asked beside what it is at least where a window carries one request;"
        " packets are bytes of IP both ways, repeats and losses too"
    )
    with tempfile.TemporaryDirectory() as made, open_network(namespaces=namespaces) as network:
        folder = Path(made)
        with TlsServer(folder / "server", network.origin) as server:
            network.forwarder.target = server.address
            async with far_scene(server) as scene:
                clinic = await Ring.clinic(scene)
                bench = Bench(asked, network, server, clinic, folder)
                head()
                for kind in asked.networks.split(","):
                    for client in asked.clients.split(","):
                        result = await bench.row(kind, client)
                        show(kind, client, result, asked.records)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=900.0)
    parser.add_argument("--patience", type=float, default=240.0)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--clients", default=",".join(PHONES))
    parser.add_argument("--forwarder", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    chosen = arguments()
    real = is_possible() and not chosen.forwarder
    if real:
        leave_the_network()
    asyncio.run(main(chosen, namespaces=real))
