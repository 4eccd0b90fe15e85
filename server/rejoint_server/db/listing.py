"""The routes that list documents by name: `_all_docs`, `_design_docs`, `_local_docs`."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Final

import orjson

from rejoint_server.db import reading
from rejoint_server.db.bulk import chunks
from rejoint_server.db.call import READ_AT_ONCE, Call
from rejoint_server.web.asgi import Stream
from rejoint_sync.answers.rows import all_docs_row, local_row, missing_key_row
from rejoint_sync.errors import BadRequest, TooLarge
from rejoint_sync.sequence import Sequence as Position
from rejoint_sync.stores import LocalDocument, Stored
from rejoint_sync.wire.all_docs import AllDocsRequest

Rows = AsyncIterator[Sequence[bytes]]
QUERIES_MAX: Final = 100
"""Queries of one `_all_docs/queries`: each may read the whole database."""

_DESIGN: Final = ("_design/", "_design0")


async def all_docs(call: Call) -> Stream:
    """`GET` and `POST /db/{db}/_all_docs`: documents by name."""
    asked = AllDocsRequest.parse(call.query, await call.optional_object())
    return Stream(_answer(call, asked, *await _totals(call, asked)))


async def design_docs(call: Call) -> Stream:
    """`GET` and `POST /db/{db}/_design_docs`: the same for design documents alone."""
    asked = AllDocsRequest.parse(call.query, await call.optional_object())
    first, last = _DESIGN
    whole = replace(asked.range, start=first, end=last, limit=None, skip=0, descending=False)
    count = 0
    async for page in _living(call, replace(asked, range=whole)):
        count += len(page)
    inside = replace(
        asked.range, start=max(asked.range.start, first), end=min(asked.range.end, last)
    )
    _, sequence = await _totals(call, asked)
    return Stream(_answer(call, replace(asked, range=inside), count, sequence))


async def queries(call: Call) -> Stream:
    """`POST /db/{db}/_all_docs/queries`: several lists in one answer."""
    listed = (await call.json_object()).get("queries")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise BadRequest("POST body must include `queries` parameter.")
    if len(listed) > QUERIES_MAX:
        raise TooLarge(f"At most {QUERIES_MAX} queries at a time.")
    asked = [AllDocsRequest.parse(call.query, one) for one in listed]
    totals = [await _totals(call, one) for one in asked]

    async def answers() -> AsyncGenerator[bytes, None]:
        yield b'{"results":['
        for number, one in enumerate(asked):
            yield b",\n" if number else b"\n"
            async for part in _answer(call, one, *totals[number]):
                yield part
        yield b"]}\n"

    return Stream(answers())


async def local_docs(call: Call) -> Stream:
    """`GET` and `POST /db/{db}/_local_docs`: the caller's own notes."""
    asked = AllDocsRequest.parse(call.query, await call.optional_object())
    await call.store.info(call.database)
    return Stream(_framed(_local_rows(call, asked), b"null", b"null", ""))


async def _totals(call: Call, asked: AllDocsRequest) -> tuple[int, str]:
    info = await call.store.info(call.database)
    sequence = str(Position(info.sequence, call.store.incarnation))
    return info.documents, sequence if asked.update_seq else ""


def _answer(
    call: Call, asked: AllDocsRequest, total: int, sequence: str
) -> AsyncGenerator[bytes, None]:
    if asked.keys is not None:
        return _framed(_keyed(call, asked), b"%d" % total, b"null", sequence)
    return _framed(_ranged(call, asked), b"%d" % total, b"%d" % asked.range.skip, sequence)


async def _framed(
    rows: Rows, total: bytes, offset: bytes, sequence: str
) -> AsyncGenerator[bytes, None]:
    up_to = b',"update_seq":' + orjson.dumps(sequence) if sequence else b""
    yield b'{"total_rows":%b,"offset":%b%b,"rows":[\n' % (total, offset, up_to)
    separator = b""
    async for chunk in rows:
        if chunk:
            yield separator + b",\n".join(chunk)
            separator = b",\n"
    yield b"\n]}\n"


async def _row(call: Call, stored: Stored, asked: AllDocsRequest) -> bytes:
    shown = None
    if asked.include_docs:
        winner = stored.leaves[0]
        is_gone = winner.deleted
        shown = b"null" if is_gone else await reading.text(call, stored, winner, asked.options)
    return all_docs_row(stored, shown)


def _turned(asked: AllDocsRequest) -> Sequence[object]:
    """The keys that are left after `descending`, `skip` and `limit`."""
    keys = (asked.keys or ())[:: -1 if asked.range.descending else 1][asked.range.skip :]
    return keys if asked.range.limit is None else keys[: asked.range.limit]


async def _keyed(call: Call, asked: AllDocsRequest) -> Rows:
    for chunk in chunks(_turned(asked)):
        names = [key for key in chunk if isinstance(key, str)]
        found = await call.read_many(names)
        rows = []
        for key in chunk:
            stored = found.get(key) if isinstance(key, str) else None
            rows.append(await _row(call, stored, asked) if stored else missing_key_row(key))
        yield rows


async def _ranged(call: Call, asked: AllDocsRequest) -> Rows:
    cut = _cutter(asked)
    async for page in _living(call, asked):
        kept, done = cut(page)
        yield [await _row(call, stored, asked) for stored in kept]
        if done:
            return


def _cutter(asked: AllDocsRequest) -> Callable[[Sequence[Stored]], tuple[Sequence[Stored], bool]]:
    """What `skip` and `limit` leave of each page, and whether that is all."""
    skip, left = asked.range.skip, asked.range.limit

    def cut(page: Sequence[Stored]) -> tuple[Sequence[Stored], bool]:
        nonlocal skip, left
        kept = page[skip:]
        skip = max(0, skip - len(page))
        if left is not None:
            kept = kept[:left]
            left -= len(kept)
        return kept, left == 0

    return cut


async def _living(call: Call, asked: AllDocsRequest) -> AsyncIterator[list[Stored]]:
    """The range without deleted documents, a bounded number at a time."""
    start, end = asked.range.start, asked.range.end
    while start < end and asked.range.limit != 0:
        page = await call.store.range(
            call.database,
            start,
            end,
            limit=READ_AT_ONCE,
            sight=call.guest.sight,
            descending=asked.range.descending,
        )
        yield [stored for stored in page if not stored.leaves[0].deleted]
        if len(page) < READ_AT_ONCE:
            return
        if asked.range.descending:
            end = page[-1].id
        else:
            start = page[-1].id + "\0"


async def _local_rows(call: Call, asked: AllDocsRequest) -> Rows:
    """Notes are few, one or two for each peer that replicates: they are read whole."""
    prefix = call.guest.local_prefix
    notes: dict[str, LocalDocument] = {}
    start, end = prefix, prefix + "\U0010ffff\U0010ffff"
    while True:
        page = await call.store.local_range(call.database, start, end, limit=READ_AT_ONCE)
        notes |= {f"_local/{note.id.removeprefix(prefix)}": note for note in page}
        if len(page) < READ_AT_ONCE:
            break
        start = page[-1].id + "\0"
    names = _turned(asked) if asked.keys is not None else asked.range.of(sorted(notes))
    yield [
        local_row(notes[name], name.removeprefix("_local/"), include_docs=asked.include_docs)
        if isinstance(name, str) and name in notes
        else missing_key_row(name)
        for name in names
    ]
