"""Every bound, with its unit and its reason.

A bound that refuses what a client sent raises `TooLarge` or `BadRequest`; nothing is cut silently.
"""

from typing import Final

DOCUMENT_BYTES_MAX: Final = 1024 * 1024
"""Body of one document as JSON text, in bytes: what a phone can parse at once; also `_local`."""

REQUEST_BYTES_MAX: Final = 8 * 1024 * 1024
"""Body of one request after decompression, in bytes: bounds what one client makes us hold."""

DOCUMENT_ID_BYTES_MAX: Final = 1024
"""Name of one document in UTF-8, in bytes: it stands in indexes and in URLs."""

DIGEST_LENGTH_MAX: Final = 64
"""Characters of a revision's digest: 32 hexadecimal digits are usual, a full SHA-256 fits."""

GENERATION_MAX: Final = 2**53 - 1
"""Greatest generation of a revision: the greatest integer that every JSON reader keeps exact."""

SEQUENCE_MAX: Final = 2**53 - 1
"""Greatest number of a change: as `GENERATION_MAX`."""

INCARNATION_LENGTH_MAX: Final = 16
"""Characters of a store's incarnation: it stands in every row of every feed."""

REVS_LIMIT: Final = 1000
"""Revisions kept of one branch, the leaf included: CouchDB's default `_revs_limit`."""
