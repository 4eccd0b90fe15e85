"""What a restore leaves behind is durable, adds up, and can be ended while the server runs."""

from pathlib import Path

import pytest

from rejoint_server.circles.aftermath import (
    AFTERMATH_FILE,
    SLACK_SECONDS,
    WAITING_SECONDS,
    Aftermath,
    Watched,
)
from rejoint_sync.errors import StoreUnavailable

DAY_S = 86_400


def test_without_a_restore_nothing_was_lost_and_nobody_waits(tmp_path: Path) -> None:
    assert Aftermath.read(tmp_path) == Aftermath()
    assert not Aftermath().may_have_lost(1000)
    assert Watched(tmp_path).now() == Aftermath()


def test_only_what_came_between_backup_and_restore_may_be_lost() -> None:
    after = Aftermath().after_restore(10_000, 20_000, complete=False)
    assert after.waiting_until_s == 20_000 + WAITING_SECONDS
    lost = [after.may_have_lost(ts) for ts in (10_000 - SLACK_SECONDS, 15_000, 20_300)]
    assert lost == [True, True, True]
    assert not after.may_have_lost(10_000 - SLACK_SECONDS - 1)
    assert not after.may_have_lost(20_000 + SLACK_SECONDS + 1)
    later = after.after_restore(50_000, 50_001, complete=True)
    assert later.may_have_lost(15_000)
    assert later.may_have_lost(50_000)
    assert not later.may_have_lost(30_000)
    # A restore that lost nothing does not end the waiting for what an earlier one lost.
    assert later.waiting_until_s == after.waiting_until_s


def test_it_is_read_as_it_was_written_and_watched(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    for at in (1, 2, 3):
        made = Aftermath().after_restore(0, at * DAY_S, complete=False)
        made.write(tmp_path)
        assert Aftermath.read(tmp_path) == watched.now() == made
    assert [path.name for path in tmp_path.iterdir()] == [AFTERMATH_FILE]


@pytest.mark.parametrize("text", ["", "{}", '{"windows":[1],"waiting_until_s":0}', "[]"])
def test_a_file_that_is_none_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / AFTERMATH_FILE).write_text(text)
    with pytest.raises(StoreUnavailable, match="something else"):
        Aftermath.read(tmp_path)
