"""Compare and swap on a cluster: acknowledged only when all copies show this one leaf."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract.documents import revision
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, StoreUnavailable
from rejoint_sync.stores import View
from rejoint_sync.stores.couch_writer import TRIES, CouchWriter
from sync.stores.couch_cluster import Admin, Cluster, entry

LOG = "log:000001"


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
async def writer(cluster: Cluster) -> AsyncIterator[CouchWriter]:
    http = cluster.http()
    admin: Any = Admin(cluster)
    with ThreadPoolExecutor(1) as judges:
        yield CouchWriter(cluster.sources(http, judges), admin, is_couchdb=True)
    await http.close()


def judge(view: View, document: Document) -> None:
    """As the judge of a log: the entry must be the next one."""
    if document.id.startswith("log:") and view.last_id("log:") is not None:
        raise CircleError("seq", "someone was faster")


async def append(writer: CouchWriter, *documents: Document) -> list[str]:
    outcomes, _ = await writer.write(entry(), documents, new_edits=False, judge=judge, whole=True)
    return [outcome.rev for outcome in outcomes]


def rival(rev: str = "1-r") -> dict[str, Any]:
    return {"_id": LOG, "_rev": rev, "_revisions": {"start": 1, "ids": [rev[2:]]}}


async def test_all_copies_have_it_and_nothing_else(writer: CouchWriter, cluster: Cluster) -> None:
    assert await append(writer, revision(LOG, "1-a")) == ["1-a"]
    assert [set(copy[LOG]) for copy in cluster.copies] == [{"1-a"}] * 3


async def test_an_append_waits_for_a_copy_that_is_down(
    writer: CouchWriter, cluster: Cluster
) -> None:
    cluster.down = {2}
    with pytest.raises(StoreUnavailable):
        await append(writer, revision(LOG, "1-a"))
    assert cluster.leaves(LOG) == set()
    assert "POST _bulk_docs" not in cluster.asked


async def test_a_document_does_not_wait(writer: CouchWriter, cluster: Cluster) -> None:
    cluster.down = {2}
    [outcome], changed = await writer.write(
        entry(), [revision("ev:1", "1-a")], new_edits=False, judge=None, whole=False
    )
    assert (outcome.rev, changed) == ("1-a", True)


async def test_a_copy_that_goes_down_meanwhile_takes_the_entry_back(
    writer: CouchWriter, cluster: Cluster
) -> None:
    """Nobody was told that it is stored, so the same bytes come again, and must find it free."""
    cluster.put = _falling(cluster)  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable, match="not all copies"):
        await append(writer, revision(LOG, "1-a"))
    assert cluster.leaves(LOG) == set()
    cluster.down = set()
    assert await append(writer, revision(LOG, "1-a")) == ["1-a"]


def _falling(cluster: Cluster) -> Any:
    put = Cluster.put

    def fall(*documents: dict[str, Any], **only: Any) -> None:
        if documents[0]["_rev"] == "1-a" and not cluster.asked.count("POST _purge"):
            cluster.down = {1}
        put(cluster, *documents, **only)

    return fall


async def test_a_rival_on_one_copy_is_met_and_wins(writer: CouchWriter, cluster: Cluster) -> None:
    """Another server wrote the same entry on a copy that ours did not look at first."""

    def meanwhile() -> None:
        cluster.after_write = None
        cluster.put(rival(), only=[cluster.copies[2]])

    cluster.after_write = meanwhile
    with pytest.raises(CircleError) as refusal:
        await append(writer, revision(LOG, "1-a"), revision("wrap:1", "1-a"))
    assert refusal.value.code == "seq"
    assert cluster.leaves(LOG) == {"1-r"}
    assert cluster.leaves("wrap:1") == set()


async def test_a_rival_that_takes_itself_back_leaves_the_place(
    writer: CouchWriter, cluster: Cluster
) -> None:
    """Both writers see each other and step back; who comes again is judged anew."""

    def meanwhile() -> None:
        def gone() -> None:
            cluster.after_write = None

        cluster.put(rival(), only=[cluster.copies[0]])
        cluster.after_write = gone

    cluster.after_write = meanwhile
    answer = cluster._answer

    def stepping_back(request: Any) -> Any:
        answered = answer(request)
        if request.url.path.endswith("_purge"):
            cluster.copies[0][LOG] = {}
        return answered

    cluster._answer = stepping_back  # type: ignore[method-assign]
    http = cluster.http()
    admin: Any = Admin(cluster)
    with ThreadPoolExecutor(1) as judges:
        again = CouchWriter(cluster.sources(http, judges), admin, is_couchdb=True)
        assert await append(again, revision(LOG, "1-a")) == ["1-a"]
    await http.close()
    assert cluster.asked.count("POST _purge") == 1


async def test_rivals_without_end_are_no_endless_loop(
    writer: CouchWriter, cluster: Cluster
) -> None:
    """The judge refuses nothing here, so only the count ends it."""

    def meanwhile() -> None:
        cluster.put(rival(f"1-r{len(cluster.asked)}"))

    cluster.after_write = meanwhile
    with pytest.raises(StoreUnavailable, match="others keep writing"):
        await writer.write(entry(), [revision(LOG, "1-a")], new_edits=False, judge=None, whole=True)
    assert cluster.asked.count("POST _purge") == TRIES


async def test_what_was_acknowledged_before_survives_taking_back(
    writer: CouchWriter, cluster: Cluster
) -> None:
    """A tombstone replaces an invitation in the bundle; purging it would take both along."""
    await append(writer, revision("inv:1", "1-a"))

    def meanwhile() -> None:
        cluster.after_write = None
        for copy in cluster.copies:
            copy["inv:1"].pop("1-a", None)  # no leaf any more
        cluster.put(rival())

    cluster.after_write = meanwhile
    with pytest.raises(CircleError):
        await append(writer, revision(LOG, "1-b"), revision("inv:1", "2-b", "1-a", deleted=True))
    assert cluster.leaves("inv:1") == {"1-a"}
    assert cluster.leaves(LOG) == {"1-r"}


async def test_without_purge_the_sender_is_told_to_come_again(cluster: Cluster) -> None:
    http = cluster.http()
    admin: Any = Admin(cluster)
    cluster.after_write = lambda: cluster.put(rival())
    with ThreadPoolExecutor(1) as judges:
        writer = CouchWriter(cluster.sources(http, judges), admin, is_couchdb=False)
        writer._sources.documents._is_couchdb = True
        with pytest.raises(StoreUnavailable, match="purge"):
            await append(writer, revision(LOG, "1-a"))
    await http.close()
