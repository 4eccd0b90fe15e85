"""`/db`: CouchDB's replication protocol as one raw ASGI app.

It routes on the path as it came, because `a%2Fb` is one document's name and `a/b` is not. The body
of a request is read whole before a streamed answer begins. Errors are raised; they become answers
at the edge. Every row of the table in `routes.py` has its handler here.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from rejoint_server.db import (
    attachments,
    bulk,
    databases,
    documents,
    listing,
    local_documents,
    servers,
    views,
)
from rejoint_server.db.call import Call, Handler, Service
from rejoint_server.db.changes_feed import changes
from rejoint_server.db.policy import illegal_name
from rejoint_server.db.routes import ROUTES, TEMPLATES, VIEW, Route, methods_of
from rejoint_server.db.updates_feed import db_updates
from rejoint_server.web.asgi import ROUTE, Answer, Receive, Request, Scope, Send, Stream
from rejoint_sync.errors import (
    BadRequest,
    Forbidden,
    IllegalDocumentId,
    MethodNotAllowed,
    NotFound,
    NotOffered,
    SyncError,
)

ServerHandler = Callable[[Service, Request], Awaitable[Answer | Stream]]
DatabaseHandler = Callable[[Service, Request, str], Awaitable[Answer]]

SERVER_HANDLERS: Final[Mapping[tuple[str, str], ServerHandler]] = {
    ("GET", "/"): servers.welcome,
    ("GET", "/_up"): servers.up,
    ("GET", "/_uuids"): servers.uuids,
    ("GET", "/_session"): servers.session,
    ("POST", "/_session"): servers.log_in,
    ("DELETE", "/_session"): servers.log_out,
    ("GET", "/_all_dbs"): servers.all_dbs,
    ("GET", "/_dbs_info"): servers.dbs_info,
    ("POST", "/_dbs_info"): servers.dbs_info,
    ("GET", "/_db_updates"): db_updates,
    ("GET", "/_active_tasks"): servers.active_tasks,
}
"""Handlers of routes that name no database."""

WHOLE_HANDLERS: Final[Mapping[tuple[str, str], DatabaseHandler]] = {
    ("PUT", "/{db}"): databases.create,
    ("DELETE", "/{db}"): databases.delete,
}
"""Handlers that the policy lets pass by `may_manage`."""

HANDLERS: Final[Mapping[tuple[str, str], Handler]] = {
    ("GET", "/{db}"): databases.info,
    ("POST", "/{db}"): documents.post,
    ("GET", "/{db}/_changes"): changes,
    ("POST", "/{db}/_changes"): changes,
    ("POST", "/{db}/_revs_diff"): bulk.find_missing,
    ("POST", "/{db}/_missing_revs"): bulk.missing_revs,
    ("POST", "/{db}/_bulk_docs"): bulk.write_many,
    ("POST", "/{db}/_bulk_get"): bulk.read_many,
    ("GET", "/{db}/_all_docs"): listing.all_docs,
    ("POST", "/{db}/_all_docs"): listing.all_docs,
    ("POST", "/{db}/_all_docs/queries"): listing.queries,
    ("GET", "/{db}/_design_docs"): listing.design_docs,
    ("POST", "/{db}/_design_docs"): listing.design_docs,
    ("GET", "/{db}/_local_docs"): listing.local_docs,
    ("POST", "/{db}/_local_docs"): listing.local_docs,
    ("POST", "/{db}/_ensure_full_commit"): databases.ensure_full_commit,
    ("POST", "/{db}/_compact"): databases.compact,
    ("POST", "/{db}/_view_cleanup"): databases.view_cleanup,
    ("GET", "/{db}/_revs_limit"): databases.revs_limit,
    ("PUT", "/{db}/_revs_limit"): databases.set_revs_limit,
    ("POST", "/{db}/_purge"): databases.purge,
    ("GET", "/{db}/_purged_infos_limit"): databases.purged_infos_limit,
    ("GET", "/{db}/_security"): databases.security,
    ("PUT", "/{db}/_security"): databases.set_security,
    ("GET", "/{db}/{id}"): documents.show,
    ("PUT", "/{db}/{id}"): documents.put,
    ("DELETE", "/{db}/{id}"): documents.delete,
    ("COPY", "/{db}/{id}"): documents.copy,
    ("GET", "/{db}/_local/{id}"): local_documents.show,
    ("PUT", "/{db}/_local/{id}"): local_documents.put,
    ("DELETE", "/{db}/_local/{id}"): local_documents.delete,
    ("GET", VIEW): views.view,
    ("GET", "/{db}/{id}/{name}"): attachments.show,
    ("PUT", "/{db}/{id}/{name}"): attachments.put,
    ("DELETE", "/{db}/{id}/{name}"): attachments.delete,
}
"""Handlers of routes that the policy lets pass by `enter`."""

_BY_KEY: Final = {(route.method, route.template): route for route in ROUTES}
_UNREADABLE: Final = frozenset({"_find", "_index", "_explain", "_search", "_search_analyze"})
_ELSEWHERE: Final = frozenset(
    {"_shards", "_sync_shards", "_partition", "_purged_infos", "_auto_purge", "_temp_view"}
)
_DESIGN_PARTS: Final = frozenset(
    {"_view", "_show", "_list", "_update", "_rewrite", "_info", "_search", "_search_info"}
)
_VIEWS: Final = "Views and queries are not offered: the server cannot read sealed documents."


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
        await answer.send(send, head=request.method == "HEAD", gzip=request.gains_by_gzip)

    async def _answer(self, request: Request) -> Answer | Stream:
        segments = request.segments
        if not segments or (len(segments) == 1 and segments[0].startswith("_")):
            return await self._server(request, segments[0] if segments else "")
        database, *path = segments
        template, name, part = _place(path)
        _note_route(request, template)
        route = _route(request, template)
        key = (route.method, template)
        if key in WHOLE_HANDLERS:
            return await WHOLE_HANDLERS[key](self._service, request, database)
        guest = await self._service.policy.enter(request, database)
        self._check_offered(route)
        return await HANDLERS[key](Call(self._service, request, guest, name, part))

    async def _server(self, request: Request, name: str) -> Answer | Stream:
        template = f"/{name}"
        _note_route(request, template if template in TEMPLATES else "/_…")
        if template not in TEMPLATES:
            if request.method == "PUT":
                raise illegal_name(name)
            raise NotOffered("This part of CouchDB is not offered.")
        route = _route(request, template)
        self._check_offered(route)
        return await SERVER_HANDLERS[route.method, template](self._service, request)

    def _check_offered(self, route: Route) -> None:
        if self._service.policy.name not in route.policies:
            if route.template == VIEW:
                raise NotOffered(_VIEWS)
            raise Forbidden("Only signed documents are written here, by replication.")


def _route(request: Request, template: str) -> Route:
    method = "GET" if request.method == "HEAD" else request.method
    route = _BY_KEY.get((method, template))
    if route is None:
        raise MethodNotAllowed(f"Only {','.join(methods_of(template))} allowed")
    return route


def _place(path: list[str]) -> tuple[str, str, str]:
    """The template of a path below a database, the document it names and its attachment."""
    if not path:
        return "/{db}", "", ""
    first, rest = path[0], path[1:]
    whole = "/".join(("/{db}", *path))
    if whole in TEMPLATES and first.startswith("_"):
        return whole, "", ""
    if first == "_local" or first.startswith("_local/"):
        return _local_place(first, rest)
    if first == "_design" and rest:
        first, rest = f"_design/{rest[0]}", rest[1:]
    if first.startswith("_design/"):
        if rest and rest[0] in _DESIGN_PARTS:
            return _design_place(first, rest)
    elif first.startswith("_"):
        raise _why_not(first)
    if not first:
        raise NotFound("missing")
    if rest:
        return "/{db}/{id}/{name}", first, "/".join(rest)
    return "/{db}/{id}", first, ""


def _design_place(first: str, rest: list[str]) -> tuple[str, str, str]:
    if rest[0] == "_view" and len(rest) == 2:
        return VIEW, first.removeprefix("_design/"), rest[1]
    raise NotOffered(_VIEWS)


def _local_place(first: str, rest: list[str]) -> tuple[str, str, str]:
    names = [name for name in (first.removeprefix("_local").removeprefix("/"), *rest) if name]
    if not names:
        raise BadRequest("Invalid _local document id.")
    if len(names) > 1:
        raise BadRequest("_local documents do not accept attachments.")
    return "/{db}/_local/{id}", names[0], ""


def _why_not(name: str) -> SyncError:
    if name in _UNREADABLE:
        return NotOffered(_VIEWS)
    if name in _ELSEWHERE or name == "_design":
        return NotOffered("This part of CouchDB is not offered.")
    return IllegalDocumentId("Only reserved document ids may start with underscore.")


def _note_route(request: Request, template: str) -> None:
    note = request.scope.get(ROUTE)
    if note is not None:
        note[0] = f"/db{template}"
