"""`POST /sync` with what nobody should send: a typed refusal, nothing lost, and a way to go on."""

import asyncio
import gzip
from typing import Any

import pytest

from rejoint_sync.exchange.cursor import Cursor, Place
from rejoint_sync.exchange.digest import Inventory
from rejoint_sync.exchange.frames import read, write
from rejoint_sync.exchange.messages import (
    Asked,
    Begin,
    Digests,
    End,
    Reached,
    Receipt,
    Records,
    Wanted,
    read_answer_item,
    request_items,
)
from rejoint_sync.limits import REQUEST_BYTES_MAX
from server.ring import Ring
from server.scene import Scene
from server.sync_client import Handset

GZIP = {"content-encoding": "gzip"}


@pytest.fixture
async def ring(scene: Scene) -> Ring:
    return await (await Ring.clinic(scene)).patient()


@pytest.fixture
async def phone(ring: Ring) -> Handset:
    handset = Handset(ring.scene, ring.founder)
    await handset.sync()
    return handset


def brought(phone: Handset, ring: Ring, count: int = 3) -> bytes:
    """A request with some new records."""
    records = phone.records(ring.circle, [ring.record(ring.founder) for _ in range(count)])
    return write(request_items(Begin(phone.cursor), [records]))


async def held(ring: Ring) -> list[str]:
    return [one.id for one in await ring.scene.store.range(ring.circle, "ev:", "ev;", limit=99)]


async def test_a_body_cut_at_any_byte_stores_nothing(phone: Handset, ring: Ring) -> None:
    body = brought(phone, ring)
    packed = gzip.compress(body, mtime=0)
    first = len(write(request_items(Begin(phone.cursor))))
    for cut in range(1, len(body), 23):
        answer = await phone.post(body[:cut])
        assert answer.status_code == (200 if cut == first else 400)
    for cut in range(1, len(packed), 23):
        answer = await phone.post(packed[:cut], **GZIP)
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert await held(ring) == []
    assert (await phone.post(packed, **GZIP)).status_code == 200
    assert len(await held(ring)) == 3


async def test_a_bomb_and_what_is_too_long_are_refused(phone: Handset, ring: Ring) -> None:
    begin = write(request_items(Begin(phone.cursor)))
    bomb = gzip.compress(begin + bytes(REQUEST_BYTES_MAX))
    assert len(bomb) < 20_000
    for body, headers in ((bomb, GZIP), (begin + bytes(REQUEST_BYTES_MAX), {})):
        answer = await phone.post(body, **headers)
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert (await phone.post(begin, **{"content-encoding": "br"})).status_code == 415
    assert await held(ring) == []


async def test_another_version_is_told_which_are_understood(phone: Handset, ring: Ring) -> None:
    """A client six months newer: it speaks an older version, or replicates."""
    items = read(brought(phone, ring))
    for version in (0, 2, 77):
        answer = await phone.post(write([[0, version, *items[0][2:]], *items[1:]]))
        assert answer.status_code == 400
        assert (answer.json()["error"], answer.json()["versions"]) == ("other_version", [1])
    assert await held(ring) == []


async def test_items_of_a_later_time_are_skipped(phone: Handset, ring: Ring) -> None:
    """What has no receipt was not taken; receipts name the places that the client counted."""
    [begin, records] = read(brought(phone, ring))
    body = write([[*begin, 5, b"more"], [77, b"x", ["y"]], records, [8]])
    answer = await phone.post(body)
    assert answer.status_code == 200
    assert phone.understood(answer.content).of(Receipt) == [Receipt(2)]
    assert len(await held(ring)) == 3


async def test_bits_of_a_later_time_are_ignored(phone: Handset) -> None:
    assert (await phone.sync(flags=2**40, budget=2**53 - 1)).told == [End()]


