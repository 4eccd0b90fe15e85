"""What a removed device wrote before it knew: kept, shown to who may accept it, then moved."""

from typing import Any

import pytest

from rejoint_server.circles import quarantine
from rejoint_sync.circle.attachment import chunk_document
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.limits import LATE_DOCUMENTS_MAX, LATE_SECONDS_MAX
from server.ring import Ring
from server.scene import Scene, forged

assert LATE_DOCUMENTS_MAX == 2000


@pytest.fixture
async def ring(scene: Scene) -> Ring:
    """A patient's circle."""
    return await (await Ring.clinic(scene)).patient()


async def leave(ring: Ring, keys: DeviceKeys, *documents: Any) -> Any:
    """Push late documents; the codes of those refused."""
    path = f"/circles/{ring.circle}/quarantine"
    answer = await ring.scene.ask(
        "POST", path, json={"docs": documents}, headers=ring.headers(keys)
    )
    if answer.status_code != 201:
        return answer.status_code, answer.json().get("code")
    return [row["code"] for row in answer.json()]


async def shown(ring: Ring, by: DeviceKeys, device: str) -> Any:
    path = f"/circles/{ring.circle}/quarantine?device={device}"
    answer = await ring.scene.ask("GET", path, headers=ring.headers(by))
    if answer.status_code != 200:
        return answer.status_code, answer.json()["code"]
    return answer.json()["docs"]


async def test_late_documents_wait_and_are_moved_by_accept(ring: Ring) -> None:
    keys = await ring.add("caregiver")
    first = ring.record(keys)
    assert await ring.push(keys, first) == []
    late = [ring.record(keys) for _ in range(3)]
    chunk = chunk_document(ring.membership, keys, b"x" * 50)
    await ring.remove(keys, 1)
    assert await leave(ring, keys, *late, chunk, first) == []
    assert await leave(ring, keys, *late) == []
    waiting = await shown(ring, ring.founder, keys.id)
    assert [one["_id"] for one in waiting] == [one["_id"] for one in late]
    assert not {one["_id"] for one in late} & set(await ring.seen(ring.founder))

    await ring.accept(keys, 3)
    names = set(await ring.seen(ring.founder))
    assert {late[0]["_id"], late[1]["_id"], chunk["_id"]} <= names
    assert late[2]["_id"] not in names
    assert [one["_id"] for one in await shown(ring, ring.founder, keys.id)] == [late[2]["_id"]]
    stored = await ring.scene.store.read(ring.circle, late[0]["_id"])
    assert stored is not None
    assert stored.leaves[0].rev == late[0]["_rev"]


async def test_the_same_comes_again_with_its_history(ring: Ring) -> None:
    keys = await ring.add("caregiver")
    document = ring.record(keys)
    await ring.remove(keys)
    history = {"start": 1, "ids": [document["_rev"].partition("-")[2]]}
    assert await leave(ring, keys, document | {"_revisions": history}) == []
    assert await leave(ring, keys, document) == []
    assert await shown(ring, ring.founder, keys.id) == [document]


async def test_another_document_of_the_same_name_is_told(ring: Ring) -> None:
    keys = await ring.add("caregiver")
    one, two = ring.record(keys), ring.record(keys, n=1)
    await ring.remove(keys)
    assert await leave(ring, keys, one) == []
    assert await leave(ring, keys, two) == ["taken"]


async def test_what_counts_already_goes_where_it_belongs(ring: Ring) -> None:
    keys = await ring.add("caregiver")
    document = ring.record(keys)
    await ring.remove(keys, 1)
    assert await leave(ring, keys, document) == []
    assert await shown(ring, ring.founder, keys.id) == []
    assert document["_id"] in await ring.seen(ring.founder)


async def test_only_ones_own_documents_of_before_the_end_wait(ring: Ring) -> None:
    keys, other = await ring.add("caregiver"), await ring.add("caregiver")
    good, theirs = ring.record(keys), ring.record(other)
    bad_kind = ring.record(keys, kind="pl")
    await ring.remove(keys)
    after = ring.record(keys)
    changed = ring.record(keys, n=1)
    assert await leave(ring, keys, good) == []
    assert await leave(ring, keys, forged(ring.record(keys, n=9))) == ["sig"]
    assert await leave(ring, keys, theirs, bad_kind, after) == ["authz", "authz", "removed"]
    assert await leave(ring, keys, changed) == ["removed"]
    assert await leave(ring, keys, good | {"x": 1}) == ["schema"]
    assert await leave(ring, keys, {"_id": "log:000001", "_rev": "1-a"}) == ["authz"]
    assert await leave(ring, other, theirs) == (403, "authz")
    assert [one["_id"] for one in await shown(ring, ring.founder, keys.id)] == [good["_id"]]


async def test_only_who_may_remove_the_device_sees_what_waits(ring: Ring) -> None:
    keys, caregiver = await ring.add("caregiver"), await ring.add("caregiver")
    await ring.remove(keys)
    assert await shown(ring, caregiver, keys.id) == (403, "authz")
    assert await shown(ring, ring.founder, caregiver.id) == (400, "target")
    assert await shown(ring, ring.founder, "nobody") == (400, "target")
    assert await shown(ring, keys, keys.id) == (403, "removed")


async def test_what_waits_is_bounded(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = await ring.add("caregiver")
    late = [ring.record(keys) for _ in range(4)]
    await ring.remove(keys)
    monkeypatch.setattr(quarantine, "LATE_DOCUMENTS_MAX", 3)
    assert await leave(ring, keys, *late) == ["limit"]
    assert await leave(ring, keys, late[3]) == ["limit"]
    assert await leave(ring, keys, late[0]) == []
    ring.scene.clock.now += LATE_SECONDS_MAX
    assert await shown(ring, ring.founder, keys.id) == []
    assert await leave(ring, keys, late[3]) == []
    monkeypatch.setattr(quarantine, "LATE_BYTES_MAX", 100)
    assert await leave(ring, keys, late[2]) == ["limit"]
