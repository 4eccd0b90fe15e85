"""What one-request sync costs on the socket of a real Chromium, cold and warm, and what for.

Bytes of TCP's payload in both directions, below TLS 1.3 and HTTP/2, with the real login.
`--circles N` of the therapist, `--rounds N` of each warm row, of which the mean and the most are
printed.
"""

import argparse
import asyncio
import os
import secrets
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from bench.wire_app import PatientApp  # noqa: E402
from bench.wire_page import PageHandset, Passed, Wire, open_wire, page_handset  # noqa: E402
from rejoint_sync.circle.document import seal  # noqa: E402
from rejoint_sync.circle.keys import DeviceKeys  # noqa: E402
from server.ring import Ring  # noqa: E402

NEXT_BUCKET_BYTES = 120
"""Bytes of chance that take a record out of the smallest bucket and not out of the next."""

PAUSE_S = 6
"""Between two requests; a browser that has read something says so at most every 5 s."""

LONG_PAUSE_S = 12
"""After 10 s of silence a browser asks first whether the connection is still there."""

COLUMNS = ("handshake", "TLS records", "frame heads", "other frames", "headers", "body")


def larger(ring: Ring, keys: DeviceKeys) -> dict[str, object]:
    """A record of the second bucket."""
    n = ring.counters[keys.id, "c"] = ring.counters.get((keys.id, "c"), 0) + 1
    text = secrets.token_urlsafe(NEXT_BUCKET_BYTES)
    return seal(
        ring.membership,
        keys,
        es=ring.es["c"][1],
        kind="nt",
        month="2611",
        n=n,
        obj={"type": "note", "text": text},
        nonce=os.urandom(12),
    )


async def each_way(
    wire: Wire,
    ring: Ring,
    phone: PageHandset,
    make: Callable[[Ring, DeviceKeys], dict[str, object]],
) -> Passed:
    """A record up, another one down, in one request."""
    assert await ring.push(ring.founder, make(ring, ring.founder)) == []
    brought = phone.records(ring.circle, [make(ring, phone.keys)])

    async def act() -> None:
        said = await phone.ask(brought)
        assert len(said.names) == 1, said

    return await wire.passed(act)


def smallest(ring: Ring, keys: DeviceKeys) -> dict[str, object]:
    """A record of the first bucket."""
    return ring.record(keys)


MAKERS: dict[str, Callable[[Ring, DeviceKeys], dict[str, object]]] = {
    "smallest bucket": smallest,
    "next bucket": larger,
}


async def several(
    rounds: int, once: Callable[[], Awaitable[Passed]], *, pause_s: float = PAUSE_S
) -> list[Passed]:
    """The same again and again."""
    found = []
    for _ in range(rounds):
        # The server's clock goes on, and the browser tells how much it has read.
        await asyncio.sleep(pause_s)
        found.append(await once())
    return found


def show(name: str, all_passed: list[Passed]) -> None:
    """Print a row of means, and what the bytes were."""
    up, down, both = (
        statistics.mean(getattr(one, what) for one in all_passed)
        for what in ("up", "down", "total")
    )
    most = max(one.total for one in all_passed)
    requests = statistics.mean(one.requests for one in all_passed)
    print(f"{name:40}{requests:>9.1f}{up:>8.0f}{down:>8.0f}{both:>8.0f}{most:>8}", end="")
    for way in ("up", "down"):
        parts = [statistics.mean(one.parts[way, part] for one in all_passed) for part in COLUMNS]
        print(f"   {way} " + " ".join(f"{part:.0f}" for part in parts), end="")
    print(flush=True)


async def of_the_app(app: PatientApp) -> None:
    """Rows of the web app itself, which does what a person does."""
    await app.join()
    show("the app: a look, 30 s after the last", [await app.look()])
    show("the app: a session saved, one waits", [await app.log_session()])
    show("  the look after it", [await app.look()])
    await app.leave()


async def main(circles: int, rounds: int) -> None:
    """Run and print the table."""
    print(f"{'':40}{'requests':>9}{'up':>8}{'down':>8}{'both':>8}{'most':>8}", end="")
    print(f"   of them: {', '.join(COLUMNS)}")
    with tempfile.TemporaryDirectory() as folder:
        async with open_wire(Path(folder)) as wire:
            clinic = await Ring.clinic(wire.scene)
            ring = await clinic.patient()
            keys = await ring.add("patient")
            phone = page_handset(wire, keys)
            show("cold: all of a new circle, by token", [await wire.passed(phone.ask)])
            await phone.ask()  # the first with the session, which is a new header
            show("warm: nothing new", await several(rounds, lambda: wire.passed(phone.ask)))
            late = await several(2, lambda: wire.passed(phone.ask), pause_s=LONG_PAUSE_S)
            show(f"warm: nothing new, after {LONG_PAUSE_S} s", late)
            for name, make in MAKERS.items():
                found = await several(rounds, lambda: each_way(wire, ring, phone, make))  # noqa: B023
                show(f"warm: one record each way, {name}", found)
                show("  the request after it", [await wire.passed(phone.ask)])
            wire.forwarder.cut()
            await asyncio.sleep(1)
            show("cold again: nothing new, resumed", [await wire.passed(phone.ask)])
            await of_the_app(PatientApp(wire, await clinic.patient()))
            desk = page_handset(wire, DeviceKeys.generate())
            for _ in range(circles):
                await (await clinic.patient()).add("therapist", desk.keys)
            show(f"{circles} circles: all, by token", [await wire.passed(desk.ask)])
            idle = await several(rounds, lambda: wire.passed(desk.ask))
            show(f"{circles} circles: nothing new", idle)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--circles", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.circles, chosen.rounds))
