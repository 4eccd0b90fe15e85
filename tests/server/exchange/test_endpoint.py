"""`POST /sync`: what a device brings and is given, for all its circles in one request."""

import gzip
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from rejoint_sync.circle.invitation import invitation_id
from rejoint_sync.exchange.cursor import Cursor
from rejoint_sync.exchange.frames import MEDIA_TYPE, Reader, write
from rejoint_sync.exchange.messages import (
    MAY_BE_EMPTY,
    SENDS_ONLY,
    Asked,
    Begin,
    Bundle,
    Notice,
    Reached,
    Receipt,
    Records,
    Welcome,
    answer_item,
    request_items,
)
from rejoint_sync.stores.sqlite import SqliteStore
from server.ring import Ring
from server.scene import Person, Scene, forged, open_scene
from server.sync_client import Handset


class World:
    """A clinic and a patient's circle with two devices."""

    def __init__(self, scene: Scene, admin: Person, therapist: Person, patient: Person) -> None:
        self.scene = scene
        self.admin = admin
        self.therapist = therapist
        self.patient = patient
        self.phone = Handset(scene, patient.keys)
        self.laptop = Handset(scene, therapist.keys)

    @property
    def circle(self) -> str:
        return self.patient.circle


@pytest.fixture
async def world(scene: Scene) -> World:
    admin = await Person.founder(scene)
    therapist = await admin.new_patient_circle(scene)
    patient = await therapist.admit(scene, "patient")
    return World(scene, admin, therapist, patient)


def log(names: list[str]) -> list[str]:
    return [name for name in names if name.startswith("log:")]


async def test_the_first_request_brings_a_session_and_everything(world: World) -> None:
    await world.therapist.push(world.scene, world.therapist.record("pr"))
    said = await world.phone.sync()
    [welcome] = said.of(Welcome)
    assert (len(welcome.session), welcome.incarnation) == (16, world.scene.store.incarnation)
    assert log(said.names) == ["log:000000", "log:000001", "log:000002"]
    assert [name for name in said.names if name.startswith("wrap:")] == [
        name for name in said.names if name.endswith(f":{world.patient.keys.id}")
    ]
    assert not said.more
    stored = await world.scene.store.read_many(world.circle, said.names)
    assert {one["_id"]: one["_rev"] for one in said.documents[world.circle]} == {
        name: one.leaves[0].rev for name, one in stored.items()
    }


async def test_nothing_new_costs_next_to_nothing(world: World) -> None:
    await world.phone.sync()
    said = await world.phone.sync()
    assert (said.names, said.of(Reached), said.of(Welcome)) == ([], [], [])
    assert (world.phone.bytes_up, said.bytes_down) <= (40, 3)


async def test_an_answer_may_be_empty_where_the_device_says_so(world: World) -> None:
    phone = world.phone
    await phone.sync(flags=MAY_BE_EMPTY)

    async def asked(*items: Asked, flags: int = MAY_BE_EMPTY) -> httpx.Response:
        return await phone.post(write(request_items(Begin(phone.cursor, 0, flags), items)))

    answer = await asked()
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "content-security-policy" not in answer.headers
    assert "content-length" not in answer.headers
    assert (await asked(flags=0)).status_code == 200
    brought = phone.records(world.circle, [world.patient.record()])
    assert (await asked(brought)).status_code == 200
    phone.cursor = b"\x01"
    assert (await asked()).status_code == 200


async def test_one_record_each_way_in_one_request_and_no_echo(world: World) -> None:
    await world.phone.sync()
    await world.laptop.sync()
    await world.laptop.sync(world.laptop.records(world.circle, [world.therapist.record("pr")]))
    record = world.patient.record()
    said = await world.phone.sync(world.phone.records(world.circle, [record]))
    assert said.of(Receipt) == [Receipt(1)]
    assert [name[:2] for name in said.names] == ["pr"]
    assert (await world.phone.sync()).names == []
    seen = await world.laptop.sync()
    assert seen.documents == {world.circle: [record]}


