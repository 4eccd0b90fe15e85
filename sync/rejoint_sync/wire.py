"""The replication protocol on paper: what its requests ask for.

Requests come in as a query string and a parsed body and leave as frozen values. Nothing here reads,
writes, waits or draws a number, so every rule can be checked without a server. What the answers
look like is in `answers.py`.

Source: Apache CouchDB 3.5 documentation, "API Reference" and "Replication Protocol".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import unquote_to_bytes

import orjson

from rejoint_sync.document import Document, parse_body
from rejoint_sync.errors import BadRequest, NotOffered, SyncError, TooLarge
from rejoint_sync.revision import Revision
from rejoint_sync.stores import Outcome

HEARTBEAT_MS_DEFAULT: Final = 60_000
HEARTBEAT_MS_MIN: Final = 100
TIMEOUT_MS_MAX: Final = 60_000
DOCUMENTS_PER_REQUEST_MAX: Final = 10_000
LAST_ID: Final = "\U0010ffff\U0010ffff"
"""Above every document id in byte order that is not made to be last."""


class Query:
    """The options of a request; those nobody asks for are ignored, as CouchDB does.

    Args:
        raw: The query string as it came, without "?"; of a repeated option the last one counts.

    Raises:
        BadRequest: A name or value is not UTF-8.
    """

    def __init__(self, raw: bytes) -> None:
        self._options: dict[str, str] = {}
        for part in raw.split(b"&"):
            name, _, value = part.partition(b"=")
            if name:
                self._options[_text(name)] = _text(value)

    def text(self, name: str) -> str | None:
        """The option as it stands, None when it is not there."""
        return self._options.get(name)

    def flag(self, name: str) -> bool:
        """Whether the option is `true`; not there is `false`. Raises `BadRequest`."""
        value = self._options.get(name, "false")
        if value not in ("true", "false"):
            raise BadRequest(f"{name} must be true or false.")
        return value == "true"

    def count(self, name: str) -> int | None:
        """A number of at most 15 digits, None when it is not there. Raises `BadRequest`."""
        value = self._options.get(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 15):
            raise BadRequest(f"{name} must be a number, 0 or greater.")
        return int(value)

    def json(self, *names: str) -> Any:
        """The first of these options that is there, parsed; None without one or for `null`."""
        for name in names:
            value = self._options.get(name)
            if value is not None:
                try:
                    return orjson.loads(value)
                except orjson.JSONDecodeError:
                    raise BadRequest(f"{name} must be JSON.") from None
        return None

    def key(self, *names: str) -> str | None:
        """As `json`, for a document id. Raises `BadRequest` for anything but a string."""
        value = self.json(*names)
        if value is not None and not isinstance(value, str):
            raise BadRequest(f"{names[0]} must be a JSON string.")
        return value


def _text(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise BadRequest("The query string must be UTF-8.") from None


def parse_object(raw: bytes) -> dict[str, Any]:
    """Parse a request's body. Raises `BadRequest` for anything but a JSON object."""
    value = parse_body(raw)
    if not isinstance(value, dict):
        raise BadRequest("The request body must be a JSON object.")
    return value


