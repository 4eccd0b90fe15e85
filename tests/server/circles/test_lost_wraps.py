"""A wrap that is missing or broken is written again by who holds the secret, and by nobody else."""

import pytest

from rejoint_server.circles import lost_wraps
from rejoint_sync.circle import entries
from rejoint_sync.circle.epochs import make_wraps, wrap_id
from rejoint_sync.circle.keys import DeviceKeys
from server.ring import Ring
from server.scene import Scene


@pytest.fixture
async def ring(scene: Scene) -> Ring:
    """A patient's circle with two epochs of `c` and one of `k`."""
    ring = await (await Ring.clinic(scene)).patient()
    await ring.rekey("c", "k")
    return ring


def name_of(ring: Ring, keys: DeviceKeys, stream: str = "c", e: int = 2) -> str:
    commit = ring.membership.epochs[stream][e - 1].commit
    return wrap_id(stream, e, commit, keys.id)


async def ask(ring: Ring, keys: DeviceKeys, way: str, body: object) -> tuple[int, str]:
    path = f"/circles/{ring.circle}/wraps{way}"
    answer = await ring.scene.ask("POST", path, json=body, headers=ring.headers(keys))
    return answer.status_code, answer.json().get("code", "")


async def missed(ring: Ring, keys: DeviceKeys) -> list[str]:
    path = f"/circles/{ring.circle}/wraps/missing"
    found: list[str] = (await ring.scene.json("GET", path, headers=ring.headers(keys)))["wraps"]
    return found


async def test_a_broken_wrap_is_replaced(ring: Ring) -> None:
    patient = await ring.add("patient")
    name = name_of(ring, patient)
    before = await ring.scene.store.read(ring.circle, name)
    (fresh,) = make_wraps(ring.membership, [name], ring.es)
    assert await ask(ring, ring.founder, "", {"wraps": [fresh]}) == (409, "taken")
    assert await ask(ring, patient, "/missing", {"wrap": name}) == (201, "")
    assert await ask(ring, patient, "/missing", {"wrap": name}) == (201, "")
    assert await missed(ring, ring.founder) == [name]
    assert await ask(ring, ring.founder, "", {"wraps": [fresh]}) == (201, "")
    assert await missed(ring, ring.founder) == []
    after = await ring.scene.store.read(ring.circle, name)
    assert before is not None
    assert after is not None
    assert len(after.leaves) == 1
    assert after.leaves[0].rev != before.leaves[0].rev
    assert name in await ring.seen(patient)
    assert await ask(ring, ring.founder, "", {"wraps": [fresh]}) == (201, "")


async def test_an_older_piece_is_given(ring: Ring) -> None:
    patient = await ring.add("patient")
    name = name_of(ring, patient, e=1)
    assert await ring.scene.store.read(ring.circle, name) is None
    wraps = make_wraps(ring.membership, [name], ring.es)
    assert await ask(ring, ring.founder, "", {"wraps": wraps}) == (201, "")
    assert name in await ring.seen(patient)


async def test_only_what_the_log_entitles_to_is_taken(ring: Ring) -> None:
    patient, gone = await ring.add("patient"), await ring.add("caregiver")
    await ring.remove(gone)
    good = make_wraps(ring.membership, [name_of(ring, patient, e=1)], ring.es)[0]
    wrongs = {
        name_of(ring, gone, e=1): "wrap",
        name_of(ring, DeviceKeys.generate(), e=1): "wrap",
        name_of(ring, patient, "k", 1): "wrap",
        name_of(ring, patient).replace("c000002", "c000009"): "wrap",
        name_of(ring, patient).replace("c000002", "c000003"): "wrap",
        "wrap:c1:x:y": "schema",
        "log:000001": "schema",
    }
    for name, code in wrongs.items():
        body = {"wraps": [good | {"_id": name}]}
        assert (await ask(ring, ring.founder, "", body))[1] == code, name
    assert (await ask(ring, ring.founder, "", {"wraps": [good | {"x": 1}]}))[1] == "schema"
    assert (await ask(ring, ring.founder, "", {"wraps": [good | {"k": "AAAA"}]}))[1] == "wrap"
    body = {"wraps": [good]}
    assert await ask(ring, gone, "", body) == (403, "removed")
    colleague = await ring.add("therapist", s="ck")
    name = name_of(ring, colleague, "k", 1)
    assert await ask(ring, colleague, "/missing", {"wrap": name}) == (201, "")
    assert await missed(ring, patient) == []
    assert await missed(ring, ring.founder) == [name]
    wraps = make_wraps(ring.membership, [name], ring.es)
    assert await ask(ring, patient, "", {"wraps": wraps}) == (403, "authz")
    assert await ask(ring, patient, "/missing", {"wrap": name}) == (403, "authz")
    await ring.grant(await ring.add("therapist"))


async def test_history_that_ended_stays_closed(ring: Ring) -> None:
    patient = await ring.add("patient")
    known = ring.es.pop("c")
    ring.es["c"] = {}
    epoch = ring.epoch("c")
    ring.es["c"] = known | {3: ring.es["c"][epoch["e"]]}
    await ring.append(entries.rekey(ring.membership, ring.founder, ep={"c": epoch}, ts=ring.now_s))
    name = name_of(ring, patient, e=1)
    wraps = make_wraps(ring.membership, [name], ring.es)
    assert await ask(ring, ring.founder, "", {"wraps": wraps}) == (400, "wrap")


async def test_reports_are_bounded(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_wraps, "WRAPS_MISSED_MAX", 1)
    patient = await ring.add("patient")
    for e, expected in ((1, (201, "")), (1, (201, "")), (2, (413, "limit"))):
        body = {"wrap": name_of(ring, patient, e=e)}
        assert await ask(ring, patient, "/missing", body) == expected
    await ring.remove(patient)
    assert await missed(ring, ring.founder) == []
