"""Pages of the feed."""

from typing import Any

import httpx
import pytest

from contract.documents import revision, rows
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.sequence import Sequence
from rejoint_sync.stores import ChangesQuery
from rejoint_sync.stores.couch import CouchStore
from rejoint_sync.stores.couch_documents import CouchDocuments
from rejoint_sync.stores.couch_feed import CouchFeed
from rejoint_sync.stores.couch_http import CouchHttp
from rejoint_sync.stores.couch_page import CouchPages
from sync.stores.couch_cluster import ADDRESS, entry

ROW = {"seq": "1-s", "id": "x", "changes": [{"rev": "1-a"}]}
GONE = {"error": {"error": "not_found"}}
HERE = {"ok": {"_id": "x", "_rev": "1-a", "v": 1}}


def pages(gone: int) -> CouchPages:
    """Pages of a feed whose only document cannot be read the first times."""
    left = gone

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal left
        body: dict[str, Any] = {"results": [ROW], "last_seq": "1-s", "pending": 0}
        if request.url.path.endswith("_bulk_get"):
            left -= 1
            body = {"results": [{"id": "x", "docs": [HERE if left < 0 else GONE]}]}
        return httpx.Response(200, json=body)

    http = CouchHttp(ADDRESS, httpx.MockTransport(answer))
    return CouchPages(CouchFeed(http), CouchDocuments(http, is_couchdb=True), "k3")


async def test_a_row_whose_document_was_replaced_meanwhile_is_read_again() -> None:
    page = await pages(2).page(entry(), ChangesQuery(include_docs=True))
    [row] = rows(page)
    assert row["doc"] == {"_id": "x", "_rev": "1-a", "v": 1}
    assert row["seq"] == "1-k3-s"


async def test_it_is_not_read_again_for_ever() -> None:
    with pytest.raises(StoreUnavailable):
        await pages(99).page(entry(), ChangesQuery(include_docs=True))


async def test_a_page_ends_where_the_next_begins(couch: CouchStore) -> None:
    documents = [revision(f"d{n}", "1-a") for n in range(5)]
    await couch.write("circle", documents, new_edits=False)
    page = await couch.changes("circle", ChangesQuery(limit=2))
    text = str(Sequence(page.last, couch.incarnation))
    assert text == rows(page)[-1]["seq"]
    since = Sequence.parse(text).position(couch.incarnation)
    rest = await couch.changes("circle", ChangesQuery(since=since))
    assert [row["id"] for row in rows(rest)] == ["d2", "d3", "d4"]
    assert rest.pending == 0
    assert page.pending == 3
