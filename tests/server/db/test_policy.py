"""The policy `open`: names, and the one account. Its routes are tested in test_databases.py."""

import pytest

from rejoint_server.clock import ManualClock
from rejoint_server.db.policy import Guest, IllegalDatabaseName, OpenPolicy
from rejoint_server.design.design_functions import DesignFunctions
from rejoint_server.design.javascript import Engine
from rejoint_sync.document import Document
from rejoint_sync.stores import Store
from rejoint_sync.stores.memory import MemoryStore
from server.web.test_asgi import request


def policy_over(store: Store) -> OpenPolicy:
    return OpenPolicy(store, None, ManualClock(0), DesignFunctions(store, Engine()))


async def test_lets_everyone_in_when_nobody_is_named() -> None:
    guest = await policy_over(MemoryStore()).enter(request(), "db1")
    assert guest == Guest("db1")
    assert guest.sight.shows("wrap:anything")
    await policy_over(MemoryStore()).renew(guest)


async def test_checks_names_before_the_store_sees_them() -> None:
    with pytest.raises(IllegalDatabaseName):
        await policy_over(MemoryStore()).may_manage(request(), "_server")


async def test_stores_what_it_is_given() -> None:
    store = MemoryStore()
    await store.create("db1")
    policy = policy_over(store)
    [outcome] = await policy.write(Guest("db1"), [Document.parse({"_id": "a"})], new_edits=True)
    assert outcome.error is None
    assert await store.read("db1", "a") is not None
