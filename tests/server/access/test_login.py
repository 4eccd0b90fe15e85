"""Who a token proves, for how long, and to whom."""

from pathlib import Path

import pytest

from rejoint_server.access import login
from server.scene import Person, Scene, open_scene


async def status(scene: Scene, person: Person, **login: object) -> tuple[int, str]:
    headers = person.login(scene, **login)  # type: ignore[arg-type]
    answer = await scene.ask("GET", f"/db/{person.circle}", headers=headers)
    body = answer.json()
    return answer.status_code, body.get("code") or body.get("error") or ""


async def test_a_token_holds_five_minutes(scene: Scene) -> None:
    admin = await Person.founder(scene)
    headers = admin.login(scene)
    for wait_s, expected in ((0, 200), (299, 200), (1, 401)):
        scene.clock.now += wait_s
        answer = await scene.ask("GET", f"/db/{admin.circle}", headers=headers)
        assert answer.status_code == expected
    assert answer.json()["code"] == "clock"
    assert answer.json()["now"] == scene.clock.now_s()
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("late_s", "expected"),
    [(0, (200, "")), (301, (401, "clock")), (-31, (401, "clock")), (-10, (200, ""))],
)
async def test_a_wrong_clock_is_told_the_time(
    scene: Scene, late_s: int, expected: tuple[int, str]
) -> None:
    assert await status(scene, await Person.founder(scene), late_s=late_s) == expected


async def test_a_token_is_for_one_server(scene: Scene, tmp_path: Path) -> None:
    admin = await Person.founder(scene)
    elsewhere = await status(scene, admin, origin="https://elsewhere.test")
    assert elsewhere == (401, "unauthorized")
    async with open_scene(tmp_path, public_url="https://clinic.test") as public:
        founder = await Person.founder(public)
        assert await status(public, founder, origin="https://clinic.test") == (200, "")
        assert (await status(public, founder))[0] == 401


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer " + "a" * 3000, "Bearer ü.ü.ü"],
)
async def test_what_is_no_token_logs_nobody_in(scene: Scene, header: str) -> None:
    admin = await Person.founder(scene)
    for path in (f"/db/{admin.circle}", "/circles"):
        answer = await scene.ask("GET", path, headers={"authorization": header.encode()})
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")


async def test_an_unknown_device_is_not_logged_in(scene: Scene) -> None:
    admin = await Person.founder(scene)
    stranger = Person(membership=admin.membership)
    assert (await status(scene, stranger))[0] == 401
    answer = await scene.ask("GET", "/circles", headers=stranger.login(scene))
    assert answer.status_code == 401


async def test_a_token_of_another_device_with_a_borrowed_name_is_refused(scene: Scene) -> None:
    admin = await Person.founder(scene)
    thief = Person(membership=admin.membership)
    object.__setattr__(thief.keys, "id", admin.keys.id)
    assert await status(scene, thief) == (401, "unauthorized")
    answer = await scene.ask("GET", "/circles", headers=thief.login(scene))
    assert answer.status_code == 401


async def test_remembers_a_bounded_number_of_tokens(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "TOKENS_KEPT", 2)
    admin = await Person.founder(scene)
    policy = scene.application.service.policy
    for _ in range(5):
        scene.clock.now += 1
        assert await status(scene, admin) == (200, "")
    assert len(policy._login._checked) == 2  # type: ignore[attr-defined]
