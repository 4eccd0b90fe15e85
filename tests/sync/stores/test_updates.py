import asyncio

from rejoint_sync.stores import Update
from rejoint_sync.stores.updates import Updates


def test_each_database_has_its_newest_event_in_order() -> None:
    updates = Updates()
    for name, kind in (("a", "created"), ("b", "created"), ("a", "updated")):
        updates.note(name, kind)  # type: ignore[arg-type]
    assert updates.after(0, limit=9) == [Update("b", "created", 2), Update("a", "updated", 3)]
    assert updates.after(2, limit=9) == [Update("a", "updated", 3)]
    assert updates.after(0, limit=1) == [Update("b", "created", 2)]
    assert updates.after(3, limit=9) == []


def test_what_was_there_before_comes_first_unless_something_happened_to_it() -> None:
    updates = Updates(7)
    updates.note("b", "updated")
    before = [Update("a", "created", 1), Update("b", "created", 2), Update("c", "created", 7)]
    found = updates.after(0, before=before, limit=9)
    assert [(one.database, one.number) for one in found] == [("a", 1), ("c", 7), ("b", 8)]
    assert updates.after(0, before=before, limit=2) == found[:2]


def test_sessions_differ() -> None:
    assert Updates().session != Updates().session


async def test_nobody_is_woken_by_a_note() -> None:
    updates = Updates()
    asleep = asyncio.ensure_future(updates.waiters.sleep(0.05))
    await asyncio.sleep(0)
    updates.note("a", "created")
    assert not await asleep
