"""Validation functions of design documents decide which writes land."""

import json
from pathlib import Path
from typing import Any

import pytest

from rejoint_server.design import design_functions, javascript
from rejoint_server.design.design_functions import DesignFunctions
from rejoint_server.design.javascript import Engine
from rejoint_server.settings import Admin
from rejoint_sync.attachment import md5_digest
from rejoint_sync.document import Document
from rejoint_sync.stores.memory import MemoryStore
from server.scene import Scene, open_scene

FOO = """function (newDoc) {
    if (newDoc.foo === undefined) { throw {forbidden: "Document must have a foo."}; }
    if (newDoc.foo === "who") { throw {unauthorized: "Who are you?"}; }
    if (newDoc.foo === "object") { throw {forbidden: {foo: "is object"}}; }
    if (newDoc.foo === "error") { throw new Error("broken"); }
}"""
TELL = """function (newDoc, oldDoc, userCtx, secObj) {
    if (!newDoc.quiet) { throw {forbidden: JSON.stringify([newDoc, oldDoc, userCtx, secObj])}; }
}"""


async def design(couch: Scene, source: object, name: str = "v", **more: Any) -> None:
    members = {"validate_doc_update": source, **more}
    answer = await couch.ask("PUT", f"/db/db1/_design/{name}", json=members)
    assert answer.status_code == 201, answer.text


async def bulk(couch: Scene, *docs: dict[str, Any], new_edits: bool = True) -> Any:
    return await couch.json("POST", "/db/db1/_bulk_docs", {"docs": docs, "new_edits": new_edits})


async def names(couch: Scene) -> list[str]:
    rows = (await couch.json("GET", "/db/db1/_all_docs"))["rows"]
    return [row["id"] for row in rows if not row["id"].startswith("_design")]


async def test_refuses_documents_one_by_one(couch: Scene) -> None:
    await design(couch, FOO)
    docs: list[dict[str, Any]] = [
        {"_id": "a", "foo": 1},
        {"_id": "b"},
        {"_id": "c", "foo": "who"},
        {"_id": "d", "foo": 2},
    ]
    found = await bulk(couch, *docs)
    assert [(row["id"], row.get("error"), row.get("reason")) for row in found] == [
        ("a", None, None),
        ("b", "forbidden", "Document must have a foo."),
        ("c", "unauthorized", "Who are you?"),
        ("d", None, None),
    ]
    assert await names(couch) == ["a", "d"]


async def test_refuses_replicated_documents_and_names_only_those(couch: Scene) -> None:
    await design(couch, FOO)
    replicated: list[dict[str, Any]] = [{"foo": 1}, {}, {"foo": 2}, {"foo": "object"}]
    docs = [
        {"_id": f"doc{n}", "_rev": "1-a", "_revisions": {"start": 1, "ids": ["a"]}, **more}
        for n, more in enumerate(replicated)
    ]
    found = await bulk(couch, *docs, new_edits=False)
    assert [(row["id"], row["error"], row["reason"]) for row in found] == [
        ("doc1", "forbidden", "Document must have a foo."),
        ("doc3", "forbidden", '{"foo":"is object"}'),
    ]
    assert await names(couch) == ["doc0", "doc2"]


