"""A circle that is gone says so, and says nothing else."""

import pytest

from rejoint_server.access.hints import open_notes
from rejoint_server.access.tombstones import buried, bury, require_not_buried
from rejoint_sync.errors import CircleError
from rejoint_sync.stores.memory import MemoryStore

CIRCLE, OTHER = "c" + "1" * 40, "c" + "2" * 40


async def test_a_tombstone_is_410_with_closed() -> None:
    store = MemoryStore()
    await open_notes(store)
    await require_not_buried(store, CIRCLE)
    await bury(store, CIRCLE, "h" * 43)
    await require_not_buried(store, OTHER)
    with pytest.raises(CircleError) as caught:
        await require_not_buried(store, CIRCLE)
    assert (caught.value.status, caught.value.error, caught.value.code) == (410, "gone", "closed")
    assert await buried(store) == {CIRCLE: "h" * 43}
