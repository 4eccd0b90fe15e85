"""Attachments: bytes that belong to one revision of a document.

Inside a document they are the member `_attachments`, an object by name. Each is either sent whole
(`data` in base64, or `follows` in a multipart body) or a stub, which stands for what the revision
before has under that name. Bytes are kept as they came: with `"encoding":"gzip"`, which only a
part that follows may have, they are kept compressed, and `digest` is the digest of those.

Source: CouchDB, "Attachments"; couchdb/src/couch/src/couch_att.erl.
"""

import base64
import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

import orjson

from rejoint_sync.errors import (
    BadRequest,
    ContentMismatch,
    DocumentMalformed,
    MissingStub,
    TooLarge,
)
from rejoint_sync.limits import (
    ATTACHMENT_BYTES_MAX,
    ATTACHMENT_NAME_BYTES_MAX,
    ATTACHMENTS_MAX,
    CONTENT_TYPE_LENGTH_MAX,
    GENERATION_MAX,
)

DEFAULT_CONTENT_TYPE: Final = "application/octet-stream"
_CONTENT_TYPE: Final = re.compile(rf"[\x20-\x7e]{{1,{CONTENT_TYPE_LENGTH_MAX}}}")
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment as a revision has it; its bytes lie apart.

    Attributes:
        name: Not empty, without a `_` at its begin.
        content_type: A media type in printable ASCII.
        digest: `md5-` and the base64 of the MD5 of the bytes as kept.
        length: Bytes, decoded.
        revpos: Generation of the revision that brought it, 0 when its sender did not say.
        gzipped: Whether the bytes are kept in gzip.
        encoded_length: Bytes as kept; `length` unless `gzipped`.
        blob: SHA-256 of the bytes as kept, hexadecimal: where a store of ours finds them. Empty in
            a store that keeps them otherwise.
    """

    name: str
    content_type: str
    digest: str
    length: int
    revpos: int
    gzipped: bool = False
    encoded_length: int = 0
    blob: str = field(default="", compare=False)

    @classmethod
    def of(
        cls, name: str, data: bytes, *, content_type: str = DEFAULT_CONTENT_TYPE, revpos: int = 0
    ) -> Self:
        """Describe bytes that are not in gzip."""
        return cls(
            name=name,
            content_type=content_type,
            digest=md5_digest(data),
            length=len(data),
            revpos=revpos,
            encoded_length=len(data),
            blob=hashlib.sha256(data).hexdigest(),
        )

    def stub(self) -> dict[str, Any]:
        """As it stands in `_attachments` of an answer that does not bring the bytes."""
        return {
            "content_type": self.content_type,
            "revpos": self.revpos,
            "digest": self.digest,
            "length": self.length,
            "stub": True,
        }


@dataclass(frozen=True, slots=True)
class Sent:
    """One attachment as a client sent it.

    Attributes:
        name: As `Attachment.name`.
        attachment: What it is; None for a stub. Its `revpos` is what the sender said.
        data: The bytes as they are to be kept; empty for a stub.
        revpos: Of a stub, when its sender said one: then the one kept must have the same.
    """

    name: str
    attachment: Attachment | None = None
    data: bytes = b""
    revpos: int | None = None


def stubs_text(attachments: Iterable[Attachment]) -> bytes:
    """The member `_attachments` of an answer without bytes, as JSON text."""
    return orjson.dumps({one.name: one.stub() for one in attachments})


def md5_digest(data: bytes) -> str:
    """CouchDB's `digest` of these bytes.

    >>> md5_digest(b"")
    'md5-1B2M2Y8AsgTpgAmY7PhCfg=='
    """
    return "md5-" + base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def check_attachment_name(value: object) -> str:
    """Read an attachment's name.

    Raises:
        BadRequest: Not Unicode text, empty, over `ATTACHMENT_NAME_BYTES_MAX` bytes, or it begins
            with `_`.
    """
    if not isinstance(value, str) or not value:
        raise BadRequest("an attachment needs a name")
    if value.startswith("_"):
        raise BadRequest("Attachment name starts with prohibited character '_'")
    try:
        length = len(value.encode())
    except UnicodeEncodeError as error:
        raise BadRequest("an attachment's name must be Unicode text") from error
    if length > ATTACHMENT_NAME_BYTES_MAX:
        raise BadRequest(f"an attachment's name holds at most {ATTACHMENT_NAME_BYTES_MAX} bytes")
    return value


def check_content_type(value: object) -> str:
    """Read an attachment's media type, which later stands in a header.

    Raises:
        BadRequest: Not 1 to `CONTENT_TYPE_LENGTH_MAX` printable characters of ASCII.
    """
    if isinstance(value, str) and _CONTENT_TYPE.fullmatch(value):
        return value
    raise BadRequest("an attachment's content_type must be a media type")


def read_attachments(value: object, follows: Mapping[str, bytes]) -> tuple[Sent, ...]:
    """Read the member `_attachments` of a document.

    Args:
        value: The member, parsed.
        follows: The bytes of those that say `"follows":true`, by name.

    Raises:
        BadRequest: Not of that form, not base64, not gzip, or lengths that lie.
        ContentMismatch: A part that follows does not have the digest it announced.
        TooLarge: An attachment is over `ATTACHMENT_BYTES_MAX`, or there are too many.
    """
    if value == {}:
        return ()
    if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
        raise DocumentMalformed("_attachments must be an object of objects")
    if len(value) > ATTACHMENTS_MAX:
        raise TooLarge(f"a document has at most {ATTACHMENTS_MAX} attachments")
    return tuple(
        _read(check_attachment_name(name), member, follows) for name, member in value.items()
    )


def resolve(
    sent: tuple[Sent, ...], before: tuple[Attachment, ...] | None, *, revpos: int | None
) -> tuple[Attachment, ...]:
    """What a new revision has, with stubs replaced by what they stand for.

    Args:
        sent: As the document came.
        before: What the revision before has; None when there is none, or it is not known.
        revpos: For bytes that are new: the generation of an edit; None to believe the sender.

    Raises:
        MissingStub: A stub of something that the revision before does not have.
    """
    if not sent:
        return ()
    known = {one.name: one for one in before or ()}
    found = []
    for one in sent:
        if one.attachment is None:
            kept = known.get(one.name)
            if kept is None or one.revpos not in (None, kept.revpos):
                raise MissingStub("a stub of an attachment that the revision before does not have")
            found.append(kept)
        else:
            found.append(
                one.attachment if revpos is None else replace(one.attachment, revpos=revpos)
            )
    return tuple(found)


def inflate(data: bytes, *, limit: int = ATTACHMENT_BYTES_MAX) -> bytes:
    """The bytes that are in gzip, at most `limit` of them.

    Raises:
        BadRequest: It is not one whole gzip stream.
        TooLarge: It holds more.
    """
    stream = zlib.decompressobj(_GZIP_WINDOW)
    try:
        plain = stream.decompress(data, limit + 1)
    except zlib.error as error:
        raise BadRequest("an attachment with encoding gzip must be in gzip") from error
    if len(plain) > limit:
        raise TooLarge(f"an attachment holds at most {limit} bytes")
    if not stream.eof or stream.unused_data:
        raise BadRequest("an attachment with encoding gzip must be in gzip")
    return plain


def _read(name: str, member: dict[str, Any], follows: Mapping[str, bytes]) -> Sent:
    revpos = member.get("revpos")
    if revpos is not None and (type(revpos) is not int or not 0 <= revpos <= GENERATION_MAX):
        raise BadRequest("an attachment's revpos must be a generation")
    if member.get("stub") is True:
        return Sent(name, revpos=revpos)
    is_following = member.get("follows") is True
    data = _following(name, follows) if is_following else _inline(name, member.get("data"))
    if len(data) > ATTACHMENT_BYTES_MAX:
        raise TooLarge(f"an attachment holds at most {ATTACHMENT_BYTES_MAX} bytes")
    content_type = check_content_type(member.get("content_type", DEFAULT_CONTENT_TYPE))
    plain = Attachment.of(name, data, content_type=content_type, revpos=revpos or 0)
    return Sent(name, _announced(plain, data, member) if is_following else plain, data)


def _inline(name: str, text: object) -> bytes:
    try:
        if isinstance(text, str):
            return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        pass
    raise BadRequest(f"Invalid attachment data for {name[:80]}")


def _following(name: str, follows: Mapping[str, bytes]) -> bytes:
    if name not in follows:
        raise BadRequest(f"the attachment {name[:80]} does not follow")
    return follows[name]


def _announced(plain: Attachment, data: bytes, member: dict[str, Any]) -> Attachment:
    """The bytes of a part as its announcement describes them.

    The digest of an inline attachment is not looked at, here as in CouchDB: there it may be the
    digest of compressed bytes which the sender has never seen.
    """
    digest, encoding = member.get("digest"), member.get("encoding")
    if digest not in (None, plain.digest):
        raise ContentMismatch("Possible message corruption.")
    if encoding not in (None, "identity", "gzip"):
        raise BadRequest("an attachment's encoding must be gzip")
    gzipped = encoding == "gzip"
    length = len(inflate(data)) if gzipped else len(data)
    if member.get("length", length) != length:
        raise BadRequest("an attachment is not as long as announced")
    if gzipped and member.get("encoded_length", len(data)) != len(data):
        raise BadRequest("an attachment is not as long as announced")
    return replace(plain, length=length, gzipped=gzipped)