async def test_refuses_every_kind_of_write(couch: Scene) -> None:
    await couch.ask("PUT", "/db/db1/old", json={"foo": 1})
    rev = (await couch.json("GET", "/db/db1/old"))["_rev"]
    await couch.ask("PUT", "/db/db1/bare", json={})
    await design(couch, FOO)
    for method, path, more in (
        ("PUT", "/db/db1/x", {"json": {}}),
        ("PUT", "/db/db1/x?new_edits=false", {"json": {"_rev": "1-a"}}),
        ("POST", "/db/db1", {"json": {}}),
        ("DELETE", f"/db/db1/old?rev={rev}", {}),
        ("COPY", "/db/db1/bare", {"headers": {"destination": "x"}}),
        ("PUT", "/db/db1/x/picture", {"content": b"1"}),
    ):
        answer = await couch.ask(method, path, **more)
        assert (answer.status_code, answer.json()) == (
            403,
            {"error": "forbidden", "reason": "Document must have a foo."},
        ), method
    answer = await couch.ask("PUT", "/db/db1/x", json={"foo": "who"})
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")
    assert "www-authenticate" in answer.headers
    assert await names(couch) == ["bare", "old"]
    assert (await couch.ask("PUT", "/db/db1/_local/x", json={})).status_code == 201


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (FOO, "unknown_error"),
        ("function (", "compilation_error"),
        (5, "compilation_error"),
        ("function () { return nothing; }", "unknown_error"),
        ("function () { throw Symbol(); }", "unknown_error"),
        ("function () { throw {forbidden: undefined}; }", "unknown_error"),
        ("function () { while (true) {} }", "unknown_error"),
    ],
)
async def test_a_function_that_cannot_tell_lets_nothing_pass(
    couch: Scene, source: object, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couch.application.service.designs, "_engine", Engine(time_s=0.2))
    await design(couch, source)
    answer = await couch.ask("PUT", "/db/db1/x", json={"foo": "error"})
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    [row] = await bulk(couch, {"_id": "x", "foo": "error"})
    assert row["error"] == error
    assert await names(couch) == []


async def test_every_design_document_has_a_say_and_none_over_design_documents(
    couch: Scene,
) -> None:
    await design(couch, FOO, "one")
    await design(couch, "function (doc) { if (doc.bar) { throw {forbidden: 'bar'}; } }", "two")
    found = await bulk(
        couch, {"_id": "a", "foo": 1, "bar": 1}, {"_id": "b"}, {"_id": "c", "foo": 1}
    )
    assert [row.get("reason") for row in found] == ["bar", "Document must have a foo.", None]
    [row] = await bulk(couch, {"_id": "both", "bar": 1})
    assert row["reason"] == "Document must have a foo."
    await design(couch, None, "three")
    [row] = await bulk(couch, {"_id": "d", "foo": 1})
    assert row["error"] == "compilation_error"


async def test_a_function_counts_from_its_write_until_it_is_gone(couch: Scene) -> None:
    assert "ok" in (await bulk(couch, {"_id": "before"}))[0]
    first = {"_id": "_design/v", "validate_doc_update": FOO}
    found = await bulk(couch, first, {"_id": "same batch"})
    assert all("ok" in row for row in found)
    assert "error" in (await bulk(couch, {"_id": "x"}))[0]
    rev = (await couch.json("GET", "/db/db1/_design/v"))["_rev"]
    await couch.ask("DELETE", f"/db/db1/_design/v?rev={rev}")
    assert "ok" in (await bulk(couch, {"_id": "x"}))[0]


async def test_a_function_is_gone_with_its_purge_or_its_database(couch: Scene) -> None:
    await design(couch, FOO)
    assert "error" in (await bulk(couch, {"_id": "x"}))[0]
    rev = (await couch.json("GET", "/db/db1/_design/v"))["_rev"]
    await couch.ask("POST", "/db/db1/_purge", json={"_design/v": [rev]})
    assert "ok" in (await bulk(couch, {"_id": "x"}))[0]
    await design(couch, FOO)
    assert "error" in (await bulk(couch, {"_id": "y"}))[0]
    await couch.ask("DELETE", "/db/db1")
    await couch.ask("PUT", "/db/db1")
    assert "ok" in (await bulk(couch, {"_id": "y"}))[0]


def told(row: dict[str, Any]) -> Any:
    return json.loads(row["reason"])


