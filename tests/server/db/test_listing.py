"""Lists of documents; their ranges and keys are in test_bulk.py, every option in
test_protocol_options.py."""

from server.scene import Scene


async def test_several_lists_in_one_answer(couch: Scene) -> None:
    docs = [{"_id": name} for name in "abc"]
    await couch.ask("POST", "/db/db1/_bulk_docs", json={"docs": docs})
    asked = {"queries": [{"limit": 1}, {"keys": ["c", "x"]}, {"startkey": "b"}]}
    path = "/db/db1/_all_docs/queries"
    results = (await couch.json("POST", path, asked))["results"]
    assert [[row["key"] for row in one["rows"]] for one in results] == [
        ["a"],
        ["c", "x"],
        ["b", "c"],
    ]
    for bad in ({}, {"queries": 1}, {"queries": [1]}, {"queries": [{"limit": "x"}]}):
        assert (await couch.ask("POST", path, json=bad)).status_code == 400
    assert (await couch.ask("POST", path, json={"queries": [{}] * 101})).status_code == 413


async def test_design_documents_have_a_list_of_their_own(couch: Scene) -> None:
    for name in ("a", "_design/x", "_design/y", "z"):
        await couch.ask("PUT", f"/db/db1/{name}", json={})
    answer = await couch.json("GET", "/db/db1/_design_docs?startkey=%22_design/y%22")
    assert (answer["total_rows"], [row["id"] for row in answer["rows"]]) == (2, ["_design/y"])
    assert (await couch.json("GET", "/db/db1/_design_docs?limit=0"))["rows"] == []


async def test_notes_have_a_list_of_their_own(couch: Scene) -> None:
    for number in range(3):
        await couch.ask("PUT", f"/db/db1/_local/n{number}", json={"n": number})
    answer = await couch.json("GET", "/db/db1/_local_docs?include_docs=true&skip=1")
    assert answer["total_rows"] is answer["offset"] is None
    assert [row["doc"]["n"] for row in answer["rows"]] == [1, 2]
    keyed = await couch.json("POST", "/db/db1/_local_docs", {"keys": ["_local/n0", "x"]})
    assert keyed["rows"][1] == {"key": "x", "error": "not_found"}
    assert (await couch.ask("GET", "/db/none/_local_docs")).status_code == 404
