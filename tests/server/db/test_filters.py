"""A function of a design document as the filter of a feed."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from rejoint_server.db import changes_feed
from rejoint_server.design.javascript import Engine
from rejoint_server.settings import Admin
from rejoint_server.web.edge import Cut
from server.scene import Person, Scene, open_scene

PATH = "/db/db1/_changes"
DESIGN = {
    "wanted": 3,
    "filters": {
        "even": "function (doc) { return doc.n % 2 === 0; }",
        "asked": "function (doc, req) { return doc.n === Number(req.query.n); }",
        "mine": "function (doc) { return doc.n === this.wanted; }",
        "gone": "function (doc) { return doc._deleted; }",
        "throws": "function () { throw new Error(); }",
        "loops": "function () { while (true) {} }",
        "broken": "function (",
        "number": 5,
        "tells": "function (doc, req) { throw {said: [req.method, req.path, req.body, req.userCtx,"
        " req.info.db_name, Object.keys(req.headers)]}; }",
    },
    "views": {
        "even": {"map": "function (doc) { if (doc.n % 2 === 0) { emit(doc.n); } }"},
        "none": {},
    },
}


async def fill(couch: Scene, design: dict[str, Any] = DESIGN) -> None:
    docs = [{"_id": f"n{n}", "n": n} for n in range(5)]
    await couch.ask("POST", "/db/db1/_bulk_docs", json={"docs": docs})
    answer = await couch.ask("PUT", "/db/db1/_design/app", json=design)
    assert answer.status_code == 201


async def rows(couch: Scene, options: str) -> list[str]:
    answer = await couch.json("GET", f"{PATH}?{options}")
    return [row["id"] for row in answer["results"]]


async def test_names_what_the_function_lets_pass(couch: Scene) -> None:
    await fill(couch)
    assert await rows(couch, "filter=app/even") == ["n0", "n2", "n4"]
    assert await rows(couch, "filter=app/asked&n=3") == ["n3"]
    assert await rows(couch, "filter=app/mine") == ["n3"]
    assert await rows(couch, "filter=_view&view=app/even") == ["n0", "n2", "n4"]
    assert await rows(couch, "filter=app/even&limit=2") == ["n0", "n2"]
    assert await rows(couch, "filter=app/even&descending=true") == ["n4", "n2", "n0"]
    feed = await couch.json("GET", f"{PATH}?filter=app/mine&include_docs=true&limit=1")
    assert [row["doc"]["n"] for row in feed["results"]] == [3]
    assert (feed["last_seq"], feed["pending"]) == ("4-m0", 2)
    posted = await couch.json("POST", f"{PATH}?filter=app/asked&n=1", {})
    assert [row["id"] for row in posted["results"]] == ["n1"]


async def test_reads_over_pages_in_which_nothing_passes(
    couch: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes_feed, "READ_AT_ONCE", 2)
    await fill(couch)
    assert await rows(couch, "filter=app/asked&n=4") == ["n4"]
    assert await rows(couch, "filter=app/asked&n=9") == []


async def test_a_deletion_passes_when_the_function_says_so(couch: Scene) -> None:
    await fill(couch)
    rev = (await couch.json("GET", "/db/db1/n1"))["_rev"]
    await couch.ask("DELETE", f"/db/db1/n1?rev={rev}")
    assert await rows(couch, "filter=app/gone") == ["n1"]
    assert await rows(couch, "filter=app/even") == ["n0", "n2", "n4"]


async def test_a_row_names_the_leaves_that_pass(couch: Scene) -> None:
    await fill(couch)
    docs = [{"_id": "x", "_rev": f"1-{n}", "n": n} for n in (3, 4, 5, 6)]
    await couch.ask("POST", "/db/db1/_bulk_docs", json={"docs": docs, "new_edits": False})
    feed = await couch.json("GET", f"{PATH}?filter=app/even&style=all_docs&since=6")
    changes = [row["changes"] for row in feed["results"]]
    assert changes == [[{"rev": "1-6"}, {"rev": "1-4"}]]
    assert await rows(couch, "filter=app/mine&since=6") == []


async def test_only_winners_are_asked_about_where_only_they_are_named(couch: Scene) -> None:
    await fill(couch, {"filters": {"f": "function (doc) { return doc.n.m; }"}})
    docs = [{"_id": "x", "_rev": "1-b", "n": {"m": 1}}, {"_id": "x", "_rev": "1-a"}]
    await couch.ask("POST", "/db/db1/_bulk_docs", json={"docs": docs, "new_edits": False})
    assert await rows(couch, "filter=app/f&since=6") == ["x"]
    answer = await couch.ask("GET", f"{PATH}?filter=app/f&since=6&style=all_docs")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("options", "status", "error"),
    [
        ("filter=app/other", 404, "not_found"),
        ("filter=other/even", 404, "not_found"),
        ("filter=_view&view=app/other", 404, "not_found"),
        ("filter=_view&view=other/even", 404, "not_found"),
        ("filter=_view&view=app/none", 400, "compilation_error"),
        ("filter=_view", 400, "bad_request"),
        ("filter=app", 400, "bad_request"),
        ("filter=app/even/more", 400, "bad_request"),
        ("filter=app/broken", 400, "compilation_error"),
        ("filter=app/number", 400, "compilation_error"),
        ("filter=app/throws", 400, "unknown_error"),
    ],
)
async def test_what_cannot_be_asked_says_so(
    couch: Scene, options: str, status: int, error: str
) -> None:
    await fill(couch)
    for method, body in (("GET", None), ("POST", {})):
        answer = await couch.ask(method, f"{PATH}?{options}", json=body)
        assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_deleted_design_document_and_one_without_filters_have_none(couch: Scene) -> None:
    await fill(couch, {"views": {}})
    answer = await couch.ask("GET", f"{PATH}?filter=app/even")
    assert (answer.status_code, answer.json()["reason"]) == (404, "missing json key: even")
    rev = (await couch.json("GET", "/db/db1/_design/app"))["_rev"]
    await couch.ask("DELETE", f"/db/db1/_design/app?rev={rev}")
    answer = await couch.ask("GET", f"{PATH}?filter=app/even")
    assert (answer.status_code, answer.json()["reason"]) == (404, "deleted")


async def test_a_function_that_loops_is_stopped_while_others_are_answered(
    couch: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    designs = couch.application.service.designs
    assert designs is not None
    monkeypatch.setattr(designs, "_engine", Engine(time_s=0.3))
    await fill(couch)
    looping = asyncio.ensure_future(couch.ask("GET", f"{PATH}?filter=app/loops"))
    answered = 0
    while not looping.done():
        assert (await couch.ask("GET", "/db/db1/n1")).status_code == 200
        answered += 1
        await asyncio.sleep(0.01)
    stopped = await looping
    assert (stopped.status_code, stopped.json()["error"]) == (400, "unknown_error")
    assert answered > 5
    assert await rows(couch, "filter=app/even") == ["n0", "n2", "n4"]


async def test_the_function_sees_the_request_but_not_what_proves_who_asks(tmp_path: Path) -> None:
    admin = Admin.parse("ada:word")
    async with open_scene(tmp_path, policy="open", admin=admin) as couch:
        couch.client.auth = httpx.BasicAuth("ada", "word")
        await couch.ask("PUT", "/db/db1")
        await fill(couch)
        answer = await couch.json("POST", f"{PATH}?filter=app/tells", {"doc_ids": []})
    reason = answer["reason"]
    assert '["POST",["db1","_changes"],{"doc_ids":[]}' in reason
    assert '{"db":"db1","name":"ada","roles":["_admin"]},"db1"' in reason
    assert '"Accept"' in reason
    assert "Authorization" not in reason


async def test_a_live_feed_tells_what_passes_and_is_cut_when_the_function_fails(
    couch: Scene,
) -> None:
    await fill(couch, {"filters": {"f": "function (doc) { return doc.n.m; }"}})
    await couch.ask("PUT", "/db/db1/ok", json={"n": {"m": 1}})
    path = f"{PATH}?filter=app/f&since=now&feed=continuous&timeout=3000"
    heard = asyncio.ensure_future(couch.ask("GET", path))
    await asyncio.sleep(0.05)
    await couch.ask("PUT", "/db/db1/silent", json={"n": {}})
    await couch.ask("PUT", "/db/db1/bad", json={})
    with pytest.raises(Cut):
        await heard
    longpoll = await couch.ask("GET", f"{PATH}?filter=app/f&feed=longpoll&since=now&timeout=10")
    assert longpoll.json()["results"] == []


async def test_in_circles_nobodys_code_is_run(scene: Scene) -> None:
    founder = await Person.founder(scene)
    for options in ("filter=app/even", "filter=_view&view=app/even"):
        path = f"/db/{founder.circle}/_changes?{options}"
        answer = await scene.ask("GET", path, headers=founder.login(scene))
        assert (answer.status_code, answer.json()["error"]) == (501, "not_implemented")
    path = f"/db/{founder.circle}/_design/app/_view/even"
    answer = await scene.ask("GET", path, headers=founder.login(scene))
    assert (answer.status_code, answer.json()["error"]) == (501, "not_implemented")
    assert scene.application.service.designs is None
