"""One document: reading in all its revisions, writing, deleting; local notes."""

import json
from typing import Any

import pytest

from rejoint_sync.limits import DOCUMENT_BYTES_MAX, DOCUMENT_ID_BYTES_MAX
from server.scene import Scene

PATH = "/db/db1/doc"


async def put(scene: Scene, **body: Any) -> str:
    answer = await scene.json("PUT", PATH, body)
    rev: str = answer["rev"]
    return rev


async def graft(scene: Scene, rev: str, *ancestors: str, **body: Any) -> None:
    start, _, digest = rev.partition("-")
    history = {"start": int(start), "ids": [digest, *ancestors]}
    doc = {"_id": "doc", "_rev": rev, "_revisions": history, **body}
    rows = await scene.json("POST", "/db/db1/_bulk_docs", {"docs": [doc], "new_edits": False})
    assert rows == []


async def test_a_document_is_written_read_changed_and_deleted(couch: Scene) -> None:
    first = await couch.ask("PUT", PATH, json={"n": 1})
    rev = first.json()["rev"]
    assert (first.status_code, first.headers["etag"]) == (201, f'"{rev}"')
    read = await couch.ask("GET", PATH)
    assert read.json() == {"_id": "doc", "_rev": rev, "n": 1}
    assert read.headers["etag"] == f'"{rev}"'
    second = (await couch.json("PUT", PATH, {"_rev": rev, "n": 2}))["rev"]
    assert second.startswith("2-")
    gone = await couch.json("DELETE", f"{PATH}?rev={second}")
    assert gone["rev"].startswith("3-")
    answer = await couch.ask("GET", PATH)
    assert (answer.status_code, answer.json()) == (404, {"error": "not_found", "reason": "deleted"})
    tombstone = await couch.json("GET", f"{PATH}?rev={gone['rev']}")
    assert tombstone == {"_id": "doc", "_rev": gone["rev"], "_deleted": True}


async def test_unknown_fields_and_large_numbers_survive(couch: Scene) -> None:
    text = b'{"z":1,"a":{"b":[true,null,"\\u0000\xc3\xbc"]},"n":9007199254740993,"f":1.5e300}'
    assert (await couch.ask("PUT", PATH, content=text)).status_code == 201
    answer = await couch.ask("GET", PATH)
    kept = json.loads(answer.content)
    assert {name: kept[name] for name in kept if name[0] != "_"} == json.loads(text)
    assert b"9007199254740993" in answer.content


async def test_a_stale_revision_is_a_conflict(couch: Scene) -> None:
    rev = await put(couch, n=1)
    await couch.ask("PUT", PATH, json={"_rev": rev, "n": 2})
    for answer in (
        await couch.ask("PUT", PATH, json={"_rev": rev, "n": 3}),
        await couch.ask("PUT", PATH, json={"n": 3}),
        await couch.ask("DELETE", f"{PATH}?rev={rev}"),
        await couch.ask("DELETE", PATH),
    ):
        assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    assert (await couch.json("GET", PATH))["n"] == 2


async def test_the_parent_may_be_named_in_three_places(couch: Scene) -> None:
    rev = await put(couch, n=1)
    rev = (await couch.json("PUT", f"{PATH}?rev={rev}", {"n": 2}))["rev"]
    answer = await couch.ask("PUT", PATH, json={"n": 3}, headers={"if-match": f'"{rev}"'})
    assert answer.status_code == 201
    answer = await couch.ask("PUT", f"{PATH}?rev=1-a", json={"_rev": "1-b"})
    assert answer.status_code == 400
    assert (await couch.ask("DELETE", "/db/db1/none?rev=1-a")).status_code == 404


