"""A store in memory: the oracle that the durable stores are tested against.

Plain dictionaries and no cleverness. It keeps every promise of the port but durability: what it
holds is gone when the process ends.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from rejoint_sync.attachment import Attachment, stubs_text
from rejoint_sync.document import Document
from rejoint_sync.errors import DatabaseExists, NotFound, StoreUnavailable, SyncError
from rejoint_sync.limits import REVS_LIMIT
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Tree, without
from rejoint_sync.sequence import Sequence as Position
from rejoint_sync.stores import (
    ChangesPage,
    ChangesQuery,
    DatabaseInfo,
    Judge,
    Leaf,
    LocalDocument,
    Outcome,
    Purged,
    Sight,
    Stored,
    Update,
)
from rejoint_sync.stores.graft import check_revs_limit, earlier_generation, graft, leaf_of
from rejoint_sync.stores.updates import Kind, Updates
from rejoint_sync.stores.waiters import Waiters

_SHOW_ALL = Sight()
_WHOLE = slice(None)


@dataclass(frozen=True, slots=True)
class _Body:
    deleted: bool
    tail: bytes
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class _Record:
    """One document.

    Attributes:
        bodies: Of its leaves, and of earlier revisions where history is kept.
    """

    sequence: int
    tree: Tree
    bodies: dict[str, _Body]
    number: int = 0

    def stored(self, document_id: str) -> Stored:
        return Stored(document_id, self.sequence, self.leaves())

    def leaves(self) -> tuple[Leaf, ...]:
        bodies = [self.bodies[str(branch.rev)] for branch in self.tree]
        return tuple(
            leaf_of(branch, body.tail, body.attachments)
            for branch, body in zip(self.tree, bodies, strict=True)
        )

    def earlier(self) -> dict[str, Leaf]:
        found = {}
        for leaf in self.tree:
            for rev in leaf.path()[1:]:
                body = self.bodies.get(str(rev))
                if body is not None and str(rev) not in found:
                    found[str(rev)] = Leaf(
                        str(rev), leaf.below(rev), body.deleted, body.tail, body.attachments
                    )
        return found

    def without_history(self) -> "_Record":
        kept = {str(leaf.rev): self.bodies[str(leaf.rev)] for leaf in self.tree}
        return _Record(self.sequence, self.tree, kept, self.number)


@dataclass(slots=True)
class _Database:
    """Implements `View` too: the judge looks at the database as it is."""

    sequence: int = 0
    history: bool = False
    number: int = 0
    records: dict[str, _Record] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    local: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    security: bytes | None = None
    revs_limit: int = REVS_LIMIT
    purges: int = 0
    waiters: Waiters = field(default_factory=Waiters)

    def rev(self, document_id: str) -> str | None:
        record = self.records.get(document_id)
        return str(record.tree[0].rev) if record else None

    def last_id(self, prefix: str) -> str | None:
        return max((name for name in self.records if name.startswith(prefix)), default=None)

    def put(self, document: Document, *, new_edits: bool) -> Outcome:
        """Store one document; raises when it cannot be."""
        record = self.records.get(document.id) or _Record(0, (), {})

        def attachments_of(rev: str) -> tuple[Attachment, ...] | None:
            body = record.bodies.get(rev)
            return body.attachments if body else None

        grafted = graft(
            record.tree,
            document,
            new_edits=new_edits,
            limit=self.revs_limit,
            attachments_of=attachments_of,
        )
        if grafted.tree is not record.tree:
            body = _Body(document.deleted, document.tail, grafted.attachments)
            bodies = dict(record.bodies)
            if grafted.is_new:
                bodies[grafted.rev] = body
            oldest = earlier_generation(grafted.tree)
            kept = {
                rev: body
                for rev, body in bodies.items()
                if Revision.parse(rev).generation >= oldest
            }
            self.sequence += 1
            stored = _Record(self.sequence, grafted.tree, kept, self.number)
            self.records[document.id] = stored if self.history else stored.without_history()
            self.blobs |= {
                one.attachment.blob: one.data for one in document.attachments if one.attachment
            }
        return Outcome(document.id, grafted.rev)

    def purge(self, document_id: str, revs: Sequence[Revision]) -> list[str]:
        """Remove the leaves among `revs`; which they were."""
        self.purges += 1
        record = self.records.get(document_id)
        if record is None:
            return []
        tree = without(record.tree, set(revs))
        if len(tree) == len(record.tree):
            return []
        self.sequence += 1
        if tree:
            known = {str(rev) for leaf in tree for rev in leaf.path()}
            bodies = {rev: body for rev, body in record.bodies.items() if rev in known}
            self.records[document_id] = _Record(self.sequence, tree, bodies, self.number)
        else:
            del self.records[document_id]
        gone = {leaf.rev for leaf in record.tree} - {leaf.rev for leaf in tree}
        return [str(rev) for rev in dict.fromkeys(revs) if rev in gone]

    def sweep(self) -> None:
        """Let go of bytes that no revision has."""
        if self.blobs:
            bodies = (body for record in self.records.values() for body in record.bodies.values())
            used = {one.blob for body in bodies for one in body.attachments}
            self.blobs = {blob: data for blob, data in self.blobs.items() if blob in used}


class MemoryStore:
    """The Store port over dictionaries.

    Args:
        incarnation: As the port's; a test that plays a restore gives another one.
        history: Whether bodies of earlier revisions are kept until `compact`.
    """

    def __init__(self, incarnation: str = "m0", *, history: bool = False) -> None:
        self._incarnation = incarnation
        self._history = history
        self._updates = Updates()
        self._number = 1
        self._databases: dict[str, _Database] = {}
        # A database created again goes on where its namesake ended: promise 3.
        self._gone: dict[str, int] = {}
        self._closed = False

    @property
    def incarnation(self) -> str:
        """As the port."""
        return self._incarnation

    @property
    def session(self) -> str:
        """As the port."""
        return self._updates.session

    @property
    def number(self) -> int:
        """As the port."""
        return self._number

    async def behind(self, known: Mapping[str, int | None], number: int = 0) -> dict[str, int]:
        """As the port."""
        self._check_open()
        found: dict[str, int] = {}
        for name in known.keys() & self._databases.keys():
            at, records = known[name], self._databases[name].records.values()
            start = max((one.sequence for one in records if one.number <= number), default=0)
            if at is not None and at < self._databases[name].sequence:
                found[name] = at
            elif at is None and (not number or any(one.number > number for one in records)):
                found[name] = start
        return {name: found[name] for name in known if name in found}

    async def create(self, database: str, documents: Sequence[Document] = ()) -> None:
        """As the port."""
        self._check_open()
        if database in self._databases:
            raise DatabaseExists("The database could not be created, the file already exists.")
        self._number += 1
        made = _Database(self._gone.get(database, 0), self._history, self._number)
        for document in documents:
            made.put(document, new_edits=False)
        made.sweep()
        self._databases[database] = made
        self._note(database, "created")

    async def delete(self, database: str) -> None:
        """As the port."""
        found = self._database(database)
        del self._databases[database]
        self._gone[database] = found.sequence
        found.waiters.wake()
        self._note(database, "deleted")

    async def databases(self) -> list[str]:
        """As the port."""
        self._check_open()
        return sorted(self._databases)

    async def info(self, database: str) -> DatabaseInfo:
        """As the port."""
        found = self._database(database)
        deleted = sum(record.tree[0].deleted for record in found.records.values())
        return DatabaseInfo(
            name=database,
            documents=len(found.records) - deleted,
            deleted=deleted,
            sequence=found.sequence,
            purges=found.purges,
            revs_limit=found.revs_limit,
        )

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
        before = (found.sequence, dict(found.records), dict(found.blobs))
        found.number = self._number + 1
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
            found.sequence, found.records, found.blobs = before
            raise
        if found.sequence != before[0]:
            found.sweep()
            found.waiters.wake()
            self._number += 1
            self._note(database, "updated")
        return outcomes

    async def read(self, database: str, document_id: str) -> Stored | None:
        """As the port."""
        record = self._database(database).records.get(document_id)
        return record.stored(document_id) if record else None

    async def trees(self, database: str, document_ids: Sequence[str]) -> dict[str, Tree]:
        """As the port."""
        records = self._database(database).records
        return {name: records[name].tree for name in document_ids if name in records}

    async def earlier(
        self, database: str, document_id: str, revs: Sequence[str] | None = None
    ) -> dict[str, Leaf]:
        """As the port."""
        record = self._database(database).records.get(document_id)
        found = record.earlier() if record else {}
        return {rev: leaf for rev, leaf in found.items() if revs is None or rev in revs}

    async def attachment(
        self,
        database: str,
        document_id: str,
        name: str,
        *,
        rev: str | None = None,
        part: slice = _WHOLE,
    ) -> tuple[Attachment, bytes] | None:
        """As the port."""
        found = self._database(database)
        record = found.records.get(document_id)
        if record is None:
            return None
        leaves = {leaf.rev: leaf for leaf in record.leaves()} | record.earlier()
        leaf = leaves.get(str(record.tree[0].rev) if rev is None else rev)
        for one in leaf.attachments if leaf else ():
            if one.name == name:
                return one, found.blobs[one.blob][part]
        return None

    async def read_many(self, database: str, document_ids: Sequence[str]) -> dict[str, Stored]:
        """As the port."""
        records = self._database(database).records
        return {name: records[name].stored(name) for name in document_ids if name in records}

    async def range(  # noqa: PLR0913  # one call, one question
        self,
        database: str,
        start: str,
        end: str,
        *,
        limit: int,
        sight: Sight = _SHOW_ALL,
        descending: bool = False,
    ) -> list[Stored]:
        """As the port."""
        records = self._database(database).records
        seen = (name for name in records if start <= name < end and sight.shows(name))
        names = sorted(seen, reverse=descending)
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

    async def local_range(
        self, database: str, start: str, end: str, *, limit: int
    ) -> list[LocalDocument]:
        """As the port."""
        local = self._database(database).local
        names = sorted(name for name in local if start <= name < end)
        return [LocalDocument(name, *local[name]) for name in names[:limit]]

    async def local_put(
        self, database: str, local_id: str, body: bytes, *, after: int | None = None
    ) -> int:
        """As the port."""
        local = self._database(database).local
        if after is None:
            after = local[local_id][0] if local_id in local else 0
        local[local_id] = (after + 1, body)
        return after + 1

    async def local_delete(self, database: str, local_id: str) -> bool:
        """As the port."""
        return self._database(database).local.pop(local_id, None) is not None

    async def purge(self, database: str, revs: Mapping[str, Sequence[str]]) -> Purged:
        """As the port."""
        found = self._database(database)
        before = found.sequence
        found.number = self._number + 1
        asked = {name: [Revision.parse(rev) for rev in listed] for name, listed in revs.items()}
        purged = {name: found.purge(name, listed) for name, listed in asked.items()}
        if found.sequence != before:
            found.sweep()
            found.waiters.wake()
            self._number += 1
            self._note(database, "updated")
        return Purged(found.purges, purged)

    async def compact(self, database: str) -> None:
        """As the port."""
        found = self._database(database)
        found.records = {name: one.without_history() for name, one in found.records.items()}
        found.sweep()

    async def set_revs_limit(self, database: str, limit: int) -> None:
        """As the port."""
        self._database(database).revs_limit = check_revs_limit(limit)

    async def security(self, database: str) -> bytes | None:
        """As the port."""
        return self._database(database).security

    async def set_security(self, database: str, body: bytes) -> None:
        """As the port."""
        self._database(database).security = body

    async def updates(self, since: int, *, limit: int) -> tuple[list[Update], int]:
        """As the port."""
        self._check_open()
        return self._updates.after(since, limit=limit), self._updates.number

    async def wait_any(self, since: int, timeout_s: float) -> bool:
        """As the port."""
        self._check_open()
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        while self._updates.number <= since:
            if not await self._updates.waiters.sleep(end_s - loop.time()) or self._closed:
                return False
        return True

    async def close(self) -> None:
        """As the port."""
        self._closed = True
        for found in self._databases.values():
            found.waiters.wake()
        self._updates.waiters.wake()

    def _note(self, database: str, kind: Kind) -> None:
        self._updates.note(database, kind)
        self._updates.waiters.wake()

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
        if winner.attachments:
            head += b',"_attachments":' + stubs_text(winner.attachments)
        return row[:-1] + b',"doc":' + head + winner.tail + b"}"
