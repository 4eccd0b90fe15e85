"""What readers are promised, for every store."""

import asyncio
import json
import os
from typing import Any

import pytest

from contract.couchdb import is_real
from contract.documents import edit, revision, rows
from rejoint_sync.errors import NotFound
from rejoint_sync.sequence import Sequence
from rejoint_sync.stores import ChangesQuery, Sight, Store
from rejoint_sync.stores.couch import CouchStore

LONG = os.environ.get("REJOINT_LONG") == "1"


@pytest.fixture
async def feed(store: Store, circle: str) -> str:
    """Documents d0 to d4, then d1 edited, d2 deleted and d3 in conflict: changes 1 to 8."""
    first = [revision(f"d{n}", "1-a") for n in range(5)]
    second = [
        revision("d1", "2-b", "1-a"),
        revision("d2", "2-b", "1-a", deleted=True),
        revision("d3", "1-0"),
    ]
    for documents in (first, second):
        await store.write(circle, documents, new_edits=False)
    return circle


async def page(store: Store, database: str, **query: Any) -> tuple[list[str], int, int]:
    """Names of a page, its `last` and its `pending`."""
    found = await store.changes(database, ChangesQuery(**query))
    names = [row["id"] for row in rows(found)]
    assert found.count == len(names)
    return names, found.last, found.pending


async def test_a_document_that_is_not_there_reads_as_none(store: Store, circle: str) -> None:
    assert await store.read(circle, "x") is None
    assert await store.read_many(circle, ["x", "y"]) == {}
    assert await store.read_many(circle, []) == {}


async def test_several_are_read_as_one_by_one(store: Store, feed: str) -> None:
    many = await store.read_many(feed, ["d3", "nothing", "d0", "d2", "d0"])
    assert many.keys() == {"d0", "d2", "d3"}
    for name, found in many.items():
        assert found == await store.read(feed, name)


async def test_a_range_is_in_byte_order_and_ends_before_its_end(store: Store, circle: str) -> None:
    names = ["B", "a", "a:", "a;", "b", "é", "\uffff", "\U0001f600"]
    await store.write(circle, [revision(name, "1-a") for name in names], new_edits=False)

    async def between(start: str, end: str, limit: int = 99) -> list[str]:
        return [found.id for found in await store.range(circle, start, end, limit=limit)]

    assert await between("", "\U0010ffff") == names
    assert await between("a", "b") == ["a", "a:", "a;"]
    assert await between("a:", "a;") == ["a:"]
    assert await between("", "\U0010ffff", limit=2) == ["B", "a"]
    assert await between("", "\U0010ffff", limit=0) == []
    assert await between("b", "a") == []


async def test_a_range_holds_deleted_documents_with_all_leaves(store: Store, feed: str) -> None:
    found = await store.range(feed, "d2", "d4", limit=9)
    assert found == [await store.read(feed, "d2"), await store.read(feed, "d3")]


async def test_the_feed_names_each_document_once_at_its_newest_change(
    store: Store, feed: str
) -> None:
    found = await store.changes(feed, ChangesQuery())
    shown = rows(found)
    places = [Sequence.parse(row.pop("seq")) for row in shown]
    assert [place.position(store.incarnation) for place in places] == [1, 5, 6, 7, 8]
    assert shown == [
        {"id": "d0", "changes": [{"rev": "1-a"}]},
        {"id": "d4", "changes": [{"rev": "1-a"}]},
        {"id": "d1", "changes": [{"rev": "2-b"}]},
        {"id": "d2", "changes": [{"rev": "2-b"}], "deleted": True},
        {"id": "d3", "changes": [{"rev": "1-a"}]},
    ]
    assert (found.count, found.last, found.pending) == (5, 8, 0)


async def test_rows_are_parted_by_a_comma_and_a_line_feed(store: Store, feed: str) -> None:
    """Stock clients and curl users see one row a line, as from CouchDB."""
    lines = (await store.changes(feed, ChangesQuery())).rows.split(b",\n")
    assert [json.loads(line)["id"] for line in lines] == ["d0", "d4", "d1", "d2", "d3"]


