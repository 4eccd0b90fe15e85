"""The routes of one document, and of the notes a client keeps on the server (`_local`)."""

from typing import Any, Final

import orjson

from rejoint_server.asgi import Answer
from rejoint_server.call import Call
from rejoint_server.databases import answer
from rejoint_sync.answers import document_text, leaves_for
from rejoint_sync.document import Document, check_document_id
from rejoint_sync.errors import BadRequest, NotFound, TooLarge
from rejoint_sync.limits import DOCUMENT_BYTES_MAX, DOCUMENT_ID_BYTES_MAX
from rejoint_sync.revision import Revision
from rejoint_sync.stores import Outcome, Stored
from rejoint_sync.wire import DocumentOptions, parse_object

_LOCAL_META: Final = frozenset({"_id", "_rev", "_revisions", "_deleted"})


async def show(call: Call) -> Answer:
    """`GET /db/{db}/{id}`."""
    await call.store.info(call.database)
    stored = await call.read(check_document_id(call.name))
    if stored is None:
        raise NotFound("missing")
    if call.query.text("open_revs") is not None:
        return _open_revs(call, stored)
    asked = call.query.text("rev")
    if asked is None:
        if stored.leaves[0].deleted:
            raise NotFound("deleted")
        leaf = stored.leaves[0]
    else:
        rev = str(Revision.parse(asked))
        leaves = leaves_for(stored, rev, latest=call.query.flag("latest"))
        if not leaves:
            raise NotFound("missing")
        leaf = leaves[0]
    body = document_text(stored, leaf, DocumentOptions.parse(call.query))
    return Answer(200, body + b"\n", (_etag(leaf.rev),))


def _open_revs(call: Call, stored: Stored) -> Answer:
    options = DocumentOptions.parse(call.query)
    latest = call.query.flag("latest")
    rows = []
    for rev in _revs_asked(call, stored):
        leaves = leaves_for(stored, rev, latest=latest)
        rows += [b'{"ok":%b}' % document_text(stored, leaf, options) for leaf in leaves]
        if not leaves:
            rows.append(orjson.dumps({"missing": rev}))
    return Answer(200, b"[" + b",\n".join(rows) + b"]\n")


def _revs_asked(call: Call, stored: Stored) -> list[str]:
    if call.query.text("open_revs") == "all":
        return [leaf.rev for leaf in stored.leaves]
    revs = call.query.json("open_revs")
    if not isinstance(revs, list):
        raise BadRequest('open_revs must be "all" or a list of revisions.')
    return list(dict.fromkeys(str(Revision.parse(rev)) for rev in revs))


async def put(call: Call) -> Answer:
    """`PUT /db/{db}/{id}`."""
    value = parse_object(await call.request.body())
    rev = _named_rev(call, value.get("_rev"))
    if rev is not None:
        value = {**value, "_rev": rev}
    new_edits = call.query.text("new_edits") != "false"
    document = Document.parse(value, document_id=call.name)
    if not new_edits and document.rev is None:
        raise BadRequest("With new_edits=false the document needs its _rev.")
    return await _written(call, document, new_edits=new_edits, status=201)


async def delete(call: Call) -> Answer:
    """`DELETE /db/{db}/{id}?rev=`: leaves a tombstone."""
    await call.request.body()
    await call.store.info(call.database)
    if await call.read(check_document_id(call.name)) is None:
        raise NotFound("missing")
    rev = _named_rev(call, None)
    value: dict[str, Any] = {"_id": call.name, "_deleted": True}
    document = Document.parse(value if rev is None else {**value, "_rev": rev})
    return await _written(call, document, new_edits=True, status=200)


def _named_rev(call: Call, in_body: object) -> str | None:
    """The parent that a write names; in the body, as `rev` or as If-Match, but only one."""
    named = {
        rev
        for rev in (in_body, call.query.text("rev"), call.request.header(b"if-match").strip('"'))
        if rev not in (None, "")
    }
    if len(named) > 1:
        raise BadRequest("Document rev from request body and query string have different values")
    return str(Revision.parse(named.pop())) if named else None


async def _written(call: Call, document: Document, *, new_edits: bool, status: int) -> Answer:
    outcome: Outcome = (await call.write([document], new_edits=new_edits))[0]
    if outcome.error is not None:
        raise outcome.error
    value = {"ok": True, "id": outcome.id, "rev": outcome.rev}
    return answer(value, status, _etag(outcome.rev))


def _etag(rev: str) -> tuple[bytes, bytes]:
    return (b"etag", f'"{rev}"'.encode())


async def show_local(call: Call) -> Answer:
    """`GET /db/{db}/_local/{id}`: seen only by who wrote it."""
    note = await call.store.local_get(call.database, _local_name(call))
    if note is None:
        raise NotFound("missing")
    count, body = note
    head = orjson.dumps({"_id": f"_local/{call.name}", "_rev": f"0-{count}"})
    return Answer(200, head[:-1] + (b"}" if body == b"{}" else b"," + body[1:]) + b"\n")


async def put_local(call: Call) -> Answer:
    """`PUT /db/{db}/_local/{id}`: the last writer wins, nothing is compared."""
    value = parse_object(await call.request.body())
    if value.get("_deleted") is True:
        return await delete_local(call)
    body = orjson.dumps({name: one for name, one in value.items() if name not in _LOCAL_META})
    if len(body) > DOCUMENT_BYTES_MAX:
        raise TooLarge(f"A document may have at most {DOCUMENT_BYTES_MAX} bytes.")
    count = await call.store.local_put(call.database, _local_name(call), body)
    return answer({"ok": True, "id": f"_local/{call.name}", "rev": f"0-{count}"}, 201)


async def delete_local(call: Call) -> Answer:
    """`DELETE /db/{db}/_local/{id}`."""
    await call.request.body()
    if not await call.store.local_delete(call.database, _local_name(call)):
        raise NotFound("missing")
    return answer({"ok": True, "id": f"_local/{call.name}", "rev": "0-0"})


def _local_name(call: Call) -> str:
    if not call.name or len(call.name.encode()) > DOCUMENT_ID_BYTES_MAX:
        raise BadRequest(f"A document's name has 1 to {DOCUMENT_ID_BYTES_MAX} bytes.")
    return call.guest.local_prefix + call.name
