"""A journal of accepted bundles outside the database: what a backup does not hold yet.

One directory of segments, best on another disk than the store. A segment is named by the number of
its first record and only ever grows:

    segment = frame*           frame = length u32be, CRC-32 of the body u32be, body
    body    = {"n", "circle", "bundle"}   an entry of a log with what it requires
            | {"n", "circle", "gone"}     of a circle that was purged, with its last hash
            | {"n", "journal", "v"}       the first frame of each segment: the journal's name

`append` returns after the bytes are on the disk; calls that come meanwhile share one fsync. A frame
that is cut short at the end of a segment was never acknowledged: it is left where it is, and
writing goes on in a new segment. Numbers have no gaps, so a segment that is lost is noticed.
"""

import asyncio
import contextlib
import errno
import fcntl
import json
import os
import secrets
import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from rejoint_sync.errors import StoreFull, StoreInUse, StoreUnavailable

SEGMENT_BYTES: Final = 16 * 1024 * 1024
"""A segment that is longer is not written to any more: what a start has to read is bounded."""

FRAME_BYTES_MAX: Final = 4 * 1024 * 1024
"""Longest body of a frame: a bundle has 1 MiB of sealed text, names and JSON come on top."""

VERSION: Final = 1
LOCK_FILE: Final = "lock"
_SUFFIX: Final = ".journal"
_HEAD: Final = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a journal.

    Attributes:
        number: From 1, one more for each record of this journal, the heads of segments included.
        circle: Whose; "" for the head of a segment.
        bundle: An entry with what it requires, as `Bundle.to_json` gives it; None for other kinds.
        gone: Hash of the last entry of a circle that was purged; "" for other kinds.
        journal: The journal's name, in the head of a segment; "" for other kinds.
    """

    number: int
    circle: str = ""
    bundle: dict[str, Any] | None = None
    gone: str = ""
    journal: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a journal had got.

    Attributes:
        journal: Its name, drawn when it was begun.
        number: Of its last record.
    """

    journal: str
    number: int


@dataclass(slots=True)
class Reading:
    """What `read` found beside the records.

    Attributes:
        journal: The journal's name; "" when there is none.
        first: Number of the first record.
        last: Number of the last one; 0 when there is none.
        torn: Segments whose end is cut short or damaged.
        missing: Records that are in none of the segments.
    """

    journal: str = ""
    first: int = 0
    last: int = 0
    torn: int = 0
    missing: int = 0

    def reaches(self, position: Position | None) -> bool:
        """Whether nothing after this position is known to be lost."""
        return (
            position is not None
            and self.journal == position.journal
            and self.last >= position.number
            and self.missing == 0
        )

    def note(self, record: Record) -> None:
        """Count one record."""
        self.first = self.first or record.number
        if self.last and record.number > self.last + 1:
            self.missing += record.number - self.last - 1
        self.last = max(self.last, record.number)
        self.journal = record.journal or self.journal


def read(directory: Path, found: Reading | None = None) -> Iterator[Record]:
    """All records of a journal in order; the journal may be in use.

    Args:
        directory: Of the journal; one that is not there has no records.
        found: Filled as the records are read.

    Raises:
        StoreUnavailable: A segment cannot be read, or was written by a newer version.
    """
    found = found if found is not None else Reading()
    for segment in _segments(directory):
        try:
            with segment.open("rb") as file:
                for record in _frames(file):
                    if record is None:
                        found.torn += 1
                        break
                    found.note(record)
                    yield record
        except OSError as error:
            raise StoreUnavailable(f"cannot read the journal: {error.strerror}") from error


def position_of(directory: Path) -> Position | None:
    """How far the journal of a directory has got; None when there is none."""
    segments = _segments(directory)
    last: Record | None = None
    name = ""
    for segment in reversed(segments):
        with segment.open("rb") as file:
            for record in _frames(file):
                if record is not None:
                    last, name = record, record.journal or name
        if last is not None:
            return Position(name, last.number)
    return None


