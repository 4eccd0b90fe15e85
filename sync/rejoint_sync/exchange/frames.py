"""Items of a CBOR sequence: what a request and an answer of `POST /sync` are made of.

Only integers, byte strings, text and arrays of them are used, of definite length; writers use the
shortest form. Nothing is signed over these bytes, so readers need not insist on it.

Source: RFC 8949 (CBOR), RFC 8742 (CBOR sequences).
"""

import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

import cbor2

from rejoint_sync.errors import BadRequest, TooLarge

MEDIA_TYPE: Final = "application/cbor-seq"
ITEM_BYTES_MAX: Final = 2 * 1024 * 1024
"""One item, in bytes: a bundle of the log with a thousand wraps fits."""

DEPTH_MAX: Final = 6
"""Arrays within arrays: the deepest item has five."""

Item = list[Any]
"""An array: its first member, an integer, says what it is."""


def write(items: Iterable[Item]) -> bytes:
    """The items one after another."""
    return b"".join(map(cbor2.dumps, items))


class Reader:
    """Takes bytes as they come and gives the items that are whole."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def is_between(self) -> bool:
        """Whether no item is begun."""
        return not self._rest

    def feed(self, part: bytes) -> Iterator[Item]:
        """Take the next bytes; gives the items that they complete.

        Args:
            part: Any number of bytes.

        Raises:
            BadRequest: No item can begin like this, or it is none of ours. What came before is
                good; nothing after it can be read.
            TooLarge: An item of more than `ITEM_BYTES_MAX`.
        """
        self._rest += part
        source = io.BytesIO(self._rest)
        decoder = cbor2.CBORDecoder(
            source, max_depth=DEPTH_MAX, allow_indefinite=False, read_size=1
        )
        end = 0
        try:
            while end < len(self._rest):
                item = decoder.decode()
                begun, end = end, source.tell()
                if end - begun > ITEM_BYTES_MAX:
                    raise _too_large()
                yield _checked(item)
        except cbor2.CBORDecodeEOF:
            if len(self._rest) - end > ITEM_BYTES_MAX:
                raise _too_large() from None
        except (cbor2.CBORError, UnicodeDecodeError, ValueError, OverflowError):
            raise BadRequest("The body is not a sequence of CBOR items.") from None
        finally:
            self._rest = self._rest[end:]


def _too_large() -> TooLarge:
    return TooLarge(f"An item may have at most {ITEM_BYTES_MAX} bytes.")


def read(body: bytes) -> list[Item]:
    """All items of a whole body. Raises as `Reader.feed`, and `BadRequest` when one is cut."""
    reader = Reader()
    items = list(reader.feed(body))
    if not reader.is_between:
        raise BadRequest("The body ends within a CBOR item.")
    return items


def _checked(item: object) -> Item:
    if type(item) is not list or not item or not _is_plain(item):
        raise BadRequest("Expected arrays of integers, bytes, text and arrays.")
    if type(item[0]) is not int:
        raise BadRequest("An item begins with a number that says what it is.")
    return item


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is list:
        return all(map(_is_plain, value))
    return kind is bytes or kind is str or (kind is int and -(2**53) < value < 2**53)
