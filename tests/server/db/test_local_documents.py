"""Notes that a client keeps on the server; what else they do is in test_documents.py."""

import pytest

from server.scene import Scene

PATH = "/db/db1/_local/n"


async def test_a_revision_counts_from_the_one_that_was_sent(couch: Scene) -> None:
    """As in CouchDB: nothing is compared, and the last writer wins."""
    assert (await couch.json("PUT", PATH, {}))["rev"] == "0-1"
    assert (await couch.json("PUT", PATH, {"_rev": "0-7"}))["rev"] == "0-8"
    assert (await couch.json("PUT", PATH, {"_rev": "0-1"}))["rev"] == "0-2"


@pytest.mark.parametrize("rev", ["1-a", "0-", "0-x", "0--1", "x", 7, "0-" + "9" * 16])
async def test_a_malformed_revision_is_refused(couch: Scene, rev: object) -> None:
    answer = await couch.ask("PUT", PATH, json={"_rev": rev})
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


async def test_notes_may_come_in_bulk(couch: Scene) -> None:
    docs = [{"_id": "a"}, {"_id": "_local/n", "n": 1}, {"_id": "_local/bad", "_rev": "x"}]
    rows = await couch.json("POST", "/db/db1/_bulk_docs", {"docs": docs})
    assert [row.get("error") for row in rows] == [None, None, "bad_request"]
    assert rows[1] == {"ok": True, "id": "_local/n", "rev": "0-1"}
    assert (await couch.json("GET", PATH))["n"] == 1
    assert (await couch.json("GET", "/db/db1"))["doc_count"] == 1


async def test_attachments_are_left_out_and_not_found(couch: Scene) -> None:
    body = {"n": 1, "_attachments": {"a": {"data": "", "content_type": "text/plain"}}}
    assert (await couch.ask("PUT", PATH, json=body)).status_code == 201
    assert await couch.json("GET", PATH) == {"_id": "_local/n", "_rev": "0-1", "n": 1}
    answer = await couch.ask("GET", f"{PATH}/a")
    assert answer.status_code == 400
    assert answer.json()["reason"] == "_local documents do not accept attachments."
