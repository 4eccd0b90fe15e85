"""What one-request sync costs beside replication: documents in, idle requests, bytes.

Arguments: `--records N`, `--at-once N` records of one request. Each is asked without a socket, so
that server alone is measured; processor time is that of the whole process.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from rejoint_sync.circle.document import Sealed  # noqa: E402
from rejoint_sync.circle.encoding import b64u_decode  # noqa: E402
from rejoint_sync.circle.envelope import es256_verify  # noqa: E402
from rejoint_sync.exchange.frames import MEDIA_TYPE, write  # noqa: E402
from rejoint_sync.exchange.messages import SENDS_ONLY, Begin, request_items  # noqa: E402
from rejoint_sync.stores.sqlite import SqliteStore  # noqa: E402
from server.ring import Ring  # noqa: E402
from server.scene import Scene, open_scene  # noqa: E402
from server.sync_client import Handset  # noqa: E402

IDLE_REQUESTS = 5_000
AT_ONCE = 4
DEVICES = 200


async def main(records: int, at_once: int) -> None:
    """Run and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        store = await SqliteStore.open(Path(folder) / "data")
        async with open_scene(Path(folder), store) as scene:
            clinic = await Ring.clinic(scene)
            ring = await clinic.patient()
            phone = Handset(scene, ring.founder)
            await phone.sync()
            sizes(await phone.sync(), phone, "nothing new")
            record = ring.record(ring.founder)
            sizes(await phone.sync(phone.records(ring.circle, [record])), phone, "one record up")
            print(f"{'':28} {'JSON':>5} {len(orjson.dumps(record)):>6}")
            sealed = [ring.record(ring.founder) for _ in range(2 * records)]
            portions = [sealed[at : at + at_once] for at in range(0, len(sealed), at_once)]
            half = len(portions) // 2
            for name, some in (("/sync", portions[:half]), ("/db", portions[half:])):
                bodies = [body_of(name, phone, ring, portion) for portion in some]
                await timed(f"{name}: documents in", scene, bodies, records)
            signatures(ring, sealed[:records])
            await phone.sync()
            idle = body_of("/sync", phone, ring, [])
            await timed("/sync: nothing new", scene, [idle] * IDLE_REQUESTS, IDLE_REQUESTS)
            await each_way(clinic)
        await store.close()


def signatures(ring: Ring, sealed: list[dict[str, Any]]) -> None:
    """Print how many signatures alone are checked: no intake of sealed records can be quicker."""
    point = ring.membership.devices[ring.founder.id].sign_point
    read = [Sealed.parse(ring.circle, one) for one in sealed]
    checks = [(one.signing_input, b64u_decode(one.s)) for one in read]
    wall, processor = time.perf_counter(), time.process_time()
    for signed, signature in checks:
        es256_verify(point, signed, signature)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    show("signatures alone", len(checks), wall, processor)


def show(name: str, count: int, wall: float, processor: float) -> None:
    """Print a rate by the clock and by the processor."""
    print(f"{name:28} {count / wall:>9,.0f} /s {count / processor:>9,.0f} a processor second")


async def each_way(clinic: Ring) -> None:
    """Devices that bring a record and are given one, each of a circle of its own."""
    requests = []
    for _ in range(DEVICES):
        ring = await clinic.patient()
        phone = Handset(ring.scene, await ring.add("patient"))
        await phone.sync()
        await ring.push(ring.founder, ring.record(ring.founder))
        requests.append(body_of("/sync", phone, ring, [ring.record(phone.keys)], flags=0))
    await timed("/sync: one record each way", clinic.scene, requests, DEVICES)


def sizes(said: Any, phone: Handset, name: str) -> None:
    """Print the bytes of one request."""
    print(f"{name:28} {'up':>5} {phone.bytes_up:>6} {'down':>5} {said.bytes_down:>6}")


def body_of(
    name: str,
    phone: Handset,
    ring: Ring,
    portion: list[dict[str, Any]],
    flags: int = SENDS_ONLY,
) -> tuple[str, bytes, str, str]:
    """Path, body, media type and login."""
    if name == "/sync":
        asked = [phone.records(ring.circle, portion)] if portion else []
        flags = flags if portion else 0
        body = write(request_items(Begin(phone.cursor, 0, flags), asked))
        return name, body, MEDIA_TYPE, phone.session
    body = orjson.dumps({"docs": portion, "new_edits": False})
    return f"/db/{ring.circle}/_bulk_docs", body, "application/json", phone.session


def asked(scene: Scene, request: tuple[str, bytes, str, str]) -> Callable[[], Awaitable[int]]:
    """A call of the whole application."""
    path, body, media_type, login = request
    headers = {"content-type": media_type, "authorization": login, "host": "rejoint.test"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "client": ("192.0.2.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }

    async def call() -> int:
        status = 0

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)

        await scene.application.edge(dict(scope), receive, send)
        return status

    return call


async def timed(
    name: str, scene: Scene, requests: list[tuple[str, bytes, str, str]], count: int
) -> None:
    """Print how many of what is counted pass in a second, and in a second of the processor."""
    calls = [asked(scene, request) for request in requests]
    wall, processor = time.perf_counter(), time.process_time()
    for start in range(0, len(calls), AT_ONCE):
        statuses = await asyncio.gather(*(call() for call in calls[start : start + AT_ONCE]))
        assert set(statuses) <= {200, 201}, statuses
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    show(name, count, wall, processor)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=5_000)
    parser.add_argument("--at-once", type=int, default=250)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.records, chosen.at_once))
