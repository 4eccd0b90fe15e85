"""What devices are shown: the clinicians' stream to its holders, the log to who is gone."""

import asyncio
from typing import Any

import pytest

from rejoint_server.web.edge import Cut
from rejoint_sync.circle import checkpoint, entries
from rejoint_sync.circle.attachment import chunk_document
from rejoint_sync.circle.feed import Mark as FeedMark
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.log import Mark
from server.ring import Ring
from server.scene import Scene


@pytest.fixture
async def ring(scene: Scene) -> Ring:
    """A patient's circle with both streams."""
    ring = await (await Ring.clinic(scene)).patient()
    await ring.rekey("k")
    return ring


def point(ring: Ring, keys: DeviceKeys, i: int, stream: str = "c") -> dict[str, Any]:
    vec = {keys.id: FeedMark(1, "A" * 43)}
    return checkpoint.write(ring.membership, keys, stream=stream, i=i, vec=vec)


async def test_clinicians_documents_are_as_if_absent_for_others(ring: Ring) -> None:
    patient, founder = await ring.add("patient"), ring.founder
    note = ring.record(founder, kind="nt", stream="k")
    mark = point(ring, founder, 1, "k")
    open_note = ring.record(founder, kind="nt")
    assert await ring.push(founder, note, mark, open_note) == []
    closed = {note["_id"], mark["_id"]}
    assert closed <= set(await ring.seen(founder))

    headers, path = ring.headers(patient), f"/db/{ring.circle}"
    scene = ring.scene
    for query in ("", "?include_docs=true", "?descending=true", "?style=all_docs"):
        names = await ring.seen(patient, query)
        assert open_note["_id"] in names
        assert not closed & set(names)
    feed = await scene.json("GET", f"{path}/_changes?limit=1", headers=headers)
    total = len((await scene.json("GET", f"{path}/_changes", headers=headers))["results"])
    assert feed["pending"] == total - 1
    rows = (await scene.json("GET", f"{path}/_all_docs", headers=headers))["rows"]
    assert not closed & {row["id"] for row in rows}
    for document in (note, mark):
        name, rev = document["_id"], document["_rev"]
        assert (await scene.ask("GET", f"{path}/{name}", headers=headers)).status_code == 404
        asked: Any = {"docs": [{"id": name, "rev": rev}]}
        got = await scene.json("POST", f"{path}/_bulk_get", asked, headers=headers)
        assert got["results"][0]["docs"][0]["error"]["error"] == "not_found"
        asked = {name: [rev]}
        got = await scene.json("POST", f"{path}/_revs_diff", asked, headers=headers)
        assert got == {name: {"missing": [rev]}}
        asked = {"keys": [name]}
        got = await scene.json("POST", f"{path}/_all_docs", asked, headers=headers)
        assert got["rows"] == [{"key": name, "error": "not_found"}]
        asked = {"doc_ids": [name]}
        query = "_changes?filter=_doc_ids"
        got = await scene.json("POST", f"{path}/{query}", asked, headers=headers)
        assert got["results"] == []


async def test_who_is_given_the_stream_sees_all_of_it(ring: Ring) -> None:
    colleague = await ring.add("therapist")
    note = ring.record(ring.founder, kind="nt", stream="k")
    assert await ring.push(ring.founder, note) == []
    assert note["_id"] not in await ring.seen(colleague)
    path, headers = f"/db/{ring.circle}/_changes", ring.headers(colleague)
    last = (await ring.scene.json("GET", path, headers=headers))["last_seq"]
    waiting = asyncio.create_task(
        ring.scene.ask("GET", f"{path}?feed=longpoll&since={last}", headers=headers)
    )
    await asyncio.sleep(0.05)
    await ring.grant(colleague)
    # What it would skip under its old sight is not to be skipped: it has to ask again.
    with pytest.raises(Cut):
        await asyncio.wait_for(waiting, 60)
    assert note["_id"] in await ring.seen(colleague)
    mine = ring.record(colleague, kind="nt", stream="k")
    assert await ring.push(colleague, mine) == []


async def test_a_device_that_is_gone_reads_the_log_up_to_its_end(ring: Ring) -> None:
    keys = await ring.add("caregiver")
    record = ring.record(keys)
    assert await ring.push(keys, record) == []
    await ring.remove(keys, 1)
    end = ring.membership.seq
    await ring.add("caregiver")
    names = [f"log:{seq:06d}" for seq in range(end + 1)]
    assert await ring.seen(keys) == names
    path, headers = f"/db/{ring.circle}", ring.headers(keys)
    rows = (await ring.scene.json("GET", f"{path}/_all_docs", headers=headers))["rows"]
    assert [row["id"] for row in rows] == names
    for name in (record["_id"], f"log:{end + 1:06d}"):
        assert (await ring.scene.ask("GET", f"{path}/{name}", headers=headers)).status_code == 404
    for method, place in (
        ("POST", "_bulk_docs"),
        ("PUT", "_local/x"),
        ("DELETE", "_local/x"),
        ("PUT", "ev:1"),
    ):
        body = None if method == "DELETE" else {"docs": [], "new_edits": False}
        answer = await ring.scene.ask(method, f"{path}/{place}", json=body, headers=headers)
        assert (answer.status_code, answer.json().get("code")) == (403, "removed"), place


async def test_old_records_need_the_word_again(ring: Ring) -> None:
    keys = await ring.add("caregiver")
    old = ring.record(keys)
    await ring.rekey("c")
    [row] = await ring.push(ring.founder, old)
    assert row["code"] == "stale"
    assert await ring.push(ring.founder, old, query="?again=true") == []
    assert await ring.push(keys, old) == []

    leaver = await ring.add("caregiver")
    entry = entries.leave(ring.membership, leaver, marks={"c": Mark(0, "")}, ts=ring.now_s)
    await ring.append(entry)
    fresh = ring.record(keys)
    [row] = await ring.push(keys, fresh)
    assert row["code"] == "stale"
    assert await ring.push(keys, fresh, query="?again=true") == []


async def test_every_kind_is_taken_by_the_table(ring: Ring) -> None:
    patient, founder = await ring.add("patient"), ring.founder
    allowed = {
        "at": {patient.id, founder.id},
        "sn": {patient.id, founder.id},
        "pl": {founder.id},
        "nt": {founder.id},
    }
    for kind, writers in allowed.items():
        for keys in (patient, founder):
            rows = await ring.push(keys, ring.record(keys, kind=kind))
            assert [row["code"] for row in rows] == ([] if keys.id in writers else ["authz"])
    caregiver = await ring.add("caregiver")
    [row] = await ring.push(caregiver, ring.record(caregiver, kind="sn"))
    assert row["code"] == "authz"


async def test_checkpoints_and_chunks(ring: Ring) -> None:
    patient, founder = await ring.add("patient"), ring.founder
    first, second = point(ring, patient, 1), point(ring, patient, 2)
    assert await ring.push(patient, first) == []
    [row] = await ring.push(founder, second)
    assert row["code"] == "authz"
    history = {"start": 2, "ids": [second["_rev"][2:], first["_rev"][2:]]}
    assert await ring.push(patient, second | {"_revisions": history}) == []
    [row] = await ring.push(patient, first)
    assert row["code"] == "stale"
    chunk = chunk_document(ring.membership, patient, b"x" * 100)
    assert await ring.push(founder, chunk) == []
    assert {chunk["_id"], first["_id"]} <= set(await ring.seen(founder))