@pytest.mark.parametrize("kind", ["incarnation", "device", "future", "half", "long", "name"])
async def test_a_strange_cursor_is_got_over_in_one_more_request(
    phone: Handset, ring: Ring, kind: str
) -> None:
    """By the digests of what the device has: nothing is skipped, and nothing comes twice."""
    store, me = ring.scene.store, ring.founder.id
    await ring.push(ring.founder, *[ring.record(ring.founder) for _ in range(4)])
    first = Handset(ring.scene, ring.founder)
    have = (await first.sync()).documents
    number, places = store.number, {ring.circle: Place(3, 0)}
    phone.cursor = {
        "incarnation": Cursor(number, places).write("other", me),
        "device": Cursor(number, places).write(store.incarnation, "d" + "A" * 20),
        "future": Cursor(number + 1000, places).write(store.incarnation, me),
        "half": first.cursor[:-1],
        "long": first.cursor + bytes(9000),
        "name": Cursor(number, {}, "00000009-x").write(store.incarnation, me),
    }[kind]
    record = ring.record(ring.founder)
    said = await phone.sync(phone.records(ring.circle, [record]))
    assert (said.notices, said.refused, said.names) == (["cursor"], [], [])
    have[ring.circle].append(record)
    phone.cursor = b""
    said = await phone.sync(*[Digests(name, digests(some)) for name, some in have.items()])
    assert (said.notices, said.names, len(said.of(Reached))) == ([], [], 1)
    assert (await phone.sync()).bytes_down == 3


def digests(documents: list[dict[str, Any]]) -> Any:
    return Inventory.of((one["_id"], one["_rev"]) for one in documents).digests()


async def test_a_place_beyond_the_end_skips_what_is_ones_own_alone(
    phone: Handset, ring: Ring
) -> None:
    """A forged cursor of the right form is believed: it takes nothing from anybody else."""
    store = ring.scene.store
    forged = Cursor(0, {ring.circle: Place(2**53 - 1, 9999)})
    phone.cursor = forged.write(store.incarnation, ring.founder.id)
    said = await phone.sync()
    assert ring.circle not in said.documents
    other = Handset(ring.scene, ring.founder)
    assert ring.circle in (await other.sync()).documents


async def test_a_budget_of_nothing_is_the_servers_and_of_one_byte_goes_on(
    phone: Handset, ring: Ring
) -> None:
    await ring.push(ring.founder, *[ring.record(ring.founder) for _ in range(9)])
    before = phone.cursor
    assert len((await phone.sync(budget=0)).names) == 9
    phone.cursor, found = before, []
    for _ in range(9):
        said = await phone.sync(budget=1)
        found += said.names
        if not said.more:
            break
    assert sorted(found) == await held(ring)


async def test_a_circle_named_ten_thousand_times_costs_little(phone: Handset, ring: Ring) -> None:
    """And so do ten thousand that are not there, or not one's own."""
    asked: list[Asked] = [Wanted(ring.circle, "0000", [])] * 4000
    asked += [Digests(f"c{n:040x}", []) for n in range(2000)]
    empty = [Records(f"c{n:040x}", []) for n in range(2000)]
    said = await phone.sync(*asked, *empty, *[Records(ring.circle, [])] * 1999)
    assert said.notices == ["gone"] * 2000
    assert len(said.of(Receipt)) == 3999
    items = request_items(Begin(phone.cursor), [Records(ring.circle, [])] * 10_000)
    answer = await phone.post(write(items))
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


async def test_one_key_on_two_devices(phone: Handset, ring: Ring) -> None:
    """A profile that was copied: both are informed of all, and nothing is overwritten."""
    twin = Handset(ring.scene, ring.founder)
    await twin.sync()
    for _ in range(6):
        mine, theirs = ring.record(ring.founder), ring.record(ring.founder)
        answers = await asyncio.gather(
            phone.sync(phone.records(ring.circle, [mine])),
            twin.sync(twin.records(ring.circle, [theirs])),
        )
        assert [said.refused for said in answers] == [[], []]
        later = [await one.sync() for one in (phone, twin)]
        for said, after, expected in zip(answers, later, (theirs, mine), strict=True):
            assert said.names + after.names == [expected["_id"]]
    rival = ring.record(ring.founder, n=ring.counters[ring.founder.id, "c"])
    said = await twin.sync(twin.records(ring.circle, [rival]))
    assert said.refused == [(0, "taken")]
    for one in (phone, twin):
        assert (await one.sync()).bytes_down == 3


async def test_sessions_of_one_key_end_one_another_and_the_next_token_helps(
    phone: Handset, ring: Ring
) -> None:
    """A device has a few sessions; more copies of it than that take turns."""
    copies = [Handset(ring.scene, ring.founder) for _ in range(12)]
    for copy in copies:
        await copy.sync()
    body = write(request_items(Begin(phone.cursor)))
    assert (await phone.post(body)).status_code == 401
    phone.session = ""
    assert (await phone.sync()).names == []
    answers = [await copy.post(write(request_items(Begin(copy.cursor)))) for copy in copies]
    assert [answer.status_code for answer in answers].count(200) == 7
    assert all(isinstance(read_answer_item(read(one.content)[-1]), End) for one in answers[5:])
