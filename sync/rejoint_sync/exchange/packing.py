"""Documents on the wire of `POST /sync`: bytes as bytes, and nothing that the reader knows.

    sealed     [kind, yymm, author, counter, seq, head, c, s]
    chunks     [_id, h, c, s]
    others     [_id, JSON text of the other members]

`kind` is a place in `KIND_CODES`; `author` the 15 bytes of the device, or none for the one of the
sealed document before; `counter` is 2n for stream c and 2n + 1 for k; `seq` and `head` are the two
halves of `h`, where no bytes stand for the head of the sealed document before; `c` and `s` are raw.
`_rev` follows from the content and is made anew; only that of a checkpoint, and of a request that
is over (`"_deleted":true`), is in its JSON text, with its ancestors.

Source: docs/protocol.md, "One-request sync"; docs/circle.md, "Documents".
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import orjson

from rejoint_sync.circle.attachment import chunk_rev
from rejoint_sync.circle.document import (
    DocumentId,
    Sealed,
    SealedDocument,
    rev_of,
    structural_rev,
)
from rejoint_sync.circle.encoding import b64u_decode, b64u_encode
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, SyncError

KIND_CODES: Final = ("ev", "nt", "pl", "pr", "at", "sn")
"""Kinds by the number that they have on the wire; the order never changes."""

CHUNK_PREFIX: Final = "ch:"
CHECKPOINT_PREFIX: Final = "cp:"
REQUEST_PREFIX: Final = "req:"

Packed = list[Any]
T = TypeVar("T")

_STREAMS: Final = "ck"
_AUTHOR_BYTES: Final = 15
_HEAD_BYTES: Final = 12
_SEALED_LENGTH: Final = 8
_CHUNK_LENGTH: Final = 4
_OTHER_LENGTH: Final = 2


def pack(documents: Iterable[Mapping[str, Any]], asker: str) -> list[Packed]:
    """Documents of one item, in their order.

    Args:
        documents: As they are stored, of one circle.
        asker: The device that asks; a document of its own that comes first needs no author.
    """
    author, head = asker, ""
    packed: list[Packed] = []
    for document in documents:
        name = str(document["_id"])
        if name.startswith(CHUNK_PREFIX):
            packed.append([name, document["h"], *_raw(document)])
            continue
        if name.partition(":")[0] not in KIND_CODES:
            packed.append([name, _text(name, document)])
            continue
        identity = DocumentId.parse(name)
        seq, _, digest = str(document["h"]).partition(".")
        packed.append(
            [
                KIND_CODES.index(identity.kind),
                int(identity.month),
                b"" if identity.device == author else b64u_decode(identity.device[1:]),
                2 * identity.n + _STREAMS.index(identity.stream),
                int(seq),
                b"" if digest == head else b64u_decode(digest),
                *_raw(document),
            ]
        )
        author, head = identity.device, digest
    return packed


def unpack(packed: Iterable[object], circle: str, asker: str) -> list[dict[str, Any] | SyncError]:
    """Make documents of what `pack` made, each with its `_rev`.

    Args:
        packed: The rows of one item.
        circle: Whose documents they are: the revision depends on it.
        asker: As given to `pack`.

    Returns:
        For each row its document; `CircleError` with `schema` for a row that is none. Such a row
        takes no other along, unless that leans on an author or a head that it does not name.
    """

    def sealed(name: str, h: str, c: bytes, s: bytes) -> dict[str, Any]:
        document = {"_id": name, "h": h, "c": b64u_encode(c), "s": b64u_encode(s)}
        return {"_rev": rev_of(circle, document), **document}

    return _each(packed, circle, asker, sealed, dict)


def names_of(packed: Iterable[object], asker: str) -> list[str]:
    """What each row says that it is, by which it can be spoken of though it is no document.

    Args:
        packed: The rows of one item.
        asker: As given to `pack`.

    Returns:
        Their `_id`, empty where a row does not even say that.
    """
    author, head = asker, ""
    found: list[str] = []
    for row in packed:
        name = ""
        if type(row) is list and len(row) in (_OTHER_LENGTH, _CHUNK_LENGTH):
            name = row[0] if type(row[0]) is str else ""
        elif type(row) is list:
            with contextlib.suppress(SyncError):
                author, head = _lean(row, author, head)
                name, *_ = _parts([*row[:6], b"", b""], author, head)
        found.append(name)
    return found


def arrivals(packed: Iterable[object], circle: str, asker: str) -> list[Document | SyncError]:
    """As `unpack`, on their way into a store.

    Returns:
        For each row its document, or why there is none: also what `Sealed.of_raw` and
        `Document.parse` raise.
    """

    def sealed(name: str, h: str, c: bytes, s: bytes) -> Document:
        return SealedDocument.of(circle, name, h, Sealed.of_raw(circle, name, h, c, s))

    return _each(packed, circle, asker, sealed, Document.parse)


def _each(
    packed: Iterable[object],
    circle: str,
    asker: str,
    sealed: Callable[[str, str, bytes, bytes], T],
    other: Callable[[dict[str, Any]], T],
) -> list[T | SyncError]:
    """Each row as one of the two makes it, or why it is none."""
    author, head = asker, ""
    made: list[T | SyncError] = []
    for row in packed:
        try:
            if type(row) is not list:
                raise _malformed()
            if len(row) == _OTHER_LENGTH:
                made.append(other(_other(*row)))
                continue
            if len(row) == _CHUNK_LENGTH:
                made.append(other(_chunk(circle, *row)))
                continue
            author, head = _lean(row, author, head)
            made.append(sealed(*_parts(row, author, head)))
        except SyncError as error:
            made.append(error)
    return made


def _raw(document: Mapping[str, Any]) -> tuple[bytes, bytes]:
    return b64u_decode(document["c"]), b64u_decode(document["s"])


def _text(name: str, document: Mapping[str, Any]) -> str:
    named = name.startswith(CHECKPOINT_PREFIX) or "_deleted" in document
    left_out = {"_id"} if named else {"_id", "_rev", "_revisions"}
    rest = {key: value for key, value in document.items() if key not in left_out}
    return orjson.dumps(rest).decode()


def _malformed() -> CircleError:
    return CircleError("schema", "expected a document as it is packed for one-request sync")


def _other(name: object, text: object) -> dict[str, Any]:
    if type(name) is not str or type(text) is not str:
        raise _malformed()
    try:
        members = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _malformed() from None
    if type(members) is not dict or "_id" in members:
        raise _malformed()
    if "_deleted" in members and not name.startswith(REQUEST_PREFIX):
        raise _malformed()
    document = {"_id": name, **members}
    return document if "_rev" in members else {"_rev": structural_rev(document), **document}


def _chunk(circle: str, name: object, h: object, c: object, s: object) -> dict[str, Any]:
    if type(name) is not str or type(h) is not str or type(c) is not bytes or type(s) is not bytes:
        raise _malformed()
    document = {"_id": name, "h": h, "c": b64u_encode(c), "s": b64u_encode(s)}
    return {"_rev": chunk_rev(circle, document), **document}


def _lean(row: list[Any], author: str, head: str) -> tuple[str, str]:
    """Author and head of a sealed row, by itself or by the one before."""
    if len(row) != _SEALED_LENGTH:
        raise _malformed()
    device, digest = row[2], row[5]
    if type(device) is not bytes or type(digest) is not bytes:
        raise _malformed()
    if len(device) not in (0, _AUTHOR_BYTES) or len(digest) not in (0, _HEAD_BYTES):
        raise _malformed()
    return (
        "d" + b64u_encode(device) if device else author,
        b64u_encode(digest) if digest else head,
    )


def _parts(row: list[Any], author: str, head: str) -> tuple[str, str, bytes, bytes]:
    """Name, head, sealed part and signature of a sealed row."""
    kind, month, _, counter, seq, _, c, s = row
    if not (type(kind) is type(month) is type(counter) is type(seq) is int):
        raise _malformed()
    if not (type(c) is type(s) is bytes and 0 <= kind < len(KIND_CODES)):
        raise _malformed()
    if month < 0 or counter < 0 or seq < 0:
        raise _malformed()
    n, stream = divmod(counter, 2)
    name = f"{KIND_CODES[kind]}:{month:04d}:{author}:{_STREAMS[stream]}{n:06d}"
    return name, f"{seq}.{head}", c, s
