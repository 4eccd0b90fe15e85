"""One document on its way into a store, split once into what the protocol needs and its body.

The body is parsed once, its protocol members are taken out, and the rest is kept as JSON text that
answers paste as it is. Unknown members stay untouched, so a newer client's fields survive us.
"""

from dataclasses import dataclass
from typing import Any, Self

import orjson

from rejoint_sync.errors import BadRequest
from rejoint_sync.revision import Revision

_KNOWN_META = frozenset({"_id", "_rev", "_revisions", "_deleted", "_attachments"})
_REPLY_ONLY = frozenset(
    {"_conflicts", "_deleted_conflicts", "_local_seq", "_revs_info", "_replication_id"}
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as a client sent it.

    Attributes:
        id: Its name; never empty.
        rev: `new_edits`: the parent, or None. Otherwise the revision itself.
        ancestors: Digests of the ancestors, newest first, without its own.
        deleted: Whether it is a tombstone.
        tail: The body as JSON text to paste after `_id` and `_rev`: `,"h":"…"}` or `}`.
        members: The parsed body without `_id`, `_rev` and `_revisions`.
    """

    id: str
    rev: Revision | None
    ancestors: tuple[str, ...]
    deleted: bool
    tail: bytes
    members: dict[str, Any]

    @classmethod
    def parse(cls, value: object, *, document_id: str | None = None) -> Self:
        """Split one parsed JSON object.

        Args:
            value: The object as it came; a new one is made, it is not changed.
            document_id: The name from the URL; it must equal `_id` when both are there.

        Raises:
            BadRequest: Not an object, no name, a malformed `_rev` or `_revisions`, or a reserved
                member that is not the protocol's.
        """
        raise NotImplementedError
