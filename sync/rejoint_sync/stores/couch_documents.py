"""Documents between the port and CouchDB: leaves with their bodies, and revisions to send.

CouchDB compresses attachments whose media type it knows as text, and then has the digest of what
it made of them; and inside a bulk write it does not take gzip for gzip. Bytes are to be kept as
they came, so ours are stored under a media type that it leaves alone: `x-rejoint-plain+text/plain`,
and for gzip `x-rejoint-gzip-250+text/plain`, 250 being the length inside.
"""

import asyncio
import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from rejoint_sync.attachment import Attachment, Sent
from rejoint_sync.document import Document
from rejoint_sync.errors import NotFound, StoreUnavailable
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Branch, Tree, in_order
from rejoint_sync.stores import Leaf
from rejoint_sync.stores.couch_http import CouchHttp
from rejoint_sync.stores.couch_register import Entry
from rejoint_sync.stores.graft import leaf_of

# A name that no document may have is the name of none.
_ABSENT: Final = ("not_found", "illegal_docid")
READ_AT_ONCE: Final = 500
"""Documents asked for in one request: half a megabyte of ordinary records."""

_TYPE: Final = re.compile(r"x-rejoint-(?:plain|gzip-([0-9]+))\+(.*)")
_PROTOCOL: Final = ("_id", "_rev", "_revisions", "_attachments")

Leaves = tuple[Leaf, ...]


class CouchDocuments:
    """Reads documents.

    Args:
        http: The data path.
        is_couchdb: Whether `_bulk_get` gives every leaf of a document that is named without a
            revision; PouchDB's server gives only the winner there.
    """

    def __init__(self, http: CouchHttp, *, is_couchdb: bool) -> None:
        self._http = http
        self._is_couchdb = is_couchdb

    async def leaves(
        self, entry: Entry, names: Iterable[str], *, copies: int = 0
    ) -> dict[str, Leaves]:
        """All leaves of the documents that are there, each the winner first.

        Args:
            entry: Of which database.
            names: The documents.
            copies: How many copies to ask; 0 leaves it to CouchDB, which asks most of them.
        """
        wanted = list(dict.fromkeys(names))
        quorum: dict[str, str | int] = {"r": copies} if copies > 1 else {}
        found: dict[str, Leaves] = {}
        if not self._is_couchdb:
            answers = await asyncio.gather(*(self._one(entry, name) for name in wanted))
            return {name: leaves for name, leaves in zip(wanted, answers, strict=True) if leaves}
        for start in range(0, len(wanted), READ_AT_ONCE):
            asked = [{"id": name} for name in wanted[start : start + READ_AT_ONCE]]
            for name, documents in (await self._bulk_get(entry, asked, **quorum)).items():
                leaves = _in_order(documents)
                if leaves:
                    found[name] = leaves
        return found

    async def revisions(
        self, entry: Entry, asked: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], Leaf]:
        """These revisions with their bodies, as far as they are kept; leaves or not."""
        found: dict[tuple[str, str], Leaf] = {}
        for start in range(0, len(asked), READ_AT_ONCE):
            part = [{"id": name, "rev": rev} for name, rev in asked[start : start + READ_AT_ONCE]]
            for name, documents in (await self._bulk_get(entry, part)).items():
                found.update(((name, one["_rev"]), leaf_from(one)) for one in documents)
        return found

    async def attachment(
        self, entry: Entry, document_id: str, name: str, rev: str | None
    ) -> tuple[Attachment, bytes] | None:
        """An attachment and its bytes as CouchDB keeps them, None when it is not there."""
        path = (entry.written, *_path(document_id))
        if rev is None:
            # Asked for by its name: `GET` without one does not show the winner when it is deleted.
            leaves = (await self.leaves(entry, [document_id])).get(document_id)
            if leaves is None:
                return None
            rev = leaves[0].rev
        try:
            answer = await self._http.get(*path, query={"rev": rev, "att_encoding_info": "true"})
            stub = answer.value.get("_attachments", {}).get(name)
            if stub is None:
                return None
            async with self._http.raw(*path, name, rev=rev) as response:
                data = b"".join([piece async for piece in response.aiter_raw()])
        except NotFound:
            return None
        return attachment_from(name, stub), data

    async def _one(self, entry: Entry, name: str) -> Leaves:
        answer = await self._http.get(
            entry.written, *_path(name), query={"open_revs": "all", "revs": "true"}, fine=(404,)
        )
        if answer.status == 404:
            return ()
        return _in_order([row["ok"] for row in answer.value if "ok" in row])

    async def _bulk_get(
        self, entry: Entry, asked: list[dict[str, str]], **query: str | int
    ) -> dict[str, list[dict[str, Any]]]:
        """What is there, by name; the names in no order of their own."""
        query["revs"] = "true"
        if self._is_couchdb:
            query["att_encoding_info"] = "true"
        answer = await self._http.post(
            entry.written, "_bulk_get", body={"docs": asked}, query=query
        )
        found: dict[str, list[dict[str, Any]]] = {}
        for result in answer.value["results"]:
            rows = [row["ok"] for row in result["docs"] if "ok" in row]
            for row in result["docs"]:
                if "error" in row and row["error"].get("error") not in _ABSENT:
                    kind = row["error"].get("error")
                    raise StoreUnavailable(f"CouchDB could not read a document: {kind}")
            found.setdefault(result["id"], []).extend(rows)
        return found


