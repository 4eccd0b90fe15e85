"""`rejoint load`: real devices that write and sync as fast as the server lets them.

All live in this process, each with keys, circles and a connection of its own; their copies are in
memory, so that the server's disk is what is waited for. They found a clinic first: the server must
be new, and is of no use for anything else afterwards.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import orjson

if TYPE_CHECKING:
    import httpx

    from rejoint_sync.device.device import Device

DEVICES: Final = 20
CIRCLES: Final = 10
SECONDS: Final = 10.0
_PAIN: Final = {"type": "pain", "context": "now", "score": 3}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser("load", help="real devices that sync as fast as they can")
    parser.add_argument("--url", required=True, help="origin of a new server")
    parser.add_argument("--setup", required=True, help="its one-time setup link")
    parser.add_argument("--devices", type=int, default=DEVICES, help="how many sync")
    parser.add_argument("--circles", type=int, default=CIRCLES, help="how many circles they share")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long")
    parser.add_argument(
        "--replicate", action="store_true", help="without one-request sync, as stock clients"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prepare, run, print one JSON object."""
    from rejoint_sync.errors import SyncError  # noqa: PLC0415 - as all of a device

    try:
        figures = asyncio.run(load(arguments.url, arguments.setup, plan_of(arguments)))
    except SyncError as error:
        sys.stderr.write(f"rejoint: {error.reason}\n")
        return 1
    sys.stdout.write(orjson.dumps(figures).decode() + "\n")
    return 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Attributes:
        devices: How many sync, at least 1.
        circles: How many circles they are spread over, 1 to `devices`.
        seconds: How long they do.
        replicates: Whether by replication alone.
    """

    devices: int = DEVICES
    circles: int = CIRCLES
    seconds: float = SECONDS
    replicates: bool = False


def plan_of(arguments: argparse.Namespace) -> Plan:
    """The plan that the arguments mean; never more circles than devices."""
    devices = max(1, arguments.devices)
    circles = max(1, min(arguments.circles, devices))
    return Plan(devices, circles, max(0.0, arguments.seconds), arguments.replicate)


@dataclass(slots=True)
class Tally:
    """What the devices did.

    Attributes:
        seconds: How long each sync took.
        totals: Sums of what syncs report.
        failed: Syncs that came to nothing.
    """

    seconds: list[float] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    failed: int = 0

    def add(self, seconds: float, report: dict[str, Any]) -> None:
        """Count one sync."""
        self.seconds.append(seconds)
        for name in ("requests", "bytes_up", "bytes_down", "pushed", "pulled"):
            self.totals[name] = self.totals.get(name, 0) + int(report[name])
        self.failed += bool(report["trouble"] or report["refused"])

    def figures(self, plan: Plan, wall_s: float) -> dict[str, Any]:
        """What is printed; see docs/commands.md."""
        count = len(self.seconds)
        ordered = sorted(self.seconds) or [0.0]
        per = {name: round(total / max(1, count), 2) for name, total in self.totals.items()}
        return {
            "devices": plan.devices,
            "circles": plan.circles,
            "syncs": count,
            "syncs_s": round(count / wall_s, 1) if wall_s else 0.0,
            "p50_ms": round(1000 * ordered[len(ordered) // 2], 1),
            "p99_ms": round(1000 * ordered[(99 * len(ordered)) // 100], 1),
            **per,
            "failed": self.failed,
        }


async def load(url: str, setup: str, plan: Plan) -> dict[str, Any]:
    """Found a clinic with circles, bring devices into them, and have these sync.

    Args:
        url: Origin of the server.
        setup: Its setup link.
        plan: What is to be done.

    Returns:
        Figures of one sync on average: see docs/commands.md.

    Raises:
        SyncError: The server is not new, or cannot be reached.
    """
    with tempfile.TemporaryDirectory() as folder:
        async with _Crowd(Path(folder), url, replicates=plan.replicates) as crowd:
            await crowd.gather(setup, plan)
            for _ in range(2):  # cursors, and what is signed once a day
                await crowd.each(_once)
            tally = Tally()
            began = time.perf_counter()
            await crowd.each(lambda device: _go_on(device, tally, began + plan.seconds))
            return tally.figures(plan, time.perf_counter() - began)


async def _once(device: "Device") -> None:
    [circle] = [one["circle"] for one in await device.circles()]
    await device.put(circle, "ev", [_PAIN], tz_min=0)
    await device.sync()


async def _go_on(device: "Device", tally: Tally, until: float) -> None:
    """Write a record and sync, again and again."""
    from rejoint_sync.errors import SyncError  # noqa: PLC0415 - as above

    [circle] = [one["circle"] for one in await device.circles()]
    while time.perf_counter() < until:
        await device.put(circle, "ev", [_PAIN], tz_min=0)
        began = time.perf_counter()
        try:
            report = await device.sync()
        except SyncError:
            tally.failed += 1
            continue
        tally.add(time.perf_counter() - began, report)


class _Crowd:
    """Devices of one process, with their connections."""

    def __init__(self, folder: Path, url: str, *, replicates: bool) -> None:
        self._folder = folder
        self._url = url
        self._replicates = replicates
        self._devices: list[Device] = []
        self._transports: list[httpx.AsyncHTTPTransport] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for device in self._devices:
            await device.__aexit__()
        for transport in self._transports:
            await transport.aclose()

    async def gather(self, setup: str, plan: Plan) -> None:
        """Found the clinic and its circles, and let the devices in."""
        clinician = await self._open("clinician")
        await clinician.new(setup, connect=self._url)
        circles = [(await clinician.circle_new())["circle"] for _ in range(plan.circles)]
        for number in range(plan.devices):
            circle = circles[number % plan.circles]
            role = "patient" if number < plan.circles else "caregiver"
            invited = await clinician.invite(circle, role)
            device = await self._open(f"device{number}")
            await device.join(invited["link"], connect=self._url)
        self._devices.remove(clinician)
        await clinician.__aexit__()

    async def each(self, act: Callable[["Device"], Awaitable[None]]) -> None:
        """Have all devices do something at once."""
        await asyncio.gather(*(act(device) for device in self._devices))

    async def _open(self, name: str) -> "Device":
        import httpx  # noqa: PLC0415 - as above

        from rejoint_sync.device.device import Device  # noqa: PLC0415 - as above
        from rejoint_sync.stores.memory import MemoryStore  # noqa: PLC0415 - as above

        transport = httpx.AsyncHTTPTransport()
        self._transports.append(transport)
        held = _held(transport, replicates=self._replicates)

        async def open_store(_: Path) -> MemoryStore:
            return MemoryStore(name)

        def open_to(origin: str) -> httpx.AsyncClient:
            return httpx.AsyncClient(
                base_url=origin,
                transport=held,
                timeout=30.0,
                headers={"user-agent": "rejoint", "accept": "application/json"},
            )

        device = await Device.open(
            self._folder / name, time.time, make=True, open_store=open_store, open_to=open_to
        )
        self._devices.append(device)
        return device


def _held(transport: "httpx.AsyncHTTPTransport", *, replicates: bool) -> "httpx.AsyncBaseTransport":
    """A connection that stays when a client is closed, as that of an app that stays open."""
    import httpx  # noqa: PLC0415 - as above

    class Held(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if replicates and request.url.path == "/sync":
                return httpx.Response(501, json={"error": "not_implemented", "reason": ""})
            return await transport.handle_async_request(request)

    return Held()
