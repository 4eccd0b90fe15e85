"""The feed: pages, positions, filters, and waiting without spinning."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from rejoint_server.db import changes_feed
from rejoint_server.web.edge import Cut
from rejoint_sync.stores import ChangesPage, ChangesQuery
from rejoint_sync.stores.memory import MemoryStore
from server.scene import Scene, open_scene

PATH = "/db/db1/_changes"


async def fill(scene: Scene, *names: str) -> None:
    docs = [{"_id": name, "n": 1} for name in names]
    await scene.ask("POST", "/db/db1/_bulk_docs", json={"docs": docs})


async def rows(scene: Scene, options: str = "") -> list[str]:
    feed = await scene.json("GET", f"{PATH}?{options}")
    return [row["id"] for row in feed["results"]]


async def test_names_every_change_once_in_order(couch: Scene) -> None:
    await fill(couch, "a", "b", "c")
    feed = await couch.json("GET", PATH)
    assert [(row["id"], row["seq"]) for row in feed["results"]] == [
        ("a", "1-m0"),
        ("b", "2-m0"),
        ("c", "3-m0"),
    ]
    assert (feed["last_seq"], feed["pending"]) == ("3-m0", 0)
    assert await rows(couch, "since=2-m0") == ["c"]
    assert await rows(couch, "since=2") == ["c"]
    assert await rows(couch, "since=now") == []
    assert await rows(couch, 'since="2-m0"') == ["c"]
    assert await rows(couch, "descending=true") == ["c", "b", "a"]
    assert await rows(couch, "descending=true&limit=1") == ["c"]


async def test_a_limit_leaves_the_rest_pending(couch: Scene) -> None:
    await fill(couch, "a", "b", "c")
    feed = await couch.json("GET", f"{PATH}?limit=2")
    assert ([row["id"] for row in feed["results"]], feed["pending"]) == (["a", "b"], 1)
    assert await rows(couch, f"since={feed['last_seq']}") == ["c"]
    assert await rows(couch, "limit=0") == ["a"]


async def test_a_position_of_another_incarnation_starts_over(couch: Scene) -> None:
    await fill(couch, "a", "b")
    assert await rows(couch, "since=2-other") == ["a", "b"]


async def test_brings_documents_leaves_and_deletions(couch: Scene) -> None:
    leaves = [{"_id": "x", "_rev": rev} for rev in ("1-a", "1-b")]
    await couch.ask("POST", "/db/db1/_bulk_docs", json={"docs": leaves, "new_edits": False})
    await fill(couch, "y")
    rev = (await couch.json("GET", "/db/db1/y"))["_rev"]
    await couch.ask("DELETE", f"/db/db1/y?rev={rev}")
    feed = (await couch.json("GET", f"{PATH}?style=all_docs&include_docs=true"))["results"]
    assert feed[0]["changes"] == [{"rev": "1-b"}, {"rev": "1-a"}]
    assert feed[0]["doc"] == {"_id": "x", "_rev": "1-b"}
    assert feed[1]["deleted"] is True
    assert feed[1]["doc"]["_deleted"] is True
    assert (await couch.json("GET", PATH))["results"][0]["changes"] == [{"rev": "1-b"}]


async def test_shows_only_the_documents_asked_for(couch: Scene) -> None:
    await fill(couch, "a", "b", "c")
    body = {"doc_ids": ["c", "a", "none"]}
    feed = await couch.json("POST", f"{PATH}?filter=_doc_ids", body)
    assert [row["id"] for row in feed["results"]] == ["a", "c"]
    assert await rows(couch, 'filter=_doc_ids&doc_ids=["b"]') == ["b"]
    assert len((await couch.json("POST", PATH, {}))["results"]) == 3


async def test_a_selector_chooses_among_leaves(couch: Scene) -> None:
    docs = [{"_id": "x", "_rev": rev, "n": n} for rev, n in (("1-a", 1), ("1-b", 2), ("1-c", 3))]
    await couch.ask("POST", "/db/db1/_bulk_docs", json={"docs": docs, "new_edits": False})
    await fill(couch, "y")
    body = {"selector": {"n": {"$lt": 3}}}
    path = f"{PATH}?filter=_selector&style=all_docs"
    feed = await couch.json("POST", path, body)
    assert [(row["id"], row["changes"]) for row in feed["results"]] == [
        ("x", [{"rev": "1-b"}, {"rev": "1-a"}]),
        ("y", feed["results"][1]["changes"]),
    ]
    winners = await couch.json("POST", f"{PATH}?filter=_selector", body)
    assert [row["id"] for row in winners["results"]] == ["y"]


async def test_a_selector_reads_over_what_does_not_pass(
    couch: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes_feed, "READ_AT_ONCE", 3)
    docs = [{"_id": f"n{n:02d}", "n": n} for n in range(20)]
    await couch.ask("POST", "/db/db1/_bulk_docs", json={"docs": docs})
    body = {"selector": {"n": {"$mod": [7, 6]}}}

    async def found(options: str) -> tuple[list[int], str, int]:
        path = f"{PATH}?filter=_selector&include_docs=true&conflicts=true&{options}"
        feed = await couch.json("POST", path, body)
        return [row["doc"]["n"] for row in feed["results"]], feed["last_seq"], feed["pending"]

    assert await found("") == ([6, 13], "20-m0", 0)
    assert await found("descending=true") == ([13, 6], "20-m0", 0)
    assert await found("limit=1") == ([6], "7-m0", 13)
    assert await found("limit=1&since=7") == ([13], "14-m0", 6)
    assert await found("limit=1&since=14") == ([], "20-m0", 0)


class CountingStore(MemoryStore):
    """Remembers what was asked of the feed."""

    def __init__(self) -> None:
        super().__init__()
        self.limits: list[int] = []

    async def changes(self, database: str, query: ChangesQuery) -> ChangesPage:
        self.limits.append(query.limit)
        return await super().changes(database, query)


async def test_a_long_feed_comes_in_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes_feed, "ROWS_AT_ONCE", 10)
    store = CountingStore()
    names = [f"n{n:02d}" for n in range(35)]
    async with open_scene(tmp_path, store, policy="open") as scene:
        await scene.ask("PUT", "/db/db1")
        await fill(scene, *names)
        assert await rows(scene) == names
        assert store.limits == [10, 10, 10, 10]
        store.limits.clear()
        assert await rows(scene, "limit=25") == names[:25]
        assert store.limits == [10, 10, 5]
        assert await rows(scene, "descending=true") == names[::-1]


async def wait_for(scene: Scene, options: str) -> "asyncio.Task[Any]":
    task = asyncio.create_task(scene.ask("GET", f"{PATH}?feed=longpoll&{options}"))
    await asyncio.sleep(0.05)
    return task


async def test_a_longpoll_with_news_answers_at_once(couch: Scene) -> None:
    await fill(couch, "a")
    assert await rows(couch, "feed=longpoll&since=0") == ["a"]


async def test_a_longpoll_ends_with_the_first_change(couch: Scene) -> None:
    waiting = await wait_for(couch, "since=0&heartbeat=100")
    await asyncio.sleep(0.25)
    assert not waiting.done()
    await fill(couch, "a", "b")
    answer = await asyncio.wait_for(waiting, 60)
    assert [row["id"] for row in answer.json()["results"]] == ["a", "b"]
    assert answer.text.count("\n\n") >= 1


async def test_a_longpoll_does_not_ask_the_store_while_nothing_happens(tmp_path: Path) -> None:
    store = CountingStore()
    async with open_scene(tmp_path, store, policy="open") as scene:
        await scene.ask("PUT", "/db/db1")
        waiting = await wait_for(scene, "since=0&timeout=60000")
        asked = len(store.limits)
        await asyncio.sleep(0.2)
        assert len(store.limits) == asked == 1
        await fill(scene, "a")
        await asyncio.wait_for(waiting, 60)
        assert len(store.limits) == 2


async def test_a_longpoll_sleeps_through_changes_that_it_is_not_shown(couch: Scene) -> None:
    waiting = await wait_for(couch, 'since=0&timeout=60000&filter=_doc_ids&doc_ids=["b"]')
    await fill(couch, "a")
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await fill(couch, "b")
    answer = (await asyncio.wait_for(waiting, 60)).json()
    assert ([row["id"] for row in answer["results"]], answer["last_seq"]) == (["b"], "2-m0")


async def test_a_longpoll_ends_after_its_time(couch: Scene) -> None:
    await fill(couch, "a")
    answer = await asyncio.wait_for(await wait_for(couch, "since=1-m0&timeout=100"), 60)
    assert answer.json() == {"results": [], "last_seq": "1-m0", "pending": 0}


async def test_a_longpoll_with_heartbeat_ends_too(tmp_path: Path) -> None:
    async with open_scene(tmp_path, policy="open", longpoll_s_max=0.3) as scene:
        await scene.ask("PUT", "/db/db1")
        answer = await asyncio.wait_for(await wait_for(scene, "since=0&heartbeat=100"), 60)
        assert answer.json()["results"] == []


async def test_a_stopping_server_ends_the_waiting(couch: Scene) -> None:
    waiting = await wait_for(couch, "since=0&heartbeat=10000")
    assert await asyncio.wait_for(couch.application.stop(), 60)
    assert (await waiting).json()["results"] == []
    assert (await couch.ask("GET", PATH)).status_code == 503


async def test_a_deleted_database_cuts_the_waiting(couch: Scene) -> None:
    waiting = await wait_for(couch, "since=0&heartbeat=10000")
    await couch.ask("DELETE", "/db/db1")
    with pytest.raises(Cut):
        await asyncio.wait_for(waiting, 60)


async def test_a_client_that_leaves_is_forgotten(couch: Scene) -> None:
    messages = [{"type": "http.request", "body": b""}]
    left = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = scope_of("GET", PATH, b"feed=longpoll&since=0&heartbeat=60000")
    answering = asyncio.create_task(couch.application.edge(scope, receive, send))
    await asyncio.sleep(0.05)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    left.set()
    await asyncio.wait_for(answering, 60)
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    assert [task for task in tasks if not task.done()] == []


def scope_of(method: str, path: str, query: bytes) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(b"host", b"rejoint.test")],
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
