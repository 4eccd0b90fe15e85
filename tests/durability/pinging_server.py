"""A process that pings what is due in the minutes that it is told, and may be made to die.

Run as `python pinging_server.py STORE PUSH_URL AT_ONCE DIES_BEFORE`: STORE is a data directory or a
`couchdb://` address; before it sends its ping number DIES_BEFORE, counted from 1, it kills itself:
after the claim. Each line of its input is a minute; when all of it is sent it answers with a line.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx

from rejoint_server.clock import ManualClock
from rejoint_server.reminders import Outcome, Rows, scheduler
from rejoint_server.reminders.rows_couch import CouchRows
from rejoint_server.reminders.rows_sqlite import SqliteRows
from rejoint_sync.reminders import Ping
from rejoint_sync.stores.couch_address import CouchAddress
from rejoint_sync.stores.sqlite import SqliteStore


class Post:
    """Brings pings to a counter.

    Args:
        url: Of the counter.
        dies_before: Number of the ping that is not brought any more; 0 for none.
    """

    def __init__(self, url: str, dies_before: int) -> None:
        self._client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=60)
        self._dies_before = dies_before
        self._count = 0

    async def send(self, device: str, ping: Ping) -> Outcome:
        """As the port."""
        self._count += 1
        if self._count == self._dies_before:
            os.kill(os.getpid(), signal.SIGKILL)
        await self._client.post("/", json=[device, ping.minute])
        return Outcome("delivered")


async def main() -> None:
    """Work through the minutes."""
    where, url, at_once, dies_before = sys.argv[1:]
    scheduler.AT_ONCE = int(at_once)  # type: ignore[misc]  # a constant of the server, smaller here
    rows: Rows
    if where.startswith("couchdb"):
        rows = CouchRows(CouchAddress.parse(where))
    else:
        rows = SqliteRows(await SqliteStore.open(Path(where)))
    await rows.start()
    clock = ManualClock(0)
    post = Post(url, int(dies_before))
    server = scheduler.Scheduler(rows, post, clock, holder=str(os.getpid()), jitter_s=0)
    loop = asyncio.get_running_loop()
    print("ready", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        clock.now = 60.0 * int(line)
        await server.once(int(line))
        assert not server.failed
        print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
