"""A disk of our own under the SQLite store, where a test asks for one."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from rejoint_sync.stores.sqlite import SqliteStore
from sync.stores.disk import Disk


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
