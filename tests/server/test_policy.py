"""The policy `open`: names, and the one account. Its routes are tested in test_databases.py."""

import pytest

from rejoint_server.clock import ManualClock
from rejoint_server.policy import Guest, IllegalDatabaseName, OpenPolicy
from rejoint_sync.document import Document
from rejoint_sync.stores.memory import MemoryStore
from server.test_asgi import request


async def test_lets_everyone_in_when_nobody_is_named() -> None:
    guest = await OpenPolicy(MemoryStore(), None, ManualClock(0)).enter(request(), "db1")
    assert guest == Guest("db1")
    assert guest.sight.shows("wrap:anything")
    await OpenPolicy(MemoryStore(), None, ManualClock(0)).renew(guest)


async def test_checks_names_before_the_store_sees_them() -> None:
    with pytest.raises(IllegalDatabaseName):
        await OpenPolicy(MemoryStore(), None, ManualClock(0)).may_manage(request(), "_server")


async def test_stores_what_it_is_given() -> None:
    store = MemoryStore()
    await store.create("db1")
    policy = OpenPolicy(store, None, ManualClock(0))
    [outcome] = await policy.write(Guest("db1"), [Document.parse({"_id": "a"})], new_edits=True)
    assert outcome.error is None
    assert await store.read("db1", "a") is not None
