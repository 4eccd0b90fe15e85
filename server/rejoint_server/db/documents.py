"""The routes of one document: reading it in all its revisions, writing, deleting, copying."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote, unquote

import orjson

from rejoint_server.db import reading
from rejoint_server.db.call import Call, json_body
from rejoint_server.db.databases import answer
from rejoint_server.web.asgi import Answer
from rejoint_sync.answers.parts import nested_part, problem_part
from rejoint_sync.attachment import Sent
from rejoint_sync.document import Document, check_document_id, parse_body
from rejoint_sync.errors import BadRequest, NotFound
from rejoint_sync.multipart import Part, media_type, read_parts, write_parts
from rejoint_sync.revision import Revision
from rejoint_sync.stores import Leaf, Stored
from rejoint_sync.wire.query import parse_object
from rejoint_sync.wire.show import DocumentOptions

NOT_MODIFIED: Final = Answer(304, b"")


async def show(call: Call) -> Answer:
    """`GET /db/{db}/{id}`."""
    stored = await call.read(check_document_id(call.name))
    options = DocumentOptions.parse(call.query)
    if call.query.text("open_revs") is not None:
        return await _open_revs(call, stored, options)
    if stored is None:
        raise NotFound("missing")
    leaf = await chosen(call, stored)
    headers = (etag(leaf.rev),) if options.is_plain else ()
    if headers and is_known(call, leaf.rev):
        return replace(NOT_MODIFIED, headers=headers)
    if options.attachments and leaf.attachments and call.request.accepts("multipart/related"):
        boundary = call.service.new_id()
        body = b"".join(write_parts(await reading.parts(call, stored, leaf, options), boundary))
        kind = f'multipart/related; boundary="{boundary}"'
        return Answer(200, body, headers, kind.encode(), is_fixed=True)
    return Answer(200, await reading.text(call, stored, leaf, options) + b"\n", headers)


async def chosen(call: Call, stored: Stored) -> Leaf:
    """The revision that `rev` and `latest` ask for, else the winner. Raises `NotFound`."""
    asked = call.query.text("rev")
    if asked is None:
        if stored.leaves[0].deleted:
            raise NotFound("deleted")
        return stored.leaves[0]
    rev = str(Revision.parse(asked))
    leaves = await reading.revisions(call, stored, rev, latest=call.query.flag("latest"))
    if not leaves:
        raise NotFound("missing")
    return leaves[0]


async def _open_revs(call: Call, stored: Stored | None, options: DocumentOptions) -> Answer:
    wanted = _revs_asked(call)
    if wanted is None and stored is None:
        raise NotFound("missing")
    found: list[tuple[str, Sequence[Leaf]]] = []
    if stored is not None and wanted is None:
        found = [(leaf.rev, (leaf,)) for leaf in stored.leaves]
    latest = call.query.flag("latest")
    told: set[str] = set()
    for rev in wanted or ():
        grown = await reading.revisions(call, stored, rev, latest=latest) if stored else []
        # Two revisions of one branch have one newest.
        new = [leaf for leaf in grown if leaf.rev not in told]
        told.update(leaf.rev for leaf in new)
        if new or not grown:
            found.append((rev, new))
    if call.request.accepts("multipart/mixed"):
        return await _open_parts(call, stored, found, options)
    rows = []
    for rev, leaves in found:
        if stored is not None:
            shown = [await reading.text(call, stored, leaf, options) for leaf in leaves]
            rows += [b'{"ok":%b}' % text for text in shown]
        if not leaves:
            rows.append(orjson.dumps({"missing": rev}))
    return Answer(200, b"[" + b",\n".join(rows) + b"]\n")


async def _open_parts(
    call: Call,
    stored: Stored | None,
    found: Sequence[tuple[str, Sequence[Leaf]]],
    options: DocumentOptions,
) -> Answer:
    outer, inner = call.service.new_id(), call.service.new_id()
    parts: list[Part] = []
    for rev, leaves in found:
        if stored is not None:
            for leaf in leaves:
                shown = await reading.parts(call, stored, leaf, options)
                parts.append(nested_part(shown, inner, {}))
        if not leaves:
            parts.append(problem_part({"missing": rev}))
    kind = f'multipart/mixed; boundary="{outer}"'
    return Answer(200, b"".join(write_parts(parts, outer)), (), kind.encode(), is_fixed=True)


def _revs_asked(call: Call) -> list[str] | None:
    """The revisions of `open_revs`, None for all leaves."""
    if call.query.text("open_revs") == "all":
        return None
    revs = call.query.json("open_revs")
    if not isinstance(revs, list):
        raise BadRequest('open_revs must be "all" or a list of revisions.')
    return list(dict.fromkeys(str(Revision.parse(rev)) for rev in revs))


async def put(call: Call) -> Answer:
    """`PUT /db/{db}/{id}`: JSON, or `multipart/related` with attachments after the document."""
    content_type = call.request.header(b"content-type")
    body = await call.request.body()
    follows: dict[str, bytes] = {}
    if media_type(content_type) == "multipart/related":
        value, follows = _related(content_type, body)
    else:
        value = parse_object(body)
    rev = named_rev(call, value.get("_rev"))
    if rev is not None:
        value = {**value, "_rev": rev}
    new_edits = call.query.flag("new_edits", default=True)
    document = Document.parse(value, document_id=call.name, follows=follows)
    if not new_edits and document.rev is None:
        raise BadRequest("With new_edits=false the document needs its _rev.")
    return await written(
        call, document, new_edits=new_edits, headers=(location(call, document.id),)
    )


def _related(content_type: str, body: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The document and the bytes that follow it, by the names they have in the document.

    A part that says its `filename` is that attachment; parts without are taken in the order in
    which the document announces them.
    """
    parts = read_parts(content_type, body)
    if not parts:
        raise BadRequest("A multipart/related body begins with the document.")
    value = parse_object(parts[0].body)
    attachments = value.get("_attachments", {})
    announced = [
        name
        for name, member in (attachments.items() if isinstance(attachments, dict) else ())
        if isinstance(member, dict) and member.get("follows") is True
    ]
    if len(announced) != len(parts) - 1:
        raise BadRequest("The attachments that follow are not the ones announced.")
    given = [part.filename for part in parts[1:]]
    names = announced if set(given) != set(announced) else [name or "" for name in given]
    return value, {name: part.body for name, part in zip(names, parts[1:], strict=True)}


