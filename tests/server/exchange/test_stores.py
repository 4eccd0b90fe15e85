"""`POST /sync` over every store: in memory, on a disk, and in a CouchDB, which counts each circle.

That is the one of `COUCHDB_URL`; where none is named, a store in memory that counts apart stands
for it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from contract.couchdb import couchdb, is_real, open_store
from rejoint_server.exchange import giving
from rejoint_sync.document import Document
from rejoint_sync.errors import StoreFull
from rejoint_sync.exchange.cursor import PLACES_BYTES, Cursor
from rejoint_sync.exchange.frames import Reader, write
from rejoint_sync.exchange.messages import Begin, Reached, Receipt, answer_item, request_items
from rejoint_sync.stores import Stored
from rejoint_sync.stores.memory import MemoryStore
from rejoint_sync.stores.sqlite import SqliteStore
from server.ring import Ring
from server.scene import Scene, open_scene
from server.sync_client import Handset

REAL = pytest.mark.skipif(not is_real(), reason="COUCHDB_URL is not set")


class CountingApart(MemoryStore):
    """Counts the changes of each database for itself, as a CouchDB does."""

    @property
    def number(self) -> int:
        """None."""
        return 0

    async def behind(self, known: Mapping[str, int | None], number: int = 0) -> dict[str, int]:
        """By what is known of each alone."""
        assert number == 0
        return await super().behind(known)


@pytest.fixture(params=["memory", "apart", "sqlite", pytest.param("couch", marks=REAL)])
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    """A server over each store."""
    if request.param == "couch":
        with couchdb(tmp_path) as url:
            async with open_store(url) as store, open_scene(tmp_path, store) as opened:
                yield opened
        return
    kinds = {"memory": MemoryStore, "apart": CountingApart}
    made = kinds[request.param]() if request.param in kinds else await SqliteStore.open(tmp_path)
    async with open_scene(tmp_path, made) as opened:
        yield opened
    await made.close()


async def test_records_go_both_ways_and_come_once(scene: Scene) -> None:
    ring = await (await Ring.clinic(scene)).patient()
    patient = await ring.add("patient")
    laptop, phone = Handset(scene, ring.founder), Handset(scene, patient)
    await laptop.sync()
    await phone.sync()
    assert (await phone.sync()).bytes_down == 3
    first, second = ring.record(ring.founder), ring.record(patient)
    assert (await laptop.sync(laptop.records(ring.circle, [first]))).refused == []
    said = await phone.sync(phone.records(ring.circle, [second]))
    assert (said.refused, said.documents) == ([], {ring.circle: [first]})
    assert (await laptop.sync()).documents == {ring.circle: [second]}
    for device in (laptop, phone):
        assert (await device.sync()).bytes_down == 3
        assert len(device.cursor) <= PLACES_BYTES


async def test_nothing_later_is_taken_of_a_circle_in_which_something_waits(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk may have room for less, or again; who reads in between would see a gap."""
    clinic = await Ring.clinic(scene)
    full, other = await clinic.patient(), await clinic.patient()
    phone = Handset(scene, clinic.founder)
    write, refusals = scene.store.write, [StoreFull("no room")]

    async def filled(name: str, *given: Any, **options: Any) -> Any:
        if name == full.circle and refusals:
            raise refusals.pop()
        return await write(name, *given, **options)

    monkeypatch.setattr(scene.store, "write", filled)
    records = [full.record(full.founder) for _ in range(3)]
    items = [phone.records(full.circle, [one]) for one in records]
    said = await phone.sync(*items, phone.records(other.circle, [other.record(other.founder)]))
    codes = [[code for _, code in one.refused] for one in said.of(Receipt)]
    assert codes == [["insufficient_storage"]] * 3 + [[]]
    said = await phone.sync(*items)
    assert [list(one.refused) for one in said.of(Receipt)] == [[]] * 3


