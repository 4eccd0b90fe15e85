"""The stores that must keep the port's promises."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from contract.couchdb import POUCHDB_SERVER_CANNOT, couchdb, is_real, open_store
from rejoint_sync.stores import Store
from rejoint_sync.stores.memory import MemoryStore
from rejoint_sync.stores.sqlite import SqliteStore


@pytest.fixture(scope="session")
def couchdb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The CouchDB of `couchdb.py`."""
    with couchdb(tmp_path_factory.mktemp("couchdb")) as url:
        yield url


@pytest.fixture(params=["memory", "sqlite", "couch"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if request.param == "couch":
        for name in () if is_real() else (request.node.name, request.node.originalname):
            if name in POUCHDB_SERVER_CANNOT:
                reason = POUCHDB_SERVER_CANNOT[name]
                request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
        async with open_store(request.getfixturevalue("couchdb_url")) as couch:
            yield couch
        return
    opened: Store = (
        MemoryStore() if request.param == "memory" else await SqliteStore.open(tmp_path / "data")
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(opened.close)
        yield opened


@pytest.fixture
async def circle(store: Store) -> str:
    """The name of an empty database."""
    await store.create("circle")
    return "circle"
