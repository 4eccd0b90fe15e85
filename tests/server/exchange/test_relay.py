"""Relay files at the server: a carrier needs no login, reads nothing and brings nothing else."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from rejoint_server.exchange.relay import FILES_PER_HOUR
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.envelope import generate_scalar, public_point
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.errors import StoreFull
from rejoint_sync.exchange import relay
from rejoint_sync.exchange.messages import Records
from rejoint_sync.exchange.packing import pack
from rejoint_sync.stores.memory import MemoryStore
from server.ring import Ring
from server.scene import ORIGIN, Scene, forged, open_scene
from server.sync_client import Handset

TYPE = {"content-type": relay.MEDIA_TYPE}


@pytest.fixture
async def clinic(scene: Scene) -> Ring:
    return await Ring.clinic(scene)


@pytest.fixture
async def ring(clinic: Ring) -> Ring:
    return await clinic.patient()


async def point_of(scene: Scene) -> bytes:
    return b64u_decode((await scene.json("GET", "/relay"))["key"])


async def file_of(
    ring: Ring, keys: DeviceKeys, *documents: dict[str, Any], audience: str = ORIGIN
) -> bytes:
    """What a phone without a network exports."""
    body = relay.body_of([Records(ring.circle, pack(documents, keys.id))])
    return relay.seal(body, keys, audience, await point_of(ring.scene))


async def bring(scene: Scene, file: bytes) -> httpx.Response:
    """What somebody does who has a network, and nothing else."""
    return await scene.ask("POST", "/relay", content=file, headers=TYPE)


async def refused(scene: Scene, file: bytes) -> tuple[int, str]:
    answer = await bring(scene, file)
    return answer.status_code, answer.json().get("code", answer.json().get("error"))


async def test_records_arrive_without_a_login(ring: Ring) -> None:
    document = ring.record(ring.founder)
    answer = await bring(ring.scene, await file_of(ring, ring.founder, document))
    assert (answer.status_code, answer.json()) == (201, {"ok": True})
    assert document["_id"] in await ring.seen(ring.founder)


async def test_the_key_stays_the_same(scene: Scene, tmp_path: Path) -> None:
    point = await point_of(scene)
    assert await point_of(scene) == point
    async with open_scene(tmp_path / "again", scene.store) as again:
        assert await point_of(again) == point
    async with open_scene(tmp_path / "other") as other:
        assert await point_of(other) != point


async def test_twice_and_before_and_after_a_direct_sync_it_is_there_once(ring: Ring) -> None:
    before, after = ring.record(ring.founder), ring.record(ring.founder)
    phone = Handset(ring.scene, ring.founder)
    file = await file_of(ring, ring.founder, before, after)
    assert (await phone.sync(phone.records(ring.circle, [before]))).refused == []
    for _ in range(2):
        assert (await bring(ring.scene, file)).status_code == 201
    said = await phone.sync(phone.records(ring.circle, [before, after]))
    assert said.refused == []
    seen = await ring.seen(ring.founder)
    assert [seen.count(one["_id"]) for one in (before, after)] == [1, 1]


async def test_a_key_that_changed_on_the_way_keeps_nothing_out(ring: Ring) -> None:
    document = ring.record(ring.founder)
    file = await file_of(ring, ring.founder, document)
    await ring.rekey("c")
    assert (await bring(ring.scene, file)).status_code == 201
    assert document["_id"] in await ring.seen(ring.founder)


async def test_one_bad_record_keeps_no_other_out(ring: Ring) -> None:
    bad, good = forged(ring.record(ring.founder)), ring.record(ring.founder)
    assert (
        await bring(ring.scene, await file_of(ring, ring.founder, bad, good))
    ).status_code == 201
    seen = await ring.seen(ring.founder)
    assert (bad["_id"] in seen, good["_id"] in seen) == (False, True)


async def test_records_of_several_circles_travel_in_one_file(clinic: Ring, ring: Ring) -> None:
    other = await clinic.patient()
    one, two = ring.record(ring.founder), other.record(ring.founder)
    circles = ((ring.circle, one), ("c" + "0" * 40, one), (other.circle, two))
    records = [Records(circle, pack([sealed], ring.founder.id)) for circle, sealed in circles]
    body = relay.body_of(records)
    file = relay.seal(body, ring.founder, ORIGIN, await point_of(ring.scene))
    assert (await bring(ring.scene, file)).status_code == 201
    assert one["_id"] in await ring.seen(ring.founder)
    assert two["_id"] in await other.seen(ring.founder)


async def test_who_is_in_no_circle_brings_nothing(ring: Ring) -> None:
    stranger = DeviceKeys.generate()
    file = await file_of(ring, stranger, ring.record(ring.founder))
    assert await refused(ring.scene, file) == (403, "author")


async def test_who_is_not_in_this_circle_brings_nothing_there(clinic: Ring, ring: Ring) -> None:
    other = await clinic.patient()
    keys = await other.add("caregiver")
    document = ring.record(ring.founder)
    assert (await bring(ring.scene, await file_of(ring, keys, document))).status_code == 201
    assert document["_id"] not in await ring.seen(ring.founder)


async def test_nobody_else_signs_in_a_devices_name(ring: Ring) -> None:
    keys = await ring.add("caregiver")
    forger = DeviceKeys(keys.kem_secret, DeviceKeys.generate().sign_scalar, keys.pub, keys.id)
    file = await file_of(ring, forger, ring.record(ring.founder))
    assert await refused(ring.scene, file) == (400, "sig")


async def test_a_file_is_for_one_server(ring: Ring, tmp_path: Path) -> None:
    document = ring.record(ring.founder)
    file = await file_of(ring, ring.founder, document)
    async with open_scene(tmp_path / "other") as other:
        assert await refused(other, file) == (400, "target")
    file = await file_of(ring, ring.founder, document, audience="https://clinic.example")
    assert await refused(ring.scene, file) == (400, "target")


async def test_files_that_are_none(ring: Ring) -> None:
    file = await file_of(ring, ring.founder, ring.record(ring.founder))
    assert await refused(ring.scene, b"") == (400, "schema")
    assert await refused(ring.scene, file[:-1]) == (400, "frame")
    assert await refused(ring.scene, file + bytes(relay.FILE_BYTES_MAX)) == (413, "too_large")
    mark = relay.key_mark(await point_of(ring.scene))
    assert await refused(ring.scene, relay.wrapped(mark, file[28:-1] + b"x")) == (400, "tag")
    foreign = relay.seal(b"x", ring.founder, ORIGIN, public_point(generate_scalar()))
    assert await refused(ring.scene, foreign) == (400, "target")
    empty = relay.seal(b"", ring.founder, ORIGIN, await point_of(ring.scene))
    assert await refused(ring.scene, empty) == (400, "schema")
    answer = await ring.scene.ask("POST", "/relay", json={})
    assert answer.status_code == 415


async def test_a_device_that_is_gone_leaves_late_records(ring: Ring) -> None:
    keys = await ring.add("caregiver")
    file = await file_of(ring, keys, first := ring.record(keys), second := ring.record(keys))
    await ring.remove(keys, 0)
    for _ in range(2):
        assert (await bring(ring.scene, file)).status_code == 201
    assert first["_id"] not in await ring.seen(ring.founder)
    await ring.accept(keys, 2)
    assert {first["_id"], second["_id"]} <= set(await ring.seen(ring.founder))


async def test_a_suspended_device_brings_nothing_whoever_carries_it(
    clinic: Ring, ring: Ring
) -> None:
    scene = ring.scene
    there = await ring.add("therapist")
    document = ring.record(there)
    path = f"/clinics/{clinic.circle}/suspensions"
    headers = clinic.headers(clinic.founder)
    answer = await scene.ask("POST", path, json={"device": there.id}, headers=headers)
    assert answer.status_code == 201, answer.text
    assert (await bring(scene, await file_of(ring, there, document))).status_code == 201
    assert document["_id"] not in await ring.seen(ring.founder)
    await ring.remove(there)
    assert (await bring(scene, await file_of(ring, there, document))).status_code == 201
    answer = await scene.ask(
        "GET",
        f"/circles/{ring.circle}/quarantine?device={there.id}",
        headers=ring.headers(ring.founder),
    )
    assert (answer.status_code, answer.json()) == (200, {"docs": []})


async def test_a_server_without_room_asks_for_the_file_again(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = ring.record(ring.founder)
    file = await file_of(ring, ring.founder, document)

    async def write(*_: object, **__: object) -> None:
        raise StoreFull("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(MemoryStore, "write", write)
        assert await refused(ring.scene, file) == (507, "insufficient_storage")
    assert (await bring(ring.scene, file)).status_code == 201
    assert document["_id"] in await ring.seen(ring.founder)


async def test_no_more_files_of_one_device_than_it_makes(ring: Ring) -> None:
    file = await file_of(ring, ring.founder, ring.record(ring.founder))
    for _ in range(FILES_PER_HOUR):
        assert (await bring(ring.scene, file)).status_code == 201
    assert await refused(ring.scene, file) == (429, "too_many_requests")
    keys = await ring.add("caregiver")
    assert (
        await bring(ring.scene, await file_of(ring, keys, ring.record(keys)))
    ).status_code == 201


async def test_the_log_names_the_route_alone(ring: Ring) -> None:
    await bring(ring.scene, await file_of(ring, ring.founder, ring.record(ring.founder)))
    line = ring.scene.log.getvalue().splitlines()[-1]
    assert "route=/relay " in line
    assert ring.founder.id not in line
    assert ring.circle not in line
