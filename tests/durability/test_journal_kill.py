"""Killed at any moment, the server has every acknowledged change of membership twice."""

import asyncio
import random
from pathlib import Path

import pytest

from durability.restorable import Restorable, command
from durability.test_restore_drill import People
from rejoint_sync.drive import Unreachable
from rejoint_sync.stores.journal import read

ROUNDS = 4
PAIRS = 7
"""Invitations of one round, made and taken back: a device may make 60 changes a day."""


async def test_an_acknowledged_change_of_membership_is_in_journal_and_store(
    tmp_path: Path,
) -> None:
    people, dice = People(tmp_path), random.Random(11)
    acknowledged = 0
    with Restorable(tmp_path) as clinic:
        await people.meet(clinic.server.setup_link())

        async def invite() -> None:
            nonlocal acknowledged
            for _ in range(PAIRS):
                made = await people.do("therapist", "invite", people.circle, "caregiver")
                acknowledged += 1
                # Open ones are bounded.
                await people.do("therapist", "uninvite", people.circle, made["iid"])
                acknowledged += 1
            while True:
                await people.do("therapist", "sync")

        for _ in range(ROUNDS):
            inviting = asyncio.create_task(invite())
            await asyncio.sleep(dice.uniform(0.05, 0.6))
            clinic.server.kill()
            with pytest.raises(Unreachable):
                await inviting
            noted = [record for record in read(tmp_path / "data-journal") if record.bundle]
            entries = {
                record.bundle["log"]["_id"]
                for record in noted
                if record.bundle and record.circle == people.circle
            }
            # Five came of the founding; whatever was answered is there.
            assert len(entries) >= 5 + acknowledged
            verified = command("verify", "--data", clinic.data)
            assert verified["faults"] == 0
            assert verified["entries"] >= 1 + 5 + acknowledged
            clinic.start()
            report = await people.do("therapist", "sync")
            assert report["trouble"] == []
    assert acknowledged > 0
