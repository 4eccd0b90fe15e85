"""What the store keeps about its databases, in a database of its own beside them.

CouchDB makes a database and fills it in two steps, begins to number at 0 whenever one of the same
name is made again, and knows nothing of our incarnation. The register settles all three, one
document each:

- `store`: the incarnation, drawn when the register is made. After CouchDB was restored from a
  backup this document must be removed, so that another is drawn.
- `db:<name>`: the database is there. Written when its first documents are, removed before it is;
  what is in CouchDB without it is half made or half removed, and is cleared away by the next
  `create`.
- `base:<name>`: the number at which the last database of that name ended.
- `security:<name>`: the security object that was set; CouchDB itself lets administrators in only.
"""

import contextlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from rejoint_sync.errors import DatabaseExists, NotFound, StoreUnavailable
from rejoint_sync.stores.couch_address import CouchAddress
from rejoint_sync.stores.couch_admin import CouchAdmin
from rejoint_sync.stores.couch_http import CouchHttp

_DATABASE: Final = "db:"
_BASE: Final = "base:"
_SECURITY: Final = "security:"
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """A database that is there.

    Attributes:
        name: Ours.
        written: Its name in CouchDB.
        base: Added to CouchDB's numbers.
        nodes: Which nodes keep them; empty where there is no cluster.
    """

    name: str
    written: str
    base: int
    nodes: frozenset[str]

    @property
    def copies(self) -> int:
        """How many copies CouchDB keeps of it."""
        return max(1, len(self.nodes))


class Register:
    """The register of one store.

    Args:
        address: Whose databases.
        http: The data path.
        admin: Makes and removes databases.
    """

    def __init__(self, address: CouchAddress, http: CouchHttp, admin: CouchAdmin) -> None:
        self._address = address
        self._own = address.register
        self._http = http
        self._admin = admin
        self._known: dict[str, Entry] = {}

    async def open(self) -> str:
        """Make the register if it is not there; the store's incarnation."""
        with contextlib.suppress(DatabaseExists):
            await self._admin.create(self._own)
        await self._admin.close_to_others(self._own)
        known = await self._http.get(self._own, "store", fine=(404,))
        if known.status == 404:
            drawn = {"incarnation": secrets.token_hex(4)}
            # Of two servers that start at once one is told 409, and reads what the other drew.
            await self._http.put(self._own, "store", body=drawn, fine=(409,))
            known = await self._http.get(self._own, "store")
        return str(known.value["incarnation"])

    async def names(self) -> list[str]:
        """The databases that are there, sorted."""
        answer = await self._http.get(
            self._own, "_all_docs", query={"startkey": '"db:"', "endkey": '"db;"'}
        )
        return sorted(row["id"].removeprefix(_DATABASE) for row in answer.value["rows"])

    async def entry(self, name: str) -> Entry:
        """A database. Raises `NotFound`."""
        known = self._known.get(name)
        if known is None:
            await self._read(_DATABASE + name)
            known = await self._enter(name)
        return known

    async def entries(self, names: Iterable[str]) -> list[Entry]:
        """Those of these databases that are there."""
        found = []
        for name in names:
            with contextlib.suppress(NotFound):
                found.append(await self.entry(name))
        return found

    def forget(self, name: str) -> None:
        """Ask anew next time."""
        self._known.pop(name, None)

    async def prepare(self, name: str) -> Entry:
        """Make an empty database, which is not there before `enter`.

        Raises:
            DatabaseExists: There is one.
        """
        written = self._address.written(name)
        if await self._there(_DATABASE + name) is not None:
            raise DatabaseExists("The database could not be created, the file already exists.")
        try:
            await self._admin.create(written)
        except DatabaseExists:
            # Left behind by a process that ended in the middle of making or removing it.
            await self._admin.delete(written)
            await self._admin.create(written)
        await self._admin.close_to_others(written)
        return await self._enter(name, keep=False)

    async def enter(self, entry: Entry) -> None:
        """From now on it is there. Raises `DatabaseExists` when another process was faster."""
        answer = await self._http.put(self._own, _DATABASE + entry.name, body={}, fine=(409,))
        if answer.status == 409:
            raise DatabaseExists("The database could not be created, the file already exists.")
        self._known[entry.name] = entry

    async def remove(self, entry: Entry, last: int) -> None:
        """Remove a database; one of that name goes on numbering after `last`."""
        await self._keep(_BASE + entry.name, {"number": last})
        there = await self._read(_DATABASE + entry.name)
        self.forget(entry.name)
        await self._http.delete(self._own, _DATABASE + entry.name, rev=there["_rev"])
        await self._admin.delete(entry.written)
        if kept := await self._there(_SECURITY + entry.name):
            await self._http.delete(self._own, _SECURITY + entry.name, rev=kept["_rev"])

    async def security(self, name: str) -> str | None:
        """The security object that was kept, as JSON text."""
        found = await self._there(_SECURITY + name)
        return None if found is None else str(found["body"])

    async def set_security(self, name: str, body: str) -> None:
        """Keep a security object."""
        await self._keep(_SECURITY + name, {"body": body})

    async def _keep(self, document_id: str, value: dict[str, Any]) -> None:
        for _ in range(_TRIES):
            before = await self._there(document_id)
            rev = {"_rev": before["_rev"]} if before else {}
            answer = await self._http.put(self._own, document_id, body=value | rev, fine=(409,))
            if answer.status != 409:
                return
        raise StoreUnavailable("others keep writing the same; try again")

    async def _enter(self, name: str, *, keep: bool = True) -> Entry:
        written = self._address.written(name)
        base = await self._there(_BASE + name)
        nodes = await self._admin.nodes_of(written)
        entry = Entry(name, written, int(base["number"]) if base else 0, nodes)
        if keep:
            self._known[name] = entry
        return entry

    async def _there(self, document_id: str) -> dict[str, Any] | None:
        answer = await self._http.get(self._own, document_id, fine=(404,))
        found: dict[str, Any] = answer.value
        return None if answer.status == 404 else found

    async def _read(self, document_id: str) -> dict[str, Any]:
        found = await self._there(document_id)
        if found is None:
            raise NotFound("Database does not exist.")
        return found


def json_text(value: object) -> str:
    """A value as CouchDB wants it in a query."""
    return orjson.dumps(value).decode()
