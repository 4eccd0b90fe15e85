"""The server's own routes."""

import pytest

from server.scene import Person, Scene


async def test_lists_the_databases_with_their_figures(couch: Scene) -> None:
    await couch.ask("PUT", "/db/db2")
    await couch.ask("PUT", "/db/db2/a", json={})
    assert await couch.json("GET", "/db/_all_dbs") == ["db1", "db2"]
    rows = await couch.json("GET", "/db/_dbs_info")
    assert [(row["key"], row["info"]["doc_count"]) for row in rows] == [("db1", 0), ("db2", 1)]
    rows = await couch.json("POST", "/db/_dbs_info", {"keys": ["db2", "none"]})
    assert rows[1] == {"key": "none", "error": "not_found"}
    assert (await couch.ask("POST", "/db/_dbs_info", json={"keys": [1]})).status_code == 400
    assert await couch.json("GET", "/db/_active_tasks") == []


async def test_everyone_is_admin_where_there_is_no_account(couch: Scene) -> None:
    session = await couch.json("GET", "/db/_session")
    assert session["userCtx"] == {"name": None, "roles": ["_admin"]}


async def test_a_device_is_told_of_its_own_circles_only(scene: Scene) -> None:
    founder = await Person.founder(scene)
    therapist = await founder.new_patient_circle(scene)
    patient = await therapist.admit(scene, "patient")
    mine = patient.login(scene)
    assert await scene.json("GET", "/db/_all_dbs", headers=mine) == [therapist.circle]
    both = sorted([founder.circle, therapist.circle])
    assert await scene.json("GET", "/db/_all_dbs", headers=founder.login(scene)) == both
    infos = await scene.json("GET", "/db/_dbs_info", headers=mine)
    assert [row["key"] for row in infos] == [therapist.circle]
    asked = {"keys": [founder.circle, therapist.circle]}
    told = await scene.json("POST", "/db/_dbs_info", asked, headers=mine)
    assert [("info" in row) for row in told] == [False, True]
    updates = await scene.json("GET", "/db/_db_updates", headers=mine)
    assert {row["db_name"] for row in updates["results"]} == {therapist.circle}


@pytest.mark.parametrize("path", ["/db/_all_dbs", "/db/_dbs_info", "/db/_db_updates"])
async def test_who_is_nobody_is_told_nothing(scene: Scene, path: str) -> None:
    await Person.founder(scene)
    for headers in ({}, Person().login(scene)):
        assert (await scene.ask("GET", path, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_session"),
        ("DELETE", "/_session"),
        ("GET", "/_active_tasks"),
        ("POST", "/{db}"),
        ("POST", "/{db}/_compact"),
        ("POST", "/{db}/_view_cleanup"),
        ("PUT", "/{db}/_revs_limit"),
        ("POST", "/{db}/_purge"),
        ("PUT", "/{db}/_security"),
        ("DELETE", "/{db}/doc"),
        ("COPY", "/{db}/doc"),
        ("PUT", "/{db}/doc/name"),
        ("DELETE", "/{db}/doc/name"),
    ],
)
async def test_what_is_open_only_is_closed_in_circles(scene: Scene, method: str, path: str) -> None:
    founder = await Person.founder(scene)
    headers = founder.login(scene) | {"destination": "x"}
    answer = await scene.ask(
        method, f"/db{path.replace('{db}', founder.circle)}", headers=headers, json={}
    )
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
