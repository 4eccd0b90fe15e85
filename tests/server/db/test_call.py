"""What a handler is given: only what its guest may see."""

import asyncio
from pathlib import Path

import pytest

from rejoint_server.clock import ManualClock
from rejoint_server.db.call import Call, Service
from rejoint_server.db.policy import Guest, OpenPolicy
from rejoint_server.design.design_functions import DesignFunctions
from rejoint_server.design.javascript import Engine
from rejoint_server.settings import Settings
from rejoint_sync.document import Document
from rejoint_sync.errors import BadContentType
from rejoint_sync.stores import Sight
from rejoint_sync.stores.memory import MemoryStore
from server.web.test_asgi import request


async def call_of() -> Call:
    store = MemoryStore()
    await store.create("db1")
    docs = [Document.parse({"_id": name}) for name in ("wrap:1:d1", "wrap:1:d2", "ev:1")]
    await store.write("db1", docs, new_edits=True)
    policy = OpenPolicy(store, None, ManualClock(0), DesignFunctions(store, Engine()))
    service = Service(store, policy, Settings(data=Path("data")), lambda: "", asyncio.Event())
    return Call(service, request(b"{}"), Guest("db1", Sight("wrap:", ":d1")))


async def test_hides_what_the_guest_is_not_shown() -> None:
    call = await call_of()
    names = ["wrap:1:d1", "wrap:1:d2", "ev:1", "none"]
    assert sorted(await call.read_many(names)) == ["ev:1", "wrap:1:d1"]
    assert [await call.read(name) is not None for name in names] == [True, False, True, False]


async def test_reads_a_json_object_of_a_json_type() -> None:
    call = await call_of()
    assert await call.json_object() == {}
    call.request.scope["headers"] = [(b"content-type", b"text/html")]
    with pytest.raises(BadContentType):
        await call.json_object()
