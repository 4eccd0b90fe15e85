"""Group commit, and what a failing disk does to it."""

import asyncio
from pathlib import Path

import pytest

from rejoint_sync.document import Document
from rejoint_sync.errors import StoreFull, StoreUnavailable
from rejoint_sync.stores import ChangesQuery, DatabaseInfo, View
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_heads import Draft
from sync.stores.disk import Disk


def revision(name: str, rev: str = "1-a") -> Document:
    return Document.parse({"_id": name, "_rev": rev})


async def put(store: SqliteStore, *names: str) -> None:
    await store.write("circle", [revision(name) for name in names], new_edits=False)


async def test_writers_who_come_together_share_a_sync(store: SqliteStore, disk: Disk) -> None:
    before = disk.syncs
    await asyncio.gather(*(put(store, f"d{n}") for n in range(64)))
    assert disk.syncs == before + 1


async def test_writers_who_come_meanwhile_form_the_next_turn(
    store: SqliteStore, disk: Disk
) -> None:
    disk.sync_s = 0.05
    before = disk.syncs
    first = asyncio.ensure_future(put(store, "first"))
    await asyncio.sleep(0.01)
    await asyncio.gather(*(put(store, f"d{n}") for n in range(64)), first)
    assert disk.syncs == before + 2


async def test_every_single_write_is_synced_before_it_is_answered(
    store: SqliteStore, disk: Disk
) -> None:
    for n in range(5):
        before = disk.syncs
        await put(store, f"d{n}")
        assert disk.syncs == before + 1
    before = disk.syncs
    await store.local_put("circle", "l", b"{}")
    assert disk.syncs == before + 1


async def test_readers_go_on_while_the_disk_is_waited_for(store: SqliteStore, disk: Disk) -> None:
    """They see nothing of the write before it is on disk, and never wait for it."""
    await put(store, "old")
    disk.sync_s = 0.3
    writing = asyncio.ensure_future(put(store, "new"))
    await asyncio.sleep(0.01)
    reads = 0
    while not writing.done():
        info, page = await asyncio.gather(
            store.info("circle"), store.changes("circle", ChangesQuery())
        )
        if not writing.done():
            reads += 1
            assert info.sequence <= page.last
        await asyncio.sleep(0.001)
    assert reads > 3
    assert (await store.info("circle")).sequence == 2


async def test_counts_taken_between_the_disk_and_the_publication_are_right(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader sees the file a moment before the writer's figures: nothing may count twice."""
    publish = store._heads.publish

    def look_and_publish(drafts: dict[str, Draft | None]) -> None:
        with pytest.raises(StopIteration):
            store.info("circle").send(None)
        publish(drafts)

    store._head("circle").counts = None
    monkeypatch.setattr(store._heads, "publish", look_and_publish)
    await put(store, "x")
    assert (await store.info("circle")).documents == 1


async def test_a_full_disk_stores_nothing_and_says_so(store: SqliteStore, disk: Disk) -> None:
    await put(store, "before")
    disk.is_full = True
    results = await asyncio.gather(
        *(put(store, f"d{n}") for n in range(3)),
        store.create("other"),
        store.delete("circle"),
        store.local_put("circle", "l", b"{}"),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [StoreFull] * 6
    assert await store.info("circle") == DatabaseInfo("circle", 1, 0, 1)
    assert await store.databases() == ["circle"]
    disk.is_full = False
    await put(store, "after")
    assert await store.info("circle") == DatabaseInfo("circle", 2, 0, 2)


async def test_a_sync_that_fails_is_not_answered_as_done(
    store: SqliteStore, disk: Disk, tmp_path: Path
) -> None:
    disk.is_broken = True
    with pytest.raises(StoreUnavailable):
        await put(store, "lost")
    disk.is_broken = False
    assert await store.info("circle") == DatabaseInfo("circle", 0, 0, 0)
    await put(store, "kept")
    await store.close()
    reopened = await SqliteStore.open(tmp_path / "data")
    assert await reopened.read("circle", "kept") is not None
    assert await reopened.read("circle", "lost") is None
    await reopened.close()


async def test_a_job_that_raises_fails_alone(store: SqliteStore) -> None:
    def judge(_: View, __: Document) -> None:
        raise ZeroDivisionError

    results = await asyncio.gather(
        put(store, "a"),
        store.write("circle", [revision("b")], new_edits=False, judge=judge),
        put(store, "c"),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), ZeroDivisionError, type(None)]
    assert await store.info("circle") == DatabaseInfo("circle", 2, 0, 2)


async def test_what_adds_nothing_costs_no_sync(store: SqliteStore, disk: Disk) -> None:
    await put(store, "x")
    before = disk.syncs
    await put(store, "x")
    assert disk.syncs == before


async def test_closing_finishes_what_is_queued(store: SqliteStore, tmp_path: Path) -> None:
    writing = [asyncio.ensure_future(put(store, f"d{n}")) for n in range(5)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*writing)
    reopened = await SqliteStore.open(tmp_path / "data")
    assert (await reopened.info("circle")).documents == 5
    await reopened.close()


async def test_writes_after_closing_are_refused(store: SqliteStore) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await put(store, "x")


async def test_many_of_everything_at_once(store: SqliteStore, disk: Disk) -> None:
    """The binding raises when two threads use one connection; slow syncs make them meet."""
    disk.sync_s = 0.002

    async def client(number: int) -> None:
        for n in range(6):
            await put(store, f"{number}-{n}")
            await store.read("circle", f"{number}-{n}")
            await store.changes("circle", ChangesQuery(since=n, include_docs=True))
            await store.local_put("circle", str(number), b"{}")
            if n == number % 6:
                await store.create(f"own-{number}", [revision("x")])
                await store.delete(f"own-{number}")

    await asyncio.gather(*(client(number) for number in range(16)))
    assert await store.info("circle") == DatabaseInfo("circle", 96, 0, 96)
