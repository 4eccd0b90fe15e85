"""What a request costs the server's process over real sockets, in microseconds of the processor.

The server is this process, its clients are another: what they burn is not counted, nor waiting. The
least of some rounds is what the code costs; the median is what the machine made of it. Arguments:
`--rounds N`, `--only WORDS`; `--profile` keeps on with the first row, for whoever looks at it.
"""

import argparse
import asyncio
import pickle
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import uvloop

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from bench.one_request import body_of  # noqa: E402
from bench.raw_http import Client, exchange  # noqa: E402
from bench.rows import documents  # noqa: E402
from rejoint_server.web.http_server import HttpServer, listen, url_of  # noqa: E402
from rejoint_sync.stores.sqlite import SqliteStore  # noqa: E402
from server.ring import Ring  # noqa: E402
from server.scene import open_scene  # noqa: E402
from server.sync_client import Handset  # noqa: E402

CLIENTS = 32
REQUESTS = 4_000
BATCHES = 10
BATCH = 500
RECORDS = 250

Ask = Callable[[], list[bytes]]


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of request.

    Attributes:
        name: For the table.
        ask: The requests of a round, whole, as they go over the wire; new ones each time.
        things: What one request does, so many times.
        clients: Connections.
    """

    name: str
    ask: Ask
    things: int = 1
    clients: int = CLIENTS


def whole(method: str, path: str, body: bytes = b"", kind: str = "", login: str = "") -> bytes:
    """A request."""
    head = [f"{method} {path} HTTP/1.1", "Host: rejoint.test", "Accept: application/json"]
    head += [f"Content-Type: {kind or 'application/json'}", f"Content-Length: {len(body)}"]
    head += [f"Authorization: {login}"] if login else []
    return "\r\n".join([*head, "", ""]).encode() + body


@asynccontextmanager
async def circles(folder: Path) -> AsyncIterator[tuple[Any, list[Row]]]:
    """A server of circles, and what phones ask it."""
    store = await SqliteStore.open(folder / "circles")
    async with open_scene(folder, store) as scene:
        ring = await (await Ring.clinic(scene)).patient()
        phone = Handset(scene, ring.founder)
        await phone.sync()

        def posted(portion: list[dict[str, Any]]) -> bytes:
            path, body, kind, login = body_of("/sync", phone, ring, portion)
            return whole("POST", path, body, kind, login)

        def records() -> list[bytes]:
            return [posted([ring.record(ring.founder) for _ in range(RECORDS)]) for _ in range(4)]

        idle = posted([])
        yield (
            scene.application.edge,
            [
                Row("/sync, nothing new", lambda: [idle] * REQUESTS),
                Row(f"/sync, a record of {RECORDS}", records, RECORDS, clients=2),
            ],
        )
    await store.close()


@asynccontextmanager
async def stock(folder: Path) -> AsyncIterator[tuple[Any, list[Row]]]:
    """A server without policy, and what any client of CouchDB asks it."""
    store = await SqliteStore.open(folder / "open", history=True)
    async with open_scene(folder, store, policy="open") as scene:
        await scene.ask("PUT", "/db/bench")
        made = documents(REQUESTS)
        body = {"docs": made, "new_edits": False}
        await scene.ask("POST", "/db/bench/_bulk_docs", json=body)

        def puts() -> list[bytes]:
            bodies = [orjson.dumps({name: one[name] for name in "hcs"}) for one in made]
            return [whole("PUT", f"/bench/{secrets.token_hex(10)}", body) for body in bodies]

        def bulk() -> list[bytes]:
            portions = []
            for _ in range(BATCHES):
                some = [{**one, "_id": secrets.token_hex(12)} for one in made[:BATCH]]
                body = orjson.dumps({"docs": some, "new_edits": False})
                portions.append(whole("POST", "/bench/_bulk_docs", body))
            return portions

        gets = [whole("GET", f"/bench/{one['_id']}") for one in made]
        last = (await scene.json("GET", "/db/bench"))["update_seq"]
        feed = whole("GET", f"/bench/_changes?since={last}&style=all_docs")
        yield (
            scene.application.edge,
            [
                Row("GET of a document", lambda: gets),
                Row("_changes, nothing new", lambda: [feed] * REQUESTS),
                Row("PUT of a document", puts),
                Row(f"_bulk_docs, a document of {BATCH}", bulk, BATCH, clients=1),
            ],
        )
    await store.close()


async def empty(scope: Any, receive: Any, send: Any) -> None:
    """The HTTP server alone."""
    await receive()
    headers = [(b"content-length", b"3")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}\n"})


async def measured(app: Any, rows: list[Row], rounds: int, *, profile: bool) -> None:
    """Serve, and print a line for each row."""
    listener = listen("127.0.0.1", 0)
    url, server = url_of(listener), HttpServer(app, listener)
    serving = asyncio.create_task(server.serve())
    for row in rows:
        found: list[float] = []
        while len(found) < rounds or profile:
            asked = row.ask()
            command = [sys.executable, __file__, "--client", url, "--clients", str(row.clients)]
            client = await asyncio.create_subprocess_exec(
                *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            assert client.stdin is not None
            assert client.stdout is not None
            client.stdin.write(pickle.dumps(asked))
            client.stdin.write_eof()
            await client.stdout.readline()
            begun = time.process_time()
            await client.stdout.readline()
            found.append((time.process_time() - begun) / (len(asked) * row.things))
            assert await client.wait() == 0
        least, median = (1e6 * each for each in (min(found), statistics.median(found)))
        print(f"{row.name:34} {least:>9.1f} {median:>9.1f} {1e6 / least:>12,.0f}", flush=True)
    await server.end(serving)


def ask(url: str, clients: int) -> None:
    """Be the clients: say when the requests begin, and when all are answered."""
    asked = pickle.loads(sys.stdin.buffer.read())
    opened = [Client(url).open() for _ in range(clients)]
    print("begun", flush=True)
    exchange(opened, asked)
    print("done", flush=True)


async def main(rounds: int, only: str, *, profile: bool) -> None:
    """Run and print."""
    print(f"{'µs of the processor, least/median':34} {'least':>9} {'median':>9} {'a second':>12}")
    row = Row("the HTTP server alone", lambda: [whole("POST", "/sync", b"x" * 20)] * REQUESTS)
    if only in row.name:
        await measured(empty, [row], rounds, profile=profile)
    for opened in (circles, stock):
        with tempfile.TemporaryDirectory() as folder:
            async with opened(Path(folder)) as (app, rows):
                chosen = [row for row in rows if only in row.name]
                await measured(app, chosen, rounds, profile=profile)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--client", default="", help=argparse.SUPPRESS)
    parser.add_argument("--clients", type=int, default=CLIENTS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.client:
        ask(chosen.client, chosen.clients)
    else:
        uvloop.run(main(chosen.rounds, chosen.only, profile=chosen.profile))
