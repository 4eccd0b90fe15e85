"""Attachments: a picture or a paper, cut into sealed chunks that a weak link can carry.

A document of kind `at` holds the key and the hashes of the chunks, in order. A chunk is a document
named by the hash of its sealed bytes, so it can be fetched from anyone and never changes:

    {"_id":"ch:dS4o1wXRCCULUGX5KPcfg:<H of the sealed bytes>","_rev":…,"h":…,"c":…,"s":…}

It is signed like every document, so that the server can tell whose it is, and sealed with a random
key of its attachment: nonce, AES-256-GCM, with circle, index and a flag for the last one as
associated data. The last one is padded to a bucket, as frames are.

Source: docs/circle.md, "Attachments".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from rejoint_sync.circle.document import DOCUMENT_TYP, HEAD
from rejoint_sync.circle.encoding import b64u_decode, b64u_encode, jcs
from rejoint_sync.circle.envelope import (
    NONCE_BYTES,
    SECRET_BYTES,
    TAG_BYTES,
    aes_gcm_open,
    aes_gcm_seal,
    es256_verify,
    sha256,
)
from rejoint_sync.circle.frame import bucket_bytes
from rejoint_sync.circle.grammar import require_parts
from rejoint_sync.circle.jws import header as jws_header
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.limits import ATTACHMENT_BYTES_MAX, CHUNK_BYTES_MAX
from rejoint_sync.circle.log import Member, Membership
from rejoint_sync.errors import CircleError

CHUNK_ID: Final = re.compile(r"ch:(d[A-Za-z0-9_-]{20}):([A-Za-z0-9_-]{43})\Z")
CHUNK_CONTENT_BYTES: Final = CHUNK_BYTES_MAX - NONCE_BYTES - TAG_BYTES
"""What each chunk but the last one holds."""

_CHUNK_LETTERS_MAX: Final = -(-CHUNK_BYTES_MAX * 4 // 3)
_MEMBERS: Final = frozenset({"_id", "h", "c", "s"})


@dataclass(frozen=True, slots=True)
class Index:
    """What an attachment's own document says of its chunks.

    Attributes:
        key: Opens them, 32 random bytes, used for this attachment alone.
        size: Bytes of the content.
        sha256: Hash of the content, base64url.
        chunks: Hashes of the sealed chunks, in order.
    """

    key: bytes
    size: int
    sha256: str
    chunks: tuple[str, ...]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Read a record of type `attachment` whose shape was checked.

        Raises:
            CircleError: `b64`, or `schema`: as many chunks as its size needs are not named.
        """
        chunks, size = tuple(record["chunks"]), record["size"]
        if size > ATTACHMENT_BYTES_MAX or len(chunks) != _count(size):
            raise CircleError("schema", f"expected {_count(size)} chunks")
        key = b64u_decode(record["key"])
        if len(key) != SECRET_BYTES:
            raise CircleError("schema", "expected a key of 32 bytes")
        return cls(key, size, record["sha256"], chunks)

    def members(self) -> dict[str, Any]:
        """What the record of type `attachment` says of them."""
        return {
            "size": self.size,
            "sha256": self.sha256,
            "key": b64u_encode(self.key),
            "chunks": list(self.chunks),
        }


def cut(
    circle: str, content: bytes, key: bytes, draw: Callable[[int], bytes]
) -> tuple[Index, list[bytes]]:
    """Cut a content into sealed chunks.

    Args:
        circle: The circle in which they are stored; they open in no other.
        content: At most `ATTACHMENT_BYTES_MAX` bytes.
        key: 32 random bytes, never used before.
        draw: Gives so many random bytes: the nonces.

    Returns:
        What the `at` document says, and the sealed chunks in order.

    Raises:
        CircleError: `limit`: the content is too large.
    """
    if len(content) > ATTACHMENT_BYTES_MAX:
        raise CircleError("limit", "this attachment is too large")
    count, sealed = _count(len(content)), []
    for index in range(count):
        part = content[index * CHUNK_CONTENT_BYTES : (index + 1) * CHUNK_CONTENT_BYTES]
        final = index == count - 1
        padded = part.ljust(_padded(len(part)), b"\0")
        aad = _aad(circle, index, final=final)
        sealed.append(aes_gcm_seal(key, padded, nonce=draw(NONCE_BYTES), aad=aad))
    hashes = tuple(b64u_encode(sha256(chunk)) for chunk in sealed)
    return Index(key, len(content), b64u_encode(sha256(content)), hashes), sealed


