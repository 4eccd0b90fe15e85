"""How a document is to be shown."""

from dataclasses import dataclass
from typing import Self

from rejoint_sync.wire.query import Query


@dataclass(frozen=True, slots=True)
class DocumentOptions:
    """What is shown of a document beside its body.

    Attributes:
        revs: With its `_revisions`.
        revs_info: With `_revs_info`: which of them still have a body here.
        conflicts: With `_conflicts` (the living losers).
        deleted_conflicts: With `_deleted_conflicts`.
        local_seq: Asked for `_local_seq`.
        attachments: With the bytes of its attachments, not only their stubs.
        encoding_info: How each attachment is encoded (`att_encoding_info`).
        since: Bytes only of attachments that came after these revisions (`atts_since`).
        follows: The bytes come after the document, in parts of their own.
    """

    revs: bool = False
    revs_info: bool = False
    conflicts: bool = False
    deleted_conflicts: bool = False
    local_seq: bool = False
    attachments: bool = False
    encoding_info: bool = False
    since: tuple[str, ...] = ()
    follows: bool = False

    @classmethod
    def parse(cls, query: Query) -> Self:
        """Read the options of a document. Raises `BadRequest`."""
        if query.is_empty:
            return cls()
        meta = query.flag("meta")
        since = query.revisions("atts_since")
        return cls(
            revs=query.flag("revs"),
            revs_info=meta or query.flag("revs_info"),
            conflicts=meta or query.flag("conflicts"),
            deleted_conflicts=meta or query.flag("deleted_conflicts"),
            local_seq=query.flag("local_seq"),
            # As in CouchDB, who says what is there already asks for the rest.
            attachments=query.flag("attachments") or query.json("atts_since") is not None,
            encoding_info=query.flag("att_encoding_info"),
            since=since,
        )

    @property
    def is_plain(self) -> bool:
        """Whether the answer depends on the revision alone: only then it has an ETag."""
        return not (self.revs_info or self.conflicts or self.deleted_conflicts or self.local_seq)
