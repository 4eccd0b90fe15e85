"""The server's duties over stores: in memory, and one that is closed and opened again.

That is a disk, and the CouchDB of `COUCHDB_URL` where one is named: PouchDB's server lists no
`_local` documents, which is where a CouchDB store keeps what is noted beside a circle.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from contract.couchdb import clear, couchdb, fresh, is_real
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.epochs import make_wraps, wrap_id
from rejoint_sync.circle.limits import KDF_MEMORY_KIB_MIN
from rejoint_sync.stores import Store
from rejoint_sync.stores.couch import CouchStore
from rejoint_sync.stores.memory import MemoryStore
from rejoint_sync.stores.sqlite import SqliteStore
from server.ring import Ring
from server.scene import Scene, open_scene

Restart = Callable[[], Awaitable[Scene]]


@asynccontextmanager
async def opener(kind: str, folder: Path) -> AsyncIterator[Callable[[], Awaitable[Store]]]:
    """Opens the same store again and again."""
    if kind == "couch":
        with couchdb(folder) as url:
            address = fresh(url)
            try:
                yield lambda: CouchStore.open(address)
            finally:
                clear(address)
    else:
        yield lambda: SqliteStore.open(folder / "data")


REAL = pytest.mark.skipif(not is_real(), reason="COUCHDB_URL is not set")


@pytest.fixture(params=["memory", "sqlite", pytest.param("couch", marks=REAL)])
async def restart(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Restart]:
    """Starts a server over one store, again and again."""
    kept: list[Store] = [MemoryStore()] if request.param == "memory" else []
    async with AsyncExitStack() as stack:
        reopened = await stack.enter_async_context(opener(request.param, tmp_path))

        async def start() -> Scene:
            if request.param != "memory":
                if kept:
                    await kept.pop().close()
                kept.append(await reopened())
            return await stack.enter_async_context(open_scene(tmp_path, kept[0]))

        yield start
        await kept[0].close()


async def test_what_is_noted_beside_a_circle_outlives_a_start(restart: Restart) -> None:
    scene = await restart()
    clinic = await Ring.clinic(scene)
    ring = await clinic.patient()
    patient, caregiver = await ring.add("patient"), await ring.add("caregiver")
    late = ring.record(caregiver)
    await ring.remove(caregiver)
    secret = await ring.invite()
    request = await ring.request(secret)
    rid = b64u_encode(bytes(16))
    kdf = {"alg": "argon2id", "m": KDF_MEMORY_KIB_MIN, "p": 1, "salt": "A" * 22, "t": 2}
    paper = {"_id": f"rec:{rid}", "kdf": kdf, "k": "A" * 400}
    name = wrap_id("c", 2, ring.membership.epochs["c"][1].commit, patient.id)
    path, body = f"/circles/{ring.circle}", {"device": patient.id}
    for keys, method, place, sent in (
        (caregiver, "POST", f"{path}/quarantine", {"docs": [late]}),
        (patient, "POST", f"{path}/requests", {"req": request}),
        (patient, "PUT", f"{path}/recovery/{rid}", {"rec": paper}),
        (patient, "POST", f"{path}/wraps/missing", {"wrap": name}),
        (clinic.founder, "POST", f"/clinics/{clinic.circle}/suspensions", body),
    ):
        answer = await scene.ask(method, place, json=sent, headers=ring.headers(keys))
        assert answer.status_code == 201, (place, answer.text)

    ring.scene = scene = await restart()
    headers = ring.headers(ring.founder)
    waiting = await scene.json("GET", f"{path}/quarantine?device={caregiver.id}", headers=headers)
    assert waiting == {"docs": [late]}
    assert request["_id"] in await ring.seen(ring.founder)
    found = await scene.json("GET", f"/recovery/{rid}")
    assert found == {"circle": ring.circle, "rec": paper}
    missed = await scene.json("GET", f"{path}/wraps/missing", headers=headers)
    assert missed == {"wraps": [name]}
    answer = await scene.ask("GET", f"/db/{ring.circle}", headers=ring.headers(patient))
    assert answer.json()["error"] == "suspended"
    acts = await scene.json("GET", f"/clinics/{clinic.circle}/audit", headers=headers)
    assert [row["act"] for row in acts["acts"]][:2] == ["suspend", "invite"]

    wraps = make_wraps(ring.membership, [name], ring.es)
    answer = await scene.ask("POST", f"{path}/wraps", json={"wraps": wraps}, headers=headers)
    assert answer.status_code == 201
    stored = await scene.store.read(ring.circle, name)
    assert stored is not None
    assert len(stored.leaves) == 1
    await ring.accept(caregiver, 1)
    assert late["_id"] in await ring.seen(ring.founder)
    place = f"/clinics/{clinic.circle}/suspensions/{patient.id}"
    assert (await scene.ask("DELETE", place, headers=headers)).status_code == 200
    assert late["_id"] in await ring.seen(patient)


async def test_hidden_records_stay_hidden(restart: Restart) -> None:
    ring = await (await Ring.clinic(await restart())).patient()
    await ring.rekey("k")
    patient = await ring.add("patient")
    notes = [ring.record(ring.founder, kind="nt", stream=stream) for stream in ("k", "c", "k")]
    assert await ring.push(ring.founder, *notes) == []
    ring.scene = await restart()
    for query in ("", "?limit=3", "?descending=true", "?include_docs=true"):
        names = await ring.seen(patient, query)
        assert not {notes[0]["_id"], notes[2]["_id"]} & set(names)
    assert notes[1]["_id"] in await ring.seen(patient)
    assert {note["_id"] for note in notes} <= set(await ring.seen(ring.founder))
