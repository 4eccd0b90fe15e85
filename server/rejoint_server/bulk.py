"""The routes that speak of many documents at once."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from typing import TypeVar

from rejoint_server.asgi import Answer, Stream
from rejoint_server.call import READ_AT_ONCE, Call
from rejoint_server.databases import answer
from rejoint_sync.answers import (
    all_docs_row,
    bulk_docs_answer,
    bulk_get_row,
    missing_key_row,
    revs_diff,
)
from rejoint_sync.document import Document
from rejoint_sync.stores import Stored
from rejoint_sync.wire import (
    AllDocsRequest,
    BulkDocs,
    DocumentOptions,
    Wanted,
    parse_bulk_get,
    parse_revs_diff,
)

T = TypeVar("T")


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), READ_AT_ONCE):
        yield items[start : start + READ_AT_ONCE]


async def find_missing(call: Call) -> Answer:
    """`POST /db/{db}/_revs_diff`: which of these revisions are not here."""
    asked = parse_revs_diff(await call.json_object())
    await call.store.info(call.database)
    missing = {}
    for names in _chunks(list(asked)):
        found = await call.read_many(names)
        for name in names:
            row = revs_diff(asked[name], found.get(name))
            if row is not None:
                missing[name] = row
    return answer(missing)


async def write_many(call: Call) -> Answer:
    """`POST /db/{db}/_bulk_docs`: a document that is refused does not hold up the others."""
    bulk = BulkDocs.parse(await call.json_object(), new_id=call.service.new_id)
    documents = [row for row in bulk.rows if isinstance(row, Document)]
    written = iter(await call.write(documents, new_edits=bulk.new_edits))
    outcomes = (next(written) if isinstance(row, Document) else row for row in bulk.rows)
    return Answer(201, bulk_docs_answer(outcomes, new_edits=bulk.new_edits))


async def read_many(call: Call) -> Stream:
    """`POST /db/{db}/_bulk_get`: revisions with their history."""
    wanted = parse_bulk_get(await call.json_object())
    options = DocumentOptions(revs=call.query.flag("revs"))
    latest = call.query.flag("latest")
    await call.store.info(call.database)
    return Stream(_bulk_get(call, wanted, options, latest=latest))


async def _bulk_get(
    call: Call, wanted: Sequence[Wanted], options: DocumentOptions, *, latest: bool
) -> AsyncGenerator[bytes, None]:
    head = b'{"results":[\n'
    for chunk in _chunks(wanted):
        found = await call.read_many([one.id for one in chunk])
        rows = (bulk_get_row(one, found.get(one.id), options, latest=latest) for one in chunk)
        yield head + b",\n".join(rows)
        head = b",\n"
    yield (b"" if wanted else head) + b"\n]}\n"


async def all_docs(call: Call) -> Stream:
    """`GET` and `POST /db/{db}/_all_docs`: documents by name."""
    asked = AllDocsRequest.parse(call.query, await call.optional_object())
    total = (await call.store.info(call.database)).documents
    rows = _keyed(call, asked) if asked.keys is not None else _ranged(call, asked)
    return Stream(_all_docs(rows, total, asked.skip))


async def _all_docs(
    rows: AsyncIterator[Sequence[bytes]], total: int, offset: int
) -> AsyncGenerator[bytes, None]:
    yield b'{"total_rows":%d,"offset":%d,"rows":[\n' % (total, offset)
    separator = b""
    async for chunk in rows:
        if chunk:
            yield separator + b",\n".join(chunk)
            separator = b",\n"
    yield b"\n]}\n"


async def _keyed(call: Call, asked: AllDocsRequest) -> AsyncIterator[Sequence[bytes]]:
    keys = (asked.keys or ())[:: -1 if asked.descending else 1][asked.skip :]
    for chunk in _chunks(keys if asked.limit is None else keys[: asked.limit]):
        names = [key for key in chunk if isinstance(key, str)]
        found = await call.read_many(names)
        yield [
            all_docs_row(found[key], asked)
            if isinstance(key, str) and key in found
            else missing_key_row(key)
            for key in chunk
        ]


async def _ranged(call: Call, asked: AllDocsRequest) -> AsyncIterator[Sequence[bytes]]:
    if asked.descending:
        for chunk in _chunks(await _newest_first(call, asked)):
            found = await call.read_many(chunk)
            yield [all_docs_row(found[name], asked) for name in chunk if name in found]
        return
    skip, left = asked.skip, asked.limit
    async for page in _living(call, asked):
        chosen = page[skip:]
        skip = max(0, skip - len(page))
        if left is not None:
            chosen = chosen[:left]
            left -= len(chosen)
        yield [all_docs_row(stored, asked) for stored in chosen]
        if left == 0:
            return


async def _newest_first(call: Call, asked: AllDocsRequest) -> list[str]:
    """Names of the range from its end: the store reads upwards, so only the last are kept."""
    kept = None if asked.limit is None else asked.limit + asked.skip
    names: deque[str] = deque(maxlen=kept)
    async for page in _living(call, asked):
        names.extend(stored.id for stored in page)
    return list(reversed(names))[asked.skip :]


async def _living(call: Call, asked: AllDocsRequest) -> AsyncIterator[list[Stored]]:
    """The range without deleted documents, a bounded number at a time."""
    start = asked.start
    while start < asked.end:
        page = await call.store.range(
            call.database, start, asked.end, limit=READ_AT_ONCE, sight=call.guest.sight
        )
        yield [stored for stored in page if not stored.leaves[0].deleted]
        if len(page) < READ_AT_ONCE:
            return
        start = page[-1].id + "\0"
