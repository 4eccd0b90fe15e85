"""The vectors that the phone reads too are what this code says."""

import json
from pathlib import Path

import pytest

from vectors import make_reminder_vectors

FOLDER = Path(__file__).parents[1] / "vectors" / "reminders"


def test_they_are_made_by_this_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_reminder_vectors, "FOLDER", tmp_path)
    make_reminder_vectors.main()
    for file in FOLDER.iterdir():
        assert (tmp_path / file.name).read_text() == file.read_text()


def test_they_hold_skipped_and_doubled_times_and_all_kinds_of_next() -> None:
    minutes = json.loads((FOLDER / "minutes.json").read_text())
    assert {one["day"] for one in minutes if one["minute"] is None} == {"2011-12-30"}
    walks = json.loads((FOLDER / "next.json").read_text())
    assert {one["next"] is None for one in walks} == {True, False}
    assert any(one["next"] == one["marks"].get("snoozed") for one in walks)
