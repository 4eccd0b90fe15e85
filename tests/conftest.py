"""How tests are drawn and in which order files run: who takes longest begins first."""

import os

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault, and what CI draws is the same each time; the long run looks further.
settings.register_profile(
    "house",
    deadline=None,
    derandomize="REJOINT_LONG" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")

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
