"""Documents between the port and CouchDB."""

import base64
import gzip
from typing import Any

import pytest

from contract.couchdb import is_real
from rejoint_sync.attachment import Attachment, md5_digest
from rejoint_sync.document import Document
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.revtree import Branch
from rejoint_sync.stores.couch import CouchStore
from rejoint_sync.stores.couch_documents import (
    CouchDocuments,
    attachment_from,
    branch_of,
    leaf_from,
    sent_of,
    upload,
)
from sync.stores.couch_cluster import Cluster
from sync.stores.couch_cluster import entry as cluster_entry

TEXT = b"a text that CouchDB likes to compress, " * 20


def test_a_revision_goes_there_and_comes_back() -> None:
    document = Document.parse(
        {"_id": "x", "_revisions": {"start": 3, "ids": ["c", "b", "a"]}, "_deleted": True, "v": 1}
    )
    assert document.rev is not None
    branch = Branch(document.rev, document.ancestors, document.deleted)
    leaf = leaf_from(upload("x", branch, document.tail, ()))
    assert (leaf.rev, leaf.ancestors, leaf.deleted) == ("3-c", ("b", "a"), True)
    assert leaf.tail == document.tail


def test_new_bytes_are_sent_and_known_ones_are_named() -> None:
    parsed = Document.parse({"_id": "x", "_attachments": {"new": {"data": "aGk="}}})
    known = attachment_from(
        "old", {"content_type": "a/b", "digest": "md5-x", "length": 2, "revpos": 1}
    )
    new = parsed.attachments[0].attachment
    assert new is not None
    sent = upload(
        "x", branch_of(leaf_from({"_rev": "1-a"})), b"}", sent_of(parsed, [known, new], {})
    )
    assert sent["_attachments"]["old"] == known.stub()
    assert sent["_attachments"]["new"]["data"] == "aGk="


async def test_a_document_that_cannot_be_read_is_not_taken_for_absent() -> None:
    """Else a judge would believe that a name is free."""

    class Broken(Cluster):
        def _bulk_get(self, body: dict[str, Any], _: int) -> dict[str, Any]:
            broken = {"error": {"error": "internal_server_error"}}
            return {"results": [{"id": one["id"], "docs": [broken]} for one in body["docs"]]}

    http = Broken().http()
    with pytest.raises(StoreUnavailable):
        await CouchDocuments(http, is_couchdb=True).leaves(cluster_entry(), ["x"])
    await http.close()


@pytest.mark.parametrize("content_type", ["text/plain", "image/png"])
async def test_couchdb_leaves_the_bytes_alone(couch: CouchStore, content_type: str) -> None:
    """It would compress the text, and have another digest than the client that sent it."""
    member = {"follows": True, "content_type": content_type, "length": len(TEXT), "revpos": 1}
    value = {"a b/ü": member}
    document = Document.parse(
        {"_id": "x", "_rev": "1-a", "_attachments": value}, follows={"a b/ü": TEXT}
    )
    [outcome] = await couch.write("circle", [document], new_edits=False)
    assert outcome.error is None
    found = await couch.attachment("circle", "x", "a b/ü")
    expected = Attachment.of("a b/ü", TEXT, content_type=content_type, revpos=1)
    assert found == (expected, TEXT)


async def test_what_others_stored_is_shown_as_couchdb_keeps_it(couch: CouchStore) -> None:
    value = {"a": {"content_type": "text/plain", "data": base64.b64encode(TEXT).decode()}}
    body = {"docs": [{"_id": "x", "_rev": "1-a", "_attachments": value}], "new_edits": False}
    entry = await couch._register.entry("circle")
    await couch._http.post(entry.written, "_bulk_docs", body=body)
    found = await couch.attachment("circle", "x", "a")
    assert found is not None
    described, data = found
    assert (described.content_type, described.length) == ("text/plain", len(TEXT))
    assert described.encoded_length == len(data)
    assert (gzip.decompress(data) if described.gzipped else data) == TEXT
    if is_real():
        assert described.gzipped
        assert described.digest == md5_digest(data)


async def test_an_attachment_stays_by_its_stub(couch: CouchStore) -> None:
    first = Document.parse({"_id": "x", "_attachments": {"a": {"data": "aGk="}}})
    [made] = await couch.write("circle", [first], new_edits=True)
    second = Document.parse(
        {"_id": "x", "_rev": made.rev, "v": 2, "_attachments": {"a": {"stub": True}}}
    )
    [edited] = await couch.write("circle", [second], new_edits=True)
    assert edited.error is None
    found = await couch.attachment("circle", "x", "a", rev=edited.rev)
    assert found is not None
    assert found[1] == b"hi"
    stored = await couch.read("circle", "x")
    assert stored is not None
    assert [one.name for one in stored.leaves[0].attachments] == ["a"]
    assert b"_attachments" not in stored.leaves[0].tail
