"""Sealed documents: one record each, encrypted, bound to its place and signed by its author.

    {"_id":"ev:2611:dS4o1wXRCCULUGX5KPcfg:c000412","_rev":…,"h":"5.oXpafG_BIrV_n18Y","c":…,"s":…}

The header is rebuilt from what surrounds the document (circle, name, head), never sent, and is the
associated data of the encryption: a document moved, renamed or back-dated does not open.

Source: docs/circle.md, "Documents".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from rejoint_sync.circle.encoding import b64u_decode, b64u_encode, jcs
from rejoint_sync.circle.envelope import (
    NONCE_BYTES,
    TAG_BYTES,
    aes_gcm_open,
    aes_gcm_seal,
    es256_verify,
    sha256,
)
from rejoint_sync.circle.epochs import Secrets, document_key
from rejoint_sync.circle.frame import CODEC_WRITTEN, frame, unframe
from rejoint_sync.circle.grammar import require_parts
from rejoint_sync.circle.jws import header as jws_header
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.limits import DOCUMENT_BYTES_MAX
from rejoint_sync.circle.log import Member, Membership
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError
from rejoint_sync.revision import Revision

DOCUMENT_TYP: Final = "rj1+doc"
KINDS: Final = frozenset({"at", "ev", "nt", "pl", "pr", "sn"})
"""Kinds of records; chunks (`ch`) and checkpoints (`cp`) have names of their own."""

_ID: Final = re.compile(
    r"(at|ev|nt|pl|pr|sn):([0-9]{2}(?:0[1-9]|1[0-2])):(d[A-Za-z0-9_-]{20}):([ck])([0-9]{6})\Z"
)
HEAD: Final = re.compile(r"(0|[1-9][0-9]{0,3})\.([A-Za-z0-9_-]{16})\Z")
"""What `h` looks like: number and first letters of the hash of a log entry."""

_PLAIN: Final = re.compile(r"[0-9A-Za-z:._-]*\Z")
_MEMBERS: Final = frozenset({"_id", "h", "c", "s"})


@dataclass(frozen=True, slots=True)
class DocumentId:
    """The name of a sealed document.

    Attributes:
        kind: One of `KINDS`.
        month: Year and month of sealing, `yymm`.
        device: The author.
        stream: "c" or "k".
        n: The author's counter in this stream, from 1 without gaps.
    """

    kind: str
    month: str
    device: str
    stream: str
    n: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a name. Raises `CircleError` with `schema`."""
        matched = _ID.match(text) if type(text) is str else None
        if matched is None or int(matched[5]) == 0:
            raise CircleError("schema", "expected a name like ev:2611:d…:c000001")
        return cls(matched[1], matched[2], matched[3], matched[4], int(matched[5]))

    def __str__(self) -> str:
        """Write the name."""
        return f"{self.kind}:{self.month}:{self.device}:{self.stream}{self.n:06d}"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed document whose shape is right; nothing else is checked yet.

    Attributes:
        id: Its name, taken apart.
        seq: Number of the last log entry that its author had.
        head: First 16 characters of that entry's hash.
        header: The header, encoded: associated data and first half of what is signed.
        c: The sealed part as sent.
        s: The signature as sent.
        digest: Hash of header and sealed part, 32 hexadecimal digits; the signature is not in it.
    """

    id: DocumentId
    seq: int
    head: str
    header: str
    c: str
    s: str
    digest: str

    @classmethod
    def parse(cls, circle: str, document: object) -> Self:
        """Read a document of a circle.

        Args:
            circle: Its name; the header is rebuilt with it.
            document: `{"_id", "h", "c", "s"}`, with or without `_rev`, from the wire.

        Raises:
            CircleError: `schema` (other members, a malformed name or head, a `_rev` that is not
                the content's), `limit`, `b64`.
        """
        members = require_parts(document, _MEMBERS, "a document")
        identity = DocumentId.parse(members["_id"])
        h, c, s = members["h"], members["c"], members["s"]
        head = HEAD.match(h) if type(h) is str else None
        if head is None or type(c) is not str or type(s) is not str:
            raise CircleError("schema", "expected a head, a sealed part and a signature")
        _require_length(c)
        _require_nonce_and_tag(b64u_decode(c))
        b64u_decode(s)
        header = _header(circle, members["_id"], h)
        digest = _digest(header, c)
        if members.get("_rev", "1-" + digest) != "1-" + digest:
            raise CircleError("schema", "expected the revision that belongs to the content")
        return cls(identity, int(head[1]), head[2], header, c, s, digest)

    @classmethod
    def of_raw(cls, circle: str, name: str, h: str, c: bytes, s: bytes) -> Self:
        """As `parse`, where sealed part and signature came as bytes and no `_rev` did.

        Raises:
            CircleError: `schema`, `limit`.
        """
        identity, head = DocumentId.parse(name), HEAD.match(h)
        if head is None:
            raise CircleError("schema", "expected a head")
        text = b64u_encode(c)
        _require_length(text)
        _require_nonce_and_tag(c)
        header = _header(circle, name, h)
        digest = _digest(header, text)
        return cls(identity, int(head[1]), head[2], header, text, b64u_encode(s), digest)

    @property
    def signing_input(self) -> bytes:
        """What the author signed."""
        return f"{self.header}.{self.c}".encode("ascii")

    @property
    def rev(self) -> str:
        """The one revision that this content has."""
        return "1-" + self.digest

    def verify(self, point: bytes) -> None:
        """Check the signature. Raises `CircleError` with `sig`."""
        es256_verify(point, self.signing_input, b64u_decode(self.s))


@dataclass(frozen=True, slots=True)
class SealedDocument(Document):
    """A sealed document on its way into a store, made of what was read already.

    Attributes:
        circle: The circle as whose document it was read.
        content: What was read.
    """

    circle: str = field(kw_only=True)
    content: Sealed = field(kw_only=True)

    @classmethod
    def of(cls, circle: str, name: str, h: str, content: Sealed) -> Self:
        """The document with this name, head and content, whose grammar `Sealed` has checked."""
        c, s = content.c, content.s
        return cls(
            id=name,
            rev=Revision(1, content.digest),
            ancestors=(),
            deleted=False,
            tail=f',"h":"{h}","c":"{c}","s":"{s}"}}'.encode("ascii"),
            members={"h": h, "c": c, "s": s},
            circle=circle,
            content=content,
        )


def seal(  # noqa: PLR0913  # each is named at the call
    membership: Membership,
    keys: DeviceKeys,
    *,
    es: bytes,
    kind: str,
    month: str,
    n: int,
    obj: dict[str, Any],
    nonce: bytes,
    stream: str = "c",
    codec: int = CODEC_WRITTEN,
) -> dict[str, Any]:
    """Seal one record as this device, under the log as it is known now.

    Args:
        membership: The author's view of the circle; its head goes into the document.
        keys: The author.
        es: Secret of the stream's current epoch.
        kind: One of `KINDS`.
        month: `yymm` by the server-corrected clock.
        n: The author's next counter in this stream.
        obj: The record; any JSON object.
        nonce: 12 random bytes, never used before.
        stream: "c"; the format reserves "k" for clinicians.
        codec: How the frame may be packed.

    Returns:
        `{"_id", "_rev", "h", "c", "s"}`, ready to be stored.

    Raises:
        CircleError: `schema` (kind, month, counter), `limit` (the record is too large).
    """
    assert len(nonce) == NONCE_BYTES
    identity = DocumentId.parse(f"{kind}:{month}:{keys.id}:{stream}{n:06d}")
    head = _header(membership.circle, str(identity), membership.h)
    key = document_key(es, membership.circle, stream, keys.id)
    sealed = aes_gcm_seal(key, frame(obj, codec), nonce=nonce, aad=head.encode("ascii"))
    c = b64u_encode(sealed)
    if len(c) > DOCUMENT_BYTES_MAX:
        raise CircleError("limit", "this record is too large")
    document: dict[str, Any] = {
        "_id": str(identity),
        "h": membership.h,
        "c": c,
        "s": b64u_encode(keys.sign(f"{head}.{c}".encode("ascii"))),
    }
    return {"_rev": rev_of(membership.circle, document), **document}


def verify(membership: Membership, document: object) -> Sealed:
    """Check everything that can be checked without a key, as server and readers do.

    Raises:
        CircleError: In this order `schema`, `limit`, `b64`; `author` (not in the log); `sig`;
            `newer-log` (its author knew entries that we do not); `fork` (its author knew another
            log); `authz` (before the author came, or a kind or stream that its role may not
            write); `removed` (the author was gone).
    """
    sealed = Sealed.parse(membership.circle, document)
    author = author_of(membership, sealed)
    sealed.verify(author.sign_point)
    require_allowed(membership, sealed)
    return sealed


def author_of(membership: Membership, sealed: Sealed) -> Member:
    """The device, live or gone, that a document names as its author. Raises `author`."""
    author = membership.devices.get(sealed.id.device)
    if author is None:
        raise CircleError("author", "the author never was in the circle")
    return author


def require_allowed(membership: Membership, sealed: Sealed) -> None:
    """Check a document whose signature is good against the log.

    Raises:
        CircleError: `author`, `newer-log`, `fork`, `authz`, `removed`; see `verify`.
    """
    author = author_of(membership, sealed)
    if sealed.seq > membership.seq:
        raise CircleError("newer-log", "sealed under a log that is not here yet")
    if membership.heads[sealed.seq][:16] != sealed.head:
        raise CircleError("fork", "sealed under another log than this one")
    writers = membership.writers(sealed.id.kind)
    if (
        author.role not in writers
        or sealed.id.stream not in author.streams
        or sealed.seq < author.since_in(sealed.id.stream)
    ):
        raise CircleError("authz", "the author may not write this kind of document here")
    if author.until is not None:
        fence = author.fence(sealed.id.stream)
        if sealed.seq >= author.until or (fence is not None and sealed.id.n > fence):
            raise CircleError("removed", "the author had left the circle")


def open_document(membership: Membership, secrets: Secrets, document: object) -> dict[str, Any]:
    """Check a document and open it.

    Args:
        membership: The reader's view of the circle.
        secrets: The epoch secrets that the reader holds.
        document: From the wire or from the local store.

    Returns:
        The record.

    Raises:
        CircleError: As `verify`, then `epoch` (its key is not held), `tag`, `frame`, `codec`.
    """
    sealed = verify(membership, document)
    epoch = membership.epoch_at(sealed.id.stream, sealed.seq)
    es = secrets.get(sealed.id.stream, {}).get(epoch.e)
    if es is None:
        raise CircleError("epoch", "the key of this document is not held")
    key = document_key(es, membership.circle, sealed.id.stream, sealed.id.device)
    aad = sealed.header.encode("ascii")
    return unframe(aes_gcm_open(key, b64u_decode(sealed.c), aad=aad))


def rev_of(circle: str, document: Mapping[str, Any]) -> str:
    """Compute the revision of a sealed document from its `_id`, `h` and `c`, all text."""
    return "1-" + _digest(_header(circle, document["_id"], document["h"]), document["c"])


def _require_length(c: str) -> None:
    if len(c) > DOCUMENT_BYTES_MAX:
        raise CircleError("limit", f"expected at most {DOCUMENT_BYTES_MAX} sealed characters")


def _require_nonce_and_tag(sealed: bytes) -> None:
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise CircleError("schema", "expected a sealed part with nonce and tag")


def structural_rev(document: Mapping[str, Any]) -> str:
    """Compute the revision of an entry, a wrap or an invitation: a hash of all its members.

    Raises:
        CircleError: `canon`: it holds something that canonical JSON cannot say.
    """
    members = {name: value for name, value in document.items() if name != "_rev"}
    return "1-" + sha256(jcs(members)).hex()[:32]


def _digest(header: str, c: str) -> str:
    return sha256(f"{header}.{c}".encode("ascii")).hex()[:32]


def _header(circle: str, document_id: str, h: str) -> str:
    device = document_id.split(":")[2]
    if _PLAIN.match(circle + document_id + h):
        # What `jcs` writes for these members, whose names are in order, where nothing is escaped.
        text = (
            f'{{"alg":"ES256","cir":"{circle}","h":"{h}","id":"{document_id}","kid":"{device}"'
            f',"typ":"{DOCUMENT_TYP}"}}'
        )
        return b64u_encode(text.encode("ascii"))
    members = jws_header(DOCUMENT_TYP, device) | {"cir": circle, "h": h, "id": document_id}
    return b64u_encode(jcs(members))
