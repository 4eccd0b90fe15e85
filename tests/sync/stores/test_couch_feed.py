"""CouchDB's opaque sequences as positions."""

from typing import Any

import httpx
import pytest

from contract.documents import revision
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.sequence import Position
from rejoint_sync.stores.couch import CouchStore
from rejoint_sync.stores.couch_feed import CouchFeed, position_of, where
from rejoint_sync.stores.couch_http import CouchHttp
from rejoint_sync.stores.couch_register import Entry
from sync.stores.couch_cluster import ADDRESS

ALONE = Entry("circle", "p-circle", 0, frozenset({"n1"}))
CLUSTER = Entry("circle", "p-circle", 0, frozenset({"n1", "n2", "n3"}))
MADE_AGAIN = Entry("circle", "p-circle", 40, frozenset({"n1"}))


def test_the_number_counts_and_the_mark_goes_back_to_couchdb() -> None:
    position = position_of(ALONE, "7-g1AA_b-c")
    assert (position, position.mark) == (7, "g1AA_b-c")
    assert where(ALONE, position) == ("7-g1AA_b-c", 0)


def test_a_database_made_again_goes_on_numbering() -> None:
    position = position_of(MADE_AGAIN, "2-g1AA")
    assert position == 42
    assert where(MADE_AGAIN, position) == ("2-g1AA", 0)


def test_a_number_without_its_mark_is_good_where_there_is_one_copy() -> None:
    assert where(ALONE, 7) == ("0", 7)


def test_on_a_cluster_it_starts_over() -> None:
    """Two copies may give one number to different changes: to skip by it could lose one."""
    assert where(CLUSTER, 7) == ("0", 0)


@pytest.mark.parametrize("sequence", ["", "g1AA", None, "-1"])
def test_a_sequence_without_a_number_is_not_guessed(sequence: object) -> None:
    with pytest.raises(StoreUnavailable):
        position_of(ALONE, sequence)


def feed_of(rows: list[dict[str, Any]], asked: list[httpx.QueryParams]) -> CouchFeed:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params)
        if request.url.path.endswith("_changes"):
            last = rows[-1]["seq"] if rows else "9-z"
            return httpx.Response(200, json={"results": rows, "last_seq": last, "pending": 0})
        return httpx.Response(200, json={"update_seq": "9-z"})

    return CouchFeed(CouchHttp(ADDRESS, httpx.MockTransport(answer)))


def row(number: int, name: str, *, deleted: bool = False) -> dict[str, Any]:
    mark = {"deleted": True} if deleted else {}
    return {"seq": f"{number}-s{number}", "id": name, "changes": [{"rev": "1-a"}], **mark}


async def test_a_bare_number_leaves_out_what_it_knows() -> None:
    asked: list[httpx.QueryParams] = []
    feed = feed_of([row(1, "a"), row(2, "b"), row(3, "c")], asked)
    found = await feed.after(ALONE, 2, limit=1)
    assert [one.id for one in found.rows] == ["c"]
    assert (asked[0]["since"], "limit" in asked[0]) == ("0", False)


async def test_a_feed_that_rewinds_skips_nothing() -> None:
    """A copy that was rebuilt starts over; its numbers are below the one that was brought."""
    feed = feed_of([row(1, "a"), row(2, "b")], [])
    found = await feed.after(CLUSTER, Position(90, "old"))
    assert [one.id for one in found.rows] == ["a", "b"]
    assert (found.last, found.last.mark) == (2, "s2")


async def test_deleted_names_are_kept_and_forgotten() -> None:
    rows = [row(1, "b", deleted=True), row(2, "a", deleted=True)]
    feed = feed_of(rows, [])
    assert await feed.deleted(ALONE) == ["a", "b"]
    rows[:] = [row(3, "a")]
    assert await feed.deleted(ALONE) == ["b"]
    feed.forget("circle")
    rows[:] = []
    assert await feed.deleted(ALONE) == []


async def test_another_server_s_write_is_in_the_feed(couch: CouchStore) -> None:
    """What did not come through this store is numbered and shown like everything else."""
    entry = await couch._register.entry("circle")
    first = await couch._feed.newest(entry)
    body = {"docs": [{"_id": "x", "_rev": "1-a"}], "new_edits": False}
    await couch._http.post(entry.written, "_bulk_docs", body=body)
    await couch.write("circle", [revision("y", "1-a")], new_edits=False)
    found = await couch._feed.after(entry, first)
    assert [one.id for one in found.rows] == ["x", "y"]
