"""The trail is bounded, and goes on after a start."""

import pytest

from rejoint_server.access import audit
from rejoint_server.access.audit import Audit
from rejoint_server.clock import ManualClock
from server.ring import Ring
from server.scene import Scene


async def test_the_oldest_acts_are_forgotten(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "ACTS_KEPT", 3)
    clinic = await Ring.clinic(scene)
    first = Audit(scene.store, ManualClock(7))
    for act in "abcd":
        await first.note(clinic.membership, "d1", act)
    later = Audit(scene.store, ManualClock(8))
    await later.note(clinic.membership, "d2", "e")
    rows = await later.acts(clinic.circle)
    assert [(row["act"], row["at"], row["device"]) for row in rows] == [
        ("e", 8, "d2"),
        ("d", 7, "d1"),
        ("c", 7, "d1"),
    ]
    assert [row["act"] for row in await later.acts(clinic.circle, before=rows[1]["n"])] == ["c"]
