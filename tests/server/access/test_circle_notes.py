"""Notes beside a circle: their own word, in order, and gone with the circle."""

import pytest

from rejoint_server.access import circle_notes
from rejoint_server.access.circle_notes import CircleNotes
from rejoint_sync.errors import NotFound
from rejoint_sync.stores.memory import MemoryStore


async def test_notes_of_a_word_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circle_notes, "READ_AT_ONCE", 2)
    store = MemoryStore()
    await store.create("c1")
    late, later = CircleNotes(store, "late"), CircleNotes(store, "later")
    for number in (3, 1, 2):
        await late.put("c1", f"d{number}", {"n": number})
    await late.put("c1", "d1", {"n": 9})
    await later.put("c1", "d4", {})
    assert await late.all("c1") == {"d1": {"n": 9}, "d2": {"n": 2}, "d3": {"n": 3}}
    assert list(await late.all("c1", "d2")) == ["d2"]
    assert await late.get("c1", "d4") is None
    assert await late.delete("c1", "d1")
    assert not await late.delete("c1", "d1")
    assert await late.get("c1", "d1") is None
    with pytest.raises(NotFound):
        await late.all("c2")
