"""The rows of the bench: the same requests to any server that speaks CouchDB's protocol.

Each row gets a server and gives a rate, in things per second. Bodies are made before the clock
runs. Documents are of the size of sealed records; writes of many bring their revision
(`new_edits: false`), as replication does; single ones are edits.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from bench.raw_http import Client

ROOT = Path(__file__).parents[2]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
DATABASE = "/bench"

Row = Callable[["Target"], Awaitable[float]]


def documents(count: int) -> list[dict[str, Any]]:
    """Documents of about 430 bytes, like sealed records."""
    dice = random.Random(1)

    def text(length: int) -> str:
        return "".join(dice.choices(ALPHABET, k=length))

    device = text(20)
    return [
        {
            "_id": f"ev:2611:d{device}:c{n:06d}",
            "_rev": f"1-{dice.getrandbits(128):032x}",
            "h": f"5.{text(16)}",
            "c": text(214),
            "s": text(86),
        }
        for n in range(1, count + 1)
    ]


class Target:
    """One server.

    Args:
        url: With name and password; databases are below it.
        made: What is written and read.
    """

    def __init__(self, url: str, made: list[dict[str, Any]]) -> None:
        self.url = url
        self.made = made

    @asynccontextmanager
    async def clients(self, count: int) -> AsyncIterator[list[Client]]:
        """That many connections."""
        opened = [await Client(self.url).open() for _ in range(count)]
        try:
            yield opened
        finally:
            for one in opened:
                one.close()

    async def fresh(self, *, filled: bool) -> None:
        """An empty database, or one that holds all documents."""
        async with self.clients(1) as [client]:
            if "bench" in await client.json("GET", "/_all_dbs"):
                await client.json("DELETE", DATABASE)
            await client.json("PUT", DATABASE)
            for start in range(0, len(self.made) if filled else 0, 1000):
                body = {"docs": self.made[start : start + 1000], "new_edits": False}
                assert await client.json("POST", f"{DATABASE}/_bulk_docs", body) == []

    async def count(self) -> int:
        """Documents that are there."""
        async with self.clients(1) as [client]:
            return int((await client.json("GET", DATABASE))["doc_count"])

    async def rate(self, requests: list[bytes], clients: int) -> tuple[float, list[bytes]]:
        """Send all, shared among some clients; seconds and answers."""
        queue = list(reversed(requests))
        answers: list[bytes] = []

        async def work(client: Client) -> None:
            while queue:
                answers.append(await client.send(queue.pop()))

        async with self.clients(clients) as opened:
            begun = time.perf_counter()
            await asyncio.gather(*(work(client) for client in opened))
            return time.perf_counter() - begun, answers


def bulk(size: int, clients: int) -> Row:
    """`_bulk_docs`, documents per second."""

    async def row(target: Target) -> float:
        await target.fresh(filled=False)
        made = target.made
        bodies = [
            orjson.dumps({"docs": made[start : start + size], "new_edits": False})
            for start in range(0, len(made), size)
        ]
        ask = Client(target.url).request
        seconds, _ = await target.rate(
            [ask("POST", f"{DATABASE}/_bulk_docs", body) for body in bodies], clients
        )
        assert await target.count() == len(made)
        return len(made) / seconds

    return row


def puts(clients: int, share: float) -> Row:
    """Single PUTs per second."""

    async def row(target: Target) -> float:
        await target.fresh(filled=False)
        ask = Client(target.url).request
        made = target.made[: int(len(target.made) * share)]
        bodies = [{name: one[name] for name in ("h", "c", "s")} for one in made]
        requests = [
            ask("PUT", f"{DATABASE}/{one['_id']}", orjson.dumps(body))
            for one, body in zip(made, bodies, strict=True)
        ]
        seconds, _ = await target.rate(requests, clients)
        assert await target.count() == len(made)
        return len(made) / seconds

    return row


async def gets(target: Target) -> float:
    """Documents read one by one by 32 clients, per second."""
    await target.fresh(filled=True)
    ask = Client(target.url).request
    seconds, answers = await target.rate(
        [ask("GET", f"{DATABASE}/{one['_id']}") for one in target.made], 32
    )
    assert all(b'"_rev":"1-' in answer for answer in answers)
    return len(answers) / seconds


def changes(options: str) -> Row:
    """The whole feed, rows per second."""

    async def row(target: Target) -> float:
        await target.fresh(filled=True)
        ask = Client(target.url).request("GET", f"{DATABASE}/_changes?since=0{options}")
        seconds, answers = await target.rate([ask] * 3, 1)
        for answer in answers:
            assert answer.count(b'"changes":[') == len(target.made)
        return 3 * len(target.made) / seconds

    return row


async def bulk_get(target: Target) -> float:
    """`_bulk_get` of 500 with their ancestors, documents per second."""
    await target.fresh(filled=True)
    made, ask = target.made, Client(target.url).request
    bodies = [
        orjson.dumps(
            {"docs": [{"id": one["_id"], "rev": one["_rev"]} for one in made[start : start + 500]]}
        )
        for start in range(0, len(made), 500)
    ]
    path = f"{DATABASE}/_bulk_get?revs=true&latest=true"
    seconds, answers = await target.rate([ask("POST", path, body) for body in bodies], 1)
    assert sum(answer.count(b'"ok":{') for answer in answers) == len(made)
    return len(made) / seconds


async def idle(target: Target) -> float:
    """`_changes` when nothing is new, 32 clients, per second."""
    await target.fresh(filled=True)
    async with target.clients(1) as [client]:
        last = (await client.json("GET", DATABASE))["update_seq"]
    ask = Client(target.url).request("GET", f"{DATABASE}/_changes?since={last}&style=all_docs")
    seconds, answers = await target.rate([ask] * 5000, 32)
    assert all(answer.count(b'"changes":[') == 0 for answer in answers)
    return len(answers) / seconds


def pouchdb(direction: str) -> Row:
    """A stock PouchDB 9 in Node pushes or pulls 2,000 documents, per second."""

    async def row(target: Target) -> float:
        await target.fresh(filled=False)
        node = Path(sys.executable).parent / "node"
        script = Path(__file__).with_name("pouch.mjs")
        arguments = [str(ROOT / "pwa" / "node_modules"), f"{target.url}{DATABASE}", direction]
        process = await asyncio.create_subprocess_exec(
            node, script, *arguments, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        assert process.returncode == 0
        return float(json.loads(output)["rate"])

    return row


ROWS: dict[str, Row] = {
    "_bulk_docs of 500, 1 client, docs/s": bulk(500, 1),
    "_bulk_docs of 100, 1 client, docs/s": bulk(100, 1),
    "_bulk_docs of 20, 16 clients, docs/s": bulk(20, 16),
    "PUT, 1 client, /s": puts(1, 0.1),
    "PUT, 32 clients, /s": puts(32, 0.5),
    "GET, 32 clients, /s": gets,
    "_changes, rows/s": changes(""),
    "_changes include_docs, rows/s": changes("&include_docs=true"),
    "_bulk_get of 500, docs/s": bulk_get,
    "idle _changes, 32 clients, /s": idle,
    "PouchDB 9 push of 2,000, docs/s": pouchdb("push"),
    "PouchDB 9 pull of 2,000, docs/s": pouchdb("pull"),
}
