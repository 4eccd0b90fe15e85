"""One waiting feed for all sleepers of a database."""

import asyncio

from contract.documents import edit
from rejoint_sync.stores.couch import CouchStore


async def test_what_others_write_wakes_everybody(couch: CouchStore) -> None:
    entry = await couch._register.entry("circle")
    sleepers = [asyncio.ensure_future(couch.wait("circle", 0, 20)) for _ in range(5)]
    await asyncio.sleep(0.3)
    feeds = [task for task in couch._tasks if "_follow" in repr(task)]
    assert len(feeds) == 1
    body = {"docs": [{"_id": "x", "_rev": "1-a"}], "new_edits": False}
    await couch._http.post(entry.written, "_bulk_docs", body=body)
    assert await asyncio.gather(*sleepers) == [True] * 5


async def test_nobody_asleep_no_feed(couch: CouchStore) -> None:
    assert not await couch.wait("circle", 0, 0.05)
    await asyncio.sleep(0.05)
    assert not couch._watches
    assert not couch._tasks


async def test_a_write_of_ours_does_not_wait_for_the_feed(couch: CouchStore) -> None:
    sleeper = asyncio.ensure_future(couch.wait("circle", 0, 20))
    await asyncio.sleep(0)
    await couch.write("circle", [edit("x")], new_edits=True)
    assert await sleeper
