"""Notes beside a running server: read as they are now, and not written."""

from pathlib import Path

import pytest

from rejoint_server.access.hints import NOTES, open_notes
from rejoint_server.commands.kept_notes import kept_notes
from rejoint_server.settings import Settings
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.stores.sqlite import SqliteStore


async def test_notes_of_a_running_server_are_read_and_not_written(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path)
    await open_notes(store)
    await store.create("other")
    for database, name in ((NOTES, "push:a"), (NOTES, "push:b"), ("other", "push:c")):
        await store.local_put(database, name, b'{"in":1}')
    async with kept_notes(Settings(data=tmp_path)) as notes:
        assert await notes.local_get(NOTES, "push:a") == (1, b'{"in":1}')
        assert await notes.local_get(NOTES, "push:c") is None
        found = await notes.local_range(NOTES, "push:", "push;", limit=10)
        assert found == await store.local_range(NOTES, "push:", "push;", limit=10)
        assert len(found) == 2
        await store.local_put(NOTES, "push:a", b'{"in":2}')
        assert await notes.local_get(NOTES, "push:a") == (2, b'{"in":2}')
        with pytest.raises(StoreUnavailable):
            await notes.local_put(NOTES, "push:a", b"{}")
        with pytest.raises(StoreUnavailable):
            await notes.local_delete(NOTES, "push:a")
    await store.close()


async def test_a_directory_without_a_store_has_none(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="no store"):
        async with kept_notes(Settings(data=tmp_path)):
            pass
