"""Sessions of the one account of policy `open`."""

from pathlib import Path

import pytest

from rejoint_server.clock import ManualClock
from rejoint_server.db.sessions import SESSION_S, Sessions
from rejoint_server.settings import Admin
from server.scene import open_scene

ADMIN = Admin.parse("ädä:pass:word")


def cookie(header: str) -> str:
    return header.partition(";")[0]


def test_knows_its_own_cookies_until_they_are_over() -> None:
    clock = ManualClock(1000)
    sessions = Sessions(clock)
    given = cookie(sessions.open(ADMIN))
    assert sessions.knows(f"other=1; {given}", ADMIN)
    clock.now += SESSION_S
    assert not sessions.knows(given, ADMIN)
    clock.now = 999
    assert not sessions.knows(given, ADMIN)


def test_takes_no_other_cookie() -> None:
    clock = ManualClock(1000)
    sessions = Sessions(clock)
    given = cookie(sessions.open(ADMIN))
    assert not sessions.knows(given, Admin.parse("ädä:other"))
    assert not Sessions(clock).knows(given, ADMIN)
    for text in ("", "AuthSession=", "AuthSession=!", "AuthSession=YTpi", given[:-4] + "AAAA"):
        assert not sessions.knows(text, ADMIN)
    assert not sessions.knows(cookie(sessions.close()), ADMIN)


@pytest.mark.parametrize("as_form", [False, True])
async def test_a_cookie_stands_for_name_and_password(tmp_path: Path, as_form: bool) -> None:  # noqa: FBT001
    login = {"name": "ada", "password": "p ä"}
    body = {"data": login} if as_form else {"json": login}
    async with open_scene(tmp_path, policy="open", admin=login) as scene:
        assert (await scene.json("GET", "/db/_session"))["userCtx"]["name"] is None
        answer = await scene.ask("POST", "/db/_session", **body)
        assert answer.json() == {"ok": True, "name": "ada", "roles": ["_admin"]}
        for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
            assert word in answer.headers["set-cookie"]
        assert (await scene.ask("PUT", "/db/db1")).status_code == 201
        session = await scene.json("GET", "/db/_session")
        assert session["info"]["authenticated"] == "cookie"
        assert (await scene.ask("DELETE", "/db/_session")).status_code == 200
        assert (await scene.ask("GET", "/db/db1")).status_code == 401


async def test_a_wrong_password_begins_no_session(tmp_path: Path) -> None:
    login = {"name": "ada", "password": "word"}
    async with open_scene(tmp_path, policy="open", admin=login) as scene:
        for body, status in (
            ({"name": "ada", "password": "other"}, 401),
            ({"name": "ada"}, 400),
            ({"name": 1, "password": "word"}, 400),
        ):
            answer = await scene.ask("POST", "/db/_session", json=body)
            assert answer.status_code == status
            assert "set-cookie" not in answer.headers
        answer = await scene.ask(
            "POST", "/db/_session", content=b"x", headers={"content-type": "text/plain"}
        )
        assert answer.status_code == 415
