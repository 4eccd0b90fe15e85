"""Design documents decide what a stock PouchDB pulls and what it may push."""

import asyncio
from typing import Any

import httpx
import pytest

from conformance.served import Database
from conformance.test_pouchdb import peer

NAMES = ("anna", "barbara", "charlie")
DESIGN = {
    "_id": "_design/app",
    "filters": {
        "mine": "function (doc) { return doc.name === 'barbara'; }",
        "named": "function (doc, req) { return doc.name === req.query.name; }",
    },
    "views": {
        "mine": {"map": "function (doc) { if (doc.name === 'barbara') { emit(doc._id, null); } }"}
    },
}
GUARD = {
    "_id": "_design/guard",
    "validate_doc_update": """function (newDoc, oldDoc, userCtx) {
        if (newDoc.foo === undefined) { throw {forbidden: "Document must have a foo."}; }
        if (newDoc.foo === "who") { throw {unauthorized: "Who are you?"}; }
        if (oldDoc && oldDoc.owner !== newDoc.owner) { throw {forbidden: "Not yours."}; }
    }""",
}


def put(database: Database, document: dict[str, Any]) -> str:
    with database.client() as client:
        answer = client.put(f"/{document['_id']}", json=document)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["rev"])


def named(prefix: str = "") -> list[dict[str, Any]]:
    return [{"_id": f"{prefix}{name[0]}", "_rev": "1-a", "name": name} for name in NAMES]


def branch(name: str, *digests: str, **members: Any) -> dict[str, Any]:
    history = {"start": len(digests), "ids": list(digests)}
    return {
        "_id": name,
        "_rev": f"{len(digests)}-{digests[0]}",
        "_revisions": history,
        **members,
    }


@pytest.mark.parametrize(
    "options",
    [
        {"filter": "app/mine"},
        {"filter": "app/named", "query_params": {"name": "barbara"}},
        {"filter": "_view", "view": "app/mine"},
        {"filter": "app/mine", "batch_size": 1},
    ],
)
def test_pulls_what_a_function_lets_pass(database: Database, options: dict[str, Any]) -> None:
    put(database, DESIGN)
    database.plant(named())
    said = peer(database, {"verb": "pull", "options": options})
    assert said["leaves"] == {"b": ["1-a"]}


def test_a_deletion_follows_the_document_that_passed(database: Database) -> None:
    put(database, DESIGN | {"filters": {"both": "function (doc) { return doc._id !== 'c'; }"}})
    database.plant(named())
    options = {"filter": "app/both"}
    first = {"verb": "pull", "options": options}
    said = peer(database, first)
    assert said["leaves"].keys() == {"a", "b", "_design/app"}
    with database.client() as client:
        assert client.delete("/a", params={"rev": "1-a"}).status_code == 200
    again = peer(database, first, local=[branch("a", "a"), branch("b", "a")])
    assert again["leaves"]["a"][0].startswith("2-")
    assert again["leaves"]["b"] == ["1-a"]


def test_a_live_pull_hears_what_passes(database: Database) -> None:
    put(database, DESIGN)
    database.plant(named())
    step = {
        "verb": "hear",
        "there": named("later "),
        "options": {"filter": "app/mine"},
        "leaves": 2,
    }
    said = peer(database, step)
    assert said["leaves"] == {"b": ["1-a"], "later b": ["1-a"]}


def test_a_push_goes_on_after_what_a_function_refuses(database: Database) -> None:
    put(database, GUARD)
    foos: list[dict[str, Any]] = [{"foo": 1}, {}, {"foo": "who"}, {"foo": 2}]
    local = [branch(f"doc{n}", "a", **members) for n, members in enumerate(foos)]
    said = peer(database, {"verb": "push"}, local=local)
    [counts] = said["results"]
    assert (counts["docs_written"], counts["doc_write_failures"]) == (2, 2)
    assert database.revisions().keys() == {"_design/guard", "doc0", "doc3"}


def test_a_function_compares_with_the_nearest_revision_that_is_there(database: Database) -> None:
    database.plant([branch("doc", "a", foo=1, owner="ada")])
    put(database, GUARD)
    mine = branch("doc", "c", "b", "a", foo=2, owner="ada")
    theirs = branch("doc", "e", "d", "a", foo=2, owner="eve")
    said = peer(database, {"verb": "push"}, local=[mine, theirs])
    assert said["results"][0]["doc_write_failures"] == 1
    assert database.revisions()["doc"] == ["3-c"]


async def test_others_are_answered_while_a_function_loops(database: Database) -> None:
    loops = {"_id": "_design/l", "filters": {"l": "function () { while (true) {} }"}}
    put(database, loops)
    async with httpx.AsyncClient(base_url=database.url, timeout=60) as client:
        looping = asyncio.ensure_future(client.get("/_changes", params={"filter": "l/l"}))
        answered = 0
        while not looping.done():
            assert (await client.get("/_design/l")).status_code == 200
            answered += 1
            await asyncio.sleep(0.1)
        assert looping.result().status_code >= 400
        assert looping.result().json().keys() >= {"error", "reason"}
    assert answered > 10
