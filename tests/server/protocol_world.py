"""A small database in which every option of the protocol makes a difference."""

import gzip
from typing import Any, Final

import orjson

from rejoint_sync.attachment import md5_digest
from rejoint_sync.multipart import Part, write_parts
from server.scene import Scene

PACKED: Final = gzip.compress(b"hello hello hello", mtime=0)


def _graft(name: str, rev: str, *older: str, **members: Any) -> dict[str, Any]:
    start, _, digest = rev.partition("-")
    history = {"start": int(start), "ids": [digest, *older]}
    return {"_id": name, "_rev": rev, "_revisions": history, **members}


_MAP: Final = "function (doc) { if (doc.n) { emit(doc._id === 'a' ? 3 : 2, doc.n); } }"
VIEWS: Final = {"n": {"map": _MAP}, "sum": {"map": _MAP, "reduce": "_sum"}}
DOCUMENTS: Final = (
    _graft("a", "1-r", n=1),
    _graft("a", "2-c", "r", n=2),
    _graft("a", "2-b", "r", n=3),
    _graft("a", "3-e", "b2", "r", _deleted=True),
    _graft("b", "1-b", n=2),
    _graft("gone", "1-g", _deleted=True),
    _graft("_design/d", "1-d"),
    _graft("_design/d", "1-c"),
    _graft("_design/e", "1-e"),
    _graft("_design/f", "1-f", views=VIEWS),
)


async def _with_attachments(couch: Scene, name: str, rev: str, *older: str) -> None:
    """One plain attachment of generation 1 and one in gzip of the newest."""
    start = int(rev.partition("-")[0])
    value = _graft(name, rev, *older) | {
        "_attachments": {
            "plain": {"follows": True, "content_type": "text/plain", "revpos": 1},
            "zip": {
                "follows": True,
                "content_type": "text/plain",
                "revpos": start,
                "encoding": "gzip",
                "digest": md5_digest(PACKED),
            },
        }
    }
    parts = [Part(orjson.dumps(value)), Part(b"0123456789"), Part(PACKED)]
    answer = await couch.ask(
        "PUT",
        f"/db/db1/{name.replace('/', '%2F')}?new_edits=false",
        content=b"".join(write_parts(parts, "b")),
        headers={"content-type": "multipart/related; boundary=b"},
    )
    assert answer.status_code == 201, answer.text


async def fill(couch: Scene) -> None:
    """Fill `db1`; make `db2` and `db3`."""
    for document in DOCUMENTS:
        body = {"docs": [document], "new_edits": False}
        assert await couch.json("POST", "/db/db1/_bulk_docs", body) == []
    await _with_attachments(couch, "c", "2-y", "x")
    await _with_attachments(couch, "_design/d", "2-z", "d")
    for name in ("l1", "l2", "l3"):
        await couch.ask("PUT", f"/db/db1/_local/{name}", json={"of": name})
    for name in ("db2", "db3"):
        await couch.ask("PUT", f"/db/{name}")
