"""One document on its way into a store, split once into what the protocol needs and its body.

The body is parsed once, its protocol members are taken out, and the rest is kept as JSON text that
answers paste as it is. Unknown members stay untouched, so a newer client's fields survive us.
Attachments are taken out too; `attachment.py` reads them.

What JSON leaves open is settled so: of equal keys the last counts; the order of keys is kept; an
integer of 64 bits is kept exact and a greater one becomes the nearest double, which is what
JavaScript reads anyway; `NaN`, `1e400`, half a surrogate pair and nesting beyond 250 levels are
refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import orjson

from rejoint_sync.attachment import Sent, read_attachments
from rejoint_sync.errors import (
    BadRequest,
    DocumentMalformed,
    IllegalDocumentId,
    RevisionMalformed,
    TooLarge,
)
from rejoint_sync.limits import (
    DOCUMENT_BYTES_MAX,
    DOCUMENT_ID_BYTES_MAX,
    REQUEST_BYTES_MAX,
    REVS_LIMIT_MAX,
)
from rejoint_sync.revision import Revision, check_digest

_META: Final = frozenset({"_id", "_rev", "_revisions", "_attachments"})
# A client that edits what it was answered sends these back; they are ours to compute.
_REPLY_ONLY: Final = frozenset({"_conflicts", "_deleted_conflicts", "_local_seq", "_revs_info"})
_TAKEN_OUT: Final = _META | _REPLY_ONLY
# Members of CouchDB's replicator documents; kept in the body like any other.
_KEPT: Final = frozenset(
    {
        "_replication_id",
        "_replication_state",
        "_replication_state_reason",
        "_replication_state_time",
        "_replication_stats",
    }
)


def parse_body(body: bytes) -> Any:
    """Read the JSON text of a request.

    Args:
        body: At most `REQUEST_BYTES_MAX` bytes of UTF-8.

    Raises:
        TooLarge: It is longer.
        BadRequest: It is not JSON, or holds what the module's first paragraph refuses.
    """
    if len(body) > REQUEST_BYTES_MAX:
        raise TooLarge(f"a request holds at most {REQUEST_BYTES_MAX} bytes")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"expected JSON: {error.msg}") from error


def check_document_id(value: object) -> str:
    """Read a document's name.

    Raises:
        IllegalDocumentId: Not a string, empty, too long, not Unicode, or it begins with `_` and not
            with `_design/`. (`_local/` documents are not documents of the feed.)
    """
    if not isinstance(value, str):
        raise IllegalDocumentId("a document's name must be a string")
    if not value:
        raise IllegalDocumentId("a document's name must not be empty")
    if value.startswith("_") and (not value.startswith("_design/") or value == "_design/"):
        raise IllegalDocumentId("only reserved document names may begin with an underscore")
    try:
        length = len(value if value.isascii() else value.encode())
    except UnicodeEncodeError as error:
        raise IllegalDocumentId("a document's name must be Unicode text") from error
    if length > DOCUMENT_ID_BYTES_MAX:
        raise IllegalDocumentId(f"a document's name holds at most {DOCUMENT_ID_BYTES_MAX} bytes")
    return value


@dataclass(frozen=True, slots=True)
class Document:
    """A document as a client sent it.

    Attributes:
        id: Its name; never empty.
        rev: `new_edits`: the parent, or None. Otherwise the revision itself.
        ancestors: Digests of the ancestors, newest first, without its own; shorter than
            `REVS_LIMIT_MAX`.
        deleted: Whether it is a tombstone.
        tail: The body as JSON text to paste after `_id` and `_rev`: `,"h":"…"}` or `}`. A
            tombstone says `"_deleted":true` in it, any other document says nothing.
        members: What `tail` holds, parsed.
        attachments: By name, without repetition; stubs too.
    """

    id: str
    rev: Revision | None
    ancestors: tuple[str, ...]
    deleted: bool
    tail: bytes
    members: dict[str, Any]
    attachments: tuple[Sent, ...] = ()

    @classmethod
    def parse(
        cls,
        value: object,
        *,
        document_id: str | None = None,
        follows: Mapping[str, bytes] | None = None,
    ) -> Self:
        """Split one parsed JSON object.

        Args:
            value: The object as `parse_body` gives it; a new one is made, it is not changed.
            document_id: The name from the URL; it must equal `_id` when both are there.
            follows: The bytes of attachments that say `"follows":true`, by name.

        Raises:
            BadRequest: Not an object, no name or not a possible one, a malformed `_rev`,
                `_revisions` or attachment, or a reserved member that is not the protocol's.
            TooLarge: The body is over `DOCUMENT_BYTES_MAX`, or an attachment over its limit.

        >>> Document.parse({"_id": "ev:1", "_rev": "1-a", "c": "x"}).tail
        b',"c":"x"}'
        """
        if not isinstance(value, dict):
            raise BadRequest("a document must be a JSON object")
        name = _name(value, document_id)
        rev, ancestors = _revision(value)
        members = _members(value)
        return cls(
            id=name,
            rev=rev,
            ancestors=ancestors,
            deleted="_deleted" in members,
            tail=_tail(members),
            members=members,
            attachments=read_attachments(value.get("_attachments", {}), follows or {}),
        )


def _name(value: dict[str, Any], document_id: str | None) -> str:
    if "_id" not in value:
        if document_id is None:
            raise IllegalDocumentId("a document needs a name, `_id`")
        return check_document_id(document_id)
    name = check_document_id(value["_id"])
    if document_id not in (None, name):
        raise BadRequest("the document's `_id` is not the one in the URL")
    return name


def _revision(value: dict[str, Any]) -> tuple[Revision | None, tuple[str, ...]]:
    rev = Revision.parse(value["_rev"]) if "_rev" in value else None
    if "_revisions" not in value:
        return rev, ()
    history = value["_revisions"]
    start = history.get("start") if isinstance(history, dict) else None
    ids = history.get("ids") if isinstance(history, dict) else None
    if type(start) is not int or not isinstance(ids, list) or not 0 < len(ids) <= start:
        raise RevisionMalformed("`_revisions` must be {start, ids} with 1 to `start` digests")
    digests = [check_digest(digest) for digest in ids]
    # Where `_rev` names another revision than `_revisions`, CouchDB believes the latter.
    return Revision.of_parts(start, digests[0]), tuple(digests[1:REVS_LIMIT_MAX])


def _members(value: dict[str, Any]) -> dict[str, Any]:
    members = value.copy()
    for key in [key for key in value if key.startswith("_")]:
        if key in _TAKEN_OUT:
            del members[key]
        elif key == "_deleted":
            if not isinstance(value[key], bool):
                raise DocumentMalformed("`_deleted` must be true or false")
            if not value[key]:
                del members[key]
        elif key not in _KEPT:
            raise DocumentMalformed(f"Bad special document member: {key[:80]}")
    return members


def _tail(members: dict[str, Any]) -> bytes:
    try:
        text = orjson.dumps(members)
    except TypeError as error:
        raise BadRequest(f"a document must be JSON: {error}") from error
    if len(text) > DOCUMENT_BYTES_MAX:
        raise TooLarge(f"a document holds at most {DOCUMENT_BYTES_MAX} bytes")
    return b"," + text[1:] if members else b"}"
