"""What `_revs_diff`, `_bulk_docs`, `_bulk_get` and `_purge` ask for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest, RevisionMalformed, SyncError, TooLarge
from rejoint_sync.revision import Revision
from rejoint_sync.stores import Outcome
from rejoint_sync.wire.query import DOCUMENTS_PER_REQUEST_MAX, strings

PURGED_DOCUMENTS_MAX: Final = 100
"""Documents that one `_purge` may name: as CouchDB's default."""

PURGED_REVISIONS_MAX: Final = 1000
"""Revisions that one `_purge` may name: as CouchDB's default."""


def parse_revisions(body: Mapping[str, Any]) -> dict[str, list[Revision]]:
    """Read the body of `_revs_diff` and `_missing_revs`: `{"id": ["3-a", …]}`.

    Raises:
        BadRequest: Another shape or a malformed revision.
        TooLarge: More than `DOCUMENTS_PER_REQUEST_MAX` ids.
    """
    if len(body) > DOCUMENTS_PER_REQUEST_MAX:
        raise TooLarge(f"A request may name at most {DOCUMENTS_PER_REQUEST_MAX} ids at a time.")
    asked: dict[str, list[Revision]] = {}
    for document_id, revs in body.items():
        parsed = (Revision.parse(rev) for rev in strings(revs, "The revisions of a document"))
        asked[document_id] = list(dict.fromkeys(parsed))
    return asked


def parse_purge(body: Mapping[str, Any]) -> dict[str, list[Revision]]:
    """Read the body of `_purge`. Raises as `parse_revisions`, and `BadRequest` for too many."""
    asked = parse_revisions(body)
    if len(asked) > PURGED_DOCUMENTS_MAX:
        raise BadRequest("Exceeded maximum number of documents.")
    if sum(len(revs) for revs in asked.values()) > PURGED_REVISIONS_MAX:
        raise BadRequest("Exceeded maximum number of revisions.")
    return asked


@dataclass(frozen=True, slots=True)
class Note:
    """A `_local` document among others.

    Attributes:
        name: Without `_local/`.
        members: All it holds.
    """

    name: str
    members: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BulkDocs:
    """The documents of one `_bulk_docs`.

    Attributes:
        rows: In their order; one that cannot be read is its refusal.
        new_edits: As CouchDB's `new_edits`.
    """

    rows: tuple[Document | Note | Outcome, ...]
    new_edits: bool

    @classmethod
    def parse(cls, body: Mapping[str, Any], *, new_id: Callable[[], str], whole: bool) -> Self:
        """Read the body of `_bulk_docs`.

        Args:
            body: The parsed body.
            new_id: Names a document that came without `_id`.
            whole: One document that cannot be read refuses them all, as in CouchDB.

        Raises:
            BadRequest: No list of objects in `docs`, or `new_edits` is no boolean.
            TooLarge: More than `DOCUMENTS_PER_REQUEST_MAX` documents.
            SyncError: `whole`, and a document cannot be read.
        """
        if "docs" not in body:
            raise BadRequest("POST body must include `docs` parameter.")
        docs, new_edits = body["docs"], body.get("new_edits", True)
        if not isinstance(docs, list):
            raise BadRequest("`docs` parameter must be an array.")
        if not all(isinstance(doc, dict) for doc in docs):
            raise BadRequest("Document must be a JSON object")
        if not isinstance(new_edits, bool):
            raise BadRequest("`new_edits` parameter must be a boolean.")
        if len(docs) > DOCUMENTS_PER_REQUEST_MAX:
            raise TooLarge(f"At most {DOCUMENTS_PER_REQUEST_MAX} documents at a time.")
        rows = tuple(_bulk_row(doc, new_id=new_id, new_edits=new_edits) for doc in docs)
        errors = [row.error for row in rows if isinstance(row, Outcome) and row.error]
        if whole and errors:
            raise errors[0]
        return cls(rows, new_edits)


def _bulk_row(
    doc: dict[str, Any], *, new_id: Callable[[], str], new_edits: bool
) -> Document | Note | Outcome:
    if "_id" not in doc:
        doc = {**doc, "_id": new_id()}
    name = doc["_id"]
    if isinstance(name, str) and name.startswith("_local/"):
        return Note(name.removeprefix("_local/"), doc)
    try:
        document = Document.parse(doc)
        if document.rev is None and not new_edits:
            raise BadRequest("When `new_edits: false`, the document needs a `_rev`.")
        return document  # noqa: TRY300
    except SyncError as error:
        return Outcome(name if isinstance(name, str) else "", "", error)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry of `_bulk_get`.

    Attributes:
        id: The document.
        rev: The revision; None asks for every leaf.
        since: `atts_since`: bytes of attachments that came after these; None asks for none.
        error: Why the entry cannot be read; None when it can.
    """

    id: str
    rev: str | None
    since: tuple[str, ...] | None = None
    error: SyncError | None = None


def parse_bulk_get(body: Mapping[str, Any]) -> list[Wanted]:
    """Read the body of `_bulk_get`; an entry that cannot be read does not hold up the others.

    Raises:
        BadRequest: `docs` is no list.
        TooLarge: More than `DOCUMENTS_PER_REQUEST_MAX` entries.
    """
    return wanted_of(listed_in(body))


def listed_in(body: Mapping[str, Any]) -> list[object]:
    """The entries of `_bulk_get`, of which nothing is read yet. Raises as `parse_bulk_get`."""
    docs = body.get("docs")
    if not isinstance(docs, list):
        raise BadRequest("Missing JSON list of 'docs'.")
    if len(docs) > DOCUMENTS_PER_REQUEST_MAX:
        raise TooLarge(f"At most {DOCUMENTS_PER_REQUEST_MAX} documents at a time.")
    return docs


def wanted_of(entries: Iterable[object]) -> list[Wanted]:
    """Read entries of `_bulk_get`."""
    return [_wanted(entry) for entry in entries]


def _wanted(entry: object) -> Wanted:
    if not isinstance(entry, dict):
        return Wanted("", None, error=BadRequest("document must be a JSON object"))
    name, rev, since = entry.get("id"), entry.get("rev"), entry.get("atts_since")
    if not isinstance(name, str):
        return Wanted("", None, error=BadRequest("document id missed"))
    try:
        known = None if rev is None else str(Revision.parse(rev))
    except RevisionMalformed as error:
        return Wanted(name, rev if isinstance(rev, str) else None, error=error)
    try:
        revs = None if not since else tuple(str(Revision.parse(one)) for one in since)
    except (RevisionMalformed, TypeError):
        return Wanted(name, known, error=BadRequest("atts_since must be a list of revisions."))
    return Wanted(name, known, revs)
