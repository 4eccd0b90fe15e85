"""The parts of the port that only CouchDB does so; the promises are in tests/contract."""

import asyncio

import pytest

from contract.couchdb import clear, fresh, is_real
from contract.documents import edit, revision
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.stores.couch import CouchStore

real_only = pytest.mark.skipif(not is_real(), reason="pouchdb-server cannot")


async def test_what_is_queued_at_the_end_is_written(couchdb_url: str) -> None:
    address = fresh(couchdb_url)
    store = await CouchStore.open(address)
    await store.create("circle")
    writes = [
        asyncio.ensure_future(store.write("circle", [edit(f"d{n}")], new_edits=True))
        for n in range(5)
    ]
    await asyncio.sleep(0)
    await store.close()
    assert [[one.error for one in await write] for write in writes] == [[None]] * 5
    store = await CouchStore.open(address)
    assert (await store.info("circle")).documents == 5
    await store.close()
    clear(address)


async def test_updates_name_what_was_there_and_what_came(couch: CouchStore) -> None:
    found, number = await couch.updates(0, limit=9)
    assert [(one.database, one.kind) for one in found] == [("circle", "created")]
    waiting = asyncio.ensure_future(couch.wait_any(number, 20))
    await asyncio.sleep(0)
    await couch.write("circle", [edit("x")], new_edits=True)
    assert await waiting
    found, _ = await couch.updates(number, limit=9)
    assert [(one.database, one.kind) for one in found] == [("circle", "updated")]
    assert not await couch.wait_any(99, 0)


@real_only
async def test_purge_forgets_a_leaf_and_keeps_the_other(couch: CouchStore) -> None:
    await couch.write("circle", [revision("x", "1-a")], new_edits=False)
    await couch.write("circle", [revision("x", "1-b")], new_edits=False)
    purged = await couch.purge("circle", {"x": ["1-b"], "none": ["1-a"]})
    assert purged.revs["x"] == ["1-b"]
    stored = await couch.read("circle", "x")
    assert stored is not None
    assert [leaf.rev for leaf in stored.leaves] == ["1-a"]
    assert stored.sequence == (await couch.info("circle")).sequence == 3


@real_only
async def test_fewer_revisions_are_kept_when_told_so(couch: CouchStore) -> None:
    await couch.set_revs_limit("circle", 2)
    assert (await couch.info("circle")).revs_limit == 2
    await couch.write("circle", [revision("x", "3-c", "2-b", "1-a")], new_edits=False)
    stored = await couch.read("circle", "x")
    assert stored is not None
    assert stored.leaves[0].ancestors == ("b",)


async def test_earlier_revisions_are_shown_as_long_as_they_are_kept(couch: CouchStore) -> None:
    await couch.write("circle", [revision("x", "1-a")], new_edits=False)
    await couch.write("circle", [revision("x", "2-b", "1-a")], new_edits=False)
    found = await couch.earlier("circle", "x")
    assert {rev: leaf.ancestors for rev, leaf in found.items()} == {"1-a": ()}
    assert await couch.earlier("circle", "x", ["2-b", "1-z"]) == {}
    await couch.compact("circle")


async def test_a_closed_store_answers_nothing(couch: CouchStore) -> None:
    await couch.close()
    with pytest.raises(StoreUnavailable):
        await couch.info("circle")
    with pytest.raises(StoreUnavailable):
        await couch.updates(0, limit=1)
