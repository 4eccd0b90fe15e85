"""What a server of circles asks of a store beyond documents: notes, sight, replacement."""

from pathlib import Path

import pytest

from rejoint_sync.circle.epochs import make_wraps, wrap_id
from rejoint_sync.stores import Store
from server.ring import Ring
from server.scene import open_scene


async def test_records_of_a_stream_are_hidden(store: Store, tmp_path: Path) -> None:
    async with open_scene(tmp_path, store) as scene:
        ring = await (await Ring.clinic(scene)).patient()
        await ring.rekey("k")
        patient = await ring.add("patient")
        hidden = ring.record(ring.founder, kind="nt", stream="k")
        shown = ring.record(ring.founder, kind="nt")
        assert await ring.push(ring.founder, hidden, shown) == []
        for query in ("", "?limit=9", "?include_docs=true"):
            names = await ring.seen(patient, query)
            assert hidden["_id"] not in names
        assert shown["_id"] in await ring.seen(patient)
        assert hidden["_id"] in await ring.seen(ring.founder)


async def test_late_documents_are_let_in(store: Store, tmp_path: Path) -> None:
    async with open_scene(tmp_path, store) as scene:
        ring = await (await Ring.clinic(scene)).patient()
        keys = await ring.add("caregiver")
        late = ring.record(keys)
        await ring.remove(keys)
        path = f"/circles/{ring.circle}/quarantine"
        answer = await scene.ask("POST", path, json={"docs": [late]}, headers=ring.headers(keys))
        assert answer.json() == []
        names = await ring.seen(keys)
        assert names == [f"log:{seq:06d}" for seq in range(ring.membership.seq + 1)]
        await ring.accept(keys, 1)
        assert late["_id"] in await ring.seen(ring.founder)


async def test_a_broken_wrap_is_replaced(store: Store, tmp_path: Path) -> None:
    async with open_scene(tmp_path, store) as scene:
        ring = await (await Ring.clinic(scene)).patient()
        keys = await ring.add("caregiver")
        name = wrap_id("c", 1, ring.membership.epochs["c"][0].commit, keys.id)
        path = f"/circles/{ring.circle}/wraps"
        for by, place, body in (
            (keys, f"{path}/missing", {"wrap": name}),
            (ring.founder, path, {"wraps": make_wraps(ring.membership, [name], ring.es)}),
        ):
            answer = await scene.ask("POST", place, json=body, headers=ring.headers(by))
            assert answer.status_code == 201, answer.text
        stored = await store.read(ring.circle, name)
        assert stored is not None
        assert len(stored.leaves) == 1


@pytest.mark.parametrize("times", [1, 2])
async def test_requests_to_join_are_kept_once(store: Store, tmp_path: Path, times: int) -> None:
    async with open_scene(tmp_path, store) as scene:
        ring = await (await Ring.clinic(scene)).patient()
        body = await ring.request(await ring.invite())
        path = f"/circles/{ring.circle}/requests"
        for number in range(times):
            answer = await scene.ask("POST", path, json={"req": body})
            assert answer.status_code == (200 if number else 201)
        assert (await ring.seen(ring.founder)).count(body["_id"]) == 1
