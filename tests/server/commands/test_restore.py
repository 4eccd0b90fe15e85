"""A restore replaces the store whole, keeps what it replaced, and can be told from the lost one."""

import asyncio
import json
import time
from pathlib import Path

import apsw
import pytest

from rejoint_server.__main__ import main
from rejoint_server.circles.aftermath import WAITING_SECONDS, Aftermath
from rejoint_server.commands.backup import back_up
from rejoint_server.commands.restore import INCOMING, restore
from rejoint_server.push.push_keys import KeyRing
from rejoint_sync.document import Document
from rejoint_sync.errors import StoreInUse, StoreUnavailable
from rejoint_sync.sequence import Sequence
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import FORMAT, LOCK_FILE, RESTORING_FILE, STORE_FILE


async def write(data: Path, name: str) -> str:
    """Write one document and one `_local` document of that name; the store's incarnation."""
    store = await SqliteStore.open(data)
    if "db" not in await store.databases():
        await store.create("db")
    await store.write("db", [Document.parse({"_id": name})], new_edits=True)
    await store.local_put("db", name, b"{}")
    await store.close()
    return store.incarnation


async def names(data: Path) -> list[str]:
    store = await SqliteStore.open(data)
    found = [stored.id for stored in await store.range("db", "", "~", limit=99)]
    await store.close()
    return found


def spoil(file: Path) -> None:
    text = bytearray(file.read_bytes())
    text[3 * 4096 : 5 * 4096] = b"\x7f" * 8192
    file.write_bytes(text)


@pytest.fixture
async def backup(tmp_path: Path) -> Path:
    """A backup with the document `early`; the store has `late` too."""
    await write(tmp_path / "data", "early")
    back_up(tmp_path / "data", tmp_path / "backup")
    await write(tmp_path / "data", "late")
    return tmp_path / "backup"


async def test_a_restored_store_is_another_incarnation_without_the_lost_notes(
    tmp_path: Path, backup: Path
) -> None:
    """A note on a replication that was written after the backup must not be believed."""
    before = await SqliteStore.open(tmp_path / "data")
    lost = Sequence((await before.info("db")).sequence, before.incarnation)
    await before.close()
    restored = await restore(tmp_path / "data", backup, force=True)
    figures, aside = restored.figures, restored.aside
    store = await SqliteStore.open(tmp_path / "data")
    assert store.incarnation == figures.incarnation != lost.incarnation
    assert lost.position(store.incarnation) == 0
    assert await store.local_get("db", "early") is not None
    assert await store.local_get("db", "late") is None
    await store.close()
    assert await names(tmp_path / "data") == ["early"]
    assert aside is not None
    (tmp_path / "former").mkdir()
    for path in aside.iterdir():
        path.rename(tmp_path / "former" / path.name)
    assert await names(tmp_path / "former") == ["early", "late"]


async def test_each_restore_of_one_backup_is_another_incarnation(
    tmp_path: Path, backup: Path
) -> None:
    made = [await restore(tmp_path / f"{n}", backup, force=False) for n in range(5)]
    assert len({one.figures.incarnation for one in made}) == 5


async def test_a_store_that_is_there_is_kept_without_force(tmp_path: Path, backup: Path) -> None:
    with pytest.raises(StoreUnavailable, match="not empty"):
        await restore(tmp_path / "data", backup, force=False)
    assert await names(tmp_path / "data") == ["early", "late"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter").write_text("x")
    with pytest.raises(StoreUnavailable, match="not empty"):
        await restore(tmp_path / "other", backup, force=False)


async def test_the_keys_for_push_services_may_be_there_before_and_stay(
    tmp_path: Path, backup: Path
) -> None:
    file = tmp_path / "new" / "push-keys.json"
    ring = KeyRing.opened(file, 1)
    await restore(tmp_path / "new", backup, force=False)
    await restore(tmp_path / "new", backup, force=True)
    assert KeyRing.read(file) == ring


async def test_a_running_server_is_left_alone(tmp_path: Path, backup: Path) -> None:
    store = await SqliteStore.open(tmp_path / "data")
    with pytest.raises(StoreInUse):
        await restore(tmp_path / "data", backup, force=True)
    await store.close()
    assert await names(tmp_path / "data") == ["early", "late"]


async def test_a_damaged_backup_touches_nothing(tmp_path: Path, backup: Path) -> None:
    spoil(backup)
    with pytest.raises(StoreUnavailable):
        await restore(tmp_path / "data", backup, force=True)
    assert await names(tmp_path / "data") == ["early", "late"]


async def test_a_newer_backup_is_refused_in_one_line(
    tmp_path: Path, backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = apsw.Connection(str(backup))
    connection.pragma("user_version", FORMAT + 1)
    connection.close()
    arguments = ["restore", "--data", str(tmp_path / "new"), "--from", str(backup)]
    assert await asyncio.to_thread(main, arguments) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"format {FORMAT + 1}" in error
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("step", range(7))
async def test_a_restore_cut_short_anywhere_starts_nothing_new_by_itself(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """After each step the old store opens, or none does until the restore is run again."""

    class Cut(BaseException):
        pass

    rename, left = Path.rename, step

    def renaming(path: Path, target: Path) -> Path:
        nonlocal left
        if left == 0:
            raise Cut
        left -= 1
        return rename(path, target)

    (tmp_path / "data" / f"{STORE_FILE}-wal").touch()
    (tmp_path / "data" / f"{STORE_FILE}-shm").touch()
    monkeypatch.setattr(Path, "rename", renaming)
    cut = False
    try:
        await restore(tmp_path / "data", backup, force=True)
    except Cut:
        cut = True
    monkeypatch.undo()
    assert cut == (step < 6)
    if step == 0:
        assert (tmp_path / "data" / INCOMING).exists()
        assert await names(tmp_path / "data") == ["early", "late"]
    elif cut:
        assert (tmp_path / "data" / RESTORING_FILE).exists()
        with pytest.raises(StoreUnavailable, match="run it again"):
            await SqliteStore.open(tmp_path / "data")
    await restore(tmp_path / "data", backup, force=True)
    assert await names(tmp_path / "data") == ["early"]


async def test_one_line_says_what_was_restored_and_where_the_former_is(
    tmp_path: Path, backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["restore", "--data", str(tmp_path / "data"), "--from", str(backup), "--force"]
    assert await asyncio.to_thread(main, arguments) == 0
    line = json.loads(capsys.readouterr().out)
    assert line["documents"] == 1
    assert (Path(line["aside"]) / STORE_FILE).exists()
    assert {path.name for path in (tmp_path / "data").iterdir()} >= {STORE_FILE, LOCK_FILE}


async def test_waiting_is_ended_by_the_operator(
    tmp_path: Path, backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a journal that goes on where the backup ends, circles wait."""
    data = tmp_path / "data"
    assert not (await restore(data, backup, force=True)).complete
    before = Aftermath.read(data)
    assert before.waiting_until_s > time.time() + WAITING_SECONDS - 60
    (window,) = before.windows
    assert abs(window[1] - time.time()) < 60
    for waited in (True, False):
        assert main(["restore", "--data", str(data), "--accept-loss"]) == 0
        assert json.loads(capsys.readouterr().out)["waited"] is waited
    assert Aftermath.read(data) == Aftermath(before.windows, 0)
    assert main(["restore", "--data", str(tmp_path / "none"), "--accept-loss"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


async def test_a_second_restore_remembers_what_the_first_one_lost(
    tmp_path: Path, backup: Path
) -> None:
    for _ in range(2):
        await restore(tmp_path / "data", backup, force=True)
    assert len(Aftermath.read(tmp_path / "data").windows) == 2