def joined(circle: str, index: Index, sealed: Sequence[bytes]) -> bytes:
    """Open the chunks of an attachment.

    Args:
        circle: The circle in which they were stored.
        index: What its `at` document says.
        sealed: The sealed chunks in order.

    Returns:
        The content.

    Raises:
        CircleError: `gap` (not as many chunks as the index names), `tag` (another chunk, key,
            circle or place), `frame` (not the content that the index names).
    """
    if len(sealed) != len(index.chunks):
        raise CircleError("gap", "a part of the attachment is missing")
    last, parts = len(sealed) - 1, []
    for place, chunk in enumerate(sealed):
        if b64u_encode(sha256(chunk)) != index.chunks[place]:
            raise CircleError("tag", "another chunk than the attachment names")
        aad = _aad(circle, place, final=place == last)
        parts.append(aes_gcm_open(index.key, chunk, aad=aad))
    tail = index.size - last * CHUNK_CONTENT_BYTES
    if any(len(part) != CHUNK_CONTENT_BYTES for part in parts[:-1]):
        raise CircleError("frame", "expected full chunks before the last one")
    if len(parts[-1]) != _padded(tail) or any(parts[-1][tail:]):
        raise CircleError("frame", "expected the last chunk padded with zeros to its bucket")
    content = b"".join(parts)[: index.size]
    if b64u_encode(sha256(content)) != index.sha256:
        raise CircleError("frame", "another content than the attachment names")
    return content


def chunk_document(membership: Membership, keys: DeviceKeys, sealed: bytes) -> dict[str, Any]:
    """Sign a sealed chunk as this device; `{"_id", "_rev", "h", "c", "s"}`."""
    name = f"ch:{keys.id}:{b64u_encode(sha256(sealed))}"
    signed = _signed(membership.circle, name, keys.id, membership.h, b64u_encode(sealed))
    return {
        "_id": name,
        "_rev": _rev(signed),
        "h": membership.h,
        "c": b64u_encode(sealed),
        "s": b64u_encode(keys.sign(signed)),
    }


def read_chunk(membership: Membership, document: object) -> bytes:
    """Check a chunk as server and readers do, without a key.

    Returns:
        The sealed bytes.

    Raises:
        CircleError: In this order `schema`, `limit`, `b64`; `schema` (the name is not the hash of
            the content); `author`; `sig`; `newer-log`; `fork`; `authz`; `removed`, as for every
            document. A fence does not hold for chunks: they count only where an `at` names them.
    """
    members = require_parts(document, _MEMBERS, "a chunk")
    name, h, c, s = (members[member] for member in ("_id", "h", "c", "s"))
    if not all(type(value) is str for value in (name, h, c, s)):
        raise CircleError("schema", "expected text")
    matched, head = CHUNK_ID.match(name), HEAD.match(h)
    if matched is None or head is None:
        raise CircleError("schema", "expected a name like ch:d…:… and a head")
    if len(c) > _CHUNK_LETTERS_MAX:
        raise CircleError("limit", f"expected at most {CHUNK_BYTES_MAX} sealed bytes")
    device, sealed = matched[1], b64u_decode(c)
    signature = b64u_decode(s)
    signed = _signed(membership.circle, name, device, h, c)
    rev = _rev(signed)
    if b64u_encode(sha256(sealed)) != matched[2] or members.get("_rev", rev) != rev:
        raise CircleError("schema", "expected a name and a revision that belong to the content")
    author = membership.devices.get(device)
    if author is None:
        raise CircleError("author", "the author never was in the circle")
    es256_verify(author.sign_point, signed, signature)
    _require_allowed(membership, author, int(head[1]), head[2])
    return sealed


def _require_allowed(membership: Membership, author: Member, seq: int, head: str) -> None:
    if seq > membership.seq:
        raise CircleError("newer-log", "signed under a log that is not here yet")
    if membership.heads[seq][:16] != head:
        raise CircleError("fork", "signed under another log than this one")
    if seq < author.since or author.role not in membership.writers("at"):
        raise CircleError("authz", "the author may not store attachments here")
    if author.until is not None and seq >= author.until:
        raise CircleError("removed", "the author had left the circle")


def _count(size: int) -> int:
    return max(1, -(-size // CHUNK_CONTENT_BYTES))


def _padded(size: int) -> int:
    return min(CHUNK_CONTENT_BYTES, bucket_bytes(size))


def _aad(circle: str, index: int, *, final: bool) -> bytes:
    return b"rj1 chunk\0" + jcs([circle, index, int(final)])


def _signed(circle: str, name: str, device: str, h: str, c: str) -> bytes:
    members = jws_header(DOCUMENT_TYP, device) | {"cir": circle, "h": h, "id": name}
    return f"{b64u_encode(jcs(members))}.{c}".encode("ascii")


def chunk_rev(circle: str, document: Mapping[str, Any]) -> str:
    """Compute the revision of a chunk from its `_id`, `h` and `c`, all text, of whatever shape."""
    name = document["_id"]
    device = name.removeprefix("ch:").partition(":")[0]
    return _rev(_signed(circle, name, device, document["h"], document["c"]))


def _rev(signed: bytes) -> str:
    return "1-" + sha256(signed).hex()[:32]
