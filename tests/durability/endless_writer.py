"""A process that writes until it is killed, and says what was acknowledged.

Run as `python endless_writer.py DIRECTORY`. Half of its writes are pairs, all or nothing.
"""

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

from rejoint_sync.document import Document
from rejoint_sync.errors import DatabaseExists
from rejoint_sync.stores.sqlite import SqliteStore

CLIENTS = 8


def say(**line: object) -> None:
    """One line in one write, so that a kill cannot cut it."""
    os.write(1, json.dumps(line).encode() + b"\n")


async def write(store: SqliteStore, client: int) -> None:
    """Write pairs when `client` is odd, single documents when it is even."""
    n = 0
    while True:
        n += 1
        name = f"{os.getpid()}-{client}-{n}"
        names = [f"left-{name}", f"right-{name}"] if client % 2 else [name]
        documents = [Document.parse({"_id": name, "c": "x" * 400}) for name in names]
        outcomes = await store.write("circle", documents, new_edits=True, whole=True)
        found = await store.read_many("circle", names)
        for outcome in outcomes:
            say(id=outcome.id, rev=outcome.rev, seq=found[outcome.id].sequence)


async def main() -> None:
    """Open, and write with several clients for ever."""
    store = await SqliteStore.open(Path(sys.argv[1]))
    with contextlib.suppress(DatabaseExists):
        await store.create("circle")
    await asyncio.gather(*(write(store, client) for client in range(CLIENTS)))


asyncio.run(main())
