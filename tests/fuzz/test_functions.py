"""Whatever a design document holds, and whatever its functions do: an answer in CouchDB's shape."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fuzz.target import Asked, Target, target

NASTY = (
    "function (doc) { return doc.n.m; }",
    "function () { throw ''; }",
    "function () { throw undefined; }",
    "function () { throw 1n; }",
    "function () { throw Symbol(); }",
    "function () { throw {forbidden: ''}; }",
    "function () { throw {unauthorized: [[]]}; }",
    "function () { throw {forbidden: '\\ud800'}; }",
    "function () { const ring = {}; ring.ring = ring; throw ring; }",
    "function f() { return f(); }",
    "function () { return 'x'.repeat(1e9); }",
    "function (doc) { emit(NaN, undefined); emit('\\ud800', 1n); }",
    "function (doc) { emit({__proto__: null, toJSON: 5}, [Infinity, -0]); }",
    "function (doc) { let x = 1; for (let i = 0; i < 800; i++) { x = [x]; } emit(x, x); }",
    "(Array.prototype.map = () => 5, () => true)",
    "(Object.prototype.toJSON = () => 7, () => true)",
    "(JSON.stringify = null, eval = null, emit = null, () => true)",
    "async function () { return true; }",
    "function* () { yield true; }",
    "class { constructor() {} }",
    "new Proxy(function () {}, {apply() { throw 5; }})",
    "1)); (function () {} /*",
    "import('os')",
)
sources = st.one_of(st.sampled_from(NASTY), st.text(max_size=30), st.none(), st.integers())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("functions"), "open") as opened:
        yield opened


@given(filter_=sources, map_=sources, reduce=sources, guard=sources)
@example(*(["function (doc) { emit(doc._id); return 1; }"] * 4))
@example(None, None, None, "(Object.prototype.toJSON = () => 7, () => true)")
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_functions_of_every_kind_are_answered(
    served: Target, filter_: Any, map_: Any, reduce: Any, guard: Any
) -> None:
    served.ask(Asked("DELETE", b"/db/db1"))
    served.seed()
    design = {
        "_id": "_design/f",
        "filters": {"f": filter_},
        "views": {"v": {"map": map_, "reduce": reduce}, "w": map_},
        "validate_doc_update": guard,
    }
    assert served.post(b"/db/db1", design).status in (201, 400)
    for query in (b"filter=f/f", b"filter=_view&view=f/v", b"filter=_view&view=f/w"):
        served.ask(Asked("GET", b"/db/db1/_changes", query + b"&style=all_docs"))
    for query in (b"", b"reduce=false", b"group=true", b"reduce=false&keys=[1,null]"):
        served.ask(Asked("GET", b"/db/db1/_design/f/_view/v", query))
    path = b"/db/db1/" + quote("ü new", safe="").encode()
    assert served.ask(Asked("PUT", path, body=(b"{}",))).status in (201, 400, 401, 403)
    rows = served.post(b"/db/db1/_bulk_docs", {"docs": [{"_id": "x"}, {"_id": "a"}]}).json()
    assert [row["id"] for row in rows] == ["x", "a"]
    assert rows[1]["error"] == "conflict"


def test_deep_bodies_reach_no_function(served: Target) -> None:
    served.ask(Asked("DELETE", b"/db/db1"))
    served.seed()
    served.post(b"/db/db1", {"_id": "_design/f", "filters": {"f": "() => true"}})
    body = b'{"a":' * 600 + b"1" + b"}" * 600
    answered = served.ask(Asked("POST", b"/db/db1/_changes", b"filter=f/f", body=(body,)))
    assert answered.status == 400
