"""Routes, methods and what garbage meets, for both policies."""

import asyncio
from typing import Any

import pytest

from rejoint_server.db.routes import DATABASE
from server.scene import Scene


async def test_a_slash_in_a_name_is_not_a_slash_in_the_path(couch: Scene) -> None:
    for name in ("a%2Fb", "a%252Fb", "%C3%BC", "a%20b", "a+b", "%2E%2E"):
        answer = await couch.ask("PUT", f"/db/db1/{name}", json={"of": name})
        assert answer.status_code == 201, answer.text
        assert (await couch.json("GET", f"/db/db1/{name}"))["of"] == name
    rows = (await couch.json("GET", "/db/db1/_all_docs"))["rows"]
    assert [row["id"] for row in rows] == sorted(["a/b", "a%2Fb", "ü", "a b", "a+b", ".."])


async def test_answers_at_the_root_too(couch: Scene) -> None:
    assert (await couch.json("GET", "/"))["couchdb"] == "Welcome"
    assert (await couch.json("GET", "/db/"))["couchdb"] == "Welcome"
    assert (await couch.json("GET", "/db1"))["db_name"] == "db1"
    assert (await couch.json("GET", "/db1/"))["db_name"] == "db1"
    assert (await couch.json("GET", "/db/db1/"))["db_name"] == "db1"


async def test_head_is_get_without_a_body(couch: Scene) -> None:
    await couch.ask("PUT", "/db/db1/x", json={})
    for path in ("/db/", "/db/db1", "/db/db1/x", "/db/db1/_changes", "/db/db1/_all_docs"):
        answer = await couch.ask("HEAD", path)
        assert (answer.status_code, answer.content) == (200, b"")
    answer = await couch.ask("HEAD", "/db/db1/nope")
    assert (answer.status_code, answer.content) == (404, b"")
    full = await couch.ask("GET", "/db/db1/nope")
    assert answer.headers["content-length"] == full.headers["content-length"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/db/db1/_find", 501),
        ("POST", "/db/db1/_find", 501),
        ("GET", "/db/db1/_design/a/_view/b", 404),
        ("GET", "/db/db1/_design/a/_view", 501),
        ("GET", "/db/db1/_design/a/_view/b/c", 501),
        ("GET", "/db/db1/_design/a/_list/b/c", 501),
        ("GET", "/db/db1/_design", 501),
        ("GET", "/db/db1/_shards", 501),
        ("POST", "/db/_replicate", 501),
        ("GET", "/db/_users", 501),
        ("PUT", "/db/_users", 400),
        ("PUT", "/db/db1/_other", 400),
        ("PUT", "/db/db1/_local/a/b", 400),
        ("GET", "/db/db1/_local", 400),
        ("GET", "/db/db1/_changes?filter=app/mine", 404),
        ("GET", "/db/db1/_changes?filter=app", 400),
        ("GET", "/db/db1/_changes?filter=_other", 400),
        ("GET", "/db/db1/_changes?filter=_selector", 400),
        ("GET", "/db/db1/doc/picture.png", 404),
        ("DELETE", "/db/db1/doc/picture.png", 404),
        ("COPY", "/db/db1/doc", 400),
        ("DELETE", "/db/db1/_security", 405),
        ("GET", "/db/db1/_purge", 405),
        ("PATCH", "/db/db1", 405),
        ("PATCH", "/db/db1/doc", 405),
        ("POST", "/db/db1/doc", 405),
        ("OPTIONS", "/db/db1/doc", 405),
        ("GET", "/db/Upper", 400),
        ("GET", "/db/nope", 404),
        ("GET", "/db/nope/_changes", 404),
        ("POST", "/db/nope/_revs_diff", 404),
        ("POST", "/db/nope/_bulk_get", 404),
        ("GET", "/db/nope/doc", 404),
        ("DELETE", "/db/nope", 404),
        ("PUT", "/db/db1", 412),
        ("GET", "/db/db1//doc", 404),
        ("GET", "/db/%ff", 400),
        ("GET", "/db/db1/%ff%fe", 400),
        ("GET", "/db/db1?x=%ff", 400),
    ],
)
async def test_what_is_not_offered_says_so(
    couch: Scene, method: str, path: str, status: int
) -> None:
    body: dict[str, Any] = {"docs": []} if method == "POST" and "_bulk" in path else {}
    answer = await couch.ask(method, path, json=body if method == "POST" else None)
    assert answer.status_code == status, answer.text
    assert {"error", "reason"} == answer.json().keys()
    assert answer.json()["reason"]


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "half": b'{"docs":[',
    "a list": b"[]",
    "a string": b'"docs"',
    "null": b"null",
    "not UTF-8": b'{"docs":"\xff"}',
    "a lone surrogate": b'{"docs":"\\ud800"}',
    "deep": b'{"a":' * 3000 + b"1" + b"}" * 3000,
    "a huge number": b'{"docs":1e999}',
    "NaN": b'{"docs":NaN}',
    "docs a number": b'{"docs":7}',
    "docs of numbers": b'{"docs":[1,null]}',
    "docs without names": b'{"docs":[{}],"new_edits":false}',
    "new_edits a word": b'{"docs":[],"new_edits":"yes"}',
    "revs a number": b'{"doc":7}',
    "revs of numbers": b'{"doc":[7]}',
    "no revision": b'{"doc":["x"]}',
    "a name of another kind": b'{"docs":[{"id":{}}]}',
}


