"""The Store port over an Apache CouchDB, one node or a cluster.

One database of one shard for each of ours. The port's promises, and how they are kept here:

- *Durable*: CouchDB answers a write when most copies have it on disk.
- *Judged inside*: writes to one database take turns, by a lock of this process; so one server may
  write to a CouchDB. A second one that does breaks no log: see *compare and swap*.
- *Whole*: a call is one bulk write, one change of one file in each copy.
- *Numbers*: CouchDB's own, see `couch_feed`. Within a call they follow the names, and a document
  that is named twice takes one. The feed of a cluster may be behind what `read` shows.
- *Compare and swap*: a call with `whole`, and the documents of `create`, are answered only when
  all copies have them and show nothing beside them. Else what was written is taken back, and the
  judge is asked again with what is there now.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final, Self, TypeVar

import httpx

from rejoint_sync.attachment import Attachment
from rejoint_sync.document import Document
from rejoint_sync.errors import NotFound, NotOffered, StoreUnavailable
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Tree
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
from rejoint_sync.stores.couch_address import CouchAddress
from rejoint_sync.stores.couch_admin import CouchAdmin
from rejoint_sync.stores.couch_documents import CouchDocuments, Leaves, tree_of
from rejoint_sync.stores.couch_feed import CouchFeed, position_of
from rejoint_sync.stores.couch_http import CouchHttp
from rejoint_sync.stores.couch_local import CouchLocal
from rejoint_sync.stores.couch_names import CouchNames
from rejoint_sync.stores.couch_page import CouchPages
from rejoint_sync.stores.couch_register import Entry, Register
from rejoint_sync.stores.couch_turn import Sources
from rejoint_sync.stores.couch_watch import Watch
from rejoint_sync.stores.couch_writer import CouchWriter
from rejoint_sync.stores.graft import check_revs_limit
from rejoint_sync.stores.updates import Kind, Updates

T = TypeVar("T")

JUDGES: Final = 8
"""Judges at work at once; they mostly wait for CouchDB."""

_SHOW_ALL: Final = Sight()
_WHOLE: Final = slice(None)


class CouchStore:
    """The Store port over CouchDB; made by `open`."""

    def __init__(
        self, http: CouchHttp, admin: CouchAdmin, register: Register, *, is_couchdb: bool
    ) -> None:
        self._http = http
        self._admin = admin
        self._register = register
        self._judges = ThreadPoolExecutor(JUDGES, "judge")
        self._documents = CouchDocuments(http, is_couchdb=is_couchdb)
        self._feed = CouchFeed(http, is_couchdb=is_couchdb)
        self._names = CouchNames(http, self._feed)
        self._local = CouchLocal(http)
        sources = Sources(http, self._documents, self._names, self._judges)
        self._writer = CouchWriter(sources, admin, is_couchdb=is_couchdb)
        self._is_couchdb = is_couchdb
        self._incarnation = ""
        self._pages = CouchPages(self._feed, self._documents, "")
        self._updates = Updates()
        self._locks: dict[str, asyncio.Lock] = {}
        self._watches: dict[str, tuple[Watch, int]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    @classmethod
    async def open(
        cls, address: CouchAddress, transport: httpx.AsyncBaseTransport | None = None
    ) -> Self:
        """Open the databases of this prefix; the register is made when it is not there.

        Args:
            address: The CouchDB.
            transport: Another network, for tests.

        Raises:
            StoreUnavailable: It cannot be reached, or refuses the account.
        """
        http, admin = CouchHttp(address, transport), CouchAdmin(address)
        register = Register(address, http, admin)
        try:
            welcome = (await http.get()).value
            store = cls(http, admin, register, is_couchdb="couchdb" in welcome)
            store._incarnation = await register.open()
            store._pages = CouchPages(store._feed, store._documents, store._incarnation)
            for name in await register.names():
                store._updates.note(name, "created")
        except BaseException:
            await http.close()
            admin.close()
            raise
        return store

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
        """As the port: CouchDB counts each database apart."""
        return 0

    async def behind(
        self,
        known: Mapping[str, int | None],
        number: int = 0,  # noqa: ARG002  # none was given out
    ) -> dict[str, int]:
        """As the port."""
        self._check_open()
        newest = await self._feed.newest_of(await self._register.entries(known))
        found = {name: at for name, at in known.items() if name in newest}
        return {n: at or 0 for n, at in found.items() if at is None or not newest[n].is_at(at)}

    async def create(self, database: str, documents: Sequence[Document] = ()) -> None:
        """As the port."""

        async def make() -> None:
            entry = await self._register.prepare(database)
            self._feed.forget(database)
            self._writer.forget(database)
            if documents:
                await self._writer.write(entry, documents, new_edits=False, judge=None, whole=True)
            await self._register.enter(entry)
            self._note(database, "created")

        self._check_open()
        await self._turn(database, make())

    async def delete(self, database: str) -> None:
        """As the port."""

        async def remove() -> None:
            entry = await self._register.entry(database)
            await self._register.remove(entry, int(await self._feed.newest(entry)))
            self._feed.forget(database)
            self._writer.forget(database)
            self._note(database, "deleted")

        self._check_open()
        await self._turn(database, remove())

    async def databases(self) -> list[str]:
        """As the port."""
        self._check_open()
        return await self._register.names()

    async def info(self, database: str) -> DatabaseInfo:
        """As the port."""
        entry = await self._entry(database)
        async with self._asking(database):
            found = (await self._http.get(entry.written)).value
            living, deleted = found["doc_count"], found.get("doc_del_count")
            purges = int(str(found.get("purge_seq", 0)).partition("-")[0])
            if deleted is None:
                deleted = len(await self._feed.deleted(entry))
            elif purges:
                # CouchDB goes on counting a document as living whose living leaf was purged.
                both, deleted = living + deleted, len(await self._feed.deleted(entry))
                living = both - deleted
            return DatabaseInfo(
                name=database,
                documents=living,
                deleted=deleted,
                sequence=position_of(entry, found["update_seq"]),
                purges=purges,
                revs_limit=await self._writer.revs_limit(entry),
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

        async def write() -> list[Outcome]:
            entry = await self._register.entry(database)
            async with self._asking(database):
                outcomes, changed = await self._writer.write(
                    entry, documents, new_edits=new_edits, judge=judge, whole=whole
                )
            if changed:
                self._note(database, "updated")
            return outcomes

        self._check_open()
        return await self._turn(database, write())

    async def read(self, database: str, document_id: str) -> Stored | None:
        """As the port."""
        return (await self.read_many(database, [document_id])).get(document_id)

    async def trees(self, database: str, document_ids: Sequence[str]) -> dict[str, Tree]:
        """As the port."""
        found = await self._leaves(database, document_ids)
        return {name: tree_of(leaves) for name, leaves in found.items()}

    async def earlier(
        self, database: str, document_id: str, revs: Sequence[str] | None = None
    ) -> dict[str, Leaf]:
        """As the port."""
        entry = await self._entry(database)
        tree = (await self.trees(database, [document_id])).get(document_id, ())
        leaves = {str(leaf.rev) for leaf in tree}
        known = dict.fromkeys(str(rev) for leaf in tree for rev in leaf.path()[1:])
        wanted = [rev for rev in known if rev not in leaves and (revs is None or rev in revs)]
        asked = [(document_id, rev) for rev in wanted]
        async with self._asking(database):
            found = await self._documents.revisions(entry, asked)
        return {rev: leaf for (_, rev), leaf in found.items() if rev in wanted}

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
        entry = await self._entry(database)
        async with self._asking(database):
            found = await self._documents.attachment(entry, document_id, name, rev)
        return None if found is None else (found[0], found[1][part])

    async def read_many(self, database: str, document_ids: Sequence[str]) -> dict[str, Stored]:
        """As the port."""
        entry = await self._entry(database)
        async with self._asking(database):
            leaves, rows = await asyncio.gather(
                self._documents.leaves(entry, document_ids),
                self._feed.rows_of(entry, document_ids),
            )
        # The feed of a cluster may not have got there yet.
        return {
            name: Stored(name, int(rows[name].position) if name in rows else 0, found)
            for name, found in leaves.items()
        }

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
        entry = await self._entry(database)
        async with self._asking(database):
            names = await self._names.range(
                entry, start, end, limit=limit, sight=sight, descending=descending
            )
        found = await self.read_many(database, names)
        return [found[name] for name in names if name in found]

    async def changes(self, database: str, query: ChangesQuery) -> ChangesPage:
        """As the port."""
        entry = await self._entry(database)
        async with self._asking(database):
            return await self._pages.page(entry, query)

    async def wait(self, database: str, since: int, timeout_s: float) -> bool:
        """As the port."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        self._check_open()
        watch, woken = self._begin_watch(database), False
        try:
            while True:
                seen = watch.count
                entry = await self._entry(database)
                async with self._asking(database):
                    found = await self._feed.after(entry, since, limit=1)
                if found.rows:
                    return True
                # What was purged moves the number, and is no row.
                if woken and await self._feed.newest(entry) > since:
                    return True
                left_s = end_s - loop.time()
                if watch.count == seen and not await watch.sleep(entry, found.last, left_s):
                    return False
                if self._closed:
                    return False
                woken = True
        except StoreUnavailable:
            if self._closed:
                return False
            raise
        finally:
            self._end_watch(database)

    async def local_get(self, database: str, local_id: str) -> tuple[int, bytes] | None:
        """As the port."""
        entry = await self._entry(database)
        async with self._asking(database):
            found = await self._local.get(entry, local_id)
        return None if found is None else (found.count, found.body)

    async def local_range(
        self, database: str, start: str, end: str, *, limit: int
    ) -> list[LocalDocument]:
        """As the port."""
        entry = await self._entry(database)
        return await self._local.range(entry, start, end, limit=limit)

    async def local_put(
        self, database: str, local_id: str, body: bytes, *, after: int | None = None
    ) -> int:
        """As the port."""

        async def put() -> int:
            entry = await self._register.entry(database)
            async with self._asking(database):
                return await self._local.put(entry, local_id, body, after=after)

        self._check_open()
        return await self._turn(database, put())

    async def local_delete(self, database: str, local_id: str) -> bool:
        """As the port."""

        async def remove() -> bool:
            entry = await self._register.entry(database)
            async with self._asking(database):
                return await self._local.delete(entry, local_id)

        self._check_open()
        return await self._turn(database, remove())

    async def purge(self, database: str, revs: Mapping[str, Sequence[str]]) -> Purged:
        """As the port."""

        async def purge() -> dict[str, list[str]]:
            entry = await self._register.entry(database)
            async with self._asking(database):
                leaves = await self._documents.leaves(entry, revs)
                there = {name: {leaf.rev for leaf in found} for name, found in leaves.items()}
                # CouchDB takes a number for what is no leaf, too.
                purged = {
                    name: [rev for rev in dict.fromkeys(asked) if rev in there.get(name, ())]
                    for name, asked in revs.items()
                }
                wanted = {name: found for name, found in purged.items() if found}
                if wanted:
                    await self._writer.purge(entry, wanted)
                    self._feed.forget(database)
                    self._note(database, "updated")
            return purged

        self._check_open()
        for asked in revs.values():
            for rev in asked:
                Revision.parse(rev)
        found = await self._turn(database, purge())
        return Purged((await self.info(database)).purges, found)

    async def compact(self, database: str) -> None:
        """As the port: begun, as CouchDB does it."""
        await self._admin.compact((await self._entry(database)).written)

    async def set_revs_limit(self, database: str, limit: int) -> None:
        """As the port."""
        entry = await self._entry(database)
        check_revs_limit(limit)
        if not self._is_couchdb:
            raise NotOffered("this server keeps the number of revisions it likes")
        await self._admin.set_revs_limit(entry.written, limit)
        self._writer.forget(database)

    async def security(self, database: str) -> bytes | None:
        """As the port: kept in the register; CouchDB itself lets administrators in only."""
        await self._entry(database)
        found = await self._register.security(database)
        return None if found is None else found.encode()

    async def set_security(self, database: str, body: bytes) -> None:
        """As the port."""
        await self._entry(database)
        await self._register.set_security(database, body.decode())

    async def updates(self, since: int, *, limit: int) -> tuple[list[Update], int]:
        """As the port; what others write to CouchDB is not in it."""
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
        if self._closed:
            return
        self._closed = True
        for watch, _ in self._watches.values():
            watch.wake()
        self._updates.waiters.wake()
        # Turns come to their end; feeds end because nobody is left who sleeps.
        while self._tasks:
            await asyncio.wait(self._tasks)
        self._judges.shutdown(wait=False)
        await self._http.close()
        self._admin.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")

    async def _entry(self, database: str) -> Entry:
        self._check_open()
        return await self._register.entry(database)

    @asynccontextmanager
    async def _asking(self, database: str) -> AsyncGenerator[None]:
        """What CouchDB does not know any more is not remembered either."""
        try:
            yield
        except NotFound:
            self._register.forget(database)
            raise

    async def _leaves(self, database: str, names: Sequence[str]) -> dict[str, Leaves]:
        entry = await self._entry(database)
        async with self._asking(database):
            return await self._documents.leaves(entry, names)

    async def _turn(self, database: str, work: Coroutine[Any, Any, T]) -> T:
        """Do it when it is its turn; to its end, also when the caller goes away."""
        lock = self._locks.setdefault(database, asyncio.Lock())

        async def take() -> T:
            async with lock:
                return await work

        task = asyncio.ensure_future(take())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    def _note(self, database: str, kind: Kind) -> None:
        if database in self._watches:
            self._watches[database][0].wake()
        self._updates.note(database, kind)
        self._updates.waiters.wake()

    def _begin_watch(self, database: str) -> Watch:
        watch, users = self._watches.get(database, (Watch(self._http, self._tasks), 0))
        self._watches[database] = (watch, users + 1)
        return watch

    def _end_watch(self, database: str) -> None:
        watch, users = self._watches.pop(database)
        if users > 1:
            self._watches[database] = (watch, users - 1)
