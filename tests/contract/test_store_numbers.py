"""One count over all databases: what `POST /sync` goes on from."""

from pathlib import Path

import apsw
import pytest

from contract.documents import revision, rows
from rejoint_sync.sequence import Sequence
from rejoint_sync.stores import ChangesQuery, Sight, Store
from rejoint_sync.stores.couch import CouchStore
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import STORE_FILE


@pytest.fixture
async def counting(store: Store) -> Store:
    """A store that counts over all its databases; one that does not says so."""
    if isinstance(store, CouchStore):
        assert store.number == 0
        pytest.skip("it says that it does not count")
    for name in ("one", "two", "three"):
        await store.create(name)
    return store


async def put(store: Store, database: str, *names: str, rev: str = "1-a") -> int:
    """Write documents; the number after it."""
    await store.write(database, [revision(name, rev) for name in names], new_edits=False)
    return store.number


async def after(store: Store, number: int) -> dict[str, list[str]]:
    """What changed after a number, by database."""
    found = await store.behind(dict.fromkeys(["one", "two", "three", "nowhere"]), number)
    return {
        name: [row["id"] for row in rows(await store.changes(name, ChangesQuery(since=since)))]
        for name, since in found.items()
    }


async def test_each_change_is_found_from_every_number_before_it(counting: Store) -> None:
    numbers = [counting.number]
    for round_ in range(9):
        database = ("one", "two")[round_ % 2]
        numbers.append(await put(counting, database, f"x{round_}", f"y{round_}"))
    assert numbers == sorted(set(numbers))
    assert numbers[0] > 0
    for known, number in enumerate(numbers):
        expected: dict[str, list[str]] = {}
        for round_ in range(known, 9):
            database = ("one", "two")[round_ % 2]
            expected.setdefault(database, []).extend([f"x{round_}", f"y{round_}"])
        assert await after(counting, number) == expected


async def test_who_knows_a_feed_to_its_end_is_behind_nowhere(store: Store) -> None:
    known: dict[str, int | None] = {"nowhere": 3}
    for name in ("one", "two", "three"):
        await store.create(name)
        await put(store, name, "x")
        known[name] = (await store.changes(name, ChangesQuery())).last
    assert await store.behind(known) == {}
    await put(store, "two", "y", "z")
    found = await store.behind(known)
    assert found == {"two": known["two"]}
    [row, _] = rows(await store.changes("two", ChangesQuery(since=found["two"])))
    assert row["id"] == "y"
    known["two"] = Sequence.parse(row["seq"]).number
    found = await store.behind(known | {"three": None})
    assert found == {"two": known["two"], "three": 0}
    page = await store.changes("two", ChangesQuery(since=found["two"]))
    assert [row["id"] for row in rows(page)] == ["z"]
    await store.delete("one")
    assert await store.behind(known | {"two": page.last}) == {}


async def test_pages_go_on_where_pending_is_not_counted(store: Store) -> None:
    await store.create("one")
    names = [f"x{n:02}" for n in range(30)] + [f"wrap:{n:02}" for n in range(30)]
    await put(store, "one", *names)
    sight, at, found = Sight("wrap:", ":me"), 0, []
    for _ in range(40):
        query = ChangesQuery(since=at, limit=7, sight=sight, exact=False)
        page = await store.changes("one", query)
        found += [row["id"] for row in rows(page)]
        at = page.last
        if not page.pending:
            break
    assert sorted(found) == names[:30]
    assert await store.behind({"one": at}) == {}


async def test_from_the_beginning_everything_counts(counting: Store) -> None:
    await put(counting, "one", "x")
    assert await after(counting, 0) == {"one": ["x"], "two": [], "three": []}


async def test_what_adds_nothing_takes_no_number(counting: Store) -> None:
    number = await put(counting, "one", "x")
    assert await put(counting, "one", "x") == number
    await counting.local_put("one", "note", b"{}")
    assert counting.number == number
    assert await after(counting, number) == {}


async def test_a_document_that_moves_is_found_again(counting: Store) -> None:
    await put(counting, "one", "x", "y", "z")
    number = counting.number
    await put(counting, "one", "x", rev="2-b")
    assert await after(counting, number) == {"one": ["x"]}


async def test_a_purge_counts(counting: Store) -> None:
    await put(counting, "one", "x", "y")
    await put(counting, "one", "x", rev="1-b")
    number = counting.number
    await counting.purge("one", {"x": ["1-b"]})
    assert counting.number > number
    assert await after(counting, number) == {"one": ["x"]}


async def test_a_database_made_again_goes_on(counting: Store) -> None:
    number = await put(counting, "one", "x")
    await counting.delete("one")
    assert await after(counting, number) == {}
    await counting.create("one", [revision("y", "1-a")])
    assert counting.number > number
    assert await after(counting, number) == {"one": ["y"]}


async def test_numbers_are_not_given_out_again_after_a_restart(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path)
    await store.create("one")
    number = await put(store, "one", "x", "y")
    await store.purge("one", {"y": ["1-a"]})
    last = store.number
    await store.close()
    store = await SqliteStore.open(tmp_path)
    assert store.number >= last
    assert (await store.behind({"one": None}, number)).keys() <= {"one"}
    shown = store.number
    assert await put(store, "one", "z") > shown
    assert await store.behind({"one": None}, shown) == {"one": 3}
    await store.close()


async def test_more_are_set_aside_when_they_run_out(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path)
    await store.create("one")
    await store.close()
    connection = apsw.Connection(str(tmp_path / STORE_FILE))
    connection.execute("UPDATE meta SET numbers = 7").fetchall()
    connection.close()
    for expected in (8, 1_000_008):
        store = await SqliteStore.open(tmp_path)
        assert await put(store, "one", f"x{expected}") == expected
        await store.close()


async def test_an_unpublished_number_is_a_beginning_of_nothing(tmp_path: Path) -> None:
    """A long feed with gaps, looked up from every number."""
    store = await SqliteStore.open(tmp_path)
    await store.create("one")
    numbers = {}
    for n in range(60):
        numbers[n] = await put(store, "one", f"x{n % 37:02}", rev=f"{n // 37 + 1}-{n:x}")
    for n, number in numbers.items():
        [since] = (await store.behind({"one": None}, number)).values() if n < 59 else [60]
        found = rows(await store.changes("one", ChangesQuery(since=since)))
        assert {row["id"] for row in found} == {f"x{m % 37:02}" for m in range(n + 1, 60)}
    await store.close()