async def test_all_leaves_are_named_when_asked_for(store: Store, feed: str) -> None:
    await store.write(
        feed, [revision("d3", "1-1"), revision("d3", "2-x", "1-y", deleted=True)], new_edits=False
    )
    found = await store.changes(feed, ChangesQuery(since=8, all_leaves=True))
    [row] = rows(found)
    assert row["changes"] == [{"rev": rev} for rev in ("1-a", "1-1", "1-0", "2-x")]
    [row] = rows(await store.changes(feed, ChangesQuery(since=8)))
    assert row["changes"] == [{"rev": "1-a"}]


async def test_documents_are_pasted_when_asked_for(store: Store, feed: str) -> None:
    found = rows(await store.changes(feed, ChangesQuery(since=6, include_docs=True)))
    assert [row["doc"] for row in found] == [
        {"_id": "d2", "_rev": "2-b", "_deleted": True, "body": "2-b"},
        {"_id": "d3", "_rev": "1-a", "body": "1-a"},
    ]


async def test_an_empty_body_is_pasted_whole(store: Store, circle: str) -> None:
    [outcome] = await store.write(circle, [edit("x")], new_edits=True)
    [row] = rows(await store.changes(circle, ChangesQuery(include_docs=True)))
    assert row["doc"] == {"_id": "x", "_rev": outcome.rev}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, (["d0", "d4", "d1", "d2", "d3"], 8, 0)),
        ({"since": 5}, (["d1", "d2", "d3"], 8, 0)),
        ({"since": 8}, ([], 8, 0)),
        ({"since": 99}, ([], 8, 0)),
        ({"limit": 2}, (["d0", "d4"], 5, 3)),
        ({"limit": 5}, (["d0", "d4", "d1", "d2", "d3"], 8, 0)),
        ({"since": 5, "limit": 1}, (["d1"], 6, 2)),
        ({"limit": 0}, ([], 0, 5)),
        ({"since": 5, "limit": 0}, ([], 5, 3)),
        ({"since": 8, "limit": 0}, ([], 8, 0)),
        ({"descending": True}, (["d3", "d2", "d1", "d4", "d0"], 8, 0)),
        ({"descending": True, "since": 6}, (["d3", "d2", "d1", "d4", "d0"], 8, 0)),
        ({"descending": True, "limit": 2}, (["d3", "d2"], 7, 3)),
        ({"descending": True, "limit": 0}, ([], 0, 5)),
        ({"document_ids": frozenset({"d3", "d0", "no"})}, (["d0", "d3"], 8, 0)),
        ({"document_ids": frozenset({"d3", "d0"}), "limit": 1}, (["d0"], 1, 1)),
        ({"document_ids": frozenset({"d0"}), "since": 1}, ([], 8, 0)),
        ({"document_ids": frozenset()}, ([], 8, 0)),
        ({"document_ids": frozenset({"d2", "d0"}), "descending": True}, (["d2", "d0"], 8, 0)),
    ],
)
async def test_pages(
    store: Store, feed: str, query: dict[str, Any], wanted: tuple[list[str], int, int]
) -> None:
    """Names, `last` and `pending`."""
    assert await page(store, feed, **query) == wanted


async def test_a_row_says_where_to_go_on(store: Store, feed: str) -> None:
    """What a client keeps is the text of a row or of a page's end; both must lead on from there."""
    everything = rows(await store.changes(feed, ChangesQuery()))
    for n, row in enumerate(everything, start=1):
        since = Sequence.parse(row["seq"]).position(store.incarnation)
        names, last, _ = await page(store, feed, since=since)
        assert names == [later["id"] for later in everything[n:]]
        assert (await store.changes(feed, ChangesQuery(since=last))).count == 0


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_following_the_pages_shows_every_row_once(
    store: Store, feed: str, limit: int
) -> None:
    since, seen = 0, []
    while True:
        names, since, pending = await page(store, feed, since=since, limit=limit)
        seen += names
        if not pending:
            break
    assert seen == ["d0", "d4", "d1", "d2", "d3"]
    assert since == 8