async def test_every_leaf_can_be_read(couch: Scene) -> None:
    await graft(couch, "1-root", side="root")
    await graft(couch, "2-b", "root", side="b")
    await graft(couch, "2-c", "root", side="c")
    await graft(couch, "2-a", "root", _deleted=True)
    winner = await couch.json("GET", f"{PATH}?conflicts=true&deleted_conflicts=true&revs=true")
    assert winner == {
        "_id": "doc",
        "_rev": "2-c",
        "side": "c",
        "_conflicts": ["2-b"],
        "_deleted_conflicts": ["2-a"],
        "_revisions": {"start": 2, "ids": ["c", "root"]},
    }
    assert (await couch.json("GET", f"{PATH}?rev=2-b"))["side"] == "b"
    leaves = await couch.json("GET", f"{PATH}?open_revs=all")
    assert [one["ok"]["_rev"] for one in leaves] == ["2-c", "2-b", "2-a"]
    some = await couch.json("GET", f'{PATH}?open_revs=["2-b","3-x"]')
    assert [next(iter(one)) for one in some] == ["ok", "missing"]
    grown = await couch.json("GET", f'{PATH}?open_revs=["1-root"]&latest=true')
    assert [one["ok"]["_rev"] for one in grown] == ["2-c", "2-b", "2-a"]
    both = await couch.json("GET", f'{PATH}?open_revs=["1-root","2-c","2-b"]&latest=true')
    assert [one["ok"]["_rev"] for one in both] == ["2-c", "2-b", "2-a"]
    assert (await couch.ask("GET", f"{PATH}?rev=1-root")).status_code == 404
    assert (await couch.json("GET", f"{PATH}?rev=1-root&latest=true"))["_rev"] == "2-c"
    info = (await couch.json("GET", f"{PATH}?revs_info=true"))["_revs_info"]
    assert info == [
        {"rev": "2-c", "status": "available"},
        {"rev": "1-root", "status": "missing"},
    ]
    assert "_local_seq" in await couch.json("GET", f"{PATH}?local_seq=true")


@pytest.mark.parametrize(
    "options", ["rev=x", "open_revs=x", "open_revs={}", 'open_revs=["x"]', "revs=maybe"]
)
async def test_options_that_cannot_be_read(couch: Scene, options: str) -> None:
    await put(couch)
    answer = await couch.ask("GET", f"{PATH}?{options}")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


async def test_new_edits_false_takes_a_revision_as_it_is(couch: Scene) -> None:
    answer = await couch.ask("PUT", f"{PATH}?new_edits=false", json={"_rev": "3-abc"})
    assert (answer.status_code, answer.json()["rev"]) == (201, "3-abc")
    assert (await couch.ask("PUT", f"{PATH}?new_edits=false", json={})).status_code == 400


async def test_a_document_that_is_too_long_is_refused(couch: Scene) -> None:
    answer = await couch.ask("PUT", PATH, json={"x": "a" * DOCUMENT_BYTES_MAX})
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    answer = await couch.ask("PUT", "/db/db1/_local/n", json={"x": "a" * DOCUMENT_BYTES_MAX})
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert (
        await couch.ask("PUT", "/db/db1/" + "n" * (DOCUMENT_ID_BYTES_MAX + 1), json={})
    ).status_code == 400
    assert (
        await couch.ask("PUT", "/db/db1/_local/" + "n" * (DOCUMENT_ID_BYTES_MAX + 1), json={})
    ).status_code == 400


async def test_a_long_name_is_a_name(couch: Scene) -> None:
    name = "n" * DOCUMENT_ID_BYTES_MAX
    assert (await couch.ask("PUT", f"/db/db1/{name}", json={})).status_code == 201
    body = {"doc_ids": [name]}
    feed = await couch.json("POST", "/db/db1/_changes?filter=_doc_ids", body)
    assert [row["id"] for row in feed["results"]] == [name]


async def test_a_write_says_where_it_landed(couch: Scene) -> None:
    first = await couch.ask("PUT", "/db/db1/a%2Fb", json={})
    assert first.headers["location"] == "http://rejoint.test/db/db1/a%2Fb"
    named = await couch.ask("POST", "/db1", json={"n": 1})
    assert named.headers["location"] == f"http://rejoint.test/db1/{named.json()['id']}"
    assert len(named.json()["id"]) == 32
    given = await couch.ask("POST", "/db1", json={"_id": "mine"})
    assert given.json()["id"] == "mine"


