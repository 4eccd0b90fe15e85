"""What every answer carries, and what nobody is told when the server makes a mistake."""

import asyncio
import json
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from rejoint_server.db.call import READ_AT_ONCE
from rejoint_server.web.edge import SECURITY_HEADERS, Cut
from rejoint_sync.circle.keys import login_token
from rejoint_sync.exchange.frames import write
from rejoint_sync.exchange.messages import Begin, request_items
from rejoint_sync.stores.memory import MemoryStore
from server.ring import Ring
from server.scene import NOW_S, ORIGIN, Scene, open_scene
from server.sync_client import Handset

PATHS = ("/", "/nope", "/healthz", "/db/", "/db/x", "/circles", "/circles/x/log", "/db/%ff")


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_is_dated_and_guarded(scene: Scene, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        headers = (await scene.ask(method, path)).headers
        assert parsedate_to_datetime(headers["date"]).timestamp() == NOW_S
        for name, value in SECURITY_HEADERS:
            assert headers[name.decode()] == value.decode()
        assert "cache-control" in headers
        assert "strict-transport-security" not in headers
        assert len(headers.get_list("date")) == 1


async def test_the_policy_allows_nothing_from_elsewhere(scene: Scene) -> None:
    policy = (await scene.ask("GET", "/")).headers["content-security-policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert directives["style-src"] == "'self'"
    assert policy.count("unsafe") == 1
    assert "http" not in policy
    assert "*" not in policy


async def test_only_a_server_reached_by_https_asks_for_it_for_ever(tmp_path: Path) -> None:
    for url, expected in (("https://a.test", True), ("http://a.test", False)):
        async with open_scene(tmp_path, public_url=url) as scene:
            headers = (await scene.ask("GET", "/")).headers
            assert ("strict-transport-security" in headers) is expected


async def test_records_are_never_kept_by_caches(couch: Scene) -> None:
    await couch.ask("PUT", "/db/db1/a", json={})
    for path in ("/db/db1/a", "/db/db1/_changes", "/db/db1/none", "/db/"):
        assert (await couch.ask("GET", path)).headers["cache-control"] == "no-store"


async def test_frames_carry_no_header_that_only_pages_obey(tmp_path: Path) -> None:
    origin = "https://rejoint.test"
    async with open_scene(tmp_path, public_url=origin) as scene:
        phone = Handset(scene, (await Ring.clinic(scene)).founder)
        login = {"authorization": f"Bearer {login_token(phone.keys, origin, NOW_S)}"}
        body = write(request_items(Begin(b"", 0, 0), []))
        answer = await phone.post(body, **login, **{"accept-encoding": "identity"})
        assert answer.status_code == 200
        assert set(answer.headers) == {
            *("content-type", "content-length", "cache-control", "date"),
            *("x-content-type-options", "cross-origin-resource-policy"),
            "strict-transport-security",
        }
        refused = await phone.post(b"", **login)
        assert refused.status_code == 400
        assert "content-security-policy" in refused.headers


class BrokenStore(MemoryStore):
    """Fails as no store should, at the call it is told to."""

    broken = ""

    async def info(self, database: str):  # type: ignore[no-untyped-def] # noqa: ANN201
        if self.broken == "info":
            raise RuntimeError("vorpal secret")
        return await super().info(database)

    async def read_many(self, database, document_ids):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
        if self.broken in document_ids:
            raise RuntimeError("vorpal secret")
        return await super().read_many(database, document_ids)


async def test_a_mistake_of_ours_is_a_500_without_details(tmp_path: Path) -> None:
    store = BrokenStore()
    async with open_scene(tmp_path, store, policy="open") as scene:
        await scene.ask("PUT", "/db/db1")
        store.broken = "info"
        answer = await scene.ask("GET", "/db/db1")
        assert answer.status_code == 500
        assert answer.json()["error"] == "internal_server_error"
        assert "vorpal" not in answer.text
        assert "vorpal" not in scene.log.getvalue()
        line = scene.log.getvalue().splitlines()[-1]
        assert "event=failed" in line
        assert "error_type=RuntimeError" in line
        assert "route=/db/{db} " in line


async def test_a_mistake_in_the_middle_cuts_the_connection(tmp_path: Path) -> None:
    """A client must not take half an answer for a whole one."""
    store = BrokenStore()
    async with open_scene(tmp_path, store, policy="open") as scene:
        await scene.ask("PUT", "/db/db1")
        store.broken = "late"
        long = "a" * 400  # the begin must be on its way when the mistake is made
        names = [*(f"{long}{number}" for number in range(READ_AT_ONCE)), "late"]
        asked = {"docs": [{"id": name} for name in names]}
        with pytest.raises(Cut):
            await scene.ask("POST", "/db/db1/_bulk_get", json=asked)
        assert "error_type=RuntimeError" in scene.log.getvalue()


async def test_answers_nothing_but_http(scene: Scene) -> None:
    async def never() -> dict[str, object]:
        raise AssertionError

    async def send(_: object) -> None:
        raise AssertionError

    await scene.application.edge({"type": "websocket"}, never, send)


async def test_a_strange_host_or_path_is_no_mistake_of_ours(scene: Scene) -> None:
    for path in ("/db/..%2f..%2fetc", "/%00", "/circles/%ff/log", "//", "/db%00", "/circles//log"):
        for host in ("rejoint.test", "a b", "[", ""):
            answer = await scene.ask("GET", ORIGIN + path, headers={"host": host})
            assert answer.status_code < 500, (path, host)
    assert "failed" not in scene.log.getvalue()


async def test_a_request_that_breaks_off_is_answered_in_case_somebody_reads(couch: Scene) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": "/db/db1/_bulk_docs",
        "raw_path": b"/db/db1/_bulk_docs",
        "query_string": b"",
        "headers": [],
    }
    await couch.application.edge(scope, receive, send)
    assert sent[0]["status"] == 400
    assert json.loads(sent[1]["body"])["error"] == "bad_request"
    await asyncio.sleep(0)  # the log's lines are written at the end of a turn
    assert "status=499" in couch.log.getvalue().splitlines()[-1]
