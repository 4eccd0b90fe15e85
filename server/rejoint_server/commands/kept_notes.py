"""The notes of a server, for commands that work while it runs."""

import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import apsw

from rejoint_server.push.subscriptions import Notes
from rejoint_server.settings import Settings
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.stores import LocalDocument
from rejoint_sync.stores.sqlite_schema import STORE_FILE, connect, require_readable

_DATABASE = "(SELECT num FROM database WHERE name = ?)"


class ReadNotes:
    """The notes of a store in a file: they can be read, but only its server writes.

    Args:
        connection: To the file; closed by whoever opened it.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    async def local_get(self, database: str, local_id: str) -> tuple[int, bytes] | None:
        """As the store's."""
        query = f"SELECT rev, body FROM local WHERE database = {_DATABASE} AND id = ?"  # noqa: S608 - no text from outside
        row = self._connection.execute(query, (database, local_id)).fetchone()
        return None if row is None else (row[0], bytes(row[1]))

    async def local_range(
        self, database: str, start: str, end: str, *, limit: int
    ) -> list[LocalDocument]:
        """As the store's."""
        query = (
            f"SELECT id, rev, body FROM local WHERE database = {_DATABASE}"  # noqa: S608 - as above
            " AND id >= ? AND id < ? ORDER BY id LIMIT ?"
        )
        rows = self._connection.execute(query, (database, start, end, limit))
        return [LocalDocument(row[0], row[1], bytes(row[2])) for row in rows]

    async def local_put(self, *_: Any, **__: Any) -> int:
        """Raise `StoreUnavailable`."""
        raise StoreUnavailable("only the server writes to its store")

    async def local_delete(self, *_: Any, **__: Any) -> bool:
        """Raise `StoreUnavailable`."""
        raise StoreUnavailable("only the server writes to its store")


@asynccontextmanager
async def kept_notes(settings: Settings) -> AsyncGenerator[Notes]:
    """The notes of the server with these settings, which may run.

    Raises:
        StoreUnavailable: There is no store, or it cannot be reached.
    """
    if settings.store != "sqlite":
        # Takes a quarter of a second to load, for one who has a CouchDB.
        from rejoint_sync.stores.couch import CouchStore  # noqa: PLC0415

        store = await CouchStore.open(settings.store)
        try:
            yield store
        finally:
            await store.close()
        return
    if not (settings.data / STORE_FILE).is_file():
        raise StoreUnavailable(f"there is no store in {settings.data}")
    with contextlib.closing(connect(settings.data, writes=False)) as connection:
        require_readable(connection)
        yield ReadNotes(connection)
