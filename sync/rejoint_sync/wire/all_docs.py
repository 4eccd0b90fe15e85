"""What `_all_docs`, `_design_docs` and `_local_docs` ask for, and `_all_dbs` like them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from rejoint_sync.errors import BadRequest, TooLarge
from rejoint_sync.wire.query import DOCUMENTS_PER_REQUEST_MAX, Query, strings
from rejoint_sync.wire.show import DocumentOptions

LAST_ID: Final = "\U0010ffff\U0010ffff"
"""Above every document id in byte order that is not made to be last."""


@dataclass(frozen=True, slots=True)
class Range:
    """A range of names.

    Attributes:
        start: First name, by byte order.
        end: First name that is not in the range any more.
        limit: Most rows, None for all.
        skip: Rows left out first.
        descending: Greatest first.
    """

    start: str
    end: str
    limit: int | None
    skip: int
    descending: bool

    @classmethod
    def parse(cls, query: Query) -> Self:
        """Read the options of a range.

        Raises:
            BadRequest: An option cannot be read.
        """
        descending = query.flag("descending")
        start, end = _ends(query, descending=descending)
        return cls(
            start=start,
            end=end,
            limit=query.count("limit"),
            skip=query.count("skip") or 0,
            descending=descending,
        )

    def of(self, names: list[str]) -> list[str]:
        """The names of the range, in its order; `names` are sorted."""
        inside = [name for name in names if self.start <= name < self.end]
        if self.descending:
            inside.reverse()
        rest = inside[self.skip :]
        return rest if self.limit is None else rest[: self.limit]


def _ends(query: Query, *, descending: bool) -> tuple[str, str]:
    """The half-open range of names; `descending` swaps what the ends are called."""
    key = query.key("key")
    first = key if key is not None else query.key("startkey", "start_key")
    last = key if key is not None else query.key("endkey", "end_key")
    inclusive = query.flag("inclusive_end", default=True) or key is not None
    if descending:
        start = "" if last is None else last + ("" if inclusive else "\0")
        return start, LAST_ID if first is None else first + "\0"
    end = LAST_ID if last is None else last + ("\0" if inclusive else "")
    return first or "", end


@dataclass(frozen=True, slots=True)
class AllDocsRequest:
    """What one `_all_docs` asks for.

    Attributes:
        keys: Exactly these, in this order; None for a range.
        range: Which names, and in which order.
        include_docs: Each row brings its document.
        update_seq: The answer says up to which change it is.
        options: How a document is shown.
    """

    keys: tuple[object, ...] | None
    range: Range
    include_docs: bool
    update_seq: bool
    options: DocumentOptions

    @classmethod
    def parse(cls, query: Query, body: Mapping[str, Any]) -> Self:
        """Read the options; those in the body of a POST count before those of the query.

        Raises:
            BadRequest: An option cannot be read.
            TooLarge: More than `DOCUMENTS_PER_REQUEST_MAX` keys.
        """
        query = query.with_members(body)
        keys = query.json("keys")
        if keys is not None and not isinstance(keys, list):
            raise BadRequest("`keys` parameter must be an array.")
        ends = ("key", "startkey", "start_key", "endkey", "end_key")
        if keys is not None and any(query.text(name) is not None for name in ends):
            raise BadRequest("`keys` is incompatible with `key`, `start_key` and `end_key`")
        if keys is not None and len(keys) > DOCUMENTS_PER_REQUEST_MAX:
            raise TooLarge(f"At most {DOCUMENTS_PER_REQUEST_MAX} keys at a time.")
        return cls(
            keys=None if keys is None else tuple(keys),
            range=Range.parse(query),
            include_docs=query.flag("include_docs"),
            update_seq=query.flag("update_seq"),
            options=DocumentOptions(
                conflicts=query.flag("conflicts"),
                attachments=query.flag("attachments"),
                encoding_info=query.flag("att_encoding_info"),
            ),
        )


def parse_names(body: Mapping[str, Any]) -> list[str]:
    """Read `{"keys": ["name", …]}` of `_dbs_info`. Raises `BadRequest`, `TooLarge`."""
    return strings(body.get("keys"), "keys")
