"""Several servers on one store, each with a key file of its own, which should be copies."""

import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rejoint_server.__main__ import main
from rejoint_server.access.hints import open_notes
from rejoint_server.commands import vapid
from rejoint_server.operations.endpoints import Operations
from rejoint_server.push.push_keys import KeyRing, PushKeys
from rejoint_server.push.shared_key import SharedKey, note_key
from rejoint_server.settings import Settings
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.stores.memory import MemoryStore


@pytest.fixture
async def store() -> MemoryStore:
    made = MemoryStore()
    await open_notes(made)
    return made


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "one.json", tmp_path / "other.json"


def server(store: MemoryStore, file: Path) -> SharedKey:
    return SharedKey(store, PushKeys(file))


async def test_the_first_server_makes_the_key_and_the_others_need_its_file(
    store: MemoryStore, files: tuple[Path, Path]
) -> None:
    one, other = files
    await server(store, one).open(1)
    with pytest.raises(StoreUnavailable, match="copy it"):
        await server(store, other).open(2)
    assert not other.exists()
    shutil.copy(one, other)
    await server(store, other).open(3)
    assert await server(store, other).is_here()
    # And the first one starts again as it did.
    await server(store, one).open(4)
    assert KeyRing.read(one) == KeyRing.read(other)


async def test_a_server_that_missed_a_rotation_can_tell_until_it_has_the_file(
    store: MemoryStore, files: tuple[Path, Path]
) -> None:
    one, other = files
    await server(store, one).open(1)
    shutil.copy(one, other)
    running = server(store, other)
    ring = KeyRing.read(one).rotated(2)
    ring.write(one)
    await note_key(store, ring.current)
    assert await server(store, one).is_here()
    assert not await running.is_here()
    # It serves, after a start too, and takes the file when it comes.
    await server(store, other).open(3)
    KeyRing.read(one).write(other)
    assert await running.is_here()


async def test_who_watches_is_told_and_records_are_served(
    store: MemoryStore, files: tuple[Path, Path], tmp_path: Path
) -> None:
    one, other = files
    await server(store, one).open(1)
    KeyRing.opened(other, 2)
    operations = Operations(store, tmp_path, None, lambda: 0)
    operations.watch_push(server(store, other).is_here)
    assert await operations.state() == {"ok": True, "reads": True, "writes": True, "push": False}
    assert b"\nrejoint_push_key_missing 1.0\n" in await operations.page()
    shutil.copy(one, other)
    assert (await operations.state())["push"]
    assert b"\nrejoint_push_key_missing 0.0\n" in await operations.page()


def test_a_rotation_is_told_to_the_others_also_when_the_file_was_lost(
    files: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, other = files
    kept: list[MemoryStore] = []

    @asynccontextmanager
    async def shared_notes(settings: Settings) -> AsyncGenerator[MemoryStore]:
        assert settings.store != "sqlite"
        if not kept:
            kept.append(MemoryStore())
            await open_notes(kept[0])
            await server(kept[0], one).open(1)
            shutil.copy(one, other)
        yield kept[0]
        assert await server(kept[0], one).is_here()
        assert not await server(kept[0], other).is_here()

    monkeypatch.setattr(vapid, "kept_notes", shared_notes)
    told = ["--data", str(tmp_path), "--store", "couchdb://h", "--push-keys", str(one)]
    assert main(["vapid", "rotate", *told]) == 0
    one.unlink()
    assert main(["vapid", "rotate", *told]) == 1
    assert "cannot read" in capsys.readouterr().err
    assert main(["vapid", "rotate", "--revoke", *told]) == 0
    assert len(json.loads(capsys.readouterr().out)["keys"]) == 1
