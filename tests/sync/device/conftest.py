"""What several tests of this folder share."""

from pathlib import Path

import pytest

from sync.device.clinic import Clinic


@pytest.fixture(params=["one request", pytest.param("replication", marks=pytest.mark.long)])
def road(request: pytest.FixtureRequest) -> str:
    """By which road records travel: whether the server has one-request sync."""
    return str(request.param)


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, road: str) -> Clinic:
    """A clinic in one process; start it with `start` or `care`."""
    made = Clinic(tmp_path, monkeypatch.setattr)
    made.network.offers_sync = road == "one request"
    return made
