"""What was noted is there after a crash, in order, and what was forgotten is nowhere."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from rejoint_sync.errors import StoreFull, StoreInUse, StoreUnavailable
from rejoint_sync.stores import journal as module
from rejoint_sync.stores.journal import Journal, Position, Reading, position_of, read

CIRCLE = "c" + "1" * 40
OTHER = "c" + "2" * 40


def bundle(n: int) -> dict[str, Any]:
    return {"log": {"_id": f"log:{n:06d}", "j": f"token-{n}"}, "wraps": []}


def noted(directory: Path) -> list[tuple[str, Any]]:
    return [
        (record.circle, record.bundle["log"]["j"] if record.bundle else record.gone)
        for record in read(directory)
        if record.circle
    ]


async def write(directory: Path, *numbers: int, circle: str = CIRCLE) -> Position:
    journal = Journal.open(directory)
    for n in numbers:
        await journal.append(circle, bundle(n))
    position = journal.position
    await journal.close()
    return position


def segments(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.journal"))


async def test_what_was_noted_is_read_in_order_by_a_later_opening(tmp_path: Path) -> None:
    first = await write(tmp_path / "j", 0, 1)
    second = await write(tmp_path / "j", 2)
    found = Reading()
    assert [r.bundle["log"]["_id"] for r in read(tmp_path / "j", found) if r.bundle] == [
        "log:000000",
        "log:000001",
        "log:000002",
    ]
    assert (first.number, second.number) == (3, 4)
    assert first.journal == second.journal == found.journal
    assert (found.first, found.last, found.torn, found.missing) == (1, 4, 0, 0)
    assert position_of(tmp_path / "j") == second
    assert found.reaches(second)
    assert not found.reaches(Position(second.journal, 5))
    assert not found.reaches(Position("another", 1))
    assert not found.reaches(None)


async def test_an_append_is_on_the_disk_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each fsync the bytes are in the file, and nobody has been answered yet."""
    journal = Journal.open(tmp_path)
    answered: list[int] = []
    seen: list[tuple[int, int]] = []
    fsync = os.fsync

    def watching(descriptor: int) -> None:
        seen.append((len(noted(tmp_path)), len(answered)))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watching)

    async def one(n: int) -> None:
        await journal.append(CIRCLE, bundle(n))
        answered.append(n)

    await asyncio.gather(*(one(n) for n in range(20)))
    await journal.close()
    # The first alone, all that came meanwhile by one more.
    assert seen in ([(20, 0)], [(1, 0), (20, 1)])
    assert sorted(answered) == list(range(20))


@pytest.mark.parametrize("cut", [1, 7, 8, 9, 40])
async def test_a_torn_end_is_left_alone_and_writing_goes_on(tmp_path: Path, cut: int) -> None:
    await write(tmp_path, 0, 1)
    (segment,) = segments(tmp_path)
    whole = segment.read_bytes()
    segment.write_bytes(whole[:-cut])
    assert [token for _, token in noted(tmp_path)] == ["token-0"]
    await write(tmp_path, 5)
    found = Reading()
    tokens = [r.bundle["log"]["j"] for r in read(tmp_path, found) if r.bundle]
    assert tokens == ["token-0", "token-5"]
    assert (found.torn, found.missing) == (1, 0)
    assert segment.read_bytes() == whole[:-cut]


async def test_damage_in_the_middle_is_counted_as_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 100)
    last = await write(tmp_path, *range(4))
    listed = segments(tmp_path)
    assert len(listed) > 2
    listed[1].unlink()
    found = Reading()
    list(read(tmp_path, found))
    assert found.missing > 0
    assert not found.reaches(last)


async def test_a_flipped_bit_ends_the_segment_there(tmp_path: Path) -> None:
    await write(tmp_path, 0, 1, 2)
    (segment,) = segments(tmp_path)
    text = bytearray(segment.read_bytes())
    text[text.index(b"token-1")] ^= 1
    segment.write_bytes(text)
    assert [token for _, token in noted(tmp_path)] == ["token-0"]


async def test_a_crash_while_a_segment_is_begun_is_no_hindrance(tmp_path: Path) -> None:
    await write(tmp_path, 0)
    for begun in (b"", b"\0\0\0"):
        (tmp_path / "000000000003.journal").write_bytes(begun)
        await write(tmp_path, 1)
    assert [token for _, token in noted(tmp_path)] == ["token-0", "token-1", "token-1"]


async def test_a_circle_that_is_forgotten_is_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in a file that is there nor in the blocks of one that was replaced."""
    monkeypatch.setattr(module, "SEGMENT_BYTES", 400)
    journal = Journal.open(tmp_path)
    for n in range(6):
        await journal.append(CIRCLE, bundle(n))
        await journal.append(OTHER, bundle(n + 100))
    kept = {path: path.open("rb") for path in segments(tmp_path)}
    await journal.forget(CIRCLE, "h" * 43)
    await journal.append(OTHER, bundle(200))
    await journal.close()
    for file in kept.values():
        with file:
            text = file.read()
            # Of each file that was open before: either it is still the one there, or zeros.
            assert b"token-1" not in text.replace(b"token-10", b"")
    assert [token for circle, token in noted(tmp_path) if circle == CIRCLE] == ["h" * 43]
    others = [token for circle, token in noted(tmp_path) if circle == OTHER]
    assert others == [f"token-{n}" for n in (100, 101, 102, 103, 104, 105, 200)]
    found = Reading()
    list(read(tmp_path, found))
    assert found.missing == 0


async def test_a_full_disk_refuses_and_leaves_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.open(tmp_path)
    await journal.append(CIRCLE, bundle(0))
    write_all = os.write

    def half(file: int, text: bytes) -> int:
        if len(text) < 60:
            raise OSError(28, "no room")
        return write_all(file, text[:50])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        with pytest.raises(StoreFull):
            await journal.append(CIRCLE, bundle(1))
    await journal.append(CIRCLE, bundle(2))
    await journal.close()
    assert [token for _, token in noted(tmp_path)] == ["token-0", "token-2"]


async def test_one_writer_at_a_time(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    with pytest.raises(StoreInUse):
        Journal.open(tmp_path)
    await journal.close()
    with pytest.raises(StoreUnavailable):
        await journal.append(CIRCLE, bundle(0))


async def test_a_newer_journal_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "VERSION", 2)
        await write(tmp_path, 0)
    with pytest.raises(StoreUnavailable, match="newer"):
        Journal.open(tmp_path)


def test_no_directory_is_an_empty_journal(tmp_path: Path) -> None:
    assert list(read(tmp_path / "none")) == []
    assert position_of(tmp_path / "none") is None


async def test_a_journal_that_was_deleted_under_the_server_takes_nothing(tmp_path: Path) -> None:
    """Else bundles would be accepted that are nowhere but in the store."""
    journal = Journal.open(tmp_path)
    await journal.append(CIRCLE, bundle(0))
    for segment in segments(tmp_path):
        segment.unlink()
    with pytest.raises(StoreUnavailable, match="deleted"):
        await journal.append(CIRCLE, bundle(1))
    await journal.close()
    assert (await write(tmp_path, 2)).journal != journal.position.journal
