"""The routes of circles: what they read, what they answer."""

import pytest

from rejoint_sync.circle.limits import BUNDLE_BYTES_MAX
from server.scene import Person, Scene


async def test_answers_201_first_and_200_again(scene: Scene) -> None:
    admin = Person()
    body = admin.genesis(scene.clock.now_s()).to_json() | {"setup": scene.secret}
    answers = [await scene.ask("POST", "/circles", json=body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert all(answer.headers["content-type"] == "application/json" for answer in answers)


async def test_names_the_member_that_is_wrong_and_not_its_value(scene: Scene) -> None:
    body = {"log": "vorpal", "wraps": []}
    answer = await scene.ask("POST", "/circles", json=body)
    assert answer.status_code == 400
    assert answer.json()["reason"].startswith("log: ")
    assert "vorpal" not in answer.text


async def test_takes_a_bundle_of_the_greatest_size(scene: Scene) -> None:
    """The bundle's own limit answers, not the request's."""
    wraps = [{"_id": "wrap:x", "k": "A" * (BUNDLE_BYTES_MAX + 1)}]
    admin = Person()
    body = admin.genesis(scene.clock.now_s()).to_json() | {"wraps": wraps, "setup": scene.secret}
    answer = await scene.ask("POST", "/circles", json=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "limit")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/circles", 405),
        ("GET", "/circles/c1/log", 405),
        ("POST", "/circles/c1/invitations/i1", 405),
        ("GET", "/circles/c1", 404),
        ("GET", "/circles/", 401),
        ("POST", "/healthz", 405),
    ],
)
async def test_other_methods_and_paths(scene: Scene, method: str, path: str, status: int) -> None:
    answer = await scene.ask(method, path)
    assert answer.status_code == status
    assert {"error", "reason"} == answer.json().keys()
