"""A backup of a store that is being written, complete or not there."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from rejoint_server.__main__ import main
from rejoint_server.access.hints import open_notes
from rejoint_server.commands import backup
from rejoint_server.commands.backup import back_up
from rejoint_server.commands.restore import restore
from rejoint_server.operations.store_copy import LAST_BACKUP_FILE, Origin, opened, origin_of
from rejoint_server.settings import journal_beside
from rejoint_sync.document import Document
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.stores.journal import Journal
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import STORE_FILE


async def test_a_backup_beside_a_writer_is_one_moment_of_the_store(tmp_path: Path) -> None:
    """Pairs are written whole: a copy with half of one would be no moment of the store."""
    store = await SqliteStore.open(tmp_path / "data")
    await store.create("db")
    stopping = False
    acknowledged: list[int] = []

    async def writer(number: int) -> None:
        n = 0
        while not stopping:
            n += 1
            pair = [
                Document.parse({"_id": f"{side}-{number}-{n}", "c": "x" * 500})
                for side in ("left", "right")
            ]
            await store.write("db", pair, new_edits=True, whole=True)
            acknowledged.append(n)

    writers = [asyncio.create_task(writer(number)) for number in range(4)]
    counts = []
    for number in range(5):
        await asyncio.sleep(0.05)
        before = len(acknowledged)
        to = tmp_path / f"backup-{number}"
        figures = await asyncio.to_thread(back_up, tmp_path / "data", to)
        assert before * 2 <= figures.documents <= (len(acknowledged) + 4) * 2
        assert figures.documents % 2 == 0
        counts.append(figures.documents)
    stopping = True
    await asyncio.gather(*writers)
    await store.close()
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]
    restored = await restore(tmp_path / "new", tmp_path / "backup-4", force=False)
    assert restored.figures.documents == counts[-1]
    survivor = await SqliteStore.open(tmp_path / "new")
    names = {stored.id for stored in await survivor.range("db", "", "~", limit=10**6)}
    await survivor.close()
    assert {name.partition("-")[2] for name in names if name.startswith("left")} == {
        name.partition("-")[2] for name in names if name.startswith("right")
    }


async def test_one_line_says_what_was_copied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = await SqliteStore.open(tmp_path / "data")
    await store.create("db")
    await store.close()
    to = tmp_path / "b"
    assert main(["backup", "--data", str(tmp_path / "data"), "--to", str(to)]) == 0
    line: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert line["bytes"] == to.stat().st_size
    assert (line["databases"], line["documents"]) == (1, 0)
    assert (tmp_path / "data" / LAST_BACKUP_FILE).exists()


async def test_a_backup_never_overwrites(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await (await SqliteStore.open(tmp_path / "data")).close()
    (tmp_path / "b").write_text("precious")
    arguments = ["backup", "--data", str(tmp_path / "data"), "--to", str(tmp_path / "b")]
    assert main(arguments) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert (tmp_path / "b").read_text() == "precious"


def test_no_store_is_an_error_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="no store"):
        back_up(tmp_path, tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


async def test_a_backup_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await SqliteStore.open(tmp_path / "data")).close()
    (tmp_path / "to").mkdir()

    def damaged(_: object) -> None:
        raise StoreUnavailable("damaged")

    monkeypatch.setattr(backup, "require_whole", damaged)
    with pytest.raises(StoreUnavailable):
        back_up(tmp_path / "data", tmp_path / "to" / "b")
    assert list((tmp_path / "to").iterdir()) == []
    assert not (tmp_path / "data" / LAST_BACKUP_FILE).exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / STORE_FILE).write_text("not a store" * 999)
    with pytest.raises(StoreUnavailable):
        back_up(tmp_path / "other", tmp_path / "to" / "b")
    assert list((tmp_path / "to").iterdir()) == []


async def test_a_backup_says_when_it_was_made_and_how_far_the_journal_had_got(
    tmp_path: Path,
) -> None:
    store = await SqliteStore.open(tmp_path / "data")
    await open_notes(store)
    await store.close()
    back_up(tmp_path / "data", tmp_path / "without")
    journal = Journal.open(journal_beside(tmp_path / "data"))
    await journal.append("c" + "0" * 40, {"log": {}, "wraps": []})
    position = journal.position
    await journal.close()
    back_up(tmp_path / "data", tmp_path / "with")
    back_up(tmp_path / "data", tmp_path / "elsewhere", tmp_path / "none")
    origins = []
    for name in ("without", "with", "elsewhere"):
        with opened(tmp_path / name) as copy:
            origins.append(origin_of(copy))
    assert [origin.journal for origin in origins] == [None, position, None]
    assert all(abs(origin.made_s - time.time()) < 60 for origin in origins)


async def test_a_store_without_the_servers_notes_says_nothing(tmp_path: Path) -> None:
    await (await SqliteStore.open(tmp_path / "data")).close()
    back_up(tmp_path / "data", tmp_path / "b")
    with opened(tmp_path / "b") as copy:
        assert origin_of(copy) == Origin()