async def test_the_function_sees_both_revisions_the_user_and_the_security(tmp_path: Path) -> None:
    monster = "0" * 32
    settings: dict[str, Any] = {"policy": "open", "admin": Admin.parse("ada:word")}
    async with open_scene(tmp_path, MemoryStore(history=True), **settings) as couch:
        couch.client.headers["authorization"] = "Basic YWRhOndvcmQ="
        await couch.ask("PUT", "/db/db1")
        await couch.ask("PUT", "/db/db1/_security", json={"admins": {"names": ["x"]}})
        await design(couch, TELL)
        user = {"db": "db1", "name": "ada", "roles": ["_admin"]}
        rules = {"admins": {"names": ["x"]}}
        [row] = await bulk(couch, {"_id": "a", "n": 1})
        assert told(row) == [
            {"_id": "a", "n": 1},
            None,
            user,
            rules,
        ]
        [row] = await bulk(couch, {"_id": "a", "n": 1, "quiet": True})
        rev = row["rev"]
        [row] = await bulk(couch, {"_id": "a", "_rev": rev, "_deleted": True})
        new, old, *_ = told(row)
        assert (new["_rev"], new["_deleted"], old["_rev"], old["n"]) == (rev, True, rev, 1)
        assert old["_revisions"] == {"start": 1, "ids": [rev.partition("-")[2]]}
        history = {"start": 3, "ids": [monster, "b", rev.partition("-")[2]]}
        grown = {"_id": "a", "_rev": f"3-{monster}", "_revisions": history}
        [row] = await bulk(couch, grown, new_edits=False)
        new, old, *_ = told(row)
        assert (new["_revisions"], old["_rev"]) == (history, rev)


async def test_without_a_security_object_the_function_sees_an_empty_one(couch: Scene) -> None:
    await design(couch, TELL)
    [row] = await bulk(couch, {"_id": "a"})
    shown = await couch.json("GET", "/db/db1/_security")
    assert told(row)[2:] == [{"db": "db1", "name": None, "roles": ["_admin"]}, shown]


async def test_attachments_are_seen_as_stubs(couch: Scene) -> None:
    await design(couch, TELL)
    data = {"content_type": "text/plain", "data": "aGk="}
    [row] = await bulk(couch, {"_id": "a", "_attachments": {"x": data}})
    seen = told(row)[0]["_attachments"]["x"]
    assert (seen["digest"], seen["length"], seen["stub"]) == (md5_digest(b"hi"), 2, True)
    assert "data" not in seen


async def test_what_is_there_or_a_conflict_is_not_asked_about(couch: Scene) -> None:
    await couch.ask("PUT", "/db/db1/a?new_edits=false", json={"_rev": "1-a"})
    await design(couch, FOO)
    assert await bulk(couch, {"_id": "a", "_rev": "1-a"}, new_edits=False) == []
    for document in ({"_id": "a"}, {"_id": "a", "_rev": "1-b"}, {"_id": "none", "_rev": "1-b"}):
        [row] = await bulk(couch, document)
        assert row["error"] == "conflict", document


async def test_large_batches_are_asked_about_in_pieces(
    couch: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(javascript, "CALL_BYTES_MAX", 500)
    monkeypatch.setattr(design_functions, "_AT_ONCE", 3)
    await design(couch, FOO)
    docs = [
        {"_id": f"n{n:02d}", "text": "x" * 90, **({"foo": 1} if n % 3 else {})} for n in range(20)
    ]
    found = await bulk(couch, *docs)
    assert ["error" in row for row in found] == [n % 3 == 0 for n in range(20)]


class CountingStore(MemoryStore):
    """Remembers how often design documents were looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.ranges = 0

    async def range(self, *args: Any, **options: Any) -> Any:
        self.ranges += 1
        return await super().range(*args, **options)


async def test_without_functions_a_write_costs_one_look_into_a_table() -> None:
    store = CountingStore()
    await store.create("db1")
    designs = DesignFunctions(store, Engine())
    documents = [Document.parse({"_id": "a"})]

    async def refused() -> Any:
        return await designs.refusals("db1", documents, new_edits=True, user={})

    for _ in range(3):
        assert await refused() == {}
    assert store.ranges == 1
    designs.forget("db1")
    await refused()
    assert store.ranges == 2


async def test_what_changes_while_it_is_read_is_read_again() -> None:
    class Changing(CountingStore):
        async def range(self, *args: Any, **options: Any) -> Any:
            designs.forget("db1")
            return await super().range(*args, **options)

    store = Changing()
    await store.create("db1")
    designs = DesignFunctions(store, Engine())
    for number in (1, 2):
        await designs.refusals("db1", [], new_edits=True, user={})
        assert store.ranges == number
