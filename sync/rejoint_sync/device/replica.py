"""The device's own copy as one side of a replication: it answers from a local store."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from rejoint_sync.checkpoint import Sequence as PeerSequence
from rejoint_sync.document import Document
from rejoint_sync.drive import page_of
from rejoint_sync.errors import SyncError
from rejoint_sync.replicator import (
    BulkDocs,
    BulkGet,
    Changes,
    Fetched,
    GetLocal,
    Page,
    PutLocal,
    Refusal,
    Request,
    Revisions,
    RevsDiff,
    refusal,
)
from rejoint_sync.stores import ChangesQuery, Judge, Leaf, Store, Stored


class StorePeer:
    """A database of a local store.

    Args:
        store: Any store.
        database: Its name; it exists.
        judge: Looks at what comes in; None takes everything.
    """

    def __init__(self, store: Store, database: str, judge: Judge | None = None) -> None:
        self._store = store
        self._database = database
        self._judge = judge

    async def answer(self, request: Request[Any]) -> Any:
        """Answer from the store."""
        store, database = self._store, self._database
        answer: Any
        match request:
            case GetLocal(id=name):
                found = await store.local_get(database, name)
                answer = found and orjson.loads(found[1]) | {"_rev": f"0-{found[0]}"}
            case PutLocal(id=name, body=body):
                answer = f"0-{await store.local_put(database, name, orjson.dumps(body))}"
            case Changes(since=since, limit=limit):
                answer = await self._changes(since, limit)
            case RevsDiff(revisions=revisions):
                answer = _lacking(await store.read_many(database, list(revisions)), revisions)
            case BulkGet(revisions=revisions):
                answer = _give(await store.read_many(database, list(revisions)), revisions)
            case BulkDocs(documents=documents):
                answer = await self._write(documents)
            case _:
                raise AssertionError(request)
        return answer

    async def _changes(self, since: PeerSequence | None, limit: int) -> Page:
        number, _, incarnation = str(since or "").partition("-")
        start = int(number) if incarnation == self._store.incarnation else 0
        query = ChangesQuery(since=start, limit=limit, all_leaves=True)
        page = await self._store.changes(self._database, query)
        rows = orjson.loads(b"[" + page.rows + b"]")
        last = f"{page.last}-{self._store.incarnation}"
        return page_of({"results": rows, "last_seq": last, "pending": page.pending})

    async def _write(self, values: Sequence[dict[str, Any]]) -> list[Refusal]:
        refused: list[Refusal] = []
        documents: list[Document] = []
        for value in values:
            try:
                documents.append(Document.parse(value))
            except SyncError as error:
                refused.append(refusal(str(value.get("_id")), "target", error))
        outcomes = await self._store.write(
            self._database, documents, new_edits=False, judge=self._judge
        )
        refused.extend(
            refusal(outcome.id, "target", outcome.error) for outcome in outcomes if outcome.error
        )
        return refused


def document_of(name: str, leaf: Leaf) -> dict[str, Any]:
    """The whole document of a leaf, with `_id`, `_rev` and `_revisions`."""
    generation, _, digest = leaf.rev.partition("-")
    value: dict[str, Any] = {"_id": name, "_rev": leaf.rev}
    # The tail begins with a comma, or it is just the closing brace.
    value |= orjson.loads(b"{" + leaf.tail.removeprefix(b","))
    if leaf.deleted:
        value["_deleted"] = True
    value["_revisions"] = {"start": int(generation), "ids": [digest, *leaf.ancestors]}
    return value


def _lacking(held: Mapping[str, Stored], asked: Revisions) -> dict[str, list[str]]:
    known = {name: known_revisions(held.get(name)) for name in asked}
    lacking = {
        name: [rev for rev in revs if rev not in known[name]] for name, revs in asked.items()
    }
    return {name: revs for name, revs in lacking.items() if revs}


def _give(held: Mapping[str, Stored], asked: Revisions) -> Fetched:
    documents = [
        document_of(name, leaf)
        for name, revs in asked.items()
        if name in held
        for leaf in held[name].leaves
        if not set(revs).isdisjoint(_leaf_lineage(leaf))
    ]
    gone = [
        name for name, revs in asked.items() if not set(revs) <= known_revisions(held.get(name))
    ]
    return Fetched(tuple(documents), tuple(gone))


def _leaf_lineage(leaf: Leaf) -> list[str]:
    generation = int(leaf.rev.partition("-")[0])
    older = (f"{generation - age}-{digest}" for age, digest in enumerate(leaf.ancestors, 1))
    return [leaf.rev, *older]


def known_revisions(stored: Stored | None) -> set[str]:
    """Every revision that a stored document knows of; none when it is not there."""
    return {rev for leaf in stored.leaves for rev in _leaf_lineage(leaf)} if stored else set()
