"""Every bound, with its unit and its reason.

A bound that refuses what a client sent raises `TooLarge` or `BadRequest`; nothing is cut silently.
"""

from typing import Final

DOCUMENT_BYTES_MAX: Final = 1024 * 1024
"""Body of one document as JSON text, in bytes: what a phone can parse at once; also `_local`."""

REQUEST_BYTES_MAX: Final = 8 * 1024 * 1024
"""Body of one request after decompression, in bytes: bounds what one client makes us hold."""

BODY_SECONDS_MAX: Final = 300.0
"""From the first to the last byte of one body, in seconds: a usual push needs 100 s at 8 kbit/s."""

DOCUMENT_ID_BYTES_MAX: Final = 4096
"""Name of one document in UTF-8, in bytes: it stands in indexes and in URLs."""

ATTACHMENT_BYTES_MAX: Final = 8 * 1024 * 1024
"""Bytes of one attachment, decoded or not: as `REQUEST_BYTES_MAX`, since both are held whole."""

ATTACHMENTS_MAX: Final = 1000
"""Attachments of one document: their list is rewritten with each revision."""

ATTACHMENT_NAME_BYTES_MAX: Final = 1024
"""Name of one attachment in UTF-8, in bytes: it stands in URLs, as a document's."""

CONTENT_TYPE_LENGTH_MAX: Final = 255
"""Characters of an attachment's media type: RFC 6838 allows 127 on each side of the slash."""

DIGEST_LENGTH_MAX: Final = 64
"""Characters of a revision's digest: 32 hexadecimal digits are usual, a full SHA-256 fits."""

GENERATION_MAX: Final = 2**53 - 1
"""Greatest generation of a revision: the greatest integer that every JSON reader keeps exact."""

SEQUENCE_MAX: Final = 2**53 - 1
"""Greatest number of a change: as `GENERATION_MAX`."""

INCARNATION_LENGTH_MAX: Final = 16
"""Characters of a store's incarnation: it stands in every row of every feed."""

MARK_LENGTH_MAX: Final = 1024
"""Characters of a store's own mark in a position: CouchDB's takes about 110 for each shard."""

REVS_LIMIT: Final = 1000
"""Revisions kept of one branch, the leaf included: CouchDB's default `_revs_limit`."""

REVS_LIMIT_MAX: Final = 10_000
"""Greatest `_revs_limit` of a database: every edit writes the whole branch, 35 bytes each."""
