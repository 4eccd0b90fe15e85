"""Administration of a CouchDB: databases made and removed, and which copies are within reach.

The one module that uses the `couchdb` package. Its calls block, so each runs in a thread.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

import couchdb
from couchdb import http

from rejoint_sync.errors import DatabaseExists, NotFound, StoreUnavailable
from rejoint_sync.stores.couch_address import CouchAddress

CALL_S_MAX: Final = 60.0
_ADMINS_ONLY: Final = {"names": [], "roles": ["_admin"]}

T = TypeVar("T")


class CouchAdmin:
    """What needs an administrator's account.

    Args:
        address: Where the CouchDB is.
    """

    def __init__(self, address: CouchAddress) -> None:
        self._session: Any = http.Session(timeout=CALL_S_MAX)
        self._server: Any = couchdb.Server(address.url, session=self._session)
        if address.user:
            self._server.resource.credentials = (address.user, address.password)

    def close(self) -> None:
        """Let go of all connections, which the package leaves to the garbage collector."""
        for connections in self._session.connection_pool.conns.values():
            for connection in connections:
                connection.close()

    async def create(self, name: str) -> None:
        """Make a database of one shard.

        One shard (`q=1`): a circle is small, and only so a bulk write is one change of one file
        in each copy.

        Raises:
            DatabaseExists: There is one of that name.
            StoreUnavailable: CouchDB cannot be reached.
        """
        await _in_thread(lambda: self._server.resource.put_json(name, q=1))

    async def close_to_others(self, name: str) -> None:
        """Let administrators in only, as CouchDB does by itself from version 3 on."""
        security = {"admins": _ADMINS_ONLY, "members": _ADMINS_ONLY}

        def close() -> None:
            _, _, found = self._server.resource(name).get_json("_security")
            # Setting it takes a number of the database: only where it is needed.
            if found.get("members", {}).get("roles") != _ADMINS_ONLY["roles"]:
                self._server.resource(name).put_json("_security", security)

        await _in_thread(close)

    async def delete(self, name: str) -> None:
        """Remove a database. Raises `NotFound` and `StoreUnavailable`."""
        await _in_thread(lambda: self._server.delete(name))

    async def compact(self, name: str) -> None:
        """Begin to drop what is no leaf. Raises `NotFound` and `StoreUnavailable`."""
        await _in_thread(lambda: self._server.resource(name).post_json("_compact", body={}))

    async def set_revs_limit(self, name: str, limit: int) -> None:
        """Keep so many revisions of a branch. Raises `NotFound` and `StoreUnavailable`."""
        await _in_thread(lambda: self._server.resource(name).put_json("_revs_limit", limit))

    async def nodes_of(self, name: str) -> frozenset[str]:
        """The nodes that keep a copy of the database; empty where there is no cluster.

        Raises:
            NotFound: No such database.
            StoreUnavailable: CouchDB cannot be reached.
        """

        def ask() -> frozenset[str]:
            try:
                _, _, answer = self._server.resource(name).get_json("_shards")
            except http.ResourceNotFound:
                _ = self._server[name]
                return frozenset()
            shards = answer.get("shards", {})
            return frozenset(node for nodes in shards.values() for node in nodes)

        return await _in_thread(ask)

    async def nodes_up(self) -> frozenset[str]:
        """The nodes of the cluster that are connected; empty where there is no cluster."""

        def ask() -> frozenset[str]:
            try:
                _, _, answer = self._server.resource.get_json("_membership")
            except http.ResourceNotFound:
                return frozenset()
            return frozenset(answer["all_nodes"])

        return await _in_thread(ask)


async def _in_thread(call: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(call)
    except http.PreconditionFailed as error:
        raise DatabaseExists(
            "The database could not be created, the file already exists."
        ) from error
    except http.ResourceNotFound as error:
        raise NotFound("Database does not exist.") from error
    except (OSError, http.HTTPError, http.ServerError, ValueError) as error:
        raise StoreUnavailable(f"CouchDB cannot be reached: {type(error).__name__}") from error
