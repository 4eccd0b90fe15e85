"""The sealed keys of a printed code: kept by its owner, found by who has the code."""

from typing import Any

import pytest

from rejoint_server.circles.recovery_papers import LOOKS_PER_HOUR
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.limits import KDF_MEMORY_KIB_MIN, PAPERS_PER_MEMBER_MAX
from server.ring import Ring
from server.scene import Scene


@pytest.fixture
async def ring(scene: Scene) -> Ring:
    """A patient's circle."""
    return await (await Ring.clinic(scene)).patient()


def paper(number: int = 0, **kdf: Any) -> tuple[str, dict[str, Any]]:
    rid = b64u_encode(number.to_bytes(16))
    given = {"alg": "argon2id", "m": KDF_MEMORY_KIB_MIN, "p": 1, "salt": "A" * 22, "t": 2}
    return rid, {"_id": f"rec:{rid}", "kdf": given | kdf, "k": "A" * 400}


async def put(ring: Ring, keys: DeviceKeys, rid: str, rec: object) -> tuple[int, str]:
    path = f"/circles/{ring.circle}/recovery/{rid}"
    answer = await ring.scene.ask("PUT", path, json={"rec": rec}, headers=ring.headers(keys))
    return answer.status_code, answer.json().get("code", "")


async def drop(ring: Ring, keys: DeviceKeys, rid: str) -> tuple[int, str]:
    path = f"/circles/{ring.circle}/recovery/{rid}"
    answer = await ring.scene.ask("DELETE", path, headers=ring.headers(keys))
    return answer.status_code, answer.json().get("code", "")


async def find(ring: Ring, rid: str) -> tuple[int, Any]:
    answer = await ring.scene.ask("GET", f"/recovery/{rid}")
    return answer.status_code, answer.json()


async def test_a_paper_is_found_by_its_code_alone_until_it_is_dropped(ring: Ring) -> None:
    patient = await ring.add("patient")
    member = ring.membership.devices[patient.id].member
    second = await ring.add("patient", member=member)
    rid, rec = paper()
    assert await put(ring, patient, rid, rec) == (201, "")
    assert await put(ring, second, rid, rec | {"_rev": "1-a"}) == (200, "")
    assert await find(ring, rid) == (200, {"circle": ring.circle, "rec": rec})
    assert not [name for name in await ring.seen(patient) if name.startswith("rec:")]
    assert await put(ring, ring.founder, rid, rec) == (403, "authz")
    assert await drop(ring, ring.founder, rid) == (403, "authz")
    assert await drop(ring, second, rid) == (200, "")
    assert await drop(ring, second, rid) == (404, "target")
    status, body = await find(ring, rid)
    assert (status, body["code"]) == (403, "removed")  # who has the old card is told so


async def test_a_paper_goes_with_its_circle(ring: Ring) -> None:
    rid, rec = paper()
    assert await put(ring, ring.founder, rid, rec) == (201, "")
    other = await ring.scene.store.databases()
    assert ring.circle in other
    await ring.scene.store.delete(ring.circle)
    assert (await find(ring, rid))[0] == 404


async def test_another_circle_cannot_take_the_name(scene: Scene) -> None:
    clinic = await Ring.clinic(scene)
    one, two = await clinic.patient(), await clinic.patient()
    rid, rec = paper()
    assert await put(one, one.founder, rid, rec) == (201, "")
    assert await put(two, two.founder, rid, rec) == (409, "taken")
    assert (await find(one, rid))[1]["circle"] == one.circle


async def test_what_is_no_paper_is_refused(ring: Ring) -> None:
    rid, rec = paper()
    keys = ring.founder
    assert await put(ring, keys, rid, rec | {"x": 1}) == (400, "schema")
    assert await put(ring, keys, rid, rec | {"_id": "rec:x"}) == (400, "schema")
    assert await put(ring, keys, "x", rec | {"_id": "rec:x"}) == (400, "schema")
    assert await put(ring, keys, rid, rec | {"k": "A=="}) == (400, "b64")
    assert await put(ring, keys, rid, rec | {"k": "A" * 4100}) == (413, "limit")
    assert await put(ring, keys, rid, paper(m=KDF_MEMORY_KIB_MIN - 1)[1]) == (413, "limit")
    assert await put(ring, keys, rid, {"_id": rec["_id"], "k": rec["k"]}) == (413, "limit")
    stranger = DeviceKeys.generate()
    assert (await put(ring, stranger, rid, rec))[0] == 401
    gone = await ring.add("caregiver")
    await ring.remove(gone)
    assert await put(ring, gone, rid, rec) == (403, "removed")


async def test_papers_of_a_member_are_bounded(ring: Ring) -> None:
    caregiver = await ring.add("caregiver")
    answers = [
        await put(ring, ring.founder, *paper(number)) for number in range(PAPERS_PER_MEMBER_MAX + 1)
    ]
    assert answers == [(201, "")] * PAPERS_PER_MEMBER_MAX + [(413, "limit")]
    assert await put(ring, caregiver, *paper(99)) == (201, "")
    assert await drop(ring, ring.founder, paper(0)[0]) == (200, "")
    assert await put(ring, ring.founder, *paper(98)) == (201, "")


async def test_looking_is_counted(ring: Ring) -> None:
    rid, rec = paper()
    await put(ring, ring.founder, rid, rec)
    answers = [(await find(ring, rid))[0] for _ in range(LOOKS_PER_HOUR + 1)]
    assert answers == [200] * LOOKS_PER_HOUR + [429]
    # Who tries names that are not there takes nothing from who has a code.
    misses = [(await find(ring, f"{number:022d}"))[0] for number in range(1001)]
    assert misses == [404] * 1000 + [429]
