"""@cloudant/couchbackup 2.11: a backup holds every leaf with its history, tombstones too."""

from pathlib import Path

import pytest

from conformance.served import MODULES, Database, run
from conformance.worlds import expected, random_world

ATTACHED = ("notes.txt", "x-ray.png")


def backed_up(database: Database, tmp_path: Path, *options: str) -> Path:
    file = tmp_path / "backup.txt"
    command = ["couchbackup", "--url", database.base, "--db", database.name, "--output", str(file)]
    run([MODULES / ".bin" / command[0], *command[1:], *options], cwd=tmp_path)
    return file


def restored(database: Database, file: Path, tmp_path: Path, *options: str) -> None:
    database.create()
    command = ["couchrestore", "--url", database.base, "--db", database.name, *options]
    script = f'exec "$0" "$@" < {file}'
    run(["sh", "-c", script, MODULES / ".bin" / command[0], *command[1:]], cwd=tmp_path)


@pytest.mark.parametrize("attached", [(), ATTACHED])
def test_what_is_restored_has_every_leaf(
    database: Database, second: Database, tmp_path: Path, attached: tuple[str, ...]
) -> None:
    here, there = random_world(19, 60, attachments=attached)
    database.plant(here + there)
    options = ["--attachments"] if attached else []
    file = backed_up(database, tmp_path, "--buffer-size", "7", *options)
    restored(second, file, tmp_path, "--buffer-size", "11", *options)
    assert second.leaves() == database.leaves() == expected(here + there)


def test_the_shallow_mode_keeps_winners_without_their_history(
    database: Database, second: Database, tmp_path: Path
) -> None:
    here, there = random_world(23, 40)
    database.plant(here + there)
    file = backed_up(database, tmp_path, "--mode", "shallow")
    restored(second, file, tmp_path)
    with database.client() as client:
        rows = client.get("/_all_docs").json()["rows"]
    assert second.revisions() == {row["id"]: [row["value"]["rev"]] for row in rows}
