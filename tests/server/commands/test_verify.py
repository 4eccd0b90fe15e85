"""Whatever is changed in a store's file behind its back is found, and said without its content."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from rejoint_server.__main__ import main
from rejoint_server.commands.backup import back_up
from rejoint_server.settings import journal_beside
from rejoint_sync.document import Document
from rejoint_sync.stores.journal import Journal, read
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import STORE_FILE
from server.scene import Person, open_scene

SECRET = "wombat"


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """A data directory with a clinic, a patient's circle with records, and an ordinary database."""
    data = tmp_path / "data"
    store = await SqliteStore.open(data)
    async with open_scene(tmp_path, store) as scene:
        admin = await Person.founder(scene)
        therapist = await admin.new_patient_circle(scene)
        patient = await therapist.admit(scene, "patient")
        for person in (therapist, patient):
            records = [person.record("nt" if person is therapist else "ev") for _ in range(3)]
            assert await person.push(scene, *records) == []
    await store.create("plain")
    made = [Document.parse({"_id": f"d{n}", SECRET: SECRET}) for n in range(3)]
    await store.write("plain", made, new_edits=True)
    foreign = [
        Document.parse({"_id": "f", "_rev": "2-b", "_revisions": {"start": 2, "ids": ["b", "a"]}}),
        Document.parse({"_id": "f", "_rev": "2-c", "_revisions": {"start": 2, "ids": ["c", "a"]}}),
    ]
    await store.write("plain", foreign, new_edits=False)
    attached = {"x": {"data": "aGVsbG8gd29ybGQ=", "content_type": "text/plain"}}
    await store.write(
        "plain", [Document.parse({"_id": "att", "_attachments": attached})], new_edits=True
    )
    await store.close()
    return data


def verified(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, Any, str]:
    status = main(["verify", *arguments])
    captured = capsys.readouterr()
    return status, json.loads(captured.out) if captured.out else None, captured.err


def spoil(data: Path, sql: str, *bindings: Any) -> None:
    with contextlib.closing(apsw.Connection(str(data / STORE_FILE))) as connection:
        connection.execute(sql, bindings).fetchall()
        assert connection.changes() >= 1


WHOLE = {
    "databases": 4,
    "documents": 19,
    "revisions": 20,
    "attachments": 1,
    "circles": 2,
    "entries": 4,
    "signatures": 6,
    "journalled": 0,
    "faults": 0,
}


def test_a_sound_store_is_counted(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, figures, errors = verified(["--data", str(data)], capsys)
    assert (status, errors) == (0, "")
    digests = figures.pop("digests")
    assert figures == WHOLE
    assert digests >= 15


def test_a_backup_is_read_like_the_store_it_came_from(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    back_up(data, tmp_path / "backup")
    status, figures, _ = verified(["--backup", str(tmp_path / "backup")], capsys)
    assert (status, figures["signatures"]) == (0, 6)


SEALED = "(SELECT id FROM doc WHERE id LIKE 'ev:%' LIMIT 1)"
DAMAGE: dict[str, Callable[[Path], None]] = {
    "sig": lambda data: spoil(
        data,
        # The signature is the last member: its first character is another base64url one.
        'UPDATE doc SET tail = CAST(replace(CAST(tail AS TEXT), \'"s":"\','
        f' \'"s":"AAAA\') AS BLOB) WHERE id = {SEALED}',
    ),
    "schema": lambda data: spoil(data, f"UPDATE doc SET rev = '1-ffff' WHERE id = {SEALED}"),
    "not JSON": lambda data: spoil(
        data, "UPDATE doc SET tail = CAST(',\"wombat\":' AS BLOB) WHERE id = 'd1'"
    ),
    "more ancestors": lambda data: spoil(data, "UPDATE doc SET older = ',\"a\"' WHERE id = 'd1'"),
    "tombstone": lambda data: spoil(data, "UPDATE doc SET deleted = 1 WHERE id = 'd1'"),
    "revision is not that": lambda data: spoil(
        data,
        "UPDATE doc SET rev = '1-00000000000000000000000000000000' WHERE id LIKE 'wrap:%'",
    ),
}


@pytest.mark.parametrize("words", DAMAGE)
def test_damage_is_named_without_content(
    data: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    DAMAGE[words](data)
    status, figures, errors = verified(["--data", str(data)], capsys)
    assert status == 1
    assert figures["faults"] >= 1
    assert words in errors
    assert SECRET not in errors
    assert len(errors.splitlines()) == min(figures["faults"], 20)


def test_a_log_that_does_not_replay_is_found(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(data, "DELETE FROM doc WHERE id = 'log:000001'")
    status, _, errors = verified(["--data", str(data)], capsys)
    assert status == 1
    assert "log:000002: seq" in errors


def test_no_store_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, figures, errors = verified(["--data", str(tmp_path)], capsys)
    assert (status, figures) == (1, None)
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


async def journalled(tmp_path: Path, count: int) -> tuple[Path, str]:
    """A data directory whose journal has the whole log of a clinic."""
    data = tmp_path / "clinic"
    store = await SqliteStore.open(data)
    journal = Journal.open(journal_beside(data))
    async with open_scene(data, store, journal=journal) as scene:
        admin = await Person.founder(scene)
        for _ in range(count):
            await admin.admit(scene, "therapist")
        # Noted, and then there was no room in the store.
        bundle, _ = admin.invite(scene.clock.now_s(), "therapist")
        await journal.append(admin.circle, bundle.to_json())
    await store.close()
    await journal.close()
    return data, admin.circle


async def test_a_journal_and_the_logs_say_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, _ = await journalled(tmp_path, 2)
    status, figures, errors = await asyncio.to_thread(verified, ["--data", str(data)], capsys)
    assert (status, errors, figures["journalled"]) == (0, "", 5)
    elsewhere = tmp_path / "elsewhere"
    journal_beside(data).rename(elsewhere)
    arguments = ["--data", str(data)]
    for more, count in (([], 0), (["--journal", str(elsewhere)], 5)):
        _, figures, _ = await asyncio.to_thread(verified, [*arguments, *more], capsys)
        assert figures["journalled"] == count


@pytest.mark.parametrize("fault", ["lacks it", "another entry", "only the journal has it"])
async def test_a_journal_that_differs_is_found(
    tmp_path: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data, circle = await journalled(tmp_path, 2)
    records = [record.bundle for record in read(journal_beside(data)) if record.bundle]
    journal = Journal.open(tmp_path / "other")
    if fault == "lacks it":
        del records[2]
    if fault == "another entry":
        records.append(records[3] | {"log": records[5]["log"] | {"_id": "log:000003"}})
    if fault == "only the journal has it":
        records.append(records[4] | {"log": records[4]["log"] | {"_id": "log:000006"}})
    for bundle in records:
        await journal.append(circle, bundle)
    await journal.close()
    arguments = ["--data", str(data), "--journal", str(tmp_path / "other")]
    status, figures, errors = await asyncio.to_thread(verified, arguments, capsys)
    assert (status, figures["faults"]) == (1, 1)
    assert fault in errors