async def test_the_same_again_is_there_once(world: World) -> None:
    """A device that heard no answer sends the same bytes again."""
    await world.phone.sync()
    cursor = world.phone.cursor
    brought = world.phone.records(world.circle, [world.patient.record()])
    for _ in range(2):
        world.phone.cursor = cursor
        said = await world.phone.sync(brought)
        assert said.of(Receipt) == [Receipt(1)]
        assert said.names == []
    assert len(await world.scene.store.range(world.circle, "ev:", "ev;", limit=9)) == 1


async def test_one_bad_record_delays_no_other(world: World) -> None:
    records = [world.patient.record() for _ in range(4)]
    good = world.phone.records(world.circle, records)
    bad = world.phone.records(world.circle, [records[0], forged(records[1]), *records[2:]])
    rows = [*bad.packed[:3], ["what", "is", "this"], 7, *bad.packed[3:]]
    said = await world.phone.sync(Records(world.circle, rows))
    assert said.refused == [(1, "sig"), (3, "schema"), (4, "schema")]
    assert (await world.phone.sync(good)).refused == []
    assert len((await world.laptop.sync()).documents[world.circle]) > 4


async def test_circles_do_not_wait_for_each_other(world: World) -> None:
    other = await world.admin.new_patient_circle(world.scene)
    laptop = world.laptop
    said = await laptop.sync(
        Records("c" + "0" * 40, laptop.records(other.circle, [other.record()]).packed),
        laptop.records(world.circle, [world.therapist.record()]),
        laptop.records(other.circle, [other.record()]),
    )
    assert [one.item for one in said.of(Receipt)] == [1, 2, 3]
    assert [list(one.refused) for one in said.of(Receipt)] == [[(0, "not_found")], [], []]
    assert set(said.documents) == {world.circle, other.circle, world.admin.circle}


async def test_log_entries_ride_along(world: World) -> None:
    await world.laptop.sync()
    invited, _ = world.therapist.invite(world.scene.clock.now_s(), "caregiver")
    text = invited.to_json()
    said = await world.laptop.sync(
        Bundle(world.circle, _json(text)),
        world.laptop.records(world.circle, [world.therapist.record()]),
    )
    assert [list(one.refused) for one in said.of(Receipt)] == [[], []]
    assert said.names == []
    seen = await world.phone.sync()
    assert log(seen.names)[-1] == "log:000003"
    wrong = await world.laptop.sync(Bundle(world.circle, '{"log":{},"wraps":[]}'))
    assert wrong.refused == [(0, "schema")]
    assert (await world.laptop.sync(Bundle(world.circle, "{"))).refused == [(0, "bad_request")]


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


async def test_a_circle_joined_later_is_given_from_its_beginning(world: World) -> None:
    """Also where everything in it is older than the cursor."""
    other = await world.admin.new_patient_circle(world.scene)
    await other.push(world.scene, *[other.record() for _ in range(3)])
    await world.phone.sync()
    bundle, secret = other.invite(world.scene.clock.now_s(), "patient")
    path = f"/circles/{other.circle}"
    await world.scene.ask("POST", f"{path}/log", json=bundle.to_json())
    iid = invitation_id(other.circle, secret)
    seen = await world.scene.json("GET", f"{path}/invitations/{iid}")
    joiner = Person(world.patient.keys)
    joined = joiner.join(other.circle, secret, seen, world.scene.clock.now_s())
    answer = await world.scene.ask("POST", f"{path}/log", json=joined.to_json())
    assert answer.status_code == 201
    said = await world.phone.sync()
    assert log(said.names) == ["log:000000", "log:000001", "log:000002"]
    assert sum(name.startswith("ev:") for name in said.names) == 3


