"""The search for leaks finds what is hidden on purpose."""

import base64
import sqlite3
import zlib
from pathlib import Path

import pytest

from e2e.canary import database_blobs, leaks

SECRET = b'{"text":"vorpal xylophone"}'
_deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
HIDDEN = {
    "plain": SECRET,
    "upper case": SECRET.upper(),
    "two bytes a letter": SECRET.decode().encode("utf-16-le"),
    "base64url in JSON": b'{"c":"' + base64.urlsafe_b64encode(SECRET).rstrip(b"=") + b'"}',
    "base64 of base64": base64.b64encode(base64.b64encode(SECRET)),
    "hexadecimal": b"x" + SECRET.hex().encode(),
    "deflated": _deflate.compress(SECRET) + _deflate.flush(),
}


@pytest.mark.parametrize("way", HIDDEN)
def test_finds_a_canary_hidden_by(way: str) -> None:
    assert leaks(["vorpal xylophone"], [("here", HIDDEN[way])]) == [("here", "vorpal xylophone")]


def test_is_silent_without_a_leak() -> None:
    assert leaks(["vorpal"], [("here", b"nothing of the kind")]) == []


def test_reads_every_column_of_a_database(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("CREATE TABLE t(a TEXT, b BLOB)")
    connection.execute("INSERT INTO t VALUES(?, ?)", (SECRET.hex(), b"\1\2"))
    connection.commit()
    connection.close()
    assert ("table t", "vorpal") in leaks(["vorpal"], database_blobs(tmp_path))