class Journal:
    """A journal that is open for writing; make one by `open`. Belongs to one event loop."""

    def __init__(self, directory: Path, lock: int, name: str, number: int, file: int) -> None:
        """Take over what `open` made; it alone calls this."""
        self._directory = directory
        self._lock = lock
        self._name = name
        self._number = number
        self._file = file
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="rejoint-journal")
        self._turn = asyncio.Lock()
        self._closed = False

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open the journal of a directory; both are made when they are not there.

        Raises:
            StoreInUse: Another server writes to it.
            StoreUnavailable: It cannot be written, or a newer version wrote it.
        """
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _lock(directory)
        except OSError as error:
            raise StoreUnavailable(f"cannot use the journal: {error.strerror}") from error
        try:
            return cls._opened(directory, lock)
        except OSError as error:
            os.close(lock)
            raise StoreUnavailable(f"cannot use the journal: {error.strerror}") from error
        except BaseException:
            os.close(lock)
            raise

    @classmethod
    def _opened(cls, directory: Path, lock: int) -> Self:
        for left in directory.glob(f"*{_SUFFIX}.new"):
            left.unlink()
        segments = _segments(directory)
        position = position_of(directory)
        name = position.journal if position else secrets.token_hex(8)
        number = position.number if position else 0
        if segments and int(segments[-1].stem) > number:
            # A crash while it was begun: its head is not whole, so nothing was noted in it.
            segments.pop().unlink()
        if segments and _is_open(segments[-1]):
            file_descriptor = os.open(segments[-1], os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            os.fsync(file_descriptor)
        else:
            number += 1
            file_descriptor = _begin(directory, name, number)
        return cls(directory, lock, name, number, file_descriptor)

    @property
    def position(self) -> Position:
        """How far it has got, on the disk."""
        return Position(self._name, self._number)

    async def append(self, circle: str, bundle: dict[str, Any]) -> None:
        """Note that a bundle is about to be accepted; returns when the note is on the disk.

        Raises:
            StoreFull: The journal's disk has no room.
            StoreUnavailable: It cannot be written; nothing may be accepted.
        """
        await self._note({"circle": circle, "bundle": bundle})

    async def forget(self, circle: str, head: str) -> None:
        """Keep of a circle no more than that it is gone; what was noted is overwritten.

        Args:
            circle: Purged.
            head: Hash of its last entry.

        Raises:
            StoreUnavailable: The journal cannot be written; it is to be asked again.
        """
        await self._note({"circle": circle, "gone": head})
        async with self._turn:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._executor, self._translated, self._drop, circle)

    async def close(self) -> None:
        """Finish what is queued and let go."""
        self._closed = True
        if self._running is not None:
            await asyncio.wait([self._running])
        self._executor.shutdown()
        os.close(self._file)
        os.close(self._lock)

    async def _note(self, members: dict[str, Any]) -> None:
        if self._closed:
            raise StoreUnavailable("the journal is closed")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((members, done))
        if self._running is None:
            self._running = loop.create_task(self._run())
        await done

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                async with self._turn:
                    values = [members for members, _ in group]
                    try:
                        await loop.run_in_executor(
                            self._executor, self._translated, self._write, values
                        )
                        error: Exception | None = None
                    except Exception as raised:  # noqa: BLE001  # it belongs to who waits
                        error = raised
                for _, done in group:
                    if done.done():
                        continue
                    if error is None:
                        done.set_result(None)
                    else:
                        done.set_exception(error)
        finally:
            self._running = None

    def _translated(self, work: Callable[[Any], None], argument: Any) -> None:
        try:
            work(argument)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull("There is no room left for the journal; reading works.") from error
            raise StoreUnavailable(f"the journal cannot be written: {error.strerror}") from error

    def _write(self, values: list[dict[str, Any]]) -> None:
        """In the journal's thread: append the values and wait for the disk."""
        if os.fstat(self._file).st_nlink == 0:
            raise OSError(errno.ENOENT, "its file was deleted")
        before = os.lseek(self._file, 0, os.SEEK_END)
        if before >= SEGMENT_BYTES:
            self._turn_over()
            before = os.lseek(self._file, 0, os.SEEK_END)
        text = b"".join(
            _frame({"n": self._number + index, **members})
            for index, members in enumerate(values, 1)
        )
        try:
            _write_all(self._file, text)
            os.fsync(self._file)
        except OSError:
            # Whether any of it is on the disk is not known. It may stay: who reads takes the last
            # entry of each number; but what is half written must not stand in front of others.
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, before)
            with contextlib.suppress(OSError):
                self._turn_over()
            raise
        self._number += len(values)

    def _turn_over(self) -> None:
        file = _begin(self._directory, self._name, self._number + 1)
        os.close(self._file)
        self._file = file
        self._number += 1

    def _drop(self, circle: str) -> None:
        """In the journal's thread: write anew the segments in which the circle stands."""
        if any(True for _ in _bundles_of(_segments(self._directory)[-1], circle)):
            self._turn_over()
        for segment in _segments(self._directory)[:-1]:
            if any(True for _ in _bundles_of(segment, circle)):
                _rewrite(segment, circle)


