"""Many documents at once: what replication writes, reads and compares."""

from pathlib import Path
from typing import Any

import pytest

from rejoint_server.db.call import READ_AT_ONCE
from rejoint_sync.limits import DOCUMENT_BYTES_MAX
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.wire.query import DOCUMENTS_PER_REQUEST_MAX
from server.scene import Scene, open_scene

COUNT = 2 * READ_AT_ONCE + 7


async def fill(scene: Scene, *names: str, **body: Any) -> list[dict[str, Any]]:
    docs = [{"_id": name, **body} for name in names]
    rows: list[dict[str, Any]] = await scene.json("POST", "/db/db1/_bulk_docs", {"docs": docs})
    return rows


async def test_writes_edits_and_names_the_conflicts(couch: Scene) -> None:
    rows = await fill(couch, "a", "b")
    assert [row["ok"] for row in rows] == [True, True]
    edit = [{"_id": "a", "_rev": rows[0]["rev"], "n": 2}, {"_id": "b", "n": 2}]
    answer = await couch.ask("POST", "/db/db1/_bulk_docs", json={"docs": edit})
    assert answer.status_code == 201
    assert [row.get("error") for row in answer.json()] == [None, "conflict"]


async def test_a_document_without_a_name_gets_one(couch: Scene) -> None:
    [row] = await couch.json("POST", "/db/db1/_bulk_docs", {"docs": [{"n": 1}]})
    assert len(row["id"]) == 32
    assert (await couch.json("GET", f"/db/db1/{row['id']}"))["n"] == 1


async def test_the_same_revision_twice_is_once(couch: Scene) -> None:
    doc = {"_id": "a", "_rev": "2-b", "_revisions": {"start": 2, "ids": ["b", "a"]}}
    body = {"docs": [doc], "new_edits": False}
    for _ in range(2):
        assert await couch.json("POST", "/db/db1/_bulk_docs", body) == []
    assert (await couch.json("GET", "/db/db1"))["update_seq"] == "1-m0"


@pytest.mark.parametrize(
    ("bad", "status", "error"),
    [
        ({"_id": "long", "x": "a" * DOCUMENT_BYTES_MAX}, 413, "too_large"),
        ({"_id": 7}, 400, "illegal_docid"),
        ({"_id": ""}, 400, "illegal_docid"),
        ({"_id": "bad rev", "_rev": "x"}, 400, "bad_request"),
        ({"_id": "bad", "_zing": 1}, 400, "doc_validation"),
    ],
)
async def test_one_document_that_cannot_be_read_refuses_all_as_in_couchdb(
    couch: Scene, bad: dict[str, Any], status: int, error: str
) -> None:
    body = {"docs": [{"_id": "good"}, bad]}
    answer = await couch.ask("POST", "/db/db1/_bulk_docs", json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert (await couch.json("GET", "/db/db1"))["doc_count"] == 0


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("_bulk_docs", {"docs": [{}] * (DOCUMENTS_PER_REQUEST_MAX + 1)}),
        ("_bulk_get", {"docs": [{"id": "a"}] * (DOCUMENTS_PER_REQUEST_MAX + 1)}),
        ("_all_docs", {"keys": ["a"] * (DOCUMENTS_PER_REQUEST_MAX + 1)}),
        ("_revs_diff", {str(n): [] for n in range(DOCUMENTS_PER_REQUEST_MAX + 1)}),
    ],
)
async def test_a_request_names_a_bounded_number(couch: Scene, route: str, body: object) -> None:
    answer = await couch.ask("POST", f"/db/db1/{route}", json=body)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


async def test_compares_revisions(couch: Scene) -> None:
    graft = {"_id": "a", "_rev": "3-c", "_revisions": {"start": 3, "ids": ["c", "b", "a"]}}
    await couch.json("POST", "/db/db1/_bulk_docs", {"docs": [graft], "new_edits": False})
    asked = {"a": ["3-c", "2-b", "1-a", "2-x", "4-d"], "none": ["1-a"], "empty": []}
    assert await couch.json("POST", "/db/db1/_revs_diff", asked) == {
        "a": {"missing": ["2-x", "4-d"], "possible_ancestors": ["3-c"]},
        "none": {"missing": ["1-a"]},
    }


async def test_reads_many_in_their_order(couch: Scene) -> None:
    names = [f"n{n:04d}" for n in range(COUNT)]
    rows = await fill(couch, *names)
    asked = [{"id": row["id"], "rev": row["rev"]} for row in reversed(rows)] + [{"id": "none"}]
    path = "/db/db1/_bulk_get?revs=true&latest=true"
    results = (await couch.json("POST", path, {"docs": asked}))["results"]
    assert [result["id"] for result in results] == [*reversed(names), "none"]
    assert results[0]["docs"][0]["ok"]["_revisions"]["start"] == 1
    assert results[-1]["docs"] == [
        {"error": {"id": "none", "rev": "undefined", "error": "not_found", "reason": "missing"}}
    ]
    assert await couch.json("POST", path, {"docs": []}) == {"results": []}


