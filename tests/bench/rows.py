"""The rows of the bench: the same requests to any server that speaks CouchDB's protocol.

Each row gets a server and gives a rate, in things per second. Bodies are made before the clock
runs. Documents are of the size of sealed records; writes of many bring their revision
(`new_edits: false`), as replication does; single ones are edits.
"""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from bench.raw_http import Client, exchange

ROOT = Path(__file__).parents[2]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
DATABASE = "/bench"

Row = Callable[["Target"], float]


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

    @contextmanager
    def clients(self, count: int) -> Iterator[list[Client]]:
        """That many connections."""
        opened = [Client(self.url).open() for _ in range(count)]
        try:
            yield opened
        finally:
            for one in opened:
                one.close()

    def fresh(self, *, filled: bool) -> None:
        """An empty database, or one that holds all documents."""
        with self.clients(1) as [client]:
            if "bench" in client.json("GET", "/_all_dbs"):
                client.json("DELETE", DATABASE)
            client.json("PUT", DATABASE)
            for start in range(0, len(self.made) if filled else 0, 1000):
                body = {"docs": self.made[start : start + 1000], "new_edits": False}
                assert client.json("POST", f"{DATABASE}/_bulk_docs", body) == []

    def count(self) -> int:
        """Documents that are there."""
        with self.clients(1) as [client]:
            return int(client.json("GET", DATABASE)["doc_count"])

    def last(self) -> str:
        """The sequence of the newest change."""
        with self.clients(1) as [client]:
            return str(client.json("GET", DATABASE)["update_seq"])

    def rate(self, requests: list[bytes], clients: int) -> tuple[float, list[bytes]]:
        """Send all, shared among some clients; seconds and answers."""
        with self.clients(clients) as opened:
            return exchange(opened, requests)


def bulk(size: int, clients: int) -> Row:
    """`_bulk_docs`, documents per second."""

    def row(target: Target) -> float:
        target.fresh(filled=False)
        made = target.made
        bodies = [
            orjson.dumps({"docs": made[start : start + size], "new_edits": False})
            for start in range(0, len(made), size)
        ]
        ask = Client(target.url).request
        seconds, _ = target.rate(
            [ask("POST", f"{DATABASE}/_bulk_docs", body) for body in bodies], clients
        )
        assert target.count() == len(made)
        return len(made) / seconds

    return row


def puts(clients: int, share: float) -> Row:
    """Single PUTs per second."""

    def row(target: Target) -> float:
        target.fresh(filled=False)
        ask = Client(target.url).request
        made = target.made[: int(len(target.made) * share)]
        bodies = [{name: one[name] for name in ("h", "c", "s")} for one in made]
        requests = [
            ask("PUT", f"{DATABASE}/{one['_id']}", orjson.dumps(body))
            for one, body in zip(made, bodies, strict=True)
        ]
        seconds, _ = target.rate(requests, clients)
        assert target.count() == len(made)
        return len(made) / seconds

    return row


def gets(target: Target) -> float:
    """Documents read one by one by 32 clients, per second."""
    target.fresh(filled=True)
    ask = Client(target.url).request
    seconds, answers = target.rate(
        [ask("GET", f"{DATABASE}/{one['_id']}") for one in target.made], 32
    )
    assert all(b'"_rev":"1-' in answer for answer in answers)
    return len(answers) / seconds


def changes(options: str) -> Row:
    """The whole feed, rows per second."""

    def row(target: Target) -> float:
        target.fresh(filled=True)
        ask = Client(target.url).request("GET", f"{DATABASE}/_changes?since=0{options}")
        seconds, answers = target.rate([ask] * 3, 1)
        for answer in answers:
            assert answer.count(b'"changes":[') == len(target.made)
        return 3 * len(target.made) / seconds

    return row


def bulk_get(target: Target) -> float:
    """`_bulk_get` of 500 with their ancestors, documents per second."""
    target.fresh(filled=True)
    made, ask = target.made, Client(target.url).request
    bodies = [
        orjson.dumps(
            {"docs": [{"id": one["_id"], "rev": one["_rev"]} for one in made[start : start + 500]]}
        )
        for start in range(0, len(made), 500)
    ]
    path = f"{DATABASE}/_bulk_get?revs=true&latest=true"
    seconds, answers = target.rate([ask("POST", path, body) for body in bodies], 1)
    assert sum(answer.count(b'"ok":{') for answer in answers) == len(made)
    return len(made) / seconds


def idle(target: Target) -> float:
    """`_changes` when nothing is new, 32 clients, per second."""
    target.fresh(filled=True)
    ask = Client(target.url).request(
        "GET", f"{DATABASE}/_changes?since={target.last()}&style=all_docs"
    )
    seconds, answers = target.rate([ask] * 5000, 32)
    assert all(answer.count(b'"changes":[') == 0 for answer in answers)
    return len(answers) / seconds


def pouchdb(direction: str) -> Row:
    """A stock PouchDB 9 in Node pushes or pulls 2,000 documents, per second."""

    def row(target: Target) -> float:
        target.fresh(filled=False)
        node = Path(sys.executable).parent / "node"
        script = Path(__file__).with_name("pouch.mjs")
        arguments = [str(ROOT / "pwa" / "node_modules"), f"{target.url}{DATABASE}", direction]
        output = subprocess.check_output([node, script, *arguments])
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
