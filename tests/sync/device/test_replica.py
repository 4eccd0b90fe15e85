"""The local store answers as a peer would."""

import pytest

from rejoint_sync.device.replica import StorePeer, document_of, known_revisions
from rejoint_sync.document import Document
from rejoint_sync.replicator import BulkDocs, BulkGet, Changes, GetLocal, PutLocal, RevsDiff
from rejoint_sync.stores.memory import MemoryStore


async def peer(*documents: dict[str, object]) -> StorePeer:
    store = MemoryStore("p0")
    await store.create("c1")
    await store.write("c1", [Document.parse(one) for one in documents], new_edits=False)
    return StorePeer(store, "c1")


def revised(name: str, *digests: str, **members: object) -> dict[str, object]:
    """A document whose revisions have these digests, newest first."""
    start = len(digests)
    return {
        "_id": name,
        "_rev": f"{start}-{digests[0]}",
        "_revisions": {"start": start, "ids": list(digests)},
        **members,
    }


async def test_feed_goes_on_where_it_was() -> None:
    here = await peer(revised("a", "x1"), revised("b", "y1"))
    first = await here.answer(Changes("source", None, 1))
    second = await here.answer(Changes("source", first.last, 1))
    assert [row.id for row in (*first.rows, *second.rows)] == ["a", "b"]
    assert second.pending == 0


async def test_a_sequence_of_another_store_starts_over() -> None:
    here = await peer(revised("a", "x1"))
    page = await here.answer(Changes("source", "1-other", 10))
    assert [row.id for row in page.rows] == ["a"]


async def test_only_unknown_revisions_are_missing() -> None:
    here = await peer(revised("a", "x2", "x1"))
    asked = {"a": ["2-x2", "1-x1", "1-zz"], "b": ["1-q"]}
    assert await here.answer(RevsDiff("target", asked)) == {"a": ["1-zz"], "b": ["1-q"]}


async def test_gives_the_leaf_that_follows_what_was_asked_for() -> None:
    here = await peer(revised("a", "x2", "x1", value=1))
    fetched = await here.answer(BulkGet("source", {"a": ["1-x1"], "b": ["1-q"]}))
    assert [document["_rev"] for document in fetched.documents] == ["2-x2"]
    assert fetched.documents[0]["_revisions"] == {"start": 2, "ids": ["x2", "x1"]}
    assert fetched.gone == ("b",)


async def test_a_tombstone_is_given_as_one() -> None:
    here = await peer(revised("a", "x2", "x1", _deleted=True))
    fetched = await here.answer(BulkGet("source", {"a": ["2-x2"]}))
    assert fetched.documents[0]["_deleted"] is True


async def test_what_was_given_can_be_written_elsewhere() -> None:
    source = revised("a", "x2", "x1", value={"deep": [1, 0.5, None]})
    there = await peer()
    assert await there.answer(BulkDocs("target", (source,))) == []
    fetched = await there.answer(BulkGet("source", {"a": ["2-x2"]}))
    assert fetched.documents == (source,)


@pytest.mark.parametrize("odd", [{"_id": "b"}, {"_id": "b", "_rev": "x"}, {"_id": "b", "_odd": 1}])
async def test_a_document_that_is_none_is_refused_and_blocks_no_other(
    odd: dict[str, object],
) -> None:
    here = await peer()
    refused = await here.answer(BulkDocs("target", (odd, revised("a", "x1"))))
    assert [one.id for one in refused] == ["b"]
    assert (await here.answer(RevsDiff("target", {"a": ["1-x1"]}))) == {}


async def test_notes_are_kept() -> None:
    here = await peer()
    assert await here.answer(GetLocal("source", "rj1")) is None
    assert await here.answer(PutLocal("source", "rj1", {"_id": "_local/rj1", "x": 1})) == "0-1"
    assert await here.answer(GetLocal("source", "rj1")) == {
        "_id": "_local/rj1",
        "x": 1,
        "_rev": "0-1",
    }


async def test_document_of_has_all_members() -> None:
    here = await peer(revised("a", "x1", value=1))
    stored = await here._store.read("c1", "a")
    assert stored is not None
    assert document_of("a", stored.leaves[0]) == revised("a", "x1", value=1)
    assert known_revisions(stored) == {"1-x1"}
    assert known_revisions(None) == set()