async def test_a_copy_has_body_and_attachments(couch: Scene) -> None:
    attachments = {"a": {"data": "aGk=", "content_type": "text/plain"}}
    await couch.ask("PUT", PATH, json={"n": 1, "_attachments": attachments})
    there = await couch.ask("COPY", PATH, headers={"destination": "copy%2F1"})
    assert (there.status_code, there.json()["id"]) == (201, "copy/1")
    shown = await couch.json("GET", "/db/db1/copy%2F1")
    assert (shown["n"], shown["_attachments"]["a"]["length"]) == (1, 2)
    assert (await couch.ask("GET", "/db/db1/copy%2F1/a")).content == b"hi"
    again = await couch.ask("COPY", PATH, headers={"destination": "copy%2F1"})
    assert again.status_code == 409
    over = {"destination": f"copy%2F1?rev={shown['_rev']}"}
    assert (await couch.ask("COPY", PATH, headers=over)).json()["rev"].startswith("2-")
    for destination in ("", "http://other/db/x", "_bad", "x?rev=bad"):
        answer = await couch.ask("COPY", PATH, headers={"destination": destination})
        assert answer.status_code == 400
    assert (
        await couch.ask("COPY", "/db/db1/none", headers={"destination": "x"})
    ).status_code == 404


async def test_a_design_document_is_only_a_document(couch: Scene) -> None:
    assert (await couch.ask("PUT", "/db/db1/_design/app", json={"views": {}})).status_code == 201
    for path in ("/db/db1/_design/app", "/db/db1/_design%2Fapp"):
        assert (await couch.json("GET", path))["_id"] == "_design/app"


async def test_other_underscores_are_reserved(couch: Scene) -> None:
    assert (await couch.ask("PUT", "/db/db1/%5Fx", json={})).status_code in (400, 501)
    answer = await couch.ask("POST", "/db/db1/_bulk_docs", json={"docs": [{"_id": "_x"}]})
    assert (answer.status_code, answer.json()["error"]) == (400, "illegal_docid")
    assert (await couch.ask("PUT", PATH, json={"_x": 1})).status_code == 400
    assert (await couch.ask("PUT", PATH, json={"_id": "other"})).status_code == 400


async def test_local_notes_are_kept_apart(couch: Scene) -> None:
    path = "/db/db1/_local/a%2Fb"
    assert (await couch.ask("GET", path)).status_code == 404
    assert (await couch.json("PUT", path, {"_id": "_local/a/b", "n": 1}))["rev"] == "0-1"
    assert (await couch.json("PUT", path, {"_rev": "0-1", "n": 2}))["rev"] == "0-2"
    assert await couch.json("GET", path) == {"_id": "_local/a/b", "_rev": "0-2", "n": 2}
    assert await couch.json("GET", "/db/db1/_local%2Fempty2") == {
        "error": "not_found",
        "reason": "missing",
    }
    with_bytes = {"_rev": "0-7", "_attachments": {"a": {"data": "", "content_type": "x"}}}
    assert (await couch.json("PUT", "/db/db1/_local%2Fempty2", with_bytes))["rev"] == "0-8"
    assert await couch.json("GET", "/db/db1/_local/empty2") == {
        "_id": "_local/empty2",
        "_rev": "0-8",
    }
    assert (await couch.ask("PUT", path, json={"_rev": "1-a"})).status_code == 400
    await couch.ask("PUT", "/db/db1/_local/empty", json={})
    assert await couch.json("GET", "/db/db1/_local/empty") == {"_id": "_local/empty", "_rev": "0-1"}
    assert (await couch.json("GET", "/db/db1"))["doc_count"] == 0
    assert (await couch.json("GET", "/db/db1/_changes"))["results"] == []
    assert (await couch.ask("DELETE", path)).status_code == 200
    assert (await couch.ask("DELETE", path)).status_code == 404
    await couch.ask("PUT", "/db/db1/_local/empty", json={"_deleted": True})
    assert (await couch.ask("GET", "/db/db1/_local/empty")).status_code == 404


@pytest.mark.parametrize("rev", [[], {}, 7, True, "1", ["1-a"]])
async def test_a_parent_that_is_no_revision_is_refused(couch: Scene, rev: object) -> None:
    for path in (PATH, "/db/db1/_local/a"):
        answer = await couch.ask("PUT", path, json={"_rev": rev})
        assert answer.status_code == 400, path
        assert answer.json()["error"] == "bad_request"
