"""A copy is one complete file, or an error."""

import contextlib
from pathlib import Path

import apsw
import pytest

from rejoint_server.operations.store_copy import copy_into, figures_of, opened, require_whole
from rejoint_sync.document import Document
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import FORMAT, STORE_FILE, connect


async def filled(data: Path, count: int) -> str:
    """Make a store of that many documents and one tombstone; its incarnation."""
    store = await SqliteStore.open(data)
    await store.create("db")
    documents = [Document.parse({"_id": f"d{n}", "_rev": "1-a", "v": n}) for n in range(count)]
    documents.append(Document.parse({"_id": "gone", "_rev": "1-a", "_deleted": True}))
    await store.write("db", documents, new_edits=False)
    await store.close()
    return store.incarnation


async def test_the_copy_holds_everything_in_one_file_of_the_owners_alone(tmp_path: Path) -> None:
    incarnation = await filled(tmp_path / "data", 30)
    copy = tmp_path / "copies" / "copy"
    copy.parent.mkdir()
    with contextlib.closing(connect(tmp_path / "data", writes=False)) as source:
        copy_into(source, copy)
    with opened(copy) as connection:
        require_whole(connection)
        figures = figures_of(connection)
        assert connection.pragma("journal_mode") == "delete"
    assert (figures.incarnation, figures.format) == (incarnation, FORMAT)
    assert (figures.databases, figures.documents) == (1, 30)
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]
    assert copy.stat().st_mode & 0o077 == 0


async def test_damage_is_found(tmp_path: Path) -> None:
    await filled(tmp_path / "data", 2000)
    file = tmp_path / "data" / STORE_FILE
    text = bytearray(file.read_bytes())
    for page in range(4, len(text) // 4096, 3):
        text[page * 4096 : page * 4096 + 200] = bytes(200)
    file.write_bytes(text)
    with opened(file) as connection, pytest.raises(StoreUnavailable, match=r"damaged|malformed"):
        require_whole(connection)


def test_what_is_no_store_is_not_opened(tmp_path: Path) -> None:
    for name, content in [("text", b"hello" * 999), ("empty", b"")]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(StoreUnavailable), opened(tmp_path / name):
            pass
    with pytest.raises(StoreUnavailable, match="no file"), opened(tmp_path / "absent"):
        pass


async def test_a_newer_store_is_not_opened(tmp_path: Path) -> None:
    await filled(tmp_path / "data", 1)
    file = tmp_path / "data" / STORE_FILE
    with contextlib.closing(apsw.Connection(str(file))) as connection:
        connection.pragma("user_version", FORMAT + 1)
    with pytest.raises(StoreUnavailable, match=f"format {FORMAT + 1}"), opened(file):
        pass
