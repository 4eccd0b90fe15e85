"""Pages of the feed, put together from CouchDB's rows."""

from typing import Final

import orjson

from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.sequence import Position, Sequence
from rejoint_sync.stores import ChangesPage, ChangesQuery, Leaf
from rejoint_sync.stores.couch_documents import CouchDocuments
from rejoint_sync.stores.couch_feed import CouchFeed, Row, Rows, where
from rejoint_sync.stores.couch_register import Entry

_TRIES: Final = 5


class CouchPages:
    """Answers `changes`.

    Args:
        feed: The rows.
        documents: Their bodies.
        incarnation: Stands in each row.
    """

    def __init__(self, feed: CouchFeed, documents: CouchDocuments, incarnation: str) -> None:
        self._feed = feed
        self._documents = documents
        self._incarnation = incarnation

    async def page(self, entry: Entry, query: ChangesQuery) -> ChangesPage:
        """As the port's `changes`."""
        for _ in range(_TRIES):
            shown, last, pending = await self._rows(entry, query)
            texts = [self._row(row, query) for row in shown]
            if query.include_docs:
                winners = [(row.id, row.revs[0]) for row in shown]
                found = await self._documents.revisions(entry, winners)
                if len(found) < len(set(winners)):
                    # A winner was replaced and compacted, or purged, since the row was read.
                    continue
                pairs = zip(texts, winners, strict=True)
                texts = [_with_document(text, one[0], found[one]) for text, one in pairs]
            return ChangesPage(b",\n".join(texts), len(texts), last, pending)
        raise StoreUnavailable("the feed changes faster than it can be read")

    async def _rows(self, entry: Entry, query: ChangesQuery) -> tuple[list[Row], Position, int]:
        is_plain = not query.descending and query.document_ids is None
        is_plain &= query.sight.shows_all or not query.exact
        if is_plain and query.limit and not where(entry, query.since)[1]:
            found = await self._feed.after(entry, query.since, limit=query.limit)
            if found.pending is not None:
                if not query.exact:
                    shown = [row for row in found.rows if query.sight.shows(row.id)]
                    return shown, found.last, found.pending
                return _informed(found, found.rows, found.pending, query)
        # What a reader may not see is not counted, so all that follows must be looked at.
        found = await self._feed.all_of(entry, query)
        shown = found.rows[: query.limit]
        return _informed(found, shown, len(found.rows) - len(shown), query)

    def _row(self, row: Row, query: ChangesQuery) -> bytes:
        revs = row.revs if query.all_leaves else row.revs[:1]
        return orjson.dumps(
            {
                "seq": str(Sequence(row.position, self._incarnation)),
                "id": row.id,
                "changes": [{"rev": rev} for rev in revs],
                **({"deleted": True} if row.deleted else {}),
            }
        )


def _informed(
    found: Rows, shown: list[Row], pending: int, query: ChangesQuery
) -> tuple[list[Row], Position, int]:
    if not pending:
        return shown, found.last, 0
    return shown, shown[-1].position if shown else Position.of(query.since), pending


def _with_document(row: bytes, name: str, leaf: Leaf) -> bytes:
    head = b'{"_id":' + orjson.dumps(name) + b',"_rev":"' + leaf.rev.encode() + b'"'
    if leaf.attachments:
        stubs = {one.name: one.stub() for one in leaf.attachments}
        head += b',"_attachments":' + orjson.dumps(stubs)
    return row[:-1] + b',"doc":' + head + leaf.tail + b"}"
