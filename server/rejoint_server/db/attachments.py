"""The routes of one attachment."""

import re
from dataclasses import replace
from typing import Any, Final

from rejoint_server.db.call import Call
from rejoint_server.db.documents import (
    NOT_MODIFIED,
    chosen,
    etag,
    is_known,
    location,
    members_of,
    named_rev,
    written,
)
from rejoint_server.web.asgi import Answer
from rejoint_sync.attachment import (
    DEFAULT_CONTENT_TYPE,
    Attachment,
    check_attachment_name,
    inflate,
)
from rejoint_sync.document import Document, check_document_id
from rejoint_sync.errors import ConflictError, NotFound, SyncError
from rejoint_sync.multipart import Part, write_parts
from rejoint_sync.stores import Leaf

RANGES_MAX: Final = 9
"""Ranges of one request that are answered; more of them get the whole, as in CouchDB."""

_RANGE: Final = re.compile(r"([0-9]{0,15})-([0-9]{0,15})")
# What a stranger wrote is shown on our origin: it may neither run nor ask for anything.
_SANDBOX: Final = (b"content-security-policy", b"sandbox; default-src 'none'")


class RangeNotSatisfiable(SyncError):
    """A range lies outside of the attachment."""

    status = 416
    error = "requested_range_not_satisfiable"


async def show(call: Call) -> Answer:
    """`GET /db/{db}/{id}/{name}`."""
    stored = await call.read(check_document_id(call.name))
    if stored is None:
        raise NotFound("missing")
    leaf = await chosen(call, stored)
    one = _named(leaf, call.part)
    tag = one.digest.removeprefix("md5-")
    headers: tuple[tuple[bytes, bytes], ...] = (etag(tag), _SANDBOX)
    if is_known(call, tag):
        return replace(NOT_MODIFIED, headers=headers)
    kind = one.content_type.encode("latin-1")
    if one.gzipped:
        return await _gzipped(call, leaf, one, headers)
    headers = (*headers, (b"accept-ranges", b"bytes"))
    ranges = read_ranges(call.request.header(b"range"), one.length)
    if ranges is None:
        return Answer(200, await _bytes(call, leaf), headers, kind, is_fixed=True)
    if len(ranges) == 1:
        start, end = ranges[0]
        headers = (*headers, (b"content-range", _content_range(start, end, one.length)))
        return Answer(206, await _bytes(call, leaf, start, end), headers, kind, is_fixed=True)
    whole = await _bytes(call, leaf)
    boundary = call.service.new_id()
    parts = [
        Part(
            whole[start:end],
            {
                "Content-Type": one.content_type,
                "Content-Range": _content_range(start, end, one.length).decode(),
            },
        )
        for start, end in ranges
    ]
    body = b"".join(write_parts(parts, boundary))
    kind = f'multipart/byteranges; boundary="{boundary}"'.encode()
    return Answer(206, body, headers, kind, is_fixed=True)


async def _gzipped(
    call: Call, leaf: Leaf, one: Attachment, headers: tuple[tuple[bytes, bytes], ...]
) -> Answer:
    """As it is kept for who takes gzip, decompressed for who does not; never in ranges."""
    headers = (*headers, (b"accept-ranges", b"none"), (b"vary", b"accept-encoding"))
    kept = await _bytes(call, leaf)
    kind = one.content_type.encode("latin-1")
    if call.request.takes_gzip:
        headers = (*headers, (b"content-encoding", b"gzip"))
        return Answer(200, kept, headers, kind, is_fixed=True)
    return Answer(200, inflate(kept), headers, kind, is_fixed=True)


async def _bytes(call: Call, leaf: Leaf, start: int = 0, end: int | None = None) -> bytes:
    found = await call.store.attachment(
        call.database, call.name, call.part, rev=leaf.rev, part=slice(start, end)
    )
    if found is None:
        raise NotFound("Document is missing attachment")
    return found[1]


def _named(leaf: Leaf, name: str) -> Attachment:
    for one in leaf.attachments:
        if one.name == name:
            return one
    raise NotFound("Document is missing attachment")


def _content_range(start: int, end: int, length: int) -> bytes:
    return f"bytes {start}-{end - 1}/{length}".encode()


def read_ranges(header: str, length: int) -> list[tuple[int, int]] | None:
    """The ranges that a `Range` header asks for, each half-open; None for the whole.

    Raises:
        RangeNotSatisfiable: A range begins beyond the end, or ends before it begins.

    >>> read_ranges("bytes=0-1,-2", 10)
    [(0, 2), (8, 10)]
    """
    unit, _, text = header.partition("=")
    if unit.strip().lower() != "bytes":
        return None
    ranges = []
    for entry in text.split(","):
        match = _RANGE.fullmatch(entry.strip())
        if match is None or not (match[1] or match[2]):
            return None
        if not match[1]:
            start, end = max(0, length - int(match[2])), length
        else:
            start = int(match[1])
            end = min(int(match[2]) + 1, length) if match[2] else length
            if match[2] and int(match[2]) < start:
                raise RangeNotSatisfiable("Requested range not satisfiable")
        if start >= end:
            raise RangeNotSatisfiable("Requested range not satisfiable")
        ranges.append((start, end))
    if ranges == [(0, length)] or len(ranges) > RANGES_MAX:
        return None
    return ranges


async def put(call: Call) -> Answer:
    """`PUT /db/{db}/{id}/{name}?rev=`: its bytes as they are, in gzip when they say so."""
    check_attachment_name(call.part)
    data, encoding = await call.request.encoded_body()
    member: dict[str, Any] = {
        "content_type": call.request.header(b"content-type") or DEFAULT_CONTENT_TYPE,
        "encoding": encoding,
        "follows": True,
    }
    leaf = await _parent(call)
    others = _stubs(leaf) if leaf else {}
    value = _edited(call, leaf, {**others, call.part: member})
    document = Document.parse(value, follows={call.part: data})
    return await written(
        call, document, headers=(location(call, document.id, *call.part.split("/")),)
    )


async def delete(call: Call) -> Answer:
    """`DELETE /db/{db}/{id}/{name}?rev=`."""
    await call.request.body()
    leaf = await _parent(call)
    if leaf is None:
        stored = await call.read(check_document_id(call.name))
        if stored is None:
            raise NotFound("missing")
        _named(stored.leaves[0], call.part)
        raise ConflictError("Document update conflict.")
    _named(leaf, call.part)
    stubs = _stubs(leaf)
    del stubs[call.part]
    return await written(call, Document.parse(_edited(call, leaf, stubs)), status=200)


async def _parent(call: Call) -> Leaf | None:
    """The revision that a write of an attachment edits; None when it names none."""
    rev = named_rev(call, None)
    if rev is None:
        check_document_id(call.name)
        return None
    stored = await call.read(check_document_id(call.name))
    for leaf in stored.leaves if stored else ():
        if leaf.rev == rev:
            return leaf
    raise ConflictError("Document update conflict.")


def _stubs(leaf: Leaf) -> dict[str, Any]:
    return {one.name: {"stub": True, "revpos": one.revpos} for one in leaf.attachments}


def _edited(call: Call, leaf: Leaf | None, attachments: dict[str, Any]) -> dict[str, Any]:
    """The document with other attachments, everything else as it was."""
    members = members_of(leaf) | {"_rev": leaf.rev} if leaf else {}
    return {**members, "_id": call.name, "_attachments": attachments}