@pytest.mark.parametrize("body", BODIES)
async def test_garbage_is_answered_in_couchdbs_shape(couch: Scene, body: str) -> None:
    for route in DATABASE:
        if route.method not in ("POST", "PUT") or route.template == "/{db}":
            continue
        path = route.template.replace("{db}", "db1")
        answer = await couch.ask(route.method, f"/db{path}?filter=_doc_ids", content=BODIES[body])
        assert answer.status_code < 500, (route, answer.text)
        if answer.status_code >= 400:
            assert {"error", "reason"} == answer.json().keys()
    answer = await couch.ask("PUT", "/db/db1/doc", content=BODIES[body])
    assert answer.status_code < 500
    assert "failed" not in couch.log.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        "since=x",
        "since=-1",
        "since=1-",
        "limit=x",
        "limit=-1",
        "limit=99999999999999999",
        "feed=other",
        "style=other",
        "heartbeat=x",
        "heartbeat=-5",
        "timeout=x",
        "include_docs=1",
        "descending=x",
        "filter=_doc_ids&doc_ids=x",
        "filter=_doc_ids&doc_ids={}",
        "filter=_doc_ids",
    ],
)
async def test_an_option_that_cannot_be_read_is_named(couch: Scene, options: str) -> None:
    answer = await couch.ask("GET", f"/db/db1/_changes?{options}")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


async def test_content_types_as_couchdb(couch: Scene) -> None:
    body = b'{"docs":[]}'
    for kind, expected in (
        (None, 201),
        ("application/json", 201),
        ("Application/JSON; charset=utf-8", 201),
        ("text/plain", 415),
        ("multipart/related", 415),
    ):
        headers = {} if kind is None else {"content-type": kind}
        answer = await couch.ask("POST", "/db/db1/_bulk_docs", content=body, headers=headers)
        assert answer.status_code == expected
    answer = await couch.ask(
        "PUT", "/db/db1/doc", content=b"{}", headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 201


async def test_notes_the_template_of_a_route_and_no_name(couch: Scene) -> None:
    secret = "canary-7f3a"
    paths: list[tuple[str, str, Any]] = [
        ("PUT", f"/db/db1/{secret}", {"text": secret}),
        ("GET", f"/db/db1/{secret}?rev=1-{secret}", None),
        ("GET", f"/db/{secret}/_changes?since={secret}", None),
        ("GET", f"/db/db1/_local/{secret}", None),
        (secret.upper(), f"/{secret}", None),
        ("POST", "/db/db1/_bulk_docs", {"docs": [{"_id": secret, "_rev": secret}]}),
    ]
    for method, path, body in paths:
        headers = {"authorization": f"Bearer {secret}", "x-other": secret}
        await couch.ask(method, path, json=body, headers=headers)
    await asyncio.sleep(0)  # the log's lines are written at the end of a turn
    assert secret not in couch.log.getvalue().lower()
    assert "route=/db/{db}/{id}" in couch.log.getvalue()
    assert "route=/db/{db}/_changes" in couch.log.getvalue()
