"""The server's own routes and a database as a whole."""

import base64
from pathlib import Path

import pytest

from rejoint_sync.stores.memory import MemoryStore
from server.scene import Scene, open_scene


async def test_welcomes_without_login(scene: Scene) -> None:
    for path in ("/db", "/db/", "/db/_up", "/db/_session", "/healthz"):
        assert (await scene.ask("GET", path)).status_code == 200
    welcome = await scene.json("GET", "/db/")
    assert welcome["couchdb"] == "Welcome"
    assert welcome["version"].startswith("3.")


async def test_a_database_is_made_and_removed(couch: Scene) -> None:
    assert await couch.json("PUT", "/db/other") == {"ok": True}
    assert (await couch.ask("PUT", "/db/other")).json()["error"] == "file_exists"
    assert await couch.json("GET", "/db/_all_dbs") == ["db1", "other"]
    assert (await couch.ask("DELETE", "/db/other?rev=1-a")).status_code == 400
    assert await couch.json("DELETE", "/db/other") == {"ok": True}
    assert (await couch.ask("GET", "/db/other")).json() == {
        "error": "not_found",
        "reason": "Database does not exist.",
    }


@pytest.mark.parametrize("name", ["with%2Fslash", "a_$()+-1"])
async def test_a_name_may_hold_what_couchdb_takes(couch: Scene, name: str) -> None:
    assert (await couch.ask("PUT", f"/db/{name}")).status_code == 201
    assert (await couch.ask("GET", f"/db/{name}")).status_code == 200


@pytest.mark.parametrize("name", ["Upper", "1st", "a%20b", "%C3%BC", "a" * 239, "a%0A"])
async def test_a_name_that_couchdb_refuses_is_refused(couch: Scene, name: str) -> None:
    answer = await couch.ask("PUT", f"/db/{name}")
    assert (answer.status_code, answer.json()["error"]) == (400, "illegal_database_name")


async def test_counts_its_documents(couch: Scene) -> None:
    for name in ("a", "b"):
        await couch.ask("PUT", f"/db/db1/{name}", json={})
    rev = (await couch.json("GET", "/db/db1/a"))["_rev"]
    await couch.ask("DELETE", f"/db/db1/a?rev={rev}")
    info = await couch.json("GET", "/db/db1")
    assert (info["doc_count"], info["doc_del_count"]) == (1, 1)
    assert info["update_seq"] == "3-m0"


async def test_small_questions_of_replicators(couch: Scene) -> None:
    answer = await couch.ask("POST", "/db/db1/_ensure_full_commit")
    assert (answer.status_code, answer.json()["ok"]) == (201, True)
    assert await couch.json("GET", "/db/db1/_revs_limit") == 1000
    assert (await couch.json("GET", "/db/db1/_security"))["members"] == {"names": [], "roles": []}
    uuids = (await couch.json("GET", "/db/_uuids?count=3"))["uuids"]
    assert len({len(uuid) for uuid in uuids}) == 1
    assert len(set(uuids)) == 3
    assert (await couch.ask("GET", "/db/_uuids?count=1001")).status_code == 400


async def test_an_admin_is_asked_for_by_http_basic(tmp_path: Path) -> None:
    admin = {"name": "ada", "password": "päss:word"}
    async with open_scene(tmp_path, policy="open", admin=admin) as scene:
        assert (await scene.ask("GET", "/db/")).status_code == 200
        for given in (None, "ada:wrong", "bob:päss:word", "ada", ""):
            headers = {} if given is None else basic(given)
            for method, path in (("PUT", "/db/db1"), ("GET", "/db/db1"), ("GET", "/db/_all_dbs")):
                answer = await scene.ask(method, path, headers=headers)
                assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")
                assert answer.headers["www-authenticate"] == 'Basic realm="rejoint"'
        for value in ("Basic !!!", "Bearer x", "Basic"):
            answer = await scene.ask("GET", "/db/db1", headers={"authorization": value})
            assert answer.status_code == 401
        right = basic("ada:päss:word")
        assert (await scene.ask("PUT", "/db/db1", headers=right)).status_code == 201
        assert (await scene.ask("GET", "/db/db1", headers=right)).status_code == 200


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


async def test_a_restored_store_has_another_uuid_and_start_time(tmp_path: Path) -> None:
    """By these other programs tell a run that was under way when the store was replaced."""
    said = []
    for incarnation in ("k3x9a", "k4x9a"):
        store = MemoryStore(incarnation)
        async with open_scene(tmp_path, store, policy="open") as scene:
            await scene.ask("PUT", "/db/db1")
            time = (await scene.json("GET", "/db/db1"))["instance_start_time"]
            commit = await scene.json("POST", "/db/db1/_ensure_full_commit")
            assert commit["instance_start_time"] == time
            assert time.isdigit()
            said.append((time, (await scene.json("GET", "/"))["uuid"]))
    assert said[0][0] != said[1][0]
    assert said[0][1] != said[1][1]
