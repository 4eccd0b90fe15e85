"""The whole put together: which paths there are, and how it starts and stops."""

from pathlib import Path

from rejoint_server.app import ENDPOINTS
from server.scene import Scene, open_scene


async def test_starts_once_more_on_what_is_there(scene: Scene, tmp_path: Path) -> None:
    async with open_scene(tmp_path, scene.store) as second:
        assert second.secret is not None
        assert second.secret != scene.secret


async def test_the_policy_open_has_couchdbs_routes_only(couch: Scene) -> None:
    assert couch.secret is None
    for path in ("/circles", "/healthz", "/index.html"):
        answer = await couch.ask("GET", path)
        assert answer.status_code in (400, 404)
        assert answer.json()["reason"]
    assert "_server" not in await couch.json("GET", "/_all_dbs")


async def test_every_endpoint_is_of_the_server_and_every_other_path_a_file(scene: Scene) -> None:
    for first in ENDPOINTS:
        answer = await scene.ask("GET", f"/{first}/nope")
        assert answer.headers["content-type"] == "application/json"
    answer = await scene.ask("GET", "/nope/db")
    assert answer.headers["content-type"].startswith("text/plain")


async def test_a_stopping_server_refuses_what_is_new(scene: Scene) -> None:
    assert await scene.application.stop()
    answer = await scene.ask("GET", "/healthz")
    assert (answer.status_code, answer.json()["error"]) == (503, "service_unavailable")
