"""The load generator: real devices, real figures."""

import json
from pathlib import Path

import pytest

from e2e.server_process import ServerProcess
from rejoint_server.__main__ import main
from rejoint_server.commands.load import Plan, Tally


@pytest.mark.parametrize("road", [[], pytest.param(["--replicate"], marks=pytest.mark.long)])
def test_devices_sync_and_what_they_did_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], road: list[str]
) -> None:
    with ServerProcess(tmp_path / "data", tmp_path / "log") as server:
        where = ["load", "--url", server.url, "--setup", server.setup_link()]
        assert main([*where, "--devices", "3", "--circles", "2", "--seconds", "0.5", *road]) == 0
        figures = json.loads(capsys.readouterr().out)
        # A second time the server is not new any more.
        assert main([*where, "--devices", "1", "--circles", "1", "--seconds", "0"]) == 1
        assert "rejoint: " in capsys.readouterr().err
    assert figures["failed"] == 0
    assert figures["syncs"] >= 3
    assert figures["pushed"] == 1.0
    assert (figures["requests"] == 1.0) == (not road)
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]


def test_the_slowest_of_a_hundred_is_told_apart() -> None:
    tally = Tally()
    report = dict.fromkeys(("requests", "bytes_up", "bytes_down", "pushed", "pulled"), 1)
    for number in range(100):
        tally.add(1.0 if number == 50 else 0.01, report | {"trouble": [], "refused": []})
    figures = tally.figures(Plan(devices=1, circles=1), 2.0)
    assert (figures["syncs_s"], figures["p50_ms"], figures["p99_ms"]) == (50.0, 10.0, 1000.0)