async def test_what_came_before_a_cut_is_kept(scene: Scene) -> None:
    ring = await (await Ring.clinic(scene)).patient()
    await ring.push(ring.founder, *[ring.record(ring.founder) for _ in range(8)])
    answer = (await Handset(scene, ring.founder).post(write(request_items(Begin())))).content
    names = sorted(Handset(scene, ring.founder).understood(answer).names)
    for cut in range(0, len(answer), len(answer) // 7):
        phone = Handset(scene, ring.founder)
        told = phone.understood(write(list(Reader().feed(answer[:cut])))).told
        cursors = [place for place, one in enumerate(told) if isinstance(one, Reached)]
        kept = told[: cursors[-1] + 1] if cursors else []
        held = phone.understood(write([answer_item(one) for one in kept])).names
        phone.session = ""
        assert sorted(held + (await phone.sync()).names) == names


async def test_a_strange_cursor_skips_nothing(scene: Scene) -> None:
    ring = await (await Ring.clinic(scene)).patient()
    phone = Handset(scene, ring.founder)
    whole = sorted((await phone.sync()).names)
    store, me = scene.store, ring.founder.id
    for cursor in (
        Cursor(store.number + 1).write(store.incarnation, me),
        Cursor(store.number).write("other", me),
        Cursor(store.number).write(store.incarnation, "d" + "A" * 20),
        Cursor(store.number, {}, "00000001-nothing").write(store.incarnation, me),
    ):
        phone.cursor = cursor
        said = await phone.sync()
        assert (said.notices, said.names) == (["cursor"], [])
        phone.cursor = b""
        assert sorted((await phone.sync()).names) == whole


async def test_many_circles_in_small_answers_come_to_an_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than a cursor has room for, each cut before all are through."""
    monkeypatch.setattr(giving, "PLACES_BYTES", 150)
    clinic = await Ring.clinic(scene)
    rings = [await clinic.patient() for _ in range(7)]
    whole = sorted((await Handset(scene, clinic.founder).sync()).names)
    phone = Handset(scene, clinic.founder)
    found: list[str] = []
    for _ in range(70):
        said = await phone.sync(budget=1)
        found += said.names
        assert len(phone.cursor) <= 150
        if not said.more:
            break
    assert sorted(found) == whole
    record = rings[-1].record(clinic.founder)
    await rings[-1].push(clinic.founder, record)
    assert (await phone.sync()).documents == {rings[-1].circle: [record]}
    assert (await phone.sync()).bytes_down == 3


async def test_many_devices_of_one_circle_at_once(scene: Scene) -> None:
    """Whoever writes when: in the end each holds all, and nobody is given what is their own."""
    ring = await (await Ring.clinic(scene)).patient()
    phones = [Handset(scene, await ring.add("therapist")) for _ in range(6)]
    for phone in phones:
        await phone.sync()
    own: list[list[str]] = [[] for _ in phones]
    given: list[list[str]] = [[] for _ in phones]

    async def work(number: int) -> None:
        phone = phones[number]
        for count in (1, 3, 0, 2):
            records = [ring.record(phone.keys) for _ in range(count)]
            said = await phone.sync(phone.records(ring.circle, records), budget=700)
            assert said.refused == []
            own[number] += [one["_id"] for one in records]
            given[number] += said.names

    await asyncio.gather(*(work(number) for number in range(len(phones))))
    for number, phone in enumerate(phones):
        while (said := await phone.sync()).names:
            given[number] += said.names
    everything = sorted(name for some in own for name in some)
    for mine, theirs in zip(own, given, strict=True):
        assert set(mine) | set(theirs) == set(everything)


class Full(CountingApart):
    """Has no room for a note, after a while."""

    is_full = False

    async def local_put(
        self, database: str, local_id: str, body: bytes, *, after: int | None = None
    ) -> int:
        """Refused."""
        if self.is_full:
            raise StoreFull("There is no room left for writes; reading works.")
        return await super().local_put(database, local_id, body, after=after)


async def test_where_places_cannot_be_kept_all_is_given_and_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving, "PLACES_BYTES", 1)
    store = Full()
    async with open_scene(tmp_path, store) as scene:
        ring = await (await Ring.clinic(scene)).patient()
        phone = Handset(scene, ring.founder)
        await phone.sync()
        cursor = phone.cursor
        records = [ring.record(ring.founder) for _ in range(20)]
        await ring.push(ring.founder, *records)
        store.is_full = True
        for _ in range(2):
            said = await phone.sync()
            assert said.names == [one["_id"] for one in records]
            assert phone.cursor == cursor
        store.is_full = False
        assert len((await phone.sync()).names) == len(records)
        assert (await phone.sync()).bytes_down == 3


class Moving(CountingApart):
    """While a page is read, a record comes and a document of the page moves beyond it."""

    moved: Document | None = None
    record: Document | None = None

    async def read_many(self, database: str, document_ids: Sequence[str]) -> dict[str, Stored]:
        """As it is after both."""
        if self.moved and self.record and self.moved.id in document_ids:
            for one in (self.record, self.moved):
                await self.write(database, [one], new_edits=False)
            self.moved = self.record = None
        return await super().read_many(database, document_ids)


@pytest.mark.parametrize("budget", [1, 1500])
async def test_what_moves_on_while_it_is_read_hides_nothing(tmp_path: Path, budget: int) -> None:
    store = Moving()
    async with open_scene(tmp_path, store) as scene:
        ring = await (await Ring.clinic(scene)).patient()
        phone = Handset(scene, ring.founder)
        await phone.sync()
        name = f"cp:c:{ring.founder.id}"
        await store.write(
            ring.circle, [Document.parse({"_id": name, "_rev": "1-a"})], new_edits=False
        )
        *records, late = [ring.record(ring.founder) for _ in range(8)]
        await ring.push(ring.founder, *records)
        store.record = Document.parse(late)
        revisions = {"start": 2, "ids": ["b", "a"]}
        store.moved = Document.parse({"_id": name, "_rev": "2-b", "_revisions": revisions})
        found = []
        for _ in range(20):
            said = await phone.sync(budget=budget)
            found += said.names
            if not said.more:
                break
        assert store.record is None
        assert {one["_id"] for one in [*records, late]} | {name} == set(found)
