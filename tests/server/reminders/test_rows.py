"""What every place for schedules promises, the one in memory with them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contract.couchdb import clear, couchdb, fresh
from rejoint_server.reminders import SHARDS, Counts, Row, Rows
from rejoint_server.reminders.rows_couch import CouchRows
from rejoint_server.reminders.rows_memory import MemoryRows
from rejoint_server.reminders.rows_sqlite import SqliteRows
from rejoint_sync.reminders import Marks, Retry, Schedule, Sent
from rejoint_sync.stores.sqlite import SqliteStore

NOW = 29_000_000


@pytest.fixture(scope="module")
def couchdb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with couchdb(tmp_path_factory.mktemp("couchdb")) as url:
        yield url


@pytest.fixture(params=["memory", "sqlite", "couch"])
async def rows(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rows]:
    """An empty one of each kind."""
    if request.param == "couch":
        address = fresh(request.getfixturevalue("couchdb_url"))
        there = CouchRows(address)
        await there.start()
        yield there
        await there.close()
        clear(address)
    elif request.param == "sqlite":
        store = await SqliteStore.open(tmp_path / "data")
        yield SqliteRows(store)
        await store.close()
    else:
        yield MemoryRows()


def row(device: str = "d1", due: int = NOW) -> Row:
    full = Schedule.model_validate(
        {
            "zone": "Asia/Kolkata",
            "times": {"1": "07:00", "7": "09:30"},
            "nudge": 60,
            "quiet": {"start": "21:00", "end": "06:00"},
            "paused": "2026-11-22",
            "notes": False,
        }
    )
    retry = Retry(kind="nudge", minute=NOW, at=NOW + 1, until=60 * NOW + 900)
    marks = Marks(since=NOW, heard=20_000, done="2026-11-21", snoozed=NOW, note=NOW)
    return Row(device, full, marks, Sent(day="2026-11-21", reminder=NOW, retry=retry), due)


async def stored(rows: Rows, one: Row) -> Row:
    written = await rows.write(one)
    assert written is not None
    return written


async def test_what_was_written_is_read(rows: Rows) -> None:
    written = await stored(rows, row())
    assert replace(written, rev="") == row()
    assert await rows.read(["d1", "d2"]) == {"d1": written}
    later = await stored(rows, replace(written, due=NOW + 5))
    assert (await rows.read(["d1"]))["d1"] == later
    assert later.due == NOW + 5


async def test_of_two_that_write_after_the_same_version_one_succeeds(rows: Rows) -> None:
    both = await asyncio.gather(rows.write(row()), rows.write(row()))
    [first] = [one for one in both if one is not None]
    again = await asyncio.gather(*(rows.write(replace(first, due=due)) for due in (1, 2, 3)))
    [won] = [one for one in again if one is not None]
    assert (await rows.read(["d1"]))["d1"] == won
    assert await rows.write(first) is None


async def test_what_was_removed_is_not_there_and_can_come_anew(rows: Rows) -> None:
    written = await stored(rows, row())
    await rows.remove("d1")
    await rows.remove("d1")
    assert await rows.read(["d1"]) == {}
    assert await rows.write(replace(written, due=1)) is None
    await stored(rows, row())


async def test_rows_are_found_by_shard_and_minute_the_oldest_first(rows: Rows) -> None:
    dues = {f"d{number}": NOW - number for number in range(-5, 40)}
    for device, due in dues.items():
        await stored(rows, row(device, due))
    found = [await rows.due([shard], NOW, 100) for shard in range(SHARDS)]
    assert all(one.shard == shard for shard, some in enumerate(found) for one in some)
    assert all(some == sorted(some, key=lambda one: one.due) for some in found)
    assert {one.device for some in found for one in some} == {
        name for name, due in dues.items() if due <= NOW
    }
    longest = max(found, key=len)
    assert await rows.due([longest[0].shard], NOW, 2) == longest[:2]
    everybody = await rows.due(range(SHARDS), NOW, 100)
    assert [one.due for one in everybody] == sorted(due for due in dues.values() if due <= NOW)
    assert await rows.due([], NOW, 100) == []


async def test_a_shard_is_taken_once_for_a_minute(rows: Rows) -> None:
    both = await asyncio.gather(rows.lease(NOW, "one"), rows.lease(NOW, "two"))
    assert sorted(shard for some in both for shard in some) == list(range(SHARDS))
    assert await rows.lease(NOW, "three") == []
    assert await rows.lease(NOW - 1, "three") == []
    assert sorted(await rows.lease(NOW + 1, "three")) == list(range(SHARDS))
    assert sorted(await rows.lease(NOW + 500, "ahead")) == list(range(SHARDS))
    assert sorted(await rows.lease(NOW + 2, "three")) == list(range(SHARDS))


async def test_they_are_counted(rows: Rows) -> None:
    assert await rows.counts() == Counts(0, 0)
    await stored(rows, row("d1"))
    silent = row("d2")
    await stored(rows, replace(silent, marks=silent.marks.model_copy(update={"told": True})))
    await rows.lease(NOW, "one")
    assert await rows.counts() == Counts(2, 1)


async def test_starting_again_changes_nothing(rows: Rows) -> None:
    written = await stored(rows, row())
    await rows.start()
    assert await rows.read(["d1"]) == {"d1": written}
