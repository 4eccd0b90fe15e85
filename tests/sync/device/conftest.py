"""What several tests of this folder share."""

from pathlib import Path

import pytest

from sync.device.clinic import Clinic


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """A clinic in one process; start it with `start` or `care`."""
    return Clinic(tmp_path, monkeypatch.setattr)
