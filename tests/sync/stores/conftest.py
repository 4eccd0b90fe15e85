"""A disk of our own under the SQLite store, or a CouchDB, where a test asks for one."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from contract.conftest import couchdb_url
from contract.couchdb import open_store
from rejoint_sync.stores.couch import CouchStore
from rejoint_sync.stores.sqlite import SqliteStore
from sync.stores.disk import Disk

__all__ = ["couchdb_url"]


@pytest.fixture
async def couch(couchdb_url: str) -> AsyncIterator[CouchStore]:
    """A store in CouchDB with one empty database, `circle`."""
    async with open_store(couchdb_url) as opened:
        await opened.create("circle")
        yield opened


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(f"disk-{tmp_path}", tmp_path / "survives")
    yield made
    made.unregister()


@pytest.fixture
async def store(tmp_path: Path, disk: Disk) -> AsyncIterator[SqliteStore]:
    """An SQLite store on that disk with one empty database, `circle`."""
    opened = await SqliteStore.open(tmp_path / "data", vfs=disk.name)
    await opened.create("circle")
    yield opened
    await opened.close()