async def test_long_feeds_keep_their_order(store: Store, circle: str) -> None:
    """2,500 rows, written so that names and numbers run in opposite ways.

    By 100 at once: within a call the order is the store's. PouchDB's server takes long over each,
    so that it has 1,200, more than anything of ours keeps or asks at once.
    """
    hundreds = 12 if isinstance(store, CouchStore) and not (is_real() or LONG) else 25
    wanted = []
    for hundred in reversed(range(hundreds)):
        documents = [revision(f"d{100 * hundred + n:04}", "1-a") for n in range(100)]
        await store.write(circle, documents, new_edits=False)
        wanted += [document.id for document in documents]
    count = 100 * hundreds
    names, last, pending = await page(store, circle, limit=9999, include_docs=True)
    assert (names, last, pending) == (wanted, count, 0)
    names, last, pending = await page(store, circle, limit=count - 500, descending=True)
    assert (names, last, pending) == (wanted[:499:-1], 501, 500)


class TestSight:
    """Other devices' wraps are not shown, whatever is asked."""

    MINE = Sight("wrap:", ":dme")
    SHOWN = ("ev:1", "wrap", "wrap:1:dme", "wrapé", "a:dother", "wrap:\x00:dme")
    HIDDEN = ("wrap:1:dother", "wrap:", "wrap:xdme", "wrap:1:dme2", "wrap:1:dmé", "wrap:\x00:x")

    @pytest.fixture
    async def wraps(self, store: Store, circle: str) -> str:
        names = [name for pair in zip(self.SHOWN, self.HIDDEN, strict=True) for name in pair]
        for name in names:
            await store.write(circle, [revision(name, "1-a")], new_edits=False)
        return circle

    def test_says_what_is_shown(self) -> None:
        assert all(self.MINE.shows(name) for name in self.SHOWN)
        assert not any(self.MINE.shows(name) for name in self.HIDDEN)
        assert all(Sight().shows(name) for name in self.SHOWN + self.HIDDEN)

    async def test_holds_for_the_feed(self, store: Store, wraps: str) -> None:
        names, last, pending = await page(store, wraps, sight=self.MINE)
        assert (names, last, pending) == (list(self.SHOWN), 12, 0)

    async def test_holds_for_pages(self, store: Store, wraps: str) -> None:
        assert await page(store, wraps, sight=self.MINE, limit=2) == (["ev:1", "wrap"], 3, 4)
        assert await page(store, wraps, sight=self.MINE, since=10) == (["wrap:\x00:dme"], 12, 0)
        names, last, pending = await page(store, wraps, sight=self.MINE, limit=1, descending=True)
        assert (names, last, pending) == (["wrap:\x00:dme"], 11, 5)

    async def test_holds_for_named_documents(self, store: Store, wraps: str) -> None:
        names = frozenset(self.SHOWN + self.HIDDEN)
        found, _, __ = await page(store, wraps, sight=self.MINE, document_ids=names)
        assert found == list(self.SHOWN)

    async def test_holds_for_ranges(self, store: Store, wraps: str) -> None:
        found = await store.range(wraps, "", "\U0010ffff", limit=99, sight=self.MINE)
        assert [stored.id for stored in found] == sorted(self.SHOWN)
        found = await store.range(wraps, "wrap:", "wrap;", limit=1, sight=self.MINE)
        assert [stored.id for stored in found] == ["wrap:\x00:dme"]

    @pytest.mark.parametrize("sight", [Sight(), Sight("wrap:", ""), Sight("", ":dme")])
    async def test_without_a_prefix_or_a_suffix_hides_nothing(
        self, store: Store, wraps: str, sight: Sight
    ) -> None:
        names, _, __ = await page(store, wraps, sight=sight)
        assert set(names) == {*self.SHOWN, *self.HIDDEN}

    NO_K = Sight("wrap:", ":dme", ((3, ":k"), (0, "cp:k:")))
    OPEN = ("ev:1:c01", "nt::c:k", "cp:c:d", "éé:c", "wrap:1:dme")
    CLOSED = ("ev1:k01", "cp:k:d", "é1:k", "\x00\x00\x00:k", "abc:k")

    async def test_names_are_hidden_by_what_stands_at_a_place(
        self, store: Store, circle: str
    ) -> None:
        names = [*self.OPEN, *self.CLOSED]
        await store.write(circle, [revision(name, "1-a") for name in names], new_edits=False)
        assert all(self.NO_K.shows(name) for name in self.OPEN)
        assert not any(self.NO_K.shows(name) for name in self.CLOSED)
        found, _, pending = await page(store, circle, sight=self.NO_K, limit=2)
        assert (len(found), pending) == (2, len(self.OPEN) - 2)
        found, _, pending = await page(store, circle, sight=self.NO_K)
        assert (set(found), pending) == (set(self.OPEN), 0)
        ranged = await store.range(circle, "", "\U0010ffff", limit=99, sight=self.NO_K)
        assert [stored.id for stored in ranged] == sorted(self.OPEN)

    async def test_a_bound_shows_a_range_of_names_alone(self, store: Store, circle: str) -> None:
        names = ["log:000000", "log:000001", "log:000002", "ev:1", "wrap:1:dme"]
        await store.write(circle, [revision(name, "1-a") for name in names], new_edits=False)
        sight = Sight("wrap:", ":dme", start="log:", end="log:000002")
        found, _, pending = await page(store, circle, sight=sight, limit=1)
        assert (len(found), pending) == (1, 1)
        found, _, __ = await page(store, circle, sight=sight)
        assert set(found) == set(names[:2])
        ranged = await store.range(circle, "", "\U0010ffff", limit=9, sight=sight)
        assert [stored.id for stored in ranged] == names[:2]


