"""The stores that must keep the port's promises."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rejoint_sync.stores import Store
from rejoint_sync.stores.memory import MemoryStore
from rejoint_sync.stores.sqlite import SqliteStore


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store of each kind."""
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
