"""Sessions: for a day, for one device, and only as long as the logs allow."""

import pytest

from rejoint_server.access import device_sessions
from rejoint_server.access.device_sessions import SESSION_S, SESSIONS_PER_DEVICE_MAX, DeviceSessions
from rejoint_server.clock import ManualClock
from server.ring import Ring
from server.scene import NOW_S, Scene


async def opened(ring: Ring) -> dict[str, str]:
    answer = await ring.scene.ask("POST", "/session", headers=ring.headers(ring.founder))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body.keys() == {"session", "exp"}
    assert len(body["session"]) == 22
    assert body["exp"] == ring.now_s + SESSION_S
    return {"authorization": f"Session {body['session']}"}


async def test_a_session_is_taken_wherever_a_login_is(scene: Scene) -> None:
    ring = await (await Ring.clinic(scene)).patient()
    headers = await opened(ring)
    for path in (f"/db/{ring.circle}", "/circles", "/db/_all_dbs"):
        assert (await scene.ask("GET", path, headers=headers)).status_code == 200
    again = await scene.ask("POST", "/session", headers=headers)
    assert again.status_code == 401


@pytest.mark.parametrize(("wait_s", "status"), [(SESSION_S - 1, 200), (SESSION_S, 401)])
async def test_a_session_ends_after_a_day(scene: Scene, wait_s: int, status: int) -> None:
    ring = await Ring.clinic(scene)
    headers = await opened(ring)
    scene.clock.now += wait_s
    for path in (f"/db/{ring.circle}", "/circles"):
        assert (await scene.ask("GET", path, headers=headers)).status_code == status


async def test_the_logs_decide_at_each_use(scene: Scene) -> None:
    ring = await (await Ring.clinic(scene)).patient()
    keys = await ring.add("caregiver")
    answer = await scene.ask("POST", "/session", headers=ring.headers(keys))
    headers = {"authorization": f"Session {answer.json()['session']}"}
    path = f"/db/{ring.circle}/_bulk_docs"
    body = {"docs": [], "new_edits": False}
    assert (await scene.ask("POST", path, json=body, headers=headers)).status_code == 201
    await ring.remove(keys)
    answer = await scene.ask("POST", path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "removed")
    assert (await scene.ask("GET", "/circles", headers=headers)).status_code == 401


@pytest.mark.parametrize("token", ["", "A" * 22, "A" * 3000, "ü" * 22])
async def test_what_was_not_given_out_is_nobody(scene: Scene, token: str) -> None:
    ring = await Ring.clinic(scene)
    headers = {"authorization": f"Session {token}".encode()}
    for path in (f"/db/{ring.circle}", "/circles"):
        assert (await scene.ask("GET", path, headers=headers)).status_code == 401


def test_sessions_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_sessions, "SESSIONS_KEPT", SESSIONS_PER_DEVICE_MAX + 2)
    sessions = DeviceSessions(ManualClock(NOW_S))
    mine = [sessions.open("d1").token for _ in range(SESSIONS_PER_DEVICE_MAX + 1)]
    assert sessions.device_of(mine[0]) is None
    assert sessions.device_of(mine[1]) == "d1"
    others = [sessions.open(f"d{n}").token for n in range(2, 5)]
    assert sessions.device_of(mine[1]) is None
    assert sessions.device_of(mine[2]) == "d1"
    assert sessions.device_of(others[0]) == "d2"
    assert sum(sessions._count.values()) == len(sessions._open) == SESSIONS_PER_DEVICE_MAX + 2