async def post(call: Call) -> Answer:
    """`POST /db/{db}`: a document whose name may be left to the server."""
    value = parse_object(await json_body(call.request))
    if "_id" not in value:
        value = {**value, "_id": call.service.new_id()}
    document = Document.parse(value)
    return await written(call, document, headers=(location(call, document.id),))


async def delete(call: Call) -> Answer:
    """`DELETE /db/{db}/{id}?rev=`: leaves a tombstone."""
    await call.request.body()
    stored = await call.read(check_document_id(call.name))
    if stored is None or stored.leaves[0].deleted:
        raise NotFound("missing" if stored is None else "deleted")
    rev = named_rev(call, None)
    value: dict[str, Any] = {"_id": call.name, "_deleted": True}
    document = Document.parse(value if rev is None else {**value, "_rev": rev})
    return await written(call, document, status=200)


async def copy(call: Call) -> Answer:
    """`COPY /db/{db}/{id}`: the document under another name, with its attachments."""
    await call.request.body()
    target, rev = _destination(call.request.header(b"destination"))
    stored = await call.read(check_document_id(call.name))
    if stored is None:
        raise NotFound("missing")
    leaf = await chosen(call, stored)
    if leaf.deleted:
        raise NotFound("deleted")
    sent = []
    for one in leaf.attachments:
        found = await call.store.attachment(call.database, stored.id, one.name, rev=leaf.rev)
        if found is None:
            raise NotFound("missing")
        sent.append(Sent(one.name, *found))
    members = {**members_of(leaf), "_id": target}
    document = Document.parse({**members, "_rev": rev} if rev else members)
    document = replace(document, attachments=tuple(sent))
    return await written(call, document, headers=(location(call, target),))


def _destination(header: str) -> tuple[str, str | None]:
    """The name and, to write over a document, the revision that a COPY goes to."""
    if not header:
        raise BadRequest("Destination header is mandatory for COPY.")
    if "://" in header:
        raise BadRequest("Destination URL must be relative.")
    name, _, rev = header.partition("?rev=")
    return check_document_id(unquote(name)), str(Revision.parse(rev)) if rev else None


def members_of(leaf: Leaf) -> dict[str, Any]:
    """The body of a revision, parsed, without `_deleted`."""
    members: dict[str, Any] = parse_body(b"{" + leaf.tail.removeprefix(b","))
    members.pop("_deleted", None)
    return members


def named_rev(call: Call, in_body: object) -> str | None:
    """The parent that a write names; in the body, as `rev` or as If-Match, but only one."""
    said = (in_body, call.query.text("rev"), call.request.header(b"if-match").strip('"'))
    named = {str(Revision.parse(rev)) for rev in said if rev not in (None, "")}
    if len(named) > 1:
        raise BadRequest("Document rev from request body and query string have different values")
    return named.pop() if named else None


async def written(
    call: Call,
    document: Document,
    *,
    new_edits: bool = True,
    status: int = 201,
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> Answer:
    """Store one document and say what became of it. Raises what it was refused with."""
    outcome = (await call.write([document], new_edits=new_edits))[0]
    if outcome.error is not None:
        raise outcome.error
    value = {"ok": True, "id": outcome.id, "rev": outcome.rev}
    return answer(value, status, etag(outcome.rev), *headers)


def location(call: Call, *names: str) -> tuple[bytes, bytes]:
    """`Location` of a document or attachment of this database."""
    path = "/".join(quote(name, safe="") for name in (call.database, *names))
    return (b"location", f"{call.request.origin()}{call.request.base}/{path}".encode())


def etag(value: str) -> tuple[bytes, bytes]:
    """`ETag` of a revision or a digest."""
    return (b"etag", f'"{value}"'.encode())


def is_known(call: Call, value: str) -> bool:
    """Whether the client holds what this ETag stands for, by its If-None-Match."""
    known = call.request.header(b"if-none-match")
    entries = [entry.strip().removeprefix("W/") for entry in known.split(",")]
    return known.strip() == "*" or f'"{value}"' in entries
