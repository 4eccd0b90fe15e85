"""Every error this package raises.

    SyncError                            the base: nothing else escapes the public API
    ├── BadRequest             400       a body or a parameter that cannot be read
    │   ├── DocumentMalformed  400       a reserved member that is not the protocol's
    │   ├── ContentMismatch    400       bytes that are not the ones announced
    │   ├── IllegalDocumentId  400       no name that a document may have
    │   ├── OtherVersion       400       a version of a protocol that is not spoken here
    │   └── RevisionMalformed  400       not "<generation>-<digest>"
    ├── Unauthorized           401       who asks is not known
    ├── Forbidden              403       who asks is known and may not
    │   └── Suspended          403       an admin had the server stop serving this device
    ├── NotFound               404       no such database, document or revision
    ├── ConflictError          409       a write named a parent that is not a leaf
    ├── DatabaseExists         412       a database of that name is there already
    ├── MissingStub            412       a stub of an attachment that the parent does not have
    ├── TooLarge               413       over a limit of limits.py
    ├── NotOffered             501       the protocol knows it, this server does not offer it
    ├── StoreUnavailable       503       the data is out of reach; the same bytes may be sent again
    │   ├── StoreInUse         503       another process has the data directory open
    │   └── StoreFull          507       no room for a write; reads go on
    └── CircleError            by code   a rule of docs/circle.md; `code` is one of its codes

`error` is CouchDB's word in `{"error": …, "reason": …}`; `reason` is a sentence for a person and
never holds health data.
"""

from typing import Final


class SyncError(Exception):
    """The base of every error; `str()` of it is the reason."""

    status: int = 500
    error: str = "internal_server_error"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadRequest(SyncError):
    """A body or a parameter cannot be read."""

    status = 400
    error = "bad_request"


class DocumentMalformed(BadRequest):
    """A member that begins with `_` is not one of the protocol's, or not of its type."""

    error = "doc_validation"


class ContentMismatch(BadRequest):
    """The bytes of an attachment do not have the digest that was announced."""

    error = "content_md5_mismatch"


class IllegalDocumentId(BadRequest):
    """A document may not have this name."""

    error = "illegal_docid"


class OtherVersion(BadRequest):
    """A request of another version of a protocol.

    Args:
        reason: For a person.
        versions: Those that are understood.
    """

    error = "other_version"

    def __init__(self, reason: str, versions: tuple[int, ...]) -> None:
        super().__init__(reason)
        self.versions = versions


class RevisionMalformed(BadRequest):
    """A revision is not `<positive integer>-<digest>`."""


class Unauthorized(SyncError):
    """Who asks is not known."""

    status = 401
    error = "unauthorized"


class Forbidden(SyncError):
    """Who asks is known and may not."""

    status = 403
    error = "forbidden"


class Suspended(Forbidden):
    """The device is not served here for now; an admin of the clinic decided it."""

    error = "suspended"


class NotFound(SyncError):
    """There is no such database, document or revision."""

    status = 404
    error = "not_found"


class ConflictError(SyncError):
    """A write named a parent that is not a leaf."""

    status = 409
    error = "conflict"


class MethodNotAllowed(SyncError):
    """The path is offered, not with this method."""

    status = 405
    error = "method_not_allowed"


class DatabaseExists(SyncError):
    """A database of that name is there already."""

    status = 412
    error = "file_exists"


class MissingStub(SyncError):
    """A stub names an attachment that the revision before does not have."""

    status = 412
    error = "missing_stub"


class TooLarge(SyncError):
    """Over a limit of `limits.py`."""

    status = 413
    error = "too_large"


class BadContentType(SyncError):
    """A body is not what this route reads, by its Content-Type or Content-Encoding."""

    status = 415
    error = "bad_content_type"


class TooManyRequests(SyncError):
    """Asked too often; later is fine."""

    status = 429
    error = "too_many_requests"


class NotOffered(SyncError):
    """The protocol knows it, this server does not offer it."""

    status = 501
    error = "not_implemented"


class StoreUnavailable(SyncError):
    """The data cannot be reached; the same bytes may be sent again."""

    status = 503
    error = "service_unavailable"


class StoreInUse(StoreUnavailable):
    """Another process has the data directory open; exactly one may."""


class StoreFull(StoreUnavailable):
    """There is no room for this write; nothing of it is stored, and reads go on."""

    status = 507
    error = "insufficient_storage"


# HTTP status and CouchDB's word for each code. Source: docs/circle.md, "The server's duties".
_BY_CODE: Final[dict[str, tuple[int, str]]] = {
    **dict.fromkeys(
        ("b64", "canon", "schema", "header", "kid", "circle", "op", "sig", "proof", "ts", "target"),
        (400, "bad_request"),
    ),
    **dict.fromkeys(
        ("epoch", "fence", "last", "wrap", "commit", "back", "tag", "frame", "codec"),
        (400, "bad_request"),
    ),
    **dict.fromkeys(("author", "authz", "removed", "closed", "fork"), (403, "forbidden")),
    **dict.fromkeys(
        ("seq", "prev", "taken", "stale", "dup", "invite", "newer-log"), (409, "conflict")
    ),
    **dict.fromkeys(("snapshot", "gap", "replaced"), (409, "conflict")),
    "limit": (413, "too_large"),
    "clock": (401, "unauthorized"),
}

CODES: Final[frozenset[str]] = frozenset(_BY_CODE)


class CircleError(SyncError):
    """A rule of docs/circle.md was broken.

    Args:
        code: One of `CODES`, equal in Python, TypeScript and the vectors.
        reason: What was expected, for a person.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.status, self.error = _BY_CODE[code]
