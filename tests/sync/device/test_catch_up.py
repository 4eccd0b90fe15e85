"""A server that was restored from an older state is sent the log it lost; another log is a fork."""

import copy
import secrets

import pytest

from rejoint_server.circles.aftermath import Aftermath
from rejoint_sync.circle import entries
from rejoint_sync.circle.document import structural_rev
from rejoint_sync.circle.envelope import generate_scalar
from rejoint_sync.device.device import Device
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError
from rejoint_sync.stores.memory import MemoryStore
from sync.device.clinic import PAIN, Clinic


def backup_of(clinic: Clinic) -> MemoryStore:
    """The server as it is now; `restore` goes back to it."""
    backup = copy.deepcopy(clinic.store)
    backup._incarnation = "k1"
    return backup


async def restore(clinic: Clinic, backup: MemoryStore) -> None:
    data = clinic.folder / "data"
    data.mkdir(exist_ok=True)
    now_s = clinic.clock.now_s()
    Aftermath().after_restore(now_s - 60, now_s + 60, complete=False).write(data)
    clinic.store = backup
    await clinic.start()


async def test_a_restored_server_is_sent_what_it_lost_and_that_is_told(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("therapist", "sync")
    backup = backup_of(clinic)
    invited = await clinic.do("patient", "invite", circle, "caregiver")
    son = await clinic.do("son", "join", invited["link"])
    await clinic.do("therapist", "sync")
    await clinic.do("therapist", "rekey", circle)
    await clinic.put("patient", circle, PAIN | {"score": 3})
    await clinic.do("patient", "sync")
    await restore(clinic, backup)
    report = await clinic.do("therapist", "sync")
    assert report["trouble"] == []
    (alarm,) = await clinic.do("therapist", "alarms", circle)
    assert (alarm["code"], alarm["stops"]) == ("rollback", False)
    await clinic.put("therapist", circle, PAIN | {"score": 4})
    assert (await clinic.do("therapist", "sync"))["refused"] == []
    # Everybody's keys are there again, also the newcomer's, and so is the record it lost.
    await clinic.do("patient", "sync")
    await clinic.do("son", "sync")
    assert sorted(await clinic.scores("son", circle)) == [3, 4]
    assert son["device"] in {
        one["device"]
        for row in (await clinic.do("therapist", "members", circle))["members"]
        for one in row["devices"]
    }


async def test_a_log_that_went_another_way_is_a_fork_and_stops_writing(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.do("therapist", "sync")
    await clinic.do("patient", "sync")
    backup = backup_of(clinic)
    await clinic.do("therapist", "invite", circle, "caregiver")
    await clinic.do("therapist", "invite", circle, "caregiver")
    await restore(clinic, backup)
    for document in await clinic.store.range(circle, "log:", "log;", limit=9):
        assert document.id <= "log:000002"
    async with await clinic.device("patient") as device:
        await _append_anyway(clinic, device, circle)
    report = await clinic.do("therapist", "sync")
    assert [one["code"] for one in report["trouble"]] == ["fork"]
    found = await clinic.do("therapist", "alarms", circle)
    assert [(one["code"], one["stops"]) for one in found] == [("fork", True)]
    with pytest.raises(CircleError, match="another log"):
        await clinic.put("therapist", circle, PAIN)


async def _append_anyway(clinic: Clinic, device: Device, circle: str) -> None:
    """Another entry in the place of one that was lost, as a careless operator would allow."""
    held = await device._copy(circle)
    entry = entries.invite(
        held.members,
        held.keys,
        iid="i" + "A" * 22,
        sign_scalar=generate_scalar(),
        role="caregiver",
        member=entries.member_id(secrets.token_bytes(16)),
        s="c",
        exp=clinic.clock.now_s() + 60,
        ts=clinic.clock.now_s(),
    )
    held.members.append(entry)
    document = Document.parse({**entry, "_rev": structural_rev(entry)})
    await clinic.store.write(circle, [document], new_edits=False)
