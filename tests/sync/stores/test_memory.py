"""What only the memory store has; its promises are in tests/contract."""

from rejoint_sync.document import Document
from rejoint_sync.stores import ChangesQuery
from rejoint_sync.stores.memory import MemoryStore


async def test_a_restore_is_played_with_another_incarnation() -> None:
    store = MemoryStore("k7")
    await store.create("circle", [Document.parse({"_id": "x", "_rev": "1-a"})])
    page = await store.changes("circle", ChangesQuery())
    assert page.rows == b'{"seq":"1-k7","id":"x","changes":[{"rev":"1-a"}]}'