def _is_open(segment: Path) -> bool:
    """Whether a segment may be written to: it is whole, and not full."""
    with segment.open("rb") as file:
        is_whole = all(record is not None for record in _frames(file))
    return is_whole and segment.stat().st_size < SEGMENT_BYTES


def _bundles_of(segment: Path, circle: str) -> Iterator[Record]:
    with segment.open("rb") as file:
        for record in _frames(file):
            if record is not None and record.circle == circle and record.bundle is not None:
                yield record


def _rewrite(segment: Path, circle: str) -> None:
    """Write a segment anew without the bundles of a circle, then overwrite the former one.

    Numbers stay, and an empty frame of the same number takes the place of what goes.
    """
    new = segment.with_name(segment.name + ".new")
    with segment.open("r+b") as former:
        with new.open("wb") as file:
            new.chmod(0o600)
            for record in _frames(former):
                if record is None:
                    break
                file.write(_frame(_members(record, but=circle)))
            file.flush()
            os.fsync(file.fileno())
        new.rename(segment)
        _sync_directory(segment.parent)
        length = former.seek(0, os.SEEK_END)
        former.seek(0)
        former.write(bytes(length))
        former.flush()
        os.fsync(former.fileno())


def _members(record: Record, *, but: str) -> dict[str, Any]:
    if record.journal:
        return {"n": record.number, "journal": record.journal, "v": VERSION}
    if record.gone:
        return {"n": record.number, "circle": record.circle, "gone": record.gone}
    if record.bundle is None or record.circle == but:
        return {"n": record.number}
    return {"n": record.number, "circle": record.circle, "bundle": record.bundle}


def _frame(members: dict[str, Any]) -> bytes:
    body = json.dumps(members, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    assert len(body) <= FRAME_BYTES_MAX
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def _frames(file: BinaryIO) -> Iterator[Record | None]:
    """The records of a segment; None, as the last, where it is cut short or damaged."""
    while head := file.read(_HEAD.size):
        if len(head) < _HEAD.size:
            yield None
            return
        length, check = _HEAD.unpack(head)
        body = file.read(length) if length <= FRAME_BYTES_MAX else b""
        if not body or len(body) < length or zlib.crc32(body) != check:
            yield None
            return
        members = json.loads(body)
        if members.get("v", VERSION) != VERSION:
            raise StoreUnavailable("the journal was written by a newer version of Rejoint")
        yield Record(
            number=members["n"],
            circle=members.get("circle", ""),
            bundle=members.get("bundle"),
            gone=members.get("gone", ""),
            journal=members.get("journal", ""),
        )


def _begin(directory: Path, name: str, number: int) -> int:
    """Make a segment with its head; both are on the disk when this returns."""
    path = directory / f"{number:012d}{_SUFFIX}"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    try:
        _write_all(file, _frame({"n": number, "journal": name, "v": VERSION}))
        os.fsync(file)
        _sync_directory(directory)
    except OSError:
        os.close(file)
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    return file


def _write_all(file: int, text: bytes) -> None:
    left = memoryview(text)
    while left:
        left = left[os.write(file, left) :]


def _segments(directory: Path) -> list[Path]:
    return sorted(directory.glob(f"*{_SUFFIX}"))


def _lock(directory: Path) -> int:
    descriptor = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise StoreInUse("the journal is in use by another server") from None
    return descriptor


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
