"""Earlier bodies, purge, limits, settings and events, for every store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from contract.documents import body, edit, revision, rows
from rejoint_sync.errors import BadRequest, NotFound, RevisionMalformed, StoreUnavailable
from rejoint_sync.limits import REVS_LIMIT, REVS_LIMIT_MAX
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Branch
from rejoint_sync.stores import ChangesQuery, Store
from rejoint_sync.stores.memory import MemoryStore
from rejoint_sync.stores.sqlite import SqliteStore

CALLS: list[Callable[[Store], Awaitable[object]]] = [
    lambda store: store.trees("nowhere", ["x"]),
    lambda store: store.earlier("nowhere", "x"),
    lambda store: store.attachment("nowhere", "x", "a"),
    lambda store: store.local_range("nowhere", "", "z", limit=1),
    lambda store: store.purge("nowhere", {"x": ["1-a"]}),
    lambda store: store.compact("nowhere"),
    lambda store: store.set_revs_limit("nowhere", 5),
    lambda store: store.security("nowhere"),
    lambda store: store.set_security("nowhere", b"{}"),
]


@pytest.fixture(params=["memory", "sqlite"])
async def keeping(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store that keeps history, with one empty database, `circle`."""
    store: Store = (
        MemoryStore(history=True)
        if request.param == "memory"
        else await SqliteStore.open(tmp_path / "data", history=True)
    )
    await store.create("circle")
    yield store
    await store.close()


