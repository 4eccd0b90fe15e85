"""The routes that read or write many documents at once."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from rejoint_server.db import local_documents, reading
from rejoint_server.db.call import READ_AT_ONCE, Call
from rejoint_server.db.databases import answer
from rejoint_server.db.policy import SEES_ALL
from rejoint_server.web.asgi import Answer, Stream
from rejoint_sync.answers.parts import nested_part, problem_part
from rejoint_sync.answers.rows import (
    bulk_docs_answer,
    bulk_get_problem,
    bulk_get_row,
    revs_diff,
    usual_bulk_get_row,
)
from rejoint_sync.document import Document
from rejoint_sync.errors import SyncError
from rejoint_sync.multipart import Part, write_parts
from rejoint_sync.stores import Leaf, Outcome, Stored
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.wire.bulk import (
    BulkDocs,
    Note,
    Wanted,
    listed_in,
    parse_revisions,
    wanted_of,
)
from rejoint_sync.wire.show import DocumentOptions

T = TypeVar("T")
_ID_AND_REV: Final = 2


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items, as many at a time as are read at once."""
    for start in range(0, len(items), READ_AT_ONCE):
        yield items[start : start + READ_AT_ONCE]


async def find_missing(call: Call) -> Answer:
    """`POST /db/{db}/_revs_diff`: which of these revisions are not here."""
    return answer(await _missing(call))


async def missing_revs(call: Call) -> Answer:
    """`POST /db/{db}/_missing_revs`: the same without what they may have grown from."""
    found = await _missing(call)
    return answer({"missing_revs": {name: row["missing"] for name, row in found.items()}})


async def _missing(call: Call) -> dict[str, dict[str, list[str]]]:
    asked = parse_revisions(await call.json_object())
    missing = {}
    for names in chunks(list(asked) or [""]):
        trees = await call.trees(names)
        for name in names:
            row = revs_diff(asked.get(name, []), trees.get(name, ()))
            if row is not None:
                missing[name] = row
    return missing


async def write_many(call: Call) -> Answer:
    """`POST /db/{db}/_bulk_docs`: what is refused does not hold up the others."""
    # A circle's client would send the same batch for ever; every other expects what CouchDB does.
    whole = call.service.policy.name == "open"
    bulk = BulkDocs.parse(await call.json_object(), new_id=call.service.new_id, whole=whole)
    documents = [row for row in bulk.rows if isinstance(row, Document)]
    written = iter(await call.write(documents, new_edits=bulk.new_edits))
    outcomes = []
    for row in bulk.rows:
        if isinstance(row, Document):
            outcomes.append(next(written))
        else:
            outcomes.append(await _noted(call, row) if isinstance(row, Note) else row)
    return Answer(201, bulk_docs_answer(outcomes, new_edits=bulk.new_edits) + b"\n")


async def _noted(call: Call, note: Note) -> Outcome:
    name = f"_local/{note.name}"
    try:
        return Outcome(name, await local_documents.write(call, note.name, note.members))
    except SyncError as error:
        return Outcome(name, "", error)


async def read_many(call: Call) -> Stream:
    """`POST /db/{db}/_bulk_get`: revisions with their history, in JSON or in parts."""
    body = await call.json_object()
    asked = listed_in(body)
    options = DocumentOptions(
        revs=call.query.flag("revs"),
        attachments=call.query.flag("attachments"),
        encoding_info=call.query.flag("att_encoding_info"),
    )
    latest = call.query.flag("latest")
    await call.store.info(call.database)
    accepts = call.request.accepts
    in_parts = accepts("multipart/mixed") or accepts("multipart/related")
    if accepts("application/json") or not in_parts:
        return Stream(_json(call, asked, options, latest=latest))
    wanted = wanted_of(asked)
    boundary = call.service.new_id()
    kind = f'multipart/mixed; boundary="{boundary}"'.encode()
    parts = _parts(call, wanted, options, boundary, latest=latest)
    return Stream(parts, content_type=kind)


async def _json(
    call: Call, asked: Sequence[object], options: DocumentOptions, *, latest: bool
) -> AsyncGenerator[bytes, None]:
    head = b'{"results":[\n'
    for chunk in chunks(asked):
        rows = await _pasted(call, chunk, revs=options.revs)
        if rows is None:
            rows = b",\n".join(await _rows(call, wanted_of(chunk), options, latest=latest))
        yield head + rows
        head = b",\n"
    yield (b"" if asked else head) + b"\n]}\n"


async def _pasted(call: Call, asked: Sequence[object], *, revs: bool) -> bytes | None:
    """The rows as the store itself puts them together; None where one of them takes more."""
    store = call.store
    if not isinstance(store, SqliteStore):
        return None
    entries: Any = asked
    try:
        names = [one["id"] for one in entries]
        revs_asked = " ".join([one["rev"] for one in entries])
        is_usual = set(map(len, entries)) == {_ID_AND_REV} and set(map(type, names)) == {str}
    except (KeyError, TypeError, IndexError):
        return None
    sight = call.guest.sight
    if not is_usual or not (sight is SEES_ALL or all(map(sight.shows, names))):
        return None
    return await store.pasted(call.database, names, revs_asked, revs=revs)


async def _rows(
    call: Call, wanted: Sequence[Wanted], options: DocumentOptions, *, latest: bool
) -> list[bytes]:
    found = await call.read_many([one.id for one in wanted])
    rows = []
    for one in wanted:
        stored = found.get(one.id)
        row = usual_bulk_get_row(one, stored, revs=options.revs) if stored else None
        if row is None:
            row = await _unusual_row(call, one, stored, options, latest=latest)
        rows.append(row)
    return rows


async def _unusual_row(
    call: Call, one: Wanted, stored: Stored | None, options: DocumentOptions, *, latest: bool
) -> bytes:
    shown = []
    if stored is not None and one.error is None:
        wished = _wished(one, options)
        leaves = await _leaves(call, stored, one, latest=latest)
        shown = [await reading.text(call, stored, leaf, wished) for leaf in leaves]
    return bulk_get_row(one, shown)


async def _parts(
    call: Call,
    wanted: Sequence[Wanted],
    options: DocumentOptions,
    boundary: str,
    *,
    latest: bool,
) -> AsyncGenerator[bytes, None]:
    inner = call.service.new_id()
    separator = f"--{boundary}".encode()
    for one in wanted:
        stored = await call.read(one.id) if one.error is None else None
        parts: list[Part] = []
        if stored is not None:
            for leaf in await _leaves(call, stored, one, latest=latest):
                shown = await reading.parts(call, stored, leaf, _wished(one, options))
                names = {"X-Doc-Id": one.id, "X-Rev-Id": leaf.rev}
                parts.append(nested_part(shown, inner, names))
        text = b"".join(write_parts(parts or [problem_part(bulk_get_problem(one))], boundary))
        # The end of each body is the begin of the next.
        yield separator + text.removeprefix(f"--{boundary}".encode()).removesuffix(
            f"\r\n--{boundary}--".encode()
        )
        separator = f"\r\n--{boundary}".encode()
    yield separator + b"--"


def _wished(one: Wanted, options: DocumentOptions) -> DocumentOptions:
    if one.since is None:
        return options
    return replace(options, attachments=True, since=one.since)


async def _leaves(call: Call, stored: Stored, wanted: Wanted, *, latest: bool) -> Sequence[Leaf]:
    if wanted.rev is None:
        return stored.leaves
    return await reading.revisions(call, stored, wanted.rev, latest=latest)
