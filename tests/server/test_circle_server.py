"""The parts of a server of circles know each other."""

from pathlib import Path

from rejoint_server.circle_server import open_circles
from rejoint_server.clock import ManualClock
from rejoint_server.settings import Settings
from rejoint_sync.stores.memory import MemoryStore


async def test_nothing_is_written_by_putting_it_together(tmp_path: Path) -> None:
    store = MemoryStore()
    circles = open_circles(
        Settings(data=tmp_path), store, ManualClock(0), None, pinged=lambda *_: None
    )
    assert circles.policy.name == "circles"
    assert len(circles.handlers) > 15
    assert await store.databases() == []
