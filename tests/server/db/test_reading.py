"""Revisions as they are shown: parts, earlier bodies, attachments that were asked for."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from rejoint_sync.multipart import Part, read_parts, write_parts
from rejoint_sync.stores.memory import MemoryStore
from server.protocol_world import PACKED, fill
from server.scene import Scene, open_scene


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, MemoryStore(history=True), policy="open") as scene:
        await scene.ask("PUT", "/db/db1")
        await fill(scene)
        yield scene


async def test_a_document_comes_in_parts_to_who_takes_them(world: Scene) -> None:
    path = "/db/db1/c?attachments=true"
    answer = await world.ask("GET", path, headers={"accept": "*/*"})
    document, plain, packed = read_parts(answer.headers["content-type"], answer.content)
    stubs = orjson.loads(document.body)["_attachments"]
    assert stubs["plain"]["follows"] is stubs["zip"]["follows"] is True
    assert stubs["zip"]["encoding"] == "gzip"
    assert (plain.filename, plain.body) == ("plain", b"0123456789")
    assert (packed.headers["content-encoding"], packed.body) == ("gzip", PACKED)


async def test_leaves_come_in_parts_of_parts(world: Scene) -> None:
    path = '/db/db1/c?open_revs=["2-y","9-x"]'
    answer = await world.ask("GET", path, headers={"accept": "multipart/mixed"})
    shown, missing = read_parts(answer.headers["content-type"], answer.content)
    inner = read_parts(shown.headers["content-type"], shown.body)
    assert [part.filename for part in inner] == [None, "plain", "zip"]
    assert orjson.loads(missing.body) == {"missing": "9-x"}
    none = await world.ask("GET", '/db/db1/none?open_revs=["1-a"]')
    assert none.json() == [{"missing": "1-a"}]
    assert (await world.ask("GET", "/db/db1/none?open_revs=all")).status_code == 404


async def test_many_documents_come_in_parts(world: Scene) -> None:
    docs = [{"id": "c"}, {"id": "b"}, {"id": "none"}, {"id": "c", "atts_since": ["1-x"]}, 7]
    answer = await world.ask(
        "POST", "/db/db1/_bulk_get", json={"docs": docs}, headers={"accept": "multipart/mixed"}
    )
    parts = read_parts(answer.headers["content-type"], answer.content)
    assert [part.headers.get("x-doc-id") for part in parts] == ["c", "b", None, "c", None]
    assert parts[0].headers["x-rev-id"] == "2-y"
    assert [part.headers["content-type"].partition(";")[0] for part in parts] == [
        "multipart/related",
        "application/json",
        "application/json",
        "multipart/related",
        "application/json",
    ]
    newer = read_parts(parts[3].headers["content-type"], parts[3].body)
    assert [part.filename for part in newer] == [None, "zip"]
    assert orjson.loads(parts[4].body)["error"] == "bad_request"
    empty = await world.ask(
        "POST", "/db/db1/_bulk_get", json={"docs": []}, headers={"accept": "multipart/mixed"}
    )
    assert empty.content.endswith(b"--")


async def test_what_was_read_in_parts_can_be_written_in_parts(world: Scene) -> None:
    """The way of a replicator that does not care what it carries."""
    got = await world.ask("GET", "/db/db1/c?attachments=true&revs=true", headers={"accept": "*/*"})
    await world.ask("PUT", "/db/db2")
    put = await world.ask(
        "PUT",
        "/db/db2/c?new_edits=false",
        content=got.content,
        headers={"content-type": got.headers["content-type"]},
    )
    assert put.status_code == 201
    for path in ("c?attachments=true&revs=true&att_encoding_info=true", "c/zip", "c/plain"):
        one, other = [await world.ask("GET", f"/db/{name}/{path}") for name in ("db1", "db2")]
        assert one.content == other.content


@pytest.mark.parametrize(
    ("attachments", "parts"),
    [
        ({"a": {"follows": True}}, []),
        ({"a": {"follows": True}}, [b"1", b"2"]),
        ({}, [b"1"]),
        ({"a": {"follows": True, "length": 7}}, [b"1"]),
        ({"a": {"follows": True, "digest": "md5-x"}}, [b"1"]),
        ({"a": {"follows": True, "encoding": "gzip"}}, [b"1"]),
        ([], [b"1"]),
    ],
)
async def test_parts_that_lie_are_refused(
    couch: Scene, attachments: object, parts: list[bytes]
) -> None:
    document = Part(orjson.dumps({"_attachments": attachments}))
    text = b"".join(write_parts([document, *(Part(part) for part in parts)], "b"))
    answer = await couch.ask(
        "PUT",
        "/db/db1/doc",
        content=text,
        headers={"content-type": 'multipart/related; boundary="b"'},
    )
    assert answer.status_code == 400
    assert (await couch.ask("GET", "/db/db1/doc")).status_code == 404


async def test_parts_are_matched_by_name_or_by_order(couch: Scene) -> None:
    attachments = {name: {"follows": True} for name in ("a", "b")}
    document = Part(orjson.dumps({"_attachments": attachments}))
    named = [
        Part(name.encode(), {"Content-Disposition": f'attachment; filename="{name}"'})
        for name in ("b", "a")
    ]
    headers = {"content-type": "multipart/related; boundary=b"}
    for name, parts in (("named", named), ("ordered", [Part(b"a"), Part(b"b")])):
        text = b"".join(write_parts([document, *parts], "b"))
        answer = await couch.ask("PUT", f"/db/db1/{name}", content=text, headers=headers)
        assert answer.status_code == 201
        for one in ("a", "b"):
            assert (await couch.ask("GET", f"/db/db1/{name}/{one}")).text == one


async def test_an_earlier_revision_is_shown_until_compaction(world: Scene) -> None:
    assert (await world.json("GET", "/db/db1/a?rev=1-r"))["n"] == 1
    assert (await world.ask("POST", "/db/db1/_compact")).status_code == 202
    assert (await world.ask("GET", "/db/db1/a?rev=1-r")).status_code == 404
    assert (await world.json("GET", "/db/db1/a?rev=1-r&latest=true"))["_rev"] == "2-c"