def _strings(value: object, what: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadRequest(f"{what} must be a list of strings.")
    if len(value) > DOCUMENTS_PER_REQUEST_MAX:
        raise TooLarge(f"{what} may name at most {DOCUMENTS_PER_REQUEST_MAX} at a time.")
    return value


# --------------------------------------------------------------------------------- _changes


@dataclass(frozen=True, slots=True)
class ChangesRequest:
    """What one `_changes` asks for.

    Attributes:
        longpoll: Wait for the first change instead of answering "none".
        since: The reader's sequence as it came, `"now"` or `"0"`.
        limit: Most rows, at least 1; None for all.
        descending: Newest first.
        all_leaves: `style=all_docs`.
        include_docs: Each row brings its document.
        document_ids: Only these; None for all.
        heartbeat_ms: Send a line end this often while waiting; None for never.
        timeout_ms: End the waiting after this time, when there is no heartbeat.
    """

    longpoll: bool
    since: str
    limit: int | None
    descending: bool
    all_leaves: bool
    include_docs: bool
    document_ids: frozenset[str] | None
    heartbeat_ms: int | None
    timeout_ms: int

    @classmethod
    def parse(cls, query: Query, body: Mapping[str, Any]) -> Self:
        """Read the options, and `doc_ids` from the body of a POST.

        Raises:
            BadRequest: An option cannot be read.
            NotOffered: Another feed or filter than ours.
        """
        feed = query.text("feed") or "normal"
        if feed in ("continuous", "eventsource"):
            raise NotOffered(f"feed={feed} is not offered; use longpoll.")
        if feed not in ("normal", "longpoll"):
            raise BadRequest("feed must be normal or longpoll.")
        style = query.text("style") or "main_only"
        if style not in ("main_only", "all_docs"):
            raise BadRequest("style must be main_only or all_docs.")
        if query.flag("conflicts"):
            raise NotOffered("conflicts is not offered here; use style=all_docs.")
        limit = query.count("limit")
        timeout = query.count("timeout")
        since = query.text("since") or "0"
        return cls(
            longpoll=feed == "longpoll",
            since=since.strip('"'),
            limit=None if limit is None else max(1, limit),
            descending=query.flag("descending"),
            all_leaves=style == "all_docs",
            include_docs=query.flag("include_docs"),
            document_ids=_document_ids(query, body),
            heartbeat_ms=_heartbeat_ms(query),
            timeout_ms=TIMEOUT_MS_MAX if timeout is None else min(timeout, TIMEOUT_MS_MAX),
        )


def _document_ids(query: Query, body: Mapping[str, Any]) -> frozenset[str] | None:
    name = query.text("filter")
    if name is None:
        return None
    if name != "_doc_ids":
        raise NotOffered("Only the filter _doc_ids is offered: sealed documents have no fields.")
    return frozenset(_strings(body.get("doc_ids", query.json("doc_ids")), "doc_ids"))


def _heartbeat_ms(query: Query) -> int | None:
    text = query.text("heartbeat")
    if text is None or text == "false":
        return None
    if text == "true":
        return HEARTBEAT_MS_DEFAULT
    return max(HEARTBEAT_MS_MIN, query.count("heartbeat") or 0)


# ------------------------------------------------------------------------------- _revs_diff


def parse_revs_diff(body: Mapping[str, Any]) -> dict[str, list[Revision]]:
    """Read the body of `_revs_diff`: `{"id": ["3-a", …]}`.

    Raises:
        BadRequest: Another shape or a malformed revision.
        TooLarge: More than `DOCUMENTS_PER_REQUEST_MAX` ids.
    """
    if len(body) > DOCUMENTS_PER_REQUEST_MAX:
        raise TooLarge(f"_revs_diff may name at most {DOCUMENTS_PER_REQUEST_MAX} ids at a time.")
    asked: dict[str, list[Revision]] = {}
    for document_id, revs in body.items():
        parsed = (Revision.parse(rev) for rev in _strings(revs, "The revisions of a document"))
        asked[document_id] = list(dict.fromkeys(parsed))
    return asked


# ------------------------------------------------------------------------------- _bulk_docs


@dataclass(frozen=True, slots=True)
class BulkDocs:
    """The documents of one `_bulk_docs`.

    Attributes:
        rows: In their order; one that cannot be read is its refusal.
        new_edits: As CouchDB's `new_edits`.
    """

    rows: tuple[Document | Outcome, ...]
    new_edits: bool

    @classmethod
    def parse(cls, body: Mapping[str, Any], *, new_id: Callable[[], str]) -> Self:
        """Read the body of `_bulk_docs`.

        Args:
            body: The parsed body.
            new_id: Names a document that came without `_id`.

        Raises:
            BadRequest: No list of objects in `docs`, or `new_edits` is no boolean.
            TooLarge: More than `DOCUMENTS_PER_REQUEST_MAX` documents.
        """
        docs, new_edits = body.get("docs"), body.get("new_edits", True)
        if not isinstance(docs, list) or not all(isinstance(doc, dict) for doc in docs):
            raise BadRequest("docs must be a list of JSON objects.")
        if not isinstance(new_edits, bool):
            raise BadRequest("new_edits must be true or false.")
        if len(docs) > DOCUMENTS_PER_REQUEST_MAX:
            raise TooLarge(f"At most {DOCUMENTS_PER_REQUEST_MAX} documents at a time.")
        rows = (_bulk_row(doc, new_id=new_id) for doc in docs)
        return cls(tuple(rows), new_edits)


def _bulk_row(doc: dict[str, Any], *, new_id: Callable[[], str]) -> Document | Outcome:
    if "_id" not in doc:
        doc = {**doc, "_id": new_id()}
    try:
        return Document.parse(doc)
    except SyncError as error:
        name = doc["_id"]
        return Outcome(name if isinstance(name, str) else "", "", error)


# ------------------------------------------------------------------- documents and _bulk_get


@dataclass(frozen=True, slots=True)
class DocumentOptions:
    """How a document is to be shown.

    Attributes:
        revs: With its `_revisions`.
        revs_info: With `_revs_info`: which of them still have a body here.
        conflicts: With `_conflicts` (the living losers).
        deleted_conflicts: With `_deleted_conflicts`.
        local_seq: Asked for `_local_seq`.
    """

    revs: bool = False
    revs_info: bool = False
    conflicts: bool = False
    deleted_conflicts: bool = False
    local_seq: bool = False

    @classmethod
    def parse(cls, query: Query) -> Self:
        """Read the options of a document. Raises `BadRequest`."""
        meta = query.flag("meta")
        return cls(
            revs=query.flag("revs"),
            revs_info=meta or query.flag("revs_info"),
            conflicts=meta or query.flag("conflicts"),
            deleted_conflicts=meta or query.flag("deleted_conflicts"),
            local_seq=query.flag("local_seq"),
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry of `_bulk_get`. `rev` None asks for the winner."""

    id: str
    rev: str | None


def parse_bulk_get(body: Mapping[str, Any]) -> list[Wanted]:
    """Read the body of `_bulk_get`.

    Raises:
        BadRequest: Another shape or a malformed revision.
        TooLarge: More than `DOCUMENTS_PER_REQUEST_MAX` entries.
    """
    docs = body.get("docs")
    if not isinstance(docs, list):
        raise BadRequest("docs must be a list.")
    if len(docs) > DOCUMENTS_PER_REQUEST_MAX:
        raise TooLarge(f"At most {DOCUMENTS_PER_REQUEST_MAX} documents at a time.")
    wanted = []
    for entry in docs:
        name = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            raise BadRequest("Each of docs must be an object with the string id.")
        rev = entry.get("rev")
        if rev is not None and not isinstance(rev, str):
            raise BadRequest("rev must be a string.")
        wanted.append(Wanted(name, None if rev is None else str(Revision.parse(rev))))
    return wanted


# -------------------------------------------------------------------------------- _all_docs


@dataclass(frozen=True, slots=True)
class AllDocsRequest:
    """What one `_all_docs` asks for.

    Attributes:
        keys: Exactly these, in this order; None for a range.
        start: First id of the range, by byte order.
        end: First id that is not in the range any more.
        limit: Most rows, None for all.
        skip: Rows left out first.
        descending: Greatest first.
        include_docs: Each row brings its document.
        options: How it is shown.
    """

    keys: tuple[object, ...] | None
    start: str
    end: str
    limit: int | None
    skip: int
    descending: bool
    include_docs: bool
    options: DocumentOptions

    @classmethod
    def parse(cls, query: Query, body: Mapping[str, Any]) -> Self:
        """Read the options, and `keys` from the body of a POST.

        Raises:
            BadRequest: An option cannot be read.
            TooLarge: More than `DOCUMENTS_PER_REQUEST_MAX` keys.
        """
        keys = body.get("keys", query.json("keys"))
        if keys is not None and not isinstance(keys, list):
            raise BadRequest("keys must be a list.")
        if keys is not None and len(keys) > DOCUMENTS_PER_REQUEST_MAX:
            raise TooLarge(f"At most {DOCUMENTS_PER_REQUEST_MAX} keys at a time.")
        descending = query.flag("descending")
        start, end = _range(query, descending=descending)
        return cls(
            keys=None if keys is None else tuple(keys),
            start=start,
            end=end,
            limit=query.count("limit"),
            skip=query.count("skip") or 0,
            descending=descending,
            include_docs=query.flag("include_docs"),
            options=DocumentOptions(conflicts=query.flag("conflicts")),
        )


def _range(query: Query, *, descending: bool) -> tuple[str, str]:
    """The half-open range of ids; `descending` swaps what the ends are called."""
    key = query.key("key")
    first = key or query.key("startkey", "start_key")
    last = key or query.key("endkey", "end_key")
    inclusive = query.text("inclusive_end") != "false" or key is not None
    if descending:
        start = "" if last is None else last + ("" if inclusive else "\0")
        return start, LAST_ID if first is None else first + "\0"
    end = LAST_ID if last is None else last + ("\0" if inclusive else "")
    return first or "", end