async def test_a_budget_is_kept_and_the_next_request_goes_on(world: World) -> None:
    await world.therapist.push(world.scene, *[world.therapist.record("pr") for _ in range(20)])
    whole = Handset(world.scene, world.patient.keys)
    names = (await whole.sync()).names
    found: list[str] = []
    requests = 0
    for _ in range(40):
        said = await world.phone.sync(budget=1500)
        found += said.names
        requests += 1
        assert said.bytes_down < 6000
        if not said.more:
            break
    assert found == names
    assert requests > 3
    assert (await world.phone.sync()).names == []


async def test_what_came_before_a_cut_is_kept(world: World) -> None:
    """Cut at every byte, an answer leaves a cursor from which the rest and nothing else comes."""
    await world.therapist.push(world.scene, *[world.therapist.record("pr") for _ in range(6)])
    body = write(request_items(Begin()))
    answer = (await world.phone.post(body)).content
    names = set(world.phone.understood(answer).names)
    for cut in range(0, len(answer), 97):
        phone = Handset(world.scene, world.patient.keys)
        whole = write(list(Reader().feed(answer[:cut])))
        kept = phone.understood(whole)
        held: set[str] = set()
        cursors = [n for n, one in enumerate(kept.told) if isinstance(one, Reached)]
        if cursors:
            counted = phone.understood(write([_item(one) for one in kept.told[: cursors[-1] + 1]]))
            held = set(counted.names)
        phone.session = ""
        rest = await phone.sync()
        assert held | set(rest.names) == names
        assert held.isdisjoint(rest.names)


def _item(told: Any) -> Any:
    return answer_item(told)


async def test_only_sending_gives_nothing(world: World) -> None:
    brought = world.phone.records(world.circle, [world.patient.record()])
    said = await world.phone.sync(brought, flags=SENDS_ONLY)
    assert (said.names, said.refused, world.phone.cursor) == ([], [], b"")


@pytest.mark.parametrize("kind", ["incarnation", "device", "future", "garbage", "long"])
async def test_a_strange_cursor_is_answered_and_skips_nothing(world: World, kind: str) -> None:
    store, me = world.scene.store, world.patient.keys.id
    other = world.therapist.keys.id
    strange = {
        "incarnation": Cursor(1).write("other", me),
        "device": Cursor(1).write(store.incarnation, other),
        "future": Cursor(store.number + 1).write(store.incarnation, me),
        "garbage": b"\xff\x00",
        "long": b"\x00" * 9000,
    }
    world.phone.cursor = strange[kind]
    brought = world.phone.records(world.circle, [world.patient.record()])
    said = await world.phone.sync(brought)
    assert said.notices == ["cursor"]
    assert said.refused == []
    assert (said.names, said.of(Reached)) == ([], [])
    world.phone.cursor = b""
    assert log((await world.phone.sync()).names) == ["log:000000", "log:000001", "log:000002"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"{}",
        b"\x80",
        write([[0, 1, b"", 0]]),
        write([[0, 1, "", 0, 0]]),
        write([[0, 1, b"", -1, 0]]),
        write([[1, b"x" * 20, [], 0]]),
        write([[0, 1, b"", 0, 0], [0, 1, b"", 0, 0]]),
        write([[0, 1, b"", 0, 0], [1, b"x", [], 0]]),
        write([[0, 1, b"", 0, 0], [1, b"x" * 20, [], 2]]),
        write([[0, 1, b"", 0, 0], [1, b"x" * 20, []]]),
        write([[0, 1, b"", 0, 0]])[:-1],
        write([[0, 1, b"", 0, 0]] * 10_001),
    ],
)
async def test_garbage_is_refused_and_nothing_of_it_is_done(world: World, body: bytes) -> None:
    answer = await world.phone.post(body)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


async def test_other_ways_to_ask_are_refused(world: World) -> None:
    body = write(request_items(Begin()))
    assert (await world.scene.ask("GET", "/sync")).status_code == 405
    assert (await world.scene.ask("POST", "/sync/x")).status_code == 404
    wrong = {"content-type": "application/json"}
    assert (await world.phone.post(body, **wrong)).status_code == 415
    for login in ("", "Session " + "A" * 22, "Bearer x.y.z", "Basic eDp5"):
        answer = await world.phone.post(body, authorization=login)
        assert answer.status_code == 401


