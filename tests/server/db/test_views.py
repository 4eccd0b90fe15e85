"""A small view, computed when it is asked for."""

from typing import Any

import pytest

from rejoint_server.db import views
from server.scene import Scene

PATH = "/db/db1/_design/app/_view"
SCORES = "function (doc) { if (doc.score) { emit(doc.score, doc.name); } }"


async def fill(couch: Scene, **design: Any) -> None:
    given: dict[str, Any] = {
        "views": {
            "scores": {
                "map": SCORES,
                "reduce": "function (keys, values) { return values.length; }",
            },
            "names": {"map": "function (doc) { emit(doc._id); }"},
            "count": {"map": SCORES, "reduce": "_count"},
            "sum": {
                "map": "function (d) { if (d.score) emit(d.name, d.score); }",
                "reduce": "_sum",
            },
            "stats": {"map": "doc => doc.score && emit(1, doc.score)", "reduce": "_stats"},
            "approx": {"map": SCORES, "reduce": "_approx_count_distinct"},
            "mixed": {
                "map": "function (doc) { [null, true, 2, 'b', 'a', [1], {a: 1}]"
                ".forEach(function (key) { if (doc._id === 'a') emit(key); }); }"
            },
            "conflicts": {"map": "function (doc) { if (doc._conflicts) emit(doc._conflicts); }"},
            "broken": {"map": "function ("},
            "empty": {},
        }
    } | design
    docs = [
        {"_id": "_design/app", **given},
        {"_id": "a", "score": 3, "name": "x"},
        {"_id": "b", "score": 5, "name": "y"},
        {"_id": "c", "score": 3, "name": "y"},
        {"_id": "d"},
    ]
    for row in await couch.json("POST", "/db/db1/_bulk_docs", {"docs": docs}):
        assert "ok" in row


async def rows(couch: Scene, name: str) -> Any:
    return (await couch.json("GET", f"{PATH}/{name}"))["rows"]


async def keys(couch: Scene, name: str) -> Any:
    return [row["key"] for row in await rows(couch, name)]


async def test_lists_what_the_map_emits_by_key_and_name(couch: Scene) -> None:
    await fill(couch)
    assert await couch.json("GET", f"{PATH}/scores?reduce=false") == {
        "total_rows": 3,
        "offset": 0,
        "rows": [
            {"id": "a", "key": 3, "value": "x"},
            {"id": "c", "key": 3, "value": "y"},
            {"id": "b", "key": 5, "value": "y"},
        ],
    }
    assert await keys(couch, "mixed") == [None, True, 2, "a", "b", [1], {"a": 1}]
    assert await keys(couch, "names") == ["a", "b", "c", "d"]


async def test_reduces_all_rows_or_those_of_each_key(couch: Scene) -> None:
    await fill(couch)
    assert await rows(couch, "scores") == [{"key": None, "value": 3}]
    assert await rows(couch, "count?group=true") == [
        {"key": 3, "value": 2},
        {"key": 5, "value": 1},
    ]
    assert await rows(couch, "sum") == [{"key": None, "value": 11}]
    assert await rows(couch, "sum?group=true&limit=1&skip=1") == [{"key": "y", "value": 8}]
    [row] = await rows(couch, "stats")
    assert row["value"] == {"sum": 11, "count": 3, "min": 3, "max": 5, "sumsqr": 43}
    assert await rows(couch, 'sum?key="nobody"') == []


async def test_chooses_turns_and_cuts_rows(couch: Scene) -> None:
    await fill(couch)
    assert await keys(couch, 'names?key="b"') == ["b"]
    assert await keys(couch, 'names?keys=["c","none","a"]') == ["c", "a"]
    assert await keys(couch, 'names?keys=["c","a"]&descending=true') == ["a", "c"]
    assert await keys(couch, "names?descending=true&limit=2&skip=1") == ["c", "b"]
    assert await keys(couch, "scores?reduce=false&key=3") == [3, 3]


async def test_is_computed_over_winners_with_their_conflicts(couch: Scene) -> None:
    await fill(couch)
    docs = [{"_id": "x", "_rev": rev} for rev in ("1-a", "1-b")]
    await couch.ask("POST", "/db/db1/_bulk_docs", json={"docs": docs, "new_edits": False})
    assert await keys(couch, "conflicts") == [["1-a"]]
    assert (await keys(couch, "names")).count("x") == 1
    rev = (await couch.json("GET", "/db/db1/a"))["_rev"]
    await couch.ask("DELETE", f"/db/db1/a?rev={rev}")
    assert "a" not in await keys(couch, "names")


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("nothing", 404, "not_found"),
        ("broken", 400, "compilation_error"),
        ("empty", 400, "compilation_error"),
        ("approx", 501, "not_implemented"),
        ("names?group=true", 400, "bad_request"),
        ("names?reduce=true", 400, "bad_request"),
        ("names?keys=5", 400, "bad_request"),
        ("names?key=x", 400, "bad_request"),
        ("names?reduce=1", 400, "bad_request"),
        ("names?startkey=5", 501, "not_implemented"),
        ("names?include_docs=true", 501, "not_implemented"),
        ("sum?group_level=1", 501, "not_implemented"),
    ],
)
async def test_what_cannot_be_answered_says_so(
    couch: Scene, path: str, status: int, error: str
) -> None:
    await fill(couch)
    answer = await couch.ask("GET", f"{PATH}/{path}")
    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize("levels", [300, 900])
async def test_rows_that_are_nested_too_deeply_are_refused(couch: Scene, levels: int) -> None:
    deep = f"(d => {{ let x = 1; for (let i = 0; i < {levels}; i++) x = [x]; emit(x, x); }})"
    await fill(couch, views={"deep": {"map": deep}})
    answer = await couch.ask("GET", f"{PATH}/deep")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


async def test_a_path_may_hide_the_slash_of_the_design_document(couch: Scene) -> None:
    await fill(couch)
    answer = await couch.ask("GET", "/db/db1/_design%2Fapp/_view/names")
    assert len(answer.json()["rows"]) == 4
    assert (await couch.ask("POST", f"{PATH}/names", json={})).status_code == 405
    assert (await couch.ask("GET", "/db/nope/_design/app/_view/names")).status_code == 404


async def test_a_large_database_or_view_is_refused(
    couch: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(couch)
    monkeypatch.setattr(views, "VIEW_ROWS_MAX", 4)
    assert (await couch.ask("GET", f"{PATH}/names")).status_code == 200
    monkeypatch.setattr(views, "VIEW_ROWS_MAX", 3)
    assert (await couch.ask("GET", f"{PATH}/names")).status_code == 413
    monkeypatch.setattr(views, "VIEW_DOCUMENTS_MAX", 5)
    assert (await couch.ask("GET", f"{PATH}/scores")).status_code == 200
    monkeypatch.setattr(views, "VIEW_DOCUMENTS_MAX", 4)
    assert (await couch.ask("GET", f"{PATH}/scores")).status_code == 413


async def test_a_long_list_of_documents_is_read_in_pages(
    couch: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "READ_AT_ONCE", 2)
    await fill(couch)
    assert await keys(couch, "names") == ["a", "b", "c", "d"]