async def test_rows_that_the_store_pastes_are_those_that_are_made_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await SqliteStore.open(tmp_path)
    async with open_scene(tmp_path, store, policy="open") as scene:
        await scene.ask("PUT", "/db/db1")
        quoted = 'q"\\\u2028\u00e9\n'
        text = {"data": "aGk=", "content_type": "text/plain"}
        docs: list[dict[str, Any]] = [
            {"_id": "old", "_rev": "3-c", "_revisions": {"start": 3, "ids": ["c", "b", "a"]}},
            {"_id": "gone", "_rev": "2-b", "_deleted": True, "why": "x"},
            {"_id": "split", "_rev": "1-b", "n": 1},
            {"_id": "split", "_rev": "1-a", "n": 2},
            {"_id": "held", "_rev": "1-a", "_attachments": {"a": text}},
            {"_id": quoted, "_rev": "1-a", "text": quoted, "n": 1.5, "list": [1, None]},
            *({"_id": f"n{n:04d}", "_rev": f"{n}-a{n}", "n": n} for n in range(1, COUNT)),
        ]
        body = {"docs": docs, "new_edits": False}
        assert await scene.json("POST", "/db/db1/_bulk_docs", body) == []
        plain = [{"id": one["_id"], "rev": one["_rev"]} for one in docs]
        odd: list[Any] = [{"id": "none", "rev": "1-a"}, {"id": "old", "rev": "9-x"}, {"id": 7}, "x"]
        odd += [{"id": "n0001"}, {"id": "n0001", "rev": "1-a1", "atts_since": ["1-a"]}, ["id"]]
        asked = [plain, plain[6:], plain[6:][::-1], plain[:2] * 2, plain[:1] + odd]
        asked += [[*plain[:2], one] for one in (*plain[2:6], *odd)]
        answers: list[list[bytes]] = []
        for _ in range(2):
            answers.append([])
            for options in ("", "?revs=true", "?revs=true&latest=true&attachments=true"):
                for some in asked:
                    path = f"/db/db1/_bulk_get{options}"
                    answer = await scene.ask("POST", path, json={"docs": some})
                    answers[-1].append(answer.content)
            monkeypatch.setattr(SqliteStore, "pasted", nothing)
        assert answers[0] == answers[1]
        assert sum(answer.count(b'"ok"') for answer in answers[0]) > 3 * COUNT
    await store.close()


async def nothing(*_: object, **__: object) -> None:
    """A store that pastes nothing."""


async def test_all_docs_in_ranges(couch: Scene) -> None:
    names = sorted(f"n{n:04d}" for n in range(COUNT))
    rows = await fill(couch, *names)
    await couch.ask("DELETE", f"/db/db1/{rows[0]['id']}?rev={rows[0]['rev']}")
    living = names[1:]

    async def ids(options: str) -> list[str]:
        answer = await couch.json("GET", f"/db/db1/_all_docs?{options}")
        assert answer["total_rows"] == COUNT - 1
        return [row["id"] for row in answer["rows"]]

    assert await ids("") == living
    assert await ids("descending=true") == living[::-1]
    assert await ids("limit=3") == living[:3]
    assert await ids("limit=0") == []
    assert await ids("skip=201&limit=3") == living[201:204]
    assert await ids("descending=true&skip=2&limit=3") == living[::-1][2:5]
    assert await ids('startkey="n0010"&endkey="n0012"') == ["n0010", "n0011", "n0012"]
    assert await ids('start_key="n0010"&end_key="n0012"&inclusive_end=false') == ["n0010", "n0011"]
    assert await ids('startkey="n0012"&endkey="n0010"&descending=true') == [
        "n0012",
        "n0011",
        "n0010",
    ]
    assert await ids('key="n0010"') == ["n0010"]
    assert await ids('startkey="z"') == []
    assert await ids('startkey="n0012"&endkey="n0010"') == []


async def test_all_docs_by_keys(couch: Scene) -> None:
    rows = await fill(couch, "a", "b", n=1)
    gone = (await couch.json("DELETE", f"/db/db1/b?rev={rows[1]['rev']}"))["rev"]
    path = "/db/db1/_all_docs?include_docs=true"
    answer = await couch.json("POST", path, {"keys": ["b", "x", "a", 7]})
    assert answer["rows"] == [
        {"id": "b", "key": "b", "value": {"rev": gone, "deleted": True}, "doc": None},
        {"key": "x", "error": "not_found"},
        {
            "id": "a",
            "key": "a",
            "value": {"rev": rows[0]["rev"]},
            "doc": {"_id": "a", "_rev": rows[0]["rev"], "n": 1},
        },
        {"key": 7, "error": "not_found"},
    ]
    keys = '/db/db1/_all_docs?keys=["a"]'
    assert [row["id"] for row in (await couch.json("GET", keys))["rows"]] == ["a"]
    for bad in ('keys="a"', "startkey=7", "startkey=x", "skip=-1"):
        assert (await couch.ask("GET", f"/db/db1/_all_docs?{bad}")).status_code == 400