async def test_bodies_may_be_compressed_both_ways(world: World) -> None:
    world.phone.headers = {"content-encoding": "gzip", "accept-encoding": "gzip"}
    answer = await world.phone.post(gzip.compress(write(request_items(Begin()))))
    assert answer.headers["content-encoding"] == "gzip"
    assert log(world.phone.understood(answer.content).names)
    damaged = await world.phone.post(gzip.compress(write(request_items(Begin())))[:-3])
    assert damaged.status_code == 400


async def test_a_removed_device_hears_of_it_and_of_nothing_else(scene: Scene) -> None:
    ring = await Ring.clinic(scene)
    ring = await ring.patient()
    patient = await ring.add("patient")
    phone, laptop = Handset(scene, patient), Handset(scene, ring.founder)
    await phone.sync()
    await ring.remove(patient)
    late = ring.record(ring.founder)
    assert (await laptop.sync(laptop.records(ring.circle, [late]))).refused == []
    said = await phone.sync(phone.records(ring.circle, [ring.record(patient)]))
    assert said.refused == [(0, "removed")]
    assert said.notices == ["gone"]
    assert said.names == [f"log:{ring.membership.seq:06d}"]
    assert (await phone.sync()).names == []


async def test_a_suspended_device_is_given_what_it_missed_afterwards(scene: Scene) -> None:
    clinic = await Ring.clinic(scene)
    ring = await clinic.patient()
    patient = await ring.add("patient")
    phone, laptop = Handset(scene, patient), Handset(scene, ring.founder)
    await phone.sync()
    path = f"/clinics/{clinic.circle}/suspensions"
    login = clinic.headers(clinic.founder)
    answer = await scene.ask("POST", path, json={"device": patient.id}, headers=login)
    assert answer.status_code in (200, 201), answer.text
    missed = ring.record(ring.founder)
    await laptop.sync(laptop.records(ring.circle, [missed]))
    for _ in range(2):
        said = await phone.sync(phone.records(ring.circle, [ring.record(patient)]))
        assert (said.notices, said.names) == (["suspended"], [])
        assert said.refused == [(0, "suspended")]
    await scene.ask("DELETE", f"{path}/{patient.id}", headers=clinic.headers(clinic.founder))
    assert (await phone.sync()).names == [missed["_id"]]
    assert (await phone.sync()).names == []


async def test_a_long_answer_is_on_its_way_before_it_is_all_there(world: World) -> None:
    for _ in range(4):
        records = [world.therapist.record("nt", type="note", text="x" * 400) for _ in range(50)]
        assert await world.therapist.push(world.scene, *records) == []
    said = await world.phone.sync()
    assert sum(name.startswith("nt:") for name in said.names) == 200
    assert len(said.of(Reached)) > 20
    assert len(said.of(Notice)) == 0


async def test_over_sqlite_and_after_a_restart(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "data")
    async with open_scene(tmp_path / "data", store) as scene:
        admin = await (await Person.founder(scene)).new_patient_circle(scene)
        phone = Handset(scene, admin.keys)
        assert log((await phone.sync()).names) == ["log:000000", "log:000000"]
    await store.close()
    store = await SqliteStore.open(tmp_path / "data")
    async with open_scene(tmp_path / "data", store) as scene:
        again = Handset(scene, admin.keys, phone.cursor)
        assert (await again.sync()).names == []
        assert (await again.post(b"", authorization=phone.session)).status_code == 401
        other = Person(admin.keys, admin.es, admin.membership, admin.n)
        record = other.record("nt", type="note", text="x")
        said = await again.sync(again.records(admin.circle, [record]))
        assert (said.refused, said.names) == ([], [])
    await store.close()
