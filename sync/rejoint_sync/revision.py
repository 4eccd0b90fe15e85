"""A revision: one version of one document, written `<generation>-<digest>`.

Revisions are ordered by generation, then by digest in byte order; every replica therefore picks
the same winner without talking to another.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Self

from rejoint_sync.errors import RevisionMalformed
from rejoint_sync.limits import DIGEST_LENGTH_MAX, GENERATION_MAX

# CouchDB and PouchDB take a revision without a digest, `1-`, so a peer may bring one.
_DIGEST: Final = re.compile(rf"[0-9A-Za-z_]{{0,{DIGEST_LENGTH_MAX}}}")
_TEXT: Final = re.compile(rf"([1-9][0-9]{{0,15}})-({_DIGEST.pattern})")
_SHOWN_LENGTH_MAX: Final = 80


def check_digest(text: object) -> str:
    """Read one digest, as it stands in `_revisions.ids`.

    Letters, digits and `_` only, so that it can be pasted into JSON and URLs as it is.

    Raises:
        RevisionMalformed: It is anything else, or longer than `DIGEST_LENGTH_MAX`.
    """
    if isinstance(text, str) and _DIGEST.fullmatch(text):
        return text
    raise RevisionMalformed(f"expected a revision's digest, got {str(text)[:_SHOWN_LENGTH_MAX]!r}")


@dataclass(frozen=True, slots=True, order=True)
class Revision:
    """One version of a document.

    Attributes:
        generation: Edits since creation, 1 to `GENERATION_MAX`.
        digest: Letters, digits and `_`; 32 hexadecimal digits from CouchDB, PouchDB and us.
    """

    generation: int
    digest: str

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read `"3-917fa2…"`.

        Args:
            text: Straight from the wire; anything but a well-formed string is refused.

        Raises:
            RevisionMalformed: `text` is not `<positive integer>-<digest>`.

        Source: couchdb/src/couch/src/couch_doc.erl, `parse_rev/1`.

        >>> Revision.parse("2-b") < Revision.parse("10-a")
        True
        """
        match = _TEXT.fullmatch(text) if isinstance(text, str) else None
        if match is None or int(match[1]) > GENERATION_MAX:
            shown = str(text)[:_SHOWN_LENGTH_MAX]
            raise RevisionMalformed(f"expected a revision like 1-d41d8cd9…, got {shown!r}")
        return cls(int(match[1]), match[2])

    @classmethod
    def of_parts(cls, generation: int, digest: str) -> Self:
        """A revision of a digest that `check_digest` let pass, without the way by its text.

        Raises:
            RevisionMalformed: There is no such generation.
        """
        if not 1 <= generation <= GENERATION_MAX:
            raise RevisionMalformed(f"a revision's generation is 1 to {GENERATION_MAX}")
        return cls(generation, digest)

    @classmethod
    def of_edit(cls, parent: "Revision | None", tail: bytes) -> Self:
        """The revision of a new edit: the same edit of the same parent has the same name anywhere.

        Args:
            parent: What was edited; None for a first version.
            tail: The new body as stored (`Document.tail`); a tombstone says so in it.

        Returns:
            The next generation, with the first 32 hexadecimal digits of SHA-256 over the parent's
            name, a line feed and the body.

        Raises:
            RevisionMalformed: The parent is of the last generation there can be.
        """
        generation = parent.generation + 1 if parent else 1
        if generation > GENERATION_MAX:
            raise RevisionMalformed("no revision can follow one of the greatest generation")
        text = str(parent).encode() if parent else b""
        return cls(generation, hashlib.sha256(text + b"\n" + tail).hexdigest()[:32])

    def __str__(self) -> str:
        """`<generation>-<digest>`."""
        return f"{self.generation}-{self.digest}"
