"""What the store keeps about its databases."""

import asyncio

import pytest

from contract.couchdb import clear, fresh
from contract.documents import revision
from rejoint_sync.errors import DatabaseExists, NotFound
from rejoint_sync.stores.couch import CouchStore


async def test_everything_is_there_after_a_restart(couchdb_url: str) -> None:
    address = fresh(couchdb_url)
    store = await CouchStore.open(address)
    await store.create("circle", [revision("x", "1-a")])
    await store.set_security("circle", b'{"a":1}')
    before = await store.info("circle"), store.incarnation, await store.databases()
    await store.close()
    store = await CouchStore.open(address)
    assert (await store.info("circle"), store.incarnation, await store.databases()) == before
    assert await store.security("circle") == b'{"a":1}'
    await store.close()
    clear(address)


async def test_a_lost_incarnation_is_drawn_anew(couchdb_url: str) -> None:
    """How an operator says that CouchDB was restored from a backup."""
    address = fresh(couchdb_url)
    store = await CouchStore.open(address)
    before = store.incarnation
    note = (await store._http.get(address.register, "store")).value
    await store._http.delete(address.register, "store", rev=note["_rev"])
    await store.close()
    store = await CouchStore.open(address)
    assert store.incarnation != before
    await store.close()
    clear(address)


async def test_a_database_half_made_is_not_there_and_does_not_stand_in_the_way(
    couch: CouchStore,
) -> None:
    """The process ended between making it and filling it."""
    entry = await couch._register.prepare("half")
    body = {"docs": [{"_id": "left", "_rev": "1-a"}], "new_edits": False}
    await couch._http.post(entry.written, "_bulk_docs", body=body)
    assert await couch.databases() == ["circle"]
    with pytest.raises(NotFound):
        await couch.info("half")
    await couch.create("half")
    assert await couch.read("half", "left") is None


async def test_two_servers_make_it_once(couch: CouchStore) -> None:
    """The second finds it in the register, or is refused when it enters it."""
    entry = await couch._register.entry("circle")
    with pytest.raises(DatabaseExists):
        await couch._register.enter(entry)


async def test_a_database_that_another_removed_is_not_found(couch: CouchStore) -> None:
    entry = await couch._register.entry("circle")
    await couch._admin.delete(entry.written)
    document = (await couch._http.get(couch._register._own, "db:circle")).value
    await couch._http.delete(couch._register._own, "db:circle", rev=document["_rev"])
    with pytest.raises(NotFound):
        await couch.info("circle")
    with pytest.raises(NotFound):
        await couch.read("circle", "x")


async def test_a_removed_database_takes_its_security_along(couch: CouchStore) -> None:
    await couch.set_security("circle", b"{}")
    await couch.delete("circle")
    await couch.create("circle")
    assert await couch.security("circle") is None


async def test_calls_at_once_make_one(couch: CouchStore) -> None:
    made = await asyncio.gather(*(couch.create("new") for _ in range(3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in made) == [
        "DatabaseExists",
        "DatabaseExists",
        "NoneType",
    ]
