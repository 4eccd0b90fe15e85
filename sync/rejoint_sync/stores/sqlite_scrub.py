"""Overwriting what SQLite leaves behind between the rows of its pages.

`secure_delete` overwrites a row where it is removed. It does not reach copies of the row that were
left where it lay before: when a page is divided, its rows are packed anew at the page's end, and
the room in front of them keeps what it held. This goes over the file itself and sets to zero what
no row, pointer or list of free pages uses. Readers may read meanwhile: nobody looks at those bytes.

It is done while no transaction is open and the WAL is empty, and the descriptor it uses stays open
as long as the connections: closing one would drop the locks that this process has on the file.

Source: sqlite.org/fileformat2.html, "B-tree Pages", "The Freelist".
"""

import os
import struct
from typing import Final

PAGES_AT_ONCE: Final = 2048
"""Pages gone over while writers wait: about 30 ms."""

_HEADER_BYTES: Final = 100
_INTERIOR: Final = frozenset({2, 5})
_LEAF: Final = frozenset({10, 13})
_FREEBLOCK_BYTES: Final = 4


def scrub(descriptor: int, first: int, page_bytes: int) -> int:
    """Set to zero what is unused in `PAGES_AT_ONCE` pages.

    Args:
        descriptor: The store's file, open for reading and writing.
        first: Number of the first page, from 1.
        page_bytes: Size of a page.

    Returns:
        Number of the page to go on with; 0 when the end is reached.
    """
    pages = os.fstat(descriptor).st_size // page_bytes
    free = _free_pages(descriptor, page_bytes, pages)
    end = min(first + PAGES_AT_ONCE, pages + 1)
    for number in range(first, end):
        at = (number - 1) * page_bytes
        page = os.pread(descriptor, page_bytes, at)
        if number in free:
            if page.count(0) != page_bytes:
                os.pwrite(descriptor, bytes(page_bytes), at)
            continue
        for start, stop in unused(page, is_first=number == 1):
            if page.count(0, start, stop) != stop - start:
                os.pwrite(descriptor, bytes(stop - start), at + start)
    os.fsync(descriptor)
    return end if end <= pages else 0


def unused(page: bytes, *, is_first: bool = False) -> list[tuple[int, int]]:
    """The parts of a page of a b-tree that hold nothing; empty for any other page.

    A page that is not in every respect as the format says is left alone.

    Args:
        page: The whole page.
        is_first: Whether it is page 1, which begins with the header of the file.
    """
    begin = _HEADER_BYTES if is_first else 0
    kind = page[begin]
    if kind not in _INTERIOR | _LEAF:
        return []
    freeblock, cells, content, _ = struct.unpack_from(">HHHB", page, begin + 1)
    content = content or 65_536
    pointers = begin + (12 if kind in _INTERIOR else 8)
    gap = pointers + 2 * cells
    if not gap <= content <= len(page):
        return []
    if any(not content <= at < len(page) for at in _pointers(page, pointers, cells)):
        return []
    parts = [(gap, content)]
    at = content
    while freeblock:
        if not at <= freeblock <= len(page) - _FREEBLOCK_BYTES:
            return []
        following, length = struct.unpack_from(">HH", page, freeblock)
        if length < _FREEBLOCK_BYTES or freeblock + length > len(page):
            return []
        parts.append((freeblock + _FREEBLOCK_BYTES, freeblock + length))
        at, freeblock = freeblock + length, following
    return parts


def _pointers(page: bytes, start: int, count: int) -> tuple[int, ...]:
    return struct.unpack_from(f">{count}H", page, start)


def _free_pages(descriptor: int, page_bytes: int, pages: int) -> set[int]:
    """The pages that the list of free pages names and does not itself lie in."""
    trunk = struct.unpack(">I", os.pread(descriptor, 4, 32))[0]
    found: set[int] = set()
    seen: set[int] = set()
    while trunk and trunk <= pages and trunk not in seen:
        seen.add(trunk)
        page = os.pread(descriptor, page_bytes, (trunk - 1) * page_bytes)
        trunk, count = struct.unpack_from(">II", page)
        if count > page_bytes // 4 - 2:
            return set()
        found.update(struct.unpack_from(f">{count}I", page, 8))
    return found - seen