class TestWait:
    async def test_news_that_is_there_is_told_at_once(self, store: Store, feed: str) -> None:
        assert await store.wait(feed, 7, 0)

    async def test_no_news_is_told_when_the_time_is_over(self, store: Store, feed: str) -> None:
        assert not await store.wait(feed, 8, 0.01)
        assert not await store.wait(feed, 99, 0)

    async def test_a_write_wakes_everybody(self, store: Store, feed: str) -> None:
        sleepers = [asyncio.ensure_future(store.wait(feed, 8, 30)) for _ in range(3)]
        await asyncio.sleep(0)
        await store.write(feed, [edit("new")], new_edits=True)
        assert await asyncio.gather(*sleepers) == [True] * 3

    async def test_a_write_that_adds_nothing_wakes_nobody(self, store: Store, feed: str) -> None:
        sleeper = asyncio.ensure_future(store.wait(feed, 8, 0.05))
        await asyncio.sleep(0)
        await store.write(feed, [revision("d0", "1-a")], new_edits=False)
        assert not await sleeper

    async def test_another_database_wakes_nobody(self, store: Store, feed: str) -> None:
        sleeper = asyncio.ensure_future(store.wait(feed, 8, 0.05))
        await asyncio.sleep(0)
        await store.create("other", [revision("x", "1-a")])
        assert not await sleeper

    async def test_who_waits_for_more_sleeps_on(self, store: Store, feed: str) -> None:
        sleeper = asyncio.ensure_future(store.wait(feed, 9, 30))
        await asyncio.sleep(0)
        await store.write(feed, [edit("one")], new_edits=True)
        assert not sleeper.done()
        await store.write(feed, [edit("two")], new_edits=True)
        assert await sleeper

    async def test_what_it_told_of_is_there_to_read(self, store: Store, feed: str) -> None:
        async def follow() -> list[str]:
            await store.wait(feed, 8, 30)
            return (await page(store, feed, since=8))[0]

        reader = asyncio.ensure_future(follow())
        await asyncio.sleep(0)
        await store.write(feed, [edit("new")], new_edits=True)
        assert await reader == ["new"]

    async def test_the_end_of_the_database_ends_it(self, store: Store, feed: str) -> None:
        sleeper = asyncio.ensure_future(store.wait(feed, 8, 30))
        await asyncio.sleep(0)
        await store.delete(feed)
        with pytest.raises(NotFound):
            await sleeper

    async def test_closing_ends_it_like_the_time(self, store: Store, feed: str) -> None:
        sleeper = asyncio.ensure_future(store.wait(feed, 8, 30))
        await asyncio.sleep(0)
        await store.close()
        assert not await sleeper

    async def test_a_sleeper_who_leaves_harms_nobody(self, store: Store, feed: str) -> None:
        leaving, staying = (asyncio.ensure_future(store.wait(feed, 8, 30)) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        await store.write(feed, [edit("new")], new_edits=True)
        assert await staying
