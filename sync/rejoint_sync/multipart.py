r"""Bodies in parts: `multipart/related` (a document, then its attachments) and `multipart/mixed`.

    --b\r\nContent-Type: application/json\r\n\r\n{…}\r\n
    --b\r\nContent-Length: 5\r\n\r\nhello\r\n
    --b--

A boundary is found only where a line begins with it. Bodies are whole in memory, bounded by the
request; what is written is a sequence of parts to send one after the other.

Source: RFC 2046, 5.1; RFC 2387.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from rejoint_sync.errors import BadRequest

PARTS_MAX: Final = 10_000
"""Parts of one body: more than that is no document with attachments."""

HEADERS_BYTES_MAX: Final = 16 * 1024
"""Headers of one part, in bytes: a name and some words about it."""

_PARAMETER: Final = re.compile(
    r';\s*([A-Za-z0-9!#$&^_.+-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))'
)
_BOUNDARY: Final = re.compile(r"[\x20-\x7e]{0,255}[\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class Part:
    """One part.

    Attributes:
        body: Its bytes.
        headers: By their names in lower case.
    """

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def filename(self) -> str | None:
        """`filename` of its `Content-Disposition`, None without one."""
        return parameters(self.headers.get("content-disposition", "")).get("filename")


def media_type(content_type: str) -> str:
    """The type without its parameters, in lower case: `multipart/related`."""
    return content_type.partition(";")[0].strip().lower()


def parameters(header: str) -> dict[str, str]:
    """The parameters after the first `;` of a header, names in lower case.

    >>> parameters('multipart/mixed; boundary="a b"')
    {'boundary': 'a b'}
    """
    found = {}
    for name, quoted, plain in _PARAMETER.findall(header):
        found[name.lower()] = re.sub(r"\\(.)", r"\1", quoted) or plain
    return found


def accepts(header: str, wanted: str) -> bool:
    """Whether an `Accept` header allows a media type; an empty header allows all.

    >>> accepts("application/json, */*;q=0", "multipart/mixed")
    False
    """
    if not header.strip():
        return True
    general = f"{wanted.partition('/')[0]}/*"
    ranks = {"*": 0, "*/*": 0, general: 1, wanted: 2}
    best, allowed = -1, False
    for entry in header.split(","):
        rank = ranks.get(media_type(entry), -1)
        if rank > best:
            best = rank
            allowed = not re.fullmatch(r"0(\.0*)?", parameters(entry).get("q", "1"))
    return allowed


def read_parts(content_type: str, body: bytes) -> list[Part]:
    """Split a body into its parts.

    Args:
        content_type: With the boundary.
        body: Whole.

    Raises:
        BadRequest: No boundary, no end, or a part whose headers cannot be read.
    """
    boundary = parameters(content_type).get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise BadRequest("A multipart body needs the boundary of its Content-Type.")
    line = b"--" + boundary.encode()
    # A line end before the first boundary makes it like all the others.
    text = b"\r\n" + body
    mark = b"\r\n" + line
    begin = text.find(mark)
    parts: list[Part] = []
    while begin >= 0:
        begin += len(mark)
        if text.startswith(b"--", begin):
            return parts
        end = text.find(mark, begin)
        if end < 0 or len(parts) >= PARTS_MAX:
            break
        parts.append(_part(text[begin:end]))
        begin = end
    raise BadRequest("The multipart body has no end.")


def _part(raw: bytes) -> Part:
    head, blank, body = raw.partition(b"\r\n\r\n")
    padding, line_end, lines = head.partition(b"\r\n")
    if padding.strip(b" \t") or not blank:
        raise BadRequest("A part of the multipart body has no headers.")
    if len(head) > HEADERS_BYTES_MAX:
        raise BadRequest("The headers of a part are too long.")
    if not line_end:
        return Part(body)
    headers = {}
    try:
        for text in lines.decode().split("\r\n"):
            name, colon, value = text.partition(":")
            if not colon:
                raise BadRequest("A header of a part cannot be read.")
            headers[name.strip().lower()] = value.strip()
    except UnicodeDecodeError:
        raise BadRequest("The headers of a part must be UTF-8.") from None
    return Part(body, headers)


def write_parts(parts: Sequence[Part], boundary: str) -> Iterator[bytes]:
    """A body of these parts, piece by piece; there is no line end after the last boundary."""
    separator = f"--{boundary}".encode()
    for part in parts:
        head = "".join(f"\r\n{name}: {value}" for name, value in part.headers.items())
        yield separator + head.encode() + b"\r\n\r\n"
        yield part.body
        separator = f"\r\n--{boundary}".encode()
    yield separator + b"--"


def quoted(text: str) -> str:
    r"""A parameter's value in quotes; what would end the header is left out.

    >>> quoted('a"b')
    '"a\\"b"'
    """
    safe = re.sub(r"[\x00-\x1f\x7f]", "", text)
    return '"' + safe.replace("\\", "\\\\").replace('"', '\\"') + '"'
