"""The route table of `/db`: every method, path, option and kind of body that is read.

One table, so that nothing can be offered and not said, or said and not offered: `replication.py`
binds a handler to each row, docs/protocol.md names each row and option, the OpenAPI document and
the fuzz tests are made from it. What is not in the table is answered with 404, 405 or 501.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Body(Enum):
    """What a request brings."""

    NONE = "none"
    JSON = "json"
    DOCUMENT = "document"
    """JSON, or `multipart/related` with the document first and its attachments after it."""
    FORM = "form"
    """Name and password, as JSON or as an HTML form sends them."""
    BYTES = "bytes"
    """Anything: the body of an attachment."""


class Where(Enum):
    """Which policies offer a route; under the others it is answered with 403."""

    ALWAYS = frozenset({"open", "circles"})
    OPEN = frozenset({"open"})


@dataclass(frozen=True, slots=True)
class Route:
    """One row.

    Attributes:
        method: Of HTTP; `HEAD` is offered wherever `GET` is.
        template: Path below `/db`, for example `/{db}/{id}`. `{id}` and `{name}` of a document
            are one segment, `/` written `%2F`; `{name}` of an attachment may have segments.
        options: Names of the query's options that are read; any other is ignored.
        body: What it brings.
        members: Names of the JSON body's members that are read, where they are fixed.
        headers: Names of the request's headers that change the answer, in lower case.
        where: Under which policies.
        login: Whether the caller must be known.
        circle_options: Names of options that are read in circles alone.
    """

    method: str
    template: str
    options: tuple[str, ...] = ()
    body: Body = Body.NONE
    members: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    where: Where = Where.ALWAYS
    login: bool = True
    circle_options: tuple[str, ...] = ()

    @property
    def policies(self) -> frozenset[str]:
        """Names of the policies that offer it."""
        return self.where.value


VIEW: Final = "/{db}/_design/{id}/_view/{name}"
"""The path of a view."""

_ENDS: Final = ("startkey", "start_key", "endkey", "end_key", "inclusive_end")
_PAGE: Final = ("limit", "skip", "descending")
_NAMES: Final = (*_ENDS, *_PAGE)
_LOCAL_DOCS: Final = ("key", "keys", *_NAMES, "include_docs")
_BYTES: Final = ("attachments", "att_encoding_info")
_ALL_DOCS: Final = (*_LOCAL_DOCS, "update_seq", "conflicts", *_BYTES)
_FEED: Final = ("feed", "since", "last-event-id", "limit", "descending", "heartbeat", "timeout")
_CHANGES: Final = (
    *_FEED,
    *("style", "filter", "view", "doc_ids", "include_docs", "conflicts", *_BYTES),
)
_SHOW: Final = (
    *("rev", "revs", "revs_info", "open_revs", "latest", "conflicts", "deleted_conflicts"),
    *("meta", "local_seq", *_BYTES, "atts_since"),
)
_BULK_GET: Final = ("revs", "latest", *_BYTES)
_PUT: Final = ("rev", "new_edits")
_IF_MATCH: Final = ("if-match",)

SERVER: Final = (
    Route("GET", "/", login=False),
    Route("GET", "/_up", login=False),
    Route("GET", "/_uuids", ("count",), login=False),
    Route("GET", "/_session", ("basic",), headers=("cookie",), login=False),
    Route("POST", "/_session", (), Body.FORM, ("name", "password"), where=Where.OPEN, login=False),
    Route("DELETE", "/_session", where=Where.OPEN, login=False),
    Route("GET", "/_all_dbs", _NAMES),
    Route("GET", "/_dbs_info", _NAMES),
    Route("POST", "/_dbs_info", (), Body.JSON, ("keys",)),
    Route("GET", "/_db_updates", _FEED, headers=("last-event-id",)),
    Route("GET", "/_active_tasks", where=Where.OPEN),
)
"""Routes of the server."""

DATABASE: Final = (
    Route("GET", "/{db}"),
    Route("PUT", "/{db}", where=Where.OPEN),
    Route("DELETE", "/{db}", where=Where.OPEN),
    Route("POST", "/{db}", (), Body.JSON, where=Where.OPEN),
    Route("GET", "/{db}/_changes", _CHANGES, headers=("last-event-id",)),
    Route("POST", "/{db}/_changes", _CHANGES, Body.JSON, ("doc_ids", "selector")),
    Route("POST", "/{db}/_revs_diff", (), Body.JSON),
    Route("POST", "/{db}/_missing_revs", (), Body.JSON),
    Route(
        "POST",
        "/{db}/_bulk_docs",
        (),
        Body.JSON,
        ("docs", "new_edits"),
        circle_options=("again",),
    ),
    Route("POST", "/{db}/_bulk_get", _BULK_GET, Body.JSON, ("docs",), ("accept",)),
    Route("GET", "/{db}/_all_docs", _ALL_DOCS),
    Route("POST", "/{db}/_all_docs", _ALL_DOCS, Body.JSON, _ALL_DOCS),
    Route("POST", "/{db}/_all_docs/queries", (), Body.JSON, ("queries",)),
    Route("GET", "/{db}/_design_docs", _ALL_DOCS),
    Route("POST", "/{db}/_design_docs", _ALL_DOCS, Body.JSON, _ALL_DOCS),
    Route("GET", "/{db}/_local_docs", _LOCAL_DOCS),
    Route("POST", "/{db}/_local_docs", _LOCAL_DOCS, Body.JSON, _LOCAL_DOCS),
    Route("POST", "/{db}/_ensure_full_commit"),
    Route("POST", "/{db}/_compact", where=Where.OPEN),
    Route("POST", "/{db}/_view_cleanup", where=Where.OPEN),
    Route("GET", "/{db}/_revs_limit"),
    Route("PUT", "/{db}/_revs_limit", (), Body.JSON, where=Where.OPEN),
    Route("POST", "/{db}/_purge", (), Body.JSON, where=Where.OPEN),
    Route("GET", "/{db}/_purged_infos_limit"),
    Route("GET", "/{db}/_security"),
    Route("PUT", "/{db}/_security", (), Body.JSON, where=Where.OPEN),
)
"""Routes of a database as a whole."""

DOCUMENT: Final = (
    Route("GET", "/{db}/{id}", _SHOW, headers=("accept", "if-none-match")),
    Route("PUT", "/{db}/{id}", _PUT, Body.DOCUMENT, (), ("content-type", *_IF_MATCH)),
    Route("DELETE", "/{db}/{id}", ("rev",), headers=_IF_MATCH, where=Where.OPEN),
    Route("COPY", "/{db}/{id}", ("rev", "latest"), headers=("destination",), where=Where.OPEN),
    Route("GET", "/{db}/_local/{id}"),
    Route("PUT", "/{db}/_local/{id}", (), Body.JSON),
    Route("DELETE", "/{db}/_local/{id}"),
    Route("GET", VIEW, ("key", "keys", *_PAGE, "reduce", "group"), where=Where.OPEN),
    Route(
        "GET",
        "/{db}/{id}/{name}",
        ("rev", "latest"),
        headers=("accept-encoding", "if-none-match", "range"),
    ),
    Route(
        "PUT",
        "/{db}/{id}/{name}",
        ("rev",),
        Body.BYTES,
        (),
        ("content-type", "content-encoding", *_IF_MATCH),
        Where.OPEN,
    ),
    Route("DELETE", "/{db}/{id}/{name}", ("rev",), headers=_IF_MATCH, where=Where.OPEN),
)
"""Routes of one document, its attachments, and of a client's own notes."""

ROUTES: Final = SERVER + DATABASE + DOCUMENT
"""The whole table."""

TEMPLATES: Final = frozenset(route.template for route in ROUTES)
"""Every path."""


def methods_of(template: str) -> tuple[str, ...]:
    """The methods that one path offers, in the table's order."""
    return tuple(route.method for route in ROUTES if route.template == template)