async def put(store: Store, *documents: object) -> None:
    await store.write("circle", documents, new_edits=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("call", CALLS)
async def test_no_database_is_not_found(
    store: Store, call: Callable[[Store], Awaitable[object]]
) -> None:
    with pytest.raises(NotFound):
        await call(store)


@pytest.mark.parametrize(
    "call",
    [*CALLS, lambda store: store.updates(0, limit=1), lambda store: store.wait_any(0, 0)],
)
async def test_a_closed_store_is_unavailable(
    store: Store, call: Callable[[Store], Awaitable[object]]
) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await call(store)


@pytest.mark.usefixtures("circle")
class TestTrees:
    async def test_leaves_without_bodies(self, store: Store) -> None:
        await put(store, revision("x", "2-b", "1-a"), revision("x", "1-z", deleted=True))
        await put(store, revision("y", "1-a"))
        assert await store.trees("circle", ["x", "nothing"]) == {
            "x": (
                Branch(Revision(2, "b"), ("a",)),
                Branch(Revision(1, "z"), (), deleted=True),
            )
        }

    async def test_a_range_from_its_end(self, store: Store) -> None:
        await put(store, *(revision(name, "1-a") for name in "abcd"))
        found = await store.range("circle", "a", "d", limit=2, descending=True)
        assert [stored.id for stored in found] == ["c", "b"]


class TestEarlier:
    async def test_a_store_without_history_has_none(self, tmp_path: Path) -> None:
        for store in (MemoryStore(), await SqliteStore.open(tmp_path)):
            await store.create("circle")
            await put(store, revision("x", "1-a"), revision("x", "2-b", "1-a"))
            assert await store.earlier("circle", "x") == {}
            await store.close()

    async def test_bodies_stay_until_compaction(self, keeping: Store) -> None:
        await put(keeping, revision("x", "1-a"), revision("x", "2-b", "1-a", deleted=True))
        await put(keeping, revision("x", "3-c", "2-b", "1-a"), revision("x", "2-z", "1-a"))
        found = await keeping.earlier("circle", "x")
        assert {rev: (leaf.ancestors, leaf.deleted) for rev, leaf in found.items()} == {
            "2-b": (("a",), True),
            "1-a": ((), False),
        }
        assert body(found["1-a"].tail)["body"] == "1-a"
        assert (await keeping.earlier("circle", "x", ["1-a", "3-c", "9-q"])).keys() == {"1-a"}
        before = await keeping.info("circle")
        await keeping.compact("circle")
        assert await keeping.earlier("circle", "x") == {}
        assert await keeping.info("circle") == before
        stored = await keeping.read("circle", "x")
        assert stored is not None
        assert [body(leaf.tail)["body"] for leaf in stored.leaves] == ["3-c", "2-z"]

    async def test_an_ancestor_that_never_came_has_no_body(self, keeping: Store) -> None:
        await put(keeping, revision("x", "2-b", "1-a"), revision("x", "1-a"))
        assert await keeping.earlier("circle", "x") == {}

    async def test_other_documents_are_not_shown(self, keeping: Store) -> None:
        await put(keeping, revision("y", "1-a"), revision("y", "2-b", "1-a"))
        assert await keeping.earlier("circle", "x") == {}

    async def test_what_was_cut_off_is_not_shown(self, keeping: Store) -> None:
        await keeping.set_revs_limit("circle", 2)
        path: list[str] = []
        for n in range(1, 5):
            path.insert(0, f"{n}-d{n}")
            await put(keeping, revision("x", *path))
        assert (await keeping.earlier("circle", "x")).keys() == {"3-d3"}


@pytest.mark.usefixtures("circle")
class TestPurge:
    async def test_a_document_purged_whole_is_not_there(self, store: Store) -> None:
        await put(store, revision("x", "2-b", "1-a"), revision("y", "1-a"))
        purged = await store.purge("circle", {"x": ["2-b"]})
        assert (purged.purges, purged.revs) == (1, {"x": ["2-b"]})
        assert await store.read("circle", "x") is None
        info = await store.info("circle")
        assert (info.documents, info.deleted, info.sequence, info.purges) == (1, 0, 3, 1)
        names = [row["id"] for row in rows(await store.changes("circle", ChangesQuery()))]
        assert names == ["y"]
        assert await store.trees("circle", ["x"]) == {}

    async def test_a_document_that_keeps_a_leaf_takes_a_number(self, store: Store) -> None:
        for document in (revision("x", "2-b", "1-a"), revision("x", "2-c", "1-a")):
            await put(store, document)
        await put(store, revision("y", "1-a"))
        await store.purge("circle", {"x": ["2-c"]})
        stored = await store.read("circle", "x")
        assert stored is not None
        assert [leaf.rev for leaf in stored.leaves] == ["2-b"]
        assert body(stored.leaves[0].tail)["body"] == "2-b"
        assert stored.sequence == (await store.info("circle")).sequence == 4

    async def test_what_is_no_leaf_is_left_alone(self, store: Store) -> None:
        await put(store, revision("x", "2-b", "1-a"))
        purged = await store.purge("circle", {"x": ["1-a", "2-z"], "none": ["1-a"]})
        assert purged.revs == {"x": [], "none": []}
        assert (await store.info("circle")).sequence == 1

    async def test_counts_follow(self, store: Store) -> None:
        await put(store, revision("x", "2-b", "1-a", deleted=True), revision("x", "1-z"))
        await put(store, revision("y", "1-a", deleted=True))
        await store.purge("circle", {"x": ["1-z"], "y": ["1-a"]})
        info = await store.info("circle")
        assert (info.documents, info.deleted) == (0, 1)

    async def test_a_purged_revision_may_come_back(self, store: Store) -> None:
        await put(store, revision("x", "2-b", "1-a"))
        await store.purge("circle", {"x": ["2-b"]})
        await put(store, revision("x", "2-b", "1-a", v="again"))
        stored = await store.read("circle", "x")
        assert stored is not None
        assert body(stored.leaves[0].tail)["v"] == "again"
        assert stored.sequence == 3

    async def test_a_malformed_revision_purges_nothing(self, store: Store) -> None:
        await put(store, revision("x", "1-a"), revision("y", "1-a"))
        with pytest.raises(RevisionMalformed):
            await store.purge("circle", {"x": ["1-a"], "y": ["nonsense"]})
        assert await store.read("circle", "x") is not None

    async def test_numbers_grow_also_when_the_newest_is_purged(self, store: Store) -> None:
        """Promise 3, over a removal of the database too."""
        await put(store, revision("x", "1-a"))
        await store.purge("circle", {"x": ["1-a"]})
        before = (await store.info("circle")).sequence
        await store.delete("circle")
        await store.create("circle")
        assert (await store.info("circle")).sequence >= before

    async def test_who_waits_is_woken(self, store: Store) -> None:
        await put(store, revision("x", "1-a"))
        last = (await store.info("circle")).sequence
        waiting = asyncio.ensure_future(store.wait("circle", last, 20))
        await asyncio.sleep(0)
        await store.purge("circle", {"x": ["1-a"]})
        assert await waiting


class TestPurgeOfHistory:
    async def test_earlier_bodies_go_unless_another_leaf_stands_on_them(
        self, keeping: Store
    ) -> None:
        await put(keeping, revision("x", "1-a"), revision("x", "2-b", "1-a"))
        await put(keeping, revision("x", "3-c", "2-b", "1-a"), revision("x", "2-z", "1-a"))
        await keeping.purge("circle", {"x": ["3-c"]})
        assert (await keeping.earlier("circle", "x")).keys() == {"1-a"}
        await keeping.purge("circle", {"x": ["2-z"]})
        await put(keeping, revision("x", "3-n", "2-b", "1-a"))
        assert await keeping.earlier("circle", "x") == {}


@pytest.mark.usefixtures("circle")
class TestRevsLimit:
    async def test_it_holds_from_the_next_change_on(self, store: Store) -> None:
        assert (await store.info("circle")).revs_limit == REVS_LIMIT
        await put(store, revision("x", "4-d", "3-c", "2-b", "1-a"))
        await store.set_revs_limit("circle", 2)
        assert (await store.info("circle")).revs_limit == 2
        await put(store, revision("x", "5-e", "4-d"))
        assert (await store.trees("circle", ["x"]))["x"][0].ancestors == ("d",)

    async def test_more_than_usual(self, store: Store) -> None:
        """A tree of 10,000 revisions."""
        await store.set_revs_limit("circle", REVS_LIMIT_MAX)
        path = [f"{n}-d{n}" for n in range(REVS_LIMIT_MAX + 5, 0, -1)]
        await put(store, revision("x", *path))
        assert len((await store.trees("circle", ["x"]))["x"][0].ancestors) == REVS_LIMIT_MAX - 1

    @pytest.mark.parametrize("limit", [0, -1, REVS_LIMIT_MAX + 1])
    async def test_an_impossible_one_is_refused(self, store: Store, limit: int) -> None:
        with pytest.raises(BadRequest):
            await store.set_revs_limit("circle", limit)

    async def test_another_database_has_its_own(self, store: Store) -> None:
        await store.create("other")
        await store.set_revs_limit("circle", 7)
        assert (await store.info("other")).revs_limit == REVS_LIMIT


@pytest.mark.usefixtures("circle")
class TestNotes:
    async def test_a_count_follows_what_its_writer_says(self, store: Store) -> None:
        assert await store.local_put("circle", "l", b"{}", after=7) == 8
        assert await store.local_put("circle", "l", b"{}") == 9
        assert await store.local_put("circle", "l", b"{}", after=0) == 1
        assert await store.local_get("circle", "l") == (1, b"{}")

    async def test_they_are_listed_in_byte_order(self, store: Store) -> None:
        for name in ("b", "a", "é", "B"):
            await store.local_put("circle", name, b'{"n":1}')
        found = await store.local_range("circle", "B", "\U0010ffff", limit=3)
        assert [(one.id, one.count, one.body) for one in found] == [
            ("B", 1, b'{"n":1}'),
            ("a", 1, b'{"n":1}'),
            ("b", 1, b'{"n":1}'),
        ]
        assert [one.id for one in await store.local_range("circle", "a", "b", limit=9)] == ["a"]

    async def test_the_security_object_is_kept(self, store: Store) -> None:
        assert await store.security("circle") is None
        await store.set_security("circle", b'{"admins":{}}')
        await store.set_security("circle", b'{"members":{}}')
        assert await store.security("circle") == b'{"members":{}}'
        await store.delete("circle")
        await store.create("circle")
        assert await store.security("circle") is None


class TestUpdates:
    @staticmethod
    async def seen(store: Store, since: int = 0) -> list[tuple[str, str]]:
        found, _ = await store.updates(since, limit=99)
        assert [one.number for one in found] == sorted({one.number for one in found})
        return [(one.database, one.kind) for one in found]

    async def test_the_newest_event_of_each_database(self, store: Store) -> None:
        await store.create("one")
        await store.create("two")
        await store.create("three")
        await store.write("one", [edit("x")], new_edits=True)
        await store.delete("two")
        assert await self.seen(store) == [
            ("three", "created"),
            ("one", "updated"),
            ("two", "deleted"),
        ]

    async def test_a_write_that_adds_nothing_is_no_event(self, store: Store) -> None:
        await store.create("circle", [revision("x", "1-a")])
        _, last = await store.updates(0, limit=0)
        await put(store, revision("x", "1-a"))
        await store.local_put("circle", "l", b"{}")
        assert await self.seen(store, last) == []
        await store.purge("circle", {"x": ["1-a"]})
        assert await self.seen(store, last) == [("circle", "updated")]

    async def test_pages_follow_one_another(self, store: Store) -> None:
        for name in ("a", "b", "c"):
            await store.create(name)
        found, last = await store.updates(0, limit=2)
        assert [one.database for one in found] == ["a", "b"]
        rest, _ = await store.updates(found[-1].number, limit=2)
        assert [one.database for one in rest] == ["c"]
        assert rest[-1].number == last

    async def test_who_waits_is_woken_by_any_database(self, store: Store) -> None:
        await store.create("circle")
        _, last = await store.updates(0, limit=0)
        assert not await store.wait_any(last, 0.01)
        waiting = asyncio.ensure_future(store.wait_any(last, 20))
        await asyncio.sleep(0)
        await store.create("other")
        assert await waiting

    async def test_closing_ends_the_waiting(self, store: Store) -> None:
        _, last = await store.updates(0, limit=0)
        waiting = asyncio.ensure_future(store.wait_any(last, 20))
        await asyncio.sleep(0)
        await store.close()
        assert not await waiting

    async def test_a_session_is_text_for_a_sequence(self, store: Store) -> None:
        assert store.session.isascii()
        assert store.session.isalnum()
        assert store.session == store.session.lower()
