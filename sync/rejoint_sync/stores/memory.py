"""A store in memory: the oracle that the durable stores are tested against.

Plain dictionaries and no cleverness. It keeps every promise of the port but durability: what it
holds is gone when the process ends.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from rejoint_sync.document import Document
from rejoint_sync.errors import DatabaseExists, NotFound, StoreUnavailable, SyncError
from rejoint_sync.revtree import Tree
from rejoint_sync.sequence import Sequence as Position
from rejoint_sync.stores import (
    ChangesPage,
    ChangesQuery,
    DatabaseInfo,
    Judge,
    Outcome,
    Sight,
    Stored,
)
from rejoint_sync.stores.graft import graft, leaf_of
from rejoint_sync.stores.waiters import Waiters

_SHOW_ALL = Sight()


@dataclass(frozen=True, slots=True)
class _Record:
    sequence: int
    tree: Tree
    tails: dict[str, bytes]

    def stored(self, document_id: str) -> Stored:
        leaves = tuple(leaf_of(branch, self.tails[str(branch.rev)]) for branch in self.tree)
        return Stored(document_id, self.sequence, leaves)


@dataclass(slots=True)
class _Database:
    """Implements `View` too: the judge looks at the database as it is."""

    sequence: int = 0
    records: dict[str, _Record] = field(default_factory=dict)
    local: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    waiters: Waiters = field(default_factory=Waiters)

    def rev(self, document_id: str) -> str | None:
        record = self.records.get(document_id)
        return str(record.tree[0].rev) if record else None

    def last_id(self, prefix: str) -> str | None:
        return max((name for name in self.records if name.startswith(prefix)), default=None)

    def put(self, document: Document, *, new_edits: bool) -> Outcome:
        """Store one document; raises when it cannot be."""
        record = self.records.get(document.id)
        tree = record.tree if record else ()
        branch, merged = graft(tree, document, new_edits=new_edits)
        if merged is not tree:
            tails = {str(branch.rev): document.tail, **(record.tails if record else {})}
            kept = {str(leaf.rev): tails[str(leaf.rev)] for leaf in merged}
            self.sequence += 1
            self.records[document.id] = _Record(self.sequence, merged, kept)
        return Outcome(document.id, str(branch.rev))


class MemoryStore:
    """The Store port over dictionaries.

    Args:
        incarnation: As the port's; a test that plays a restore gives another one.
    """

    def __init__(self, incarnation: str = "m0") -> None:
        self._incarnation = incarnation
        self._databases: dict[str, _Database] = {}
        # A database created again goes on where its namesake ended: promise 3.
        self._gone: dict[str, int] = {}
        self._closed = False

    @property
    def incarnation(self) -> str:
        """As the port."""
        return self._incarnation

    async def create(self, database: str, documents: Sequence[Document] = ()) -> None:
        """As the port."""
        self._check_open()
        if database in self._databases:
            raise DatabaseExists("The database could not be created, the file already exists.")
        made = _Database(self._gone.get(database, 0))
        for document in documents:
            made.put(document, new_edits=False)
        self._databases[database] = made

    async def delete(self, database: str) -> None:
        """As the port."""
        found = self._database(database)
        del self._databases[database]
        self._gone[database] = found.sequence
        found.waiters.wake()

    async def databases(self) -> list[str]:
        """As the port."""
        self._check_open()
        return sorted(self._databases)

    async def info(self, database: str) -> DatabaseInfo:
        """As the port."""
        found = self._database(database)
        deleted = sum(record.tree[0].deleted for record in found.records.values())
        return DatabaseInfo(database, len(found.records) - deleted, deleted, found.sequence)

    async def write(
        self,
        database: str,
        documents: Sequence[Document],
        *,
        new_edits: bool,
        judge: Judge | None = None,
        whole: bool = False,
    ) -> list[Outcome]:
        """As the port."""
        found = self._database(database)
        before = (found.sequence, dict(found.records))
        outcomes = []
        try:
            for document in documents:
                try:
                    if judge is not None:
                        judge(found, document)
                    outcomes.append(found.put(document, new_edits=new_edits))
                except SyncError as refusal:
                    if whole:
                        raise
                    outcomes.append(Outcome(document.id, "", refusal))
        except BaseException:
            found.sequence, found.records = before
            raise
        if found.sequence != before[0]:
            found.waiters.wake()
        return outcomes

    async def read(self, database: str, document_id: str) -> Stored | None:
        """As the port."""
        record = self._database(database).records.get(document_id)
        return record.stored(document_id) if record else None

    async def read_many(self, database: str, document_ids: Sequence[str]) -> dict[str, Stored]:
        """As the port."""
        records = self._database(database).records
        return {name: records[name].stored(name) for name in document_ids if name in records}

    async def range(
        self, database: str, start: str, end: str, *, limit: int, sight: Sight = _SHOW_ALL
    ) -> list[Stored]:
        """As the port."""
        records = self._database(database).records
        names = sorted(name for name in records if start <= name < end and sight.shows(name))
        return [records[name].stored(name) for name in names[:limit]]

    async def changes(self, database: str, query: ChangesQuery) -> ChangesPage:
        """As the port."""
        found = self._database(database)
        names = list(self._seen(found, query))
        shown = names[: query.limit]
        pending = len(names) - len(shown)
        if not pending:
            last = found.sequence
        else:
            last = found.records[shown[-1]].sequence if shown else query.since
        rows = (self._row(found.records[name].stored(name), query) for name in shown)
        return ChangesPage(b",\n".join(rows), len(shown), last, pending)

    async def wait(self, database: str, since: int, timeout_s: float) -> bool:
        """As the port."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        while self._database(database).sequence <= since:
            if not await self._database(database).waiters.sleep(end_s - loop.time()):
                return False
            if self._closed:
                return False
        return True

    async def local_get(self, database: str, local_id: str) -> tuple[int, bytes] | None:
        """As the port."""
        return self._database(database).local.get(local_id)

    async def local_put(self, database: str, local_id: str, body: bytes) -> int:
        """As the port."""
        local = self._database(database).local
        count = local[local_id][0] + 1 if local_id in local else 1
        local[local_id] = (count, body)
        return count

    async def local_delete(self, database: str, local_id: str) -> bool:
        """As the port."""
        return self._database(database).local.pop(local_id, None) is not None

    async def close(self) -> None:
        """As the port."""
        self._closed = True
        for found in self._databases.values():
            found.waiters.wake()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")

    def _database(self, name: str) -> _Database:
        self._check_open()
        if name not in self._databases:
            raise NotFound("Database does not exist.")
        return self._databases[name]

    @staticmethod
    def _seen(found: _Database, query: ChangesQuery) -> Iterator[str]:
        """Names in the order of the feed, without what the query leaves out."""
        order = sorted(found.records, key=lambda name: found.records[name].sequence)
        names: Iterable[str] = reversed(order) if query.descending else order
        for name in names:
            if not query.descending and found.records[name].sequence <= query.since:
                continue
            if query.document_ids is not None and name not in query.document_ids:
                continue
            if query.sight.shows(name):
                yield name

    def _row(self, stored: Stored, query: ChangesQuery) -> bytes:
        winner = stored.leaves[0]
        leaves = stored.leaves if query.all_leaves else stored.leaves[:1]
        row = orjson.dumps(
            {
                "seq": str(Position(stored.sequence, self._incarnation)),
                "id": stored.id,
                "changes": [{"rev": leaf.rev} for leaf in leaves],
                **({"deleted": True} if winner.deleted else {}),
            }
        )
        if not query.include_docs:
            return row
        name = orjson.dumps(stored.id)
        head = b'{"_id":' + name + b',"_rev":"' + winner.rev.encode() + b'"'
        return row[:-1] + b',"doc":' + head + winner.tail + b"}"
