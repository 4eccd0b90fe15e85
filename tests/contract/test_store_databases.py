"""Databases, their `_local` documents and the end, for every store."""

from collections.abc import Awaitable, Callable

import pytest

from contract.documents import edit, revision, rows
from rejoint_sync.errors import BadRequest, DatabaseExists, NotFound, StoreUnavailable
from rejoint_sync.stores import ChangesQuery, DatabaseInfo, Store

CALLS: list[Callable[[Store], Awaitable[object]]] = [
    lambda store: store.delete("nowhere"),
    lambda store: store.info("nowhere"),
    lambda store: store.write("nowhere", [], new_edits=True),
    lambda store: store.read("nowhere", "x"),
    lambda store: store.read_many("nowhere", ["x"]),
    lambda store: store.range("nowhere", "", "z", limit=1),
    lambda store: store.changes("nowhere", ChangesQuery()),
    lambda store: store.wait("nowhere", 0, 0),
    lambda store: store.local_get("nowhere", "x"),
    lambda store: store.local_put("nowhere", "x", b"{}"),
    lambda store: store.local_delete("nowhere", "x"),
]


@pytest.mark.parametrize("call", CALLS)
async def test_no_database_is_not_found(
    store: Store, call: Callable[[Store], Awaitable[object]]
) -> None:
    with pytest.raises(NotFound):
        await call(store)


@pytest.mark.parametrize("call", [*CALLS, lambda store: store.databases()])
async def test_a_closed_store_is_unavailable(
    store: Store, call: Callable[[Store], Awaitable[object]]
) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await call(store)


async def test_closing_twice_is_closing_once(store: Store) -> None:
    await store.close()
    await store.close()


async def test_databases_are_listed_in_byte_order(store: Store) -> None:
    for name in ("b", "a", "é", "B"):
        await store.create(name)
    assert await store.databases() == ["B", "a", "b", "é"]


async def test_a_database_is_made_with_its_first_documents(store: Store) -> None:
    await store.create("circle", [revision("log:0", "1-a"), revision("wrap:0", "1-b")])
    assert await store.info("circle") == DatabaseInfo("circle", 2, 0, 2)
    names = [row["id"] for row in rows(await store.changes("circle", ChangesQuery()))]
    assert names == ["log:0", "wrap:0"]


async def test_a_database_is_made_once(store: Store, circle: str) -> None:
    with pytest.raises(DatabaseExists):
        await store.create(circle, [revision("x", "1-a")])
    assert await store.info(circle) == DatabaseInfo(circle, 0, 0, 0)


async def test_a_bad_first_document_leaves_no_database(store: Store) -> None:
    with pytest.raises(BadRequest):
        await store.create("circle", [revision("x", "1-a"), edit("y")])
    assert await store.databases() == []
    await store.create("circle")
    assert await store.info("circle") == DatabaseInfo("circle", 0, 0, 0)


async def test_databases_do_not_mix(store: Store) -> None:
    for name in ("one", "two"):
        await store.create(name)
    await store.write("one", [revision("x", "1-a")], new_edits=False)
    await store.local_put("one", "l", b"{}")
    assert await store.read("two", "x") is None
    assert await store.local_get("two", "l") is None
    assert await store.info("two") == DatabaseInfo("two", 0, 0, 0)


async def test_figures_follow_every_kind_of_change(store: Store, circle: str) -> None:
    steps = [
        (revision("x", "1-a"), (1, 0)),
        (revision("y", "1-a", deleted=True), (1, 1)),
        (revision("x", "1-b"), (1, 1)),
        (revision("x", "2-c", "1-b", deleted=True), (1, 1)),
        (revision("x", "2-c", "1-a", deleted=True), (1, 1)),
        (revision("x", "2-d", "1-a", deleted=True), (0, 2)),
        (revision("y", "2-b", "1-a"), (1, 1)),
    ]
    for document, (living, deleted) in steps:
        await store.write(circle, [document], new_edits=False)
        info = await store.info(circle)
        assert (info.documents, info.deleted) == (living, deleted)


async def test_a_removed_database_is_gone(store: Store, circle: str) -> None:
    await store.write(circle, [revision(f"d{n}", "1-a") for n in range(20)], new_edits=False)
    await store.local_put(circle, "l", b"{}")
    await store.delete(circle)
    assert await store.databases() == []
    with pytest.raises(NotFound):
        await store.read(circle, "d0")


async def test_a_database_made_again_is_empty_and_never_repeats_a_number(
    store: Store, circle: str
) -> None:
    """Promise 3: a reader of the old one holds a number and must miss nothing of the new one."""
    await store.write(circle, [revision(f"d{n}", "1-a") for n in range(3)], new_edits=False)
    await store.local_put(circle, "l", b"{}")
    await store.delete(circle)
    await store.create(circle, [revision("first", "1-a")])
    assert await store.info(circle) == DatabaseInfo(circle, 1, 0, 4)
    assert await store.read(circle, "d0") is None
    assert await store.local_get(circle, "l") is None
    assert [row["id"] for row in rows(await store.changes(circle, ChangesQuery(since=3)))] == [
        "first"
    ]
    await store.delete(circle)
    await store.create(circle)
    assert await store.info(circle) == DatabaseInfo(circle, 0, 0, 4)


async def test_local_documents_count_their_revisions(store: Store, circle: str) -> None:
    assert await store.local_get(circle, "l") is None
    assert await store.local_put(circle, "l", b'{"v":1}') == 1
    assert await store.local_put(circle, "l", b'{"v":2}') == 2
    assert await store.local_get(circle, "l") == (2, b'{"v":2}')


async def test_a_local_document_removed_is_not_there(store: Store, circle: str) -> None:
    await store.local_put(circle, "l", b"{}")
    assert await store.local_delete(circle, "l")
    assert await store.local_get(circle, "l") is None
    assert not await store.local_delete(circle, "l")
    assert await store.local_put(circle, "l", b"{}") == 1


async def test_local_documents_are_not_in_the_feed(store: Store, circle: str) -> None:
    await store.local_put(circle, "l", b"{}")
    assert await store.info(circle) == DatabaseInfo(circle, 0, 0, 0)
    assert (await store.changes(circle, ChangesQuery())).count == 0
    assert await store.read(circle, "l") is None


async def test_the_incarnation_can_stand_in_a_sequence(store: Store) -> None:
    assert store.incarnation.isascii()
    assert store.incarnation.isalnum()
    assert store.incarnation == store.incarnation.lower()
