"""In which order files run: who takes longest begins first, so that none is left at the end."""

import pytest

LONGEST_FIRST = (
    "sim/test_worlds.py",
    "e2e/test_circles.py",
    "durability/test_restore_drill.py",
    "e2e/test_locks.py",
    "contract/test_store_read.py",
    "server/commands/test_demo.py",
    "server/commands/test_serve.py",
    "server/commands/test_device.py",
    "sim/test_planted.py",
    "e2e/test_story.py",
    "liar/test_phone.py",
    "e2e/test_waking.py",
    "durability/test_reminder_servers.py",
    "durability/test_kill.py",
    "durability/test_sync_kill.py",
    "durability/test_journal_kill.py",
    "sync/circle/test_check_points.py",
    "e2e/test_reminders.py",
    "e2e/test_wire.py",
)
"""By how long they took; each of the others takes some seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort, for `--no-loadscope-reorder`; within a file the order stays."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}

    def place(item: pytest.Item) -> int:
        name = item.nodeid.partition("::")[0].removeprefix("tests/")
        return places.get(name, len(places))

    items.sort(key=place)
