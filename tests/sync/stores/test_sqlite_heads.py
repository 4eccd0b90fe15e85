import apsw
import pytest

from rejoint_sync.errors import NotFound
from rejoint_sync.stores.sqlite_heads import Draft, Heads
from rejoint_sync.stores.updates import Updates


@pytest.fixture
def connection() -> apsw.Connection:
    """Database `old`, number 1, floor 7, without documents."""
    made = apsw.Connection(":memory:")
    made.execute("CREATE TABLE database(num, name, floor, revs_limit, purges)").fetchall()
    made.execute("CREATE TABLE doc(database, seq, number DEFAULT 0)").fetchall()
    made.execute("INSERT INTO database VALUES(1, 'old', 7, 50, 3)").fetchall()
    return made


def test_a_head_is_looked_up_once(connection: apsw.Connection) -> None:
    heads = Heads(Updates())
    assert heads.known("old") is None
    head = heads.find(connection, "old")
    assert (head.num, head.seq, head.counts) == (1, 7, None)
    assert (head.revs_limit, head.purges) == (50, 3)
    connection.close()
    assert heads.find(connection, "old") is heads.known("old") is head


def test_the_newest_change_counts_when_there_is_one(connection: apsw.Connection) -> None:
    connection.execute("INSERT INTO doc VALUES(1, 9, 5), (1, 8, 4), (2, 99, 7)")
    head = Heads(Updates()).find(connection, "old")
    assert (head.seq, head.number) == (9, 5)


def test_what_is_not_there_is_not_found(connection: apsw.Connection) -> None:
    with pytest.raises(NotFound):
        Heads(Updates()).find(connection, "new")


def test_a_turn_shows_its_numbers_and_counts(connection: apsw.Connection) -> None:
    heads = Heads(Updates())
    head = heads.find(connection, "old")
    heads.publish({"old": Draft(1, 9, living=2)})
    assert (head.seq, head.counts) == (9, None)
    head.counts = (2, 0)
    heads.publish({"old": Draft(1, 10, living=-1, deleted=1)})
    assert (head.seq, head.counts) == (10, (1, 1))


def test_a_new_database_has_its_counts_at_once() -> None:
    heads = Heads(Updates())
    heads.publish({"new": Draft(2, 3, living=3, is_new=True)})
    head = heads.known("new")
    assert head is not None
    assert (head.num, head.seq, head.counts) == (2, 3, (3, 0))


def test_a_head_that_a_reader_found_first_is_kept(connection: apsw.Connection) -> None:
    """A reader may see the file before the turn is published, and sleep on what it found."""
    heads = Heads(Updates())
    head = heads.find(connection, "old")
    heads.publish({"old": Draft(1, 7, is_new=True)})
    assert heads.known("old") is head


def test_a_removed_database_is_forgotten(connection: apsw.Connection) -> None:
    heads = Heads(Updates())
    heads.find(connection, "old")
    heads.publish({"old": None, "never seen": None})
    assert heads.known("old") is None


def test_a_database_made_anew_has_a_new_head(connection: apsw.Connection) -> None:
    heads = Heads(Updates())
    old = heads.find(connection, "old")
    heads.publish({"old": Draft(2, 7, is_new=True)})
    new = heads.known("old")
    assert new is not None
    assert new is not old
    assert new.num == 2


def test_events_are_told_and_settings_shown(connection: apsw.Connection) -> None:
    updates = Updates()
    heads = Heads(updates)
    head = heads.find(connection, "old")
    heads.publish({"old": Draft(1, 7, revs_limit=9, purges=4)})
    assert (head.revs_limit, head.purges, updates.number) == (9, 4, 0)
    heads.publish({"old": Draft(1, 8, event="updated"), "gone": None})
    assert [(one.database, one.kind) for one in updates.after(0, limit=9)] == [
        ("old", "updated"),
        ("gone", "deleted"),
    ]
