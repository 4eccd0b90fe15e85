"""What no row uses is zero afterwards, and every row is what it was."""

import contextlib
import os
import random
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from rejoint_sync.stores import sqlite_scrub
from rejoint_sync.stores.sqlite_scrub import scrub, unused

PAGE = 4096


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database whose pages were divided, emptied and used again."""
    path = tmp_path / "db"
    dice = random.Random(7)
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        connection.pragma("page_size", PAGE)
        connection.execute(
            "CREATE TABLE a(k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID; CREATE TABLE b(v BLOB)"
        )
        with connection:
            for n in range(3000):
                key = f"{dice.randrange(10**9):09d}"
                value = b"SECRET" + dice.randbytes(
                    dice.choice((20, 300, 9000 if n % 50 == 0 else 9))
                )
                connection.execute("INSERT OR REPLACE INTO a VALUES(?, ?)", (key, value))
                connection.execute("INSERT INTO b VALUES(?)", (value,))
        with connection:
            connection.execute("DELETE FROM a WHERE k LIKE '%3'; DELETE FROM b WHERE rowid % 3 = 0")
            connection.execute("DELETE FROM b WHERE rowid BETWEEN 500 AND 1500")
    return path


def rows(path: Path) -> list[tuple[object, ...]]:
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        assert connection.execute("PRAGMA integrity_check").get == "ok"
        return [
            *connection.execute("SELECT * FROM a ORDER BY k"),
            *connection.execute("SELECT rowid, v FROM b ORDER BY rowid"),
        ]


def pages(path: Path) -> Iterator[tuple[int, bytes]]:
    text = path.read_bytes()
    for number in range(1, len(text) // PAGE + 1):
        yield number, text[(number - 1) * PAGE : number * PAGE]


def left(path: Path) -> int:
    """Bytes that are not zero where nothing is."""
    return sum(
        stop - start - page.count(0, start, stop)
        for number, page in pages(path)
        for start, stop in unused(page, is_first=number == 1)
    )


def scrub_all(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR)
    calls, page = 0, 1
    while page:
        page = scrub(descriptor, page, PAGE)
        calls += 1
    os.close(descriptor)
    return calls


def test_what_is_unused_is_zero_and_every_row_is_what_it_was(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, secrets = rows(file), file.read_bytes().count(b"SECRET")
    assert left(file) > 10_000
    monkeypatch.setattr(sqlite_scrub, "PAGES_AT_ONCE", 50)
    assert scrub_all(file) > 3
    assert rows(file) == before
    assert left(file) == 0
    # No more of them than rows, free pages included.
    assert file.read_bytes().count(b"SECRET") == len(before) < secrets
    with contextlib.closing(apsw.Connection(str(file))) as connection:
        connection.execute("INSERT INTO b SELECT zeroblob(5000) FROM b")
    assert len(rows(file)) > len(before)


def test_a_page_that_is_not_as_the_format_says_is_left_alone(file: Path) -> None:
    leaf = next(page for _, page in pages(file) if page[0] == 13 and unused(page))
    assert unused(leaf)
    for at, value in ((0, 7), (3, 0xFF), (5, 0), (8, 0), (1, 0xFF)):
        broken = bytearray(leaf)
        broken[at] = value
        if at == 5:
            broken[6] = 3
        if at == 8:
            broken[9] = 1
        assert unused(bytes(broken)) == []
    assert unused(bytes(PAGE)) == []


def test_a_chain_of_free_blocks_that_leads_back_is_left_alone(file: Path) -> None:
    leaf = next(page for _, page in pages(file) if page[0] == 10 and page[1:3] != b"\0\0")
    assert len(unused(leaf)) > 1
    first = int.from_bytes(leaf[1:3], "big")
    looped = bytearray(leaf)
    looped[first : first + 2] = leaf[1:3]
    assert unused(bytes(looped)) == []
