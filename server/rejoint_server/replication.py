"""`/db`: CouchDB's replication protocol as one raw ASGI app.

It routes on the path as it came, because `a%2Fb` is one document's name and `a/b` is not. The body
of a request is read whole before a streamed answer begins. Errors are raised; they become answers
at the edge. Every route is documented in docs/protocol.md.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from rejoint_server import bulk, databases, documents
from rejoint_server.asgi import ROUTE, Answer, Receive, Request, Scope, Send, Stream
from rejoint_server.call import Call, Handler, Service
from rejoint_server.changes_feed import changes
from rejoint_sync.errors import MethodNotAllowed, NotFound, NotOffered, SyncError

Methods = Mapping[str, Handler]

SERVER_ROUTES: Final[Mapping[str, Callable[[Service, Request], Awaitable[Answer]]]] = {
    "": databases.welcome,
    "_up": databases.up,
    "_session": databases.session,
    "_uuids": databases.uuids,
    "_all_dbs": databases.all_dbs,
}
"""Routes of the server, all GET."""

DATABASE_ROUTES: Final[Mapping[str, Methods]] = {
    "_changes": {"GET": changes, "POST": changes},
    "_revs_diff": {"POST": bulk.find_missing},
    "_bulk_docs": {"POST": bulk.write_many},
    "_bulk_get": {"POST": bulk.read_many},
    "_all_docs": {"GET": bulk.all_docs, "POST": bulk.all_docs},
    "_ensure_full_commit": {"POST": databases.ensure_full_commit},
    "_revs_limit": {"GET": databases.revs_limit},
    "_security": {"GET": databases.security},
}
"""Routes `/db/{db}/{name}`."""

DOCUMENT_METHODS: Final[Methods] = {
    "GET": documents.show,
    "PUT": documents.put,
    "DELETE": documents.delete,
}
LOCAL_METHODS: Final[Methods] = {
    "GET": documents.show_local,
    "PUT": documents.put_local,
    "DELETE": documents.delete_local,
}


class Replication:
    """The ASGI app.

    Args:
        service: What it is made of.
        prefix: First segments of the path that belong to the mount, for example `("db",)`.
    """

    def __init__(self, service: Service, prefix: tuple[str, ...]) -> None:
        self._service = service
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises a `SyncError` when there is no answer but an error."""
        request = Request(
            scope,
            receive,
            prefix=self._prefix,
            body_bytes_max=self._service.settings.request_bytes_max,
        )
        try:
            answer = await self._answer(request)
        except SyncError:
            await request.drop_body()
            raise
        await answer.send(send, head=request.method == "HEAD")

    async def _answer(self, request: Request) -> Answer | Stream:
        segments = request.segments
        if not segments or (len(segments) == 1 and segments[0].startswith("_")):
            return await self._server(request, segments[0] if segments else "")
        database, *path = segments
        if not path:
            return await self._whole_database(request, database)
        template, name, methods = _route(path)
        _note_route(request, template)
        handler = _choose(methods, request.method)
        guest = await self._service.policy.enter(request, database)
        return await handler(Call(self._service, request, guest, name))

    async def _server(self, request: Request, name: str) -> Answer:
        _note_route(request, f"/{name}" if name in SERVER_ROUTES else "/_…")
        handler = SERVER_ROUTES.get(name)
        if handler is None:
            raise NotOffered("This part of CouchDB is not offered.")
        if _plain(request.method) != "GET":
            raise _wrong_method(["GET"])
        return await handler(self._service, request)

    async def _whole_database(self, request: Request, database: str) -> Answer:
        _note_route(request, "/{db}")
        match _plain(request.method):
            case "GET":
                guest = await self._service.policy.enter(request, database)
                return await databases.info(Call(self._service, request, guest))
            case "PUT":
                return await databases.create(self._service, request, database)
            case "DELETE":
                return await databases.delete(self._service, request, database)
            case "POST":
                raise NotOffered("Use PUT with the document's name, or _bulk_docs.")
            case _:
                raise _wrong_method(["GET", "PUT", "DELETE"])


def _plain(method: str) -> str:
    return "GET" if method == "HEAD" else method


def _route(path: list[str]) -> tuple[str, str, Methods]:
    """The template of a path below a database, the document it names and its methods."""
    first, rest = path[0], path[1:]
    if first == "_local" and rest:
        return "/{db}/_local/{id}", "/".join(rest), LOCAL_METHODS
    if first == "_design" and len(rest) == 1:
        return "/{db}/{id}", f"_design/{rest[0]}", DOCUMENT_METHODS
    if first in DATABASE_ROUTES and not rest:
        return f"/{{db}}/{first}", "", DATABASE_ROUTES[first]
    if first.startswith("_design/") and not rest:
        return "/{db}/{id}", first, DOCUMENT_METHODS
    if first.startswith("_"):
        raise NotOffered(_why_not(first))
    if not first:
        raise NotFound("missing")
    if rest:
        raise NotOffered("Attachments are not offered yet.")
    return "/{db}/{id}", first, DOCUMENT_METHODS


def _why_not(name: str) -> str:
    if name in {"_design", "_find", "_index", "_explain", "_view", "_search"}:
        return "Views and queries are not offered: the server cannot read sealed documents."
    return "This part of CouchDB is not offered."


def _choose(methods: Methods, method: str) -> Handler:
    if method == "COPY":
        raise NotOffered("COPY is not offered.")
    handler = methods.get(_plain(method))
    if handler is None:
        raise _wrong_method(list(methods))
    return handler


def _wrong_method(allowed: list[str]) -> MethodNotAllowed:
    return MethodNotAllowed(f"Only {', '.join(allowed)} allowed")


def _note_route(request: Request, template: str) -> None:
    note = request.scope.get(ROUTE)
    if note is not None:
        note[0] = f"/db{template}"
