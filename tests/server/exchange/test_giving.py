"""Digests: the server and a device find out what each lacks, whatever the cursor says."""

from typing import Any

import pytest

from rejoint_sync.circle.attachment import chunk_document, read_chunk
from rejoint_sync.exchange.digest import Inventory
from rejoint_sync.exchange.messages import WITHOUT_CHUNKS, Digests, Lacking, Unequal, Wanted
from server.ring import Ring
from server.scene import Scene
from server.sync_client import Handset, Said


class Copy:
    """A device with what it was given."""

    def __init__(self, ring: Ring, keys: Any) -> None:
        self.ring = ring
        self.handset = Handset(ring.scene, keys)
        self.held: dict[str, dict[str, Any]] = {}

    async def sync(self, *asked: Any, **more: Any) -> Said:
        said = await self.handset.sync(*asked, **more)
        self.held |= {one["_id"]: one for one in said.documents.get(self.ring.circle, [])}
        return said

    @property
    def inventory(self) -> Inventory:
        return Inventory.of((one["_id"], one["_rev"]) for one in self.held.values())

    async def repair(self) -> int:
        """All rounds; how many requests they took."""
        circle = self.ring.circle
        said = await self.sync(Digests(circle, self.inventory.digests()))
        unequal = said.of(Unequal)
        if not unequal:
            return 1
        wanted = [
            Wanted(circle, one.bucket, self.inventory.differing(one.bucket, one.parts))
            for one in unequal
        ]
        beyond = (await self.sync(*wanted)).of(Lacking)
        if not beyond:
            return 2
        names = [name for one in beyond for name in self.inventory.named(one.bucket, one.marks)]
        brought = self.handset.records(circle, [self.held[name] for name in names], again=True)
        assert (await self.sync(brought)).refused == []
        return 3


@pytest.fixture
async def ring(scene: Scene) -> Ring:
    return await (await Ring.clinic(scene)).patient()


async def test_equal_is_told_by_silence(ring: Ring) -> None:
    copy = Copy(ring, ring.founder)
    await ring.push(ring.founder, *[ring.record(ring.founder) for _ in range(5)])
    await copy.sync()
    assert await copy.repair() == 1


async def test_both_sides_are_repaired_in_three_rounds(ring: Ring) -> None:
    copy = Copy(ring, ring.founder)
    records = [ring.record(ring.founder) for _ in range(30)]
    await ring.push(ring.founder, *records[:20])
    await copy.sync()
    for lost in records[3:6]:
        del copy.held[lost["_id"]]
    copy.held |= {one["_id"]: one for one in records[20:]}
    assert await copy.repair() == 3
    assert await copy.repair() == 1
    held = await ring.scene.store.range(ring.circle, "ev:", "ev;", limit=99)
    assert [one.id for one in held] == sorted(one["_id"] for one in records)
    assert copy.held.keys() >= {one.id for one in held}


@pytest.mark.parametrize("who", ["author", "reader"])
async def test_one_record_that_the_server_lost_comes_back(ring: Ring, who: str) -> None:
    """Without a restore: cursors and receipts say that all is well, only the digests do not.

    It comes from its author or from who has read it, also when its key is over by then.
    """
    patient = await ring.add("patient")
    author, reader = Copy(ring, patient), Copy(ring, ring.founder)
    records = [ring.record(patient) for _ in range(12)]
    brought = author.handset.records(ring.circle, records)
    assert (await author.sync(brought)).refused == []
    author.held |= {one["_id"]: one for one in records}
    await reader.sync()
    await ring.rekey("c")
    for copy in (author, reader):
        await copy.sync()
    lost = records[5]
    await ring.scene.store.purge(ring.circle, {lost["_id"]: [lost["_rev"]]})
    copy = {"author": author, "reader": reader}[who]
    assert (await copy.sync()).names == []
    assert await copy.repair() == 3
    assert await ring.scene.store.read(ring.circle, lost["_id"]) is not None
    for one in (author, reader):
        assert await one.repair() == 1
        assert one.held[lost["_id"]] == lost
    fresh = Copy(ring, ring.founder)
    await fresh.sync()
    assert fresh.held[lost["_id"]] == lost


async def test_who_is_not_in_the_circle_hears_nothing_of_it(ring: Ring) -> None:
    stranger = Handset(ring.scene, ring.founder)
    said = await stranger.sync(Digests("c" + "0" * 40, []), Wanted("c" + "0" * 40, "2611", []))
    assert said.notices == ["gone", "gone"]


async def test_clinicians_records_are_compared_with_clinicians_only(ring: Ring) -> None:
    await ring.rekey("k")
    patient = await ring.add("patient")
    await ring.push(ring.founder, ring.record(ring.founder, stream="k"))
    copies = [Copy(ring, ring.founder), Copy(ring, patient)]
    for copy in copies:
        await copy.sync()
        assert await copy.repair() == 1
    buckets = [[bucket for bucket, _ in copy.inventory.digests()] for copy in copies]
    assert [bucket for some in buckets for bucket in some if bucket.endswith("k")] == ["2611k"]


async def test_a_device_that_begins_anew_is_not_given_what_it_shows(ring: Ring) -> None:
    """After a restore of the server: the cursor is unknown, the digests are equal."""
    copy = Copy(ring, ring.founder)
    await ring.push(ring.founder, *[ring.record(ring.founder) for _ in range(5)])
    await copy.sync()
    copy.handset.cursor = b""
    said = await copy.sync(Digests(ring.circle, copy.inventory.digests()))
    assert said.documents.get(ring.circle) is None
    assert copy.handset.cursor
    await ring.push(ring.founder, ring.record(ring.founder))
    assert len((await copy.sync()).documents[ring.circle]) == 1


async def test_who_is_granted_the_other_stream_is_given_its_past(ring: Ring) -> None:
    await ring.rekey("k")
    colleague = await ring.add("therapist")
    secret = ring.record(ring.founder, stream="k")
    await ring.push(ring.founder, secret)
    copy = Copy(ring, colleague)
    await copy.sync()
    assert secret["_id"] not in copy.held
    await ring.grant(colleague)
    await copy.sync(budget=1)
    while (await copy.sync(budget=1200)).more:
        pass
    assert secret["_id"] in copy.held


async def test_chunks_are_neither_given_nor_compared_to_who_says_so(ring: Ring) -> None:
    chunk = chunk_document(ring.membership, ring.founder, b"sealed sound" * 40)
    await ring.push(ring.founder, chunk, ring.record(ring.founder))
    whole, sparing = Copy(ring, ring.founder), Copy(ring, ring.founder)
    assert chunk["_id"] in (await whole.sync()).names
    given = await sparing.sync(flags=WITHOUT_CHUNKS)
    assert chunk["_id"] not in given.names
    assert set(whole.held) - set(sparing.held) == {chunk["_id"]}
    # Nothing is missing, by this device's own account, and no chunk is asked for either.
    compared = Digests(ring.circle, sparing.inventory.digests())
    assert (await sparing.sync(compared, flags=WITHOUT_CHUNKS)).of(Unequal) == []
    [unequal] = (await sparing.sync(compared)).of(Unequal)
    assert unequal.bucket == "0000"
    found = await ring.scene.ask(
        "GET", f"/db/{ring.circle}/{chunk['_id']}", headers=ring.headers(ring.founder)
    )
    assert read_chunk(ring.membership, found.json()) == b"sealed sound" * 40