def leaf_from(document: Mapping[str, Any]) -> Leaf:
    """A revision as CouchDB gives it with `revs=true`."""
    rev = Revision.parse(document["_rev"])
    ids = document.get("_revisions", {}).get("ids", [])
    members = {key: value for key, value in document.items() if key not in _PROTOCOL}
    attachments = document.get("_attachments", {})
    return leaf_of(
        Branch(rev, tuple(ids[1:]), bool(document.get("_deleted"))),
        tail_of(members),
        tuple(attachment_from(name, attachments[name]) for name in sorted(attachments)),
    )


def branch_of(leaf: Leaf) -> Branch:
    """A leaf without its body."""
    return Branch(Revision.parse(leaf.rev), leaf.ancestors, leaf.deleted)


def tail_of(members: Mapping[str, Any]) -> bytes:
    """Members as the port keeps them."""
    text = orjson.dumps(dict(members))
    return b"," + text[1:] if members else b"}"


def attachment_from(name: str, stub: Mapping[str, Any]) -> Attachment:
    """An attachment by its stub, read with `att_encoding_info=true`."""
    length = int(stub.get("length", 0))
    kept = _TYPE.fullmatch(stub["content_type"])
    inside = kept[1] if kept else None
    return Attachment(
        name=name,
        content_type=kept[2] if kept else stub["content_type"],
        digest=stub["digest"],
        length=int(inside) if inside else length,
        revpos=int(stub.get("revpos", 0)),
        gzipped=bool(inside) or stub.get("encoding") == "gzip",
        encoded_length=int(stub.get("encoded_length", length)),
    )


def upload(name: str, branch: Branch, tail: bytes, attachments: Iterable[Any]) -> dict[str, Any]:
    """A revision as `_bulk_docs` takes it with `new_edits` false.

    Args:
        name: The document.
        branch: The revision.
        tail: Its body.
        attachments: Each a `Sent` with its bytes, or an `Attachment` that CouchDB has already.
    """
    members: dict[str, Any] = orjson.loads(b"{" + tail.removeprefix(b","))
    sent = {one.name: _attached(one) for one in attachments}
    return {
        "_id": name,
        "_rev": str(branch.rev),
        "_revisions": {
            "start": branch.rev.generation,
            "ids": [branch.rev.digest, *branch.ancestors],
        },
        **members,
        **({"_attachments": sent} if sent else {}),
    }


def sent_of(
    document: Document, attachments: Sequence[Attachment], new: dict[tuple[str, str], Sent]
) -> list[Sent | Attachment]:
    """What to send of a document's attachments: the bytes that are new, stubs of the others.

    Args:
        document: As it came.
        attachments: What it has, stubs resolved.
        new: Bytes that came earlier in the same call, by name and digest; those of this document
            are added.
    """
    for one in document.attachments:
        if one.attachment is not None:
            new[one.name, one.attachment.digest] = one
    found: list[Sent | Attachment] = []
    for known in attachments:
        sent = new.get((known.name, known.digest))
        found.append(known if sent is None else Sent(known.name, known, sent.data))
    return found


def _attached(one: Sent | Attachment) -> dict[str, Any]:
    if isinstance(one, Attachment):
        return one.stub()
    assert one.attachment is not None
    kept = f"gzip-{one.attachment.length}" if one.attachment.gzipped else "plain"
    return {
        "content_type": f"x-rejoint-{kept}+{one.attachment.content_type}",
        "revpos": one.attachment.revpos,
        "data": base64.b64encode(one.data).decode(),
    }


def tree_of(leaves: Iterable[Leaf]) -> Tree:
    """The tree that these leaves stand on."""
    return in_order(branch_of(leaf) for leaf in leaves)


def _in_order(documents: Iterable[Mapping[str, Any]]) -> Leaves:
    leaves = {one["_rev"]: leaf_from(one) for one in documents}
    return tuple(leaves[str(branch.rev)] for branch in tree_of(leaves.values()))


def _path(document_id: str) -> tuple[str, ...]:
    """A document's name as segments of a path."""
    if document_id.startswith("_design/"):
        return ("_design", document_id.removeprefix("_design/"))
    return (document_id,)
