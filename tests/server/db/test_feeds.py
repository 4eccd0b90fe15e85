"""Feeds that stay open; longpolls are in test_changes_feed.py."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest

from rejoint_server.web.edge import Cut
from server.db.test_changes_feed import fill, scope_of
from server.scene import Scene, open_scene

PATH = "/db/db1/_changes"


class Listener:
    """One open feed, read as it comes."""

    def __init__(self, scene: Scene, query: bytes) -> None:
        self.text = b""
        self.headers: dict[bytes, bytes] = {}
        self._left = asyncio.Event()
        self._asked = False
        scope = scope_of("GET", PATH, query)
        self.task = asyncio.create_task(scene.application.edge(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b""}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.headers |= dict(message.get("headers", ()))
        self.text += message.get("body", b"")

    def leave(self) -> None:
        self._left.set()

    @property
    def rows(self) -> list[str]:
        lines = [line for line in self.text.split(b"\n") if line.startswith(b'{"seq"')]
        return [orjson.loads(line)["id"] for line in lines]


async def until(holds: Any) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for is bytes, not ours to signal
            await asyncio.sleep(0.01)


async def test_a_continuous_feed_sends_rows_as_they_come(couch: Scene) -> None:
    await fill(couch, "a")
    feed = Listener(couch, b"feed=continuous&heartbeat=100")
    await until(lambda: feed.rows == ["a"])
    await fill(couch, "b", "c")
    await until(lambda: feed.rows == ["a", "b", "c"])
    await until(lambda: feed.text.endswith(b"\n\n"))
    assert not feed.task.done()
    feed.leave()
    await asyncio.wait_for(feed.task, 60)


async def test_an_event_source_names_each_place(couch: Scene) -> None:
    await fill(couch, 'a,"b', "c")
    feed = Listener(couch, b"feed=eventsource&heartbeat=100")
    await until(lambda: b"event: heartbeat" in feed.text)
    assert feed.headers[b"content-type"] == b"text/event-stream"
    events = [event for event in feed.text.split(b"\n\n") if event.startswith(b"data: {")]
    for number, event in enumerate(events, 1):
        data, place = event.split(b"\n")
        assert orjson.loads(data.removeprefix(b"data: "))["seq"] == f"{number}-m0"
        assert place == b'id: "%d-m0"' % number
    assert len(events) == 2
    feed.leave()
    await asyncio.wait_for(feed.task, 60)


@pytest.mark.parametrize("kind", [b"continuous", b"eventsource"])
async def test_a_quiet_feed_ends_after_its_time(couch: Scene, kind: bytes) -> None:
    await fill(couch, "a")
    feed = Listener(couch, b"timeout=50&feed=" + kind)
    await asyncio.wait_for(feed.task, 60)
    assert (b'"last_seq":"1-m0"' in feed.text) == (kind == b"continuous")


async def test_a_limit_ends_an_open_feed(couch: Scene) -> None:
    await fill(couch, "a", "b", "c")
    feed = Listener(couch, b"feed=live&limit=2&heartbeat=1000")
    await asyncio.wait_for(feed.task, 60)
    assert feed.rows == ["a", "b"]
    assert feed.text.endswith(b'{"last_seq":"2-m0","pending":1}\n')


async def test_each_row_begins_the_time_anew(tmp_path: Path) -> None:
    async with open_scene(tmp_path, policy="open", longpoll_s_max=0.3) as scene:
        await scene.ask("PUT", "/db/db1")
        feed = Listener(scene, b"feed=continuous&heartbeat=100")
        for number in range(4):
            await asyncio.sleep(0.15)
            await fill(scene, f"n{number}")
        assert not feed.task.done()
        await asyncio.wait_for(feed.task, 60)
        assert len(feed.rows) == 4


async def test_a_filter_works_in_an_open_feed(couch: Scene) -> None:
    feed = Listener(couch, b'feed=continuous&heartbeat=100&filter=_doc_ids&doc_ids=["b"]')
    await fill(couch, "a")
    await fill(couch, "b")
    await until(lambda: feed.rows == ["b"])
    feed.leave()
    await asyncio.wait_for(feed.task, 60)


async def test_many_feeds_need_no_thread_each_and_end_with_the_server(couch: Scene) -> None:
    kinds = (b"continuous", b"eventsource")
    threads = threading.active_count()
    feeds = [
        Listener(couch, b"heartbeat=10000&since=now&feed=" + kinds[number % 2])
        for number in range(500)
    ]
    await asyncio.sleep(0.3)
    assert threading.active_count() <= threads + 2
    await fill(couch, "a")
    await until(lambda: all(b'"id":"a"' in feed.text for feed in feeds))
    assert await asyncio.wait_for(couch.application.stop(), 60)
    await asyncio.gather(*(feed.task for feed in feeds))


async def test_a_deleted_database_cuts_an_open_feed(couch: Scene) -> None:
    feed = Listener(couch, b"feed=continuous&heartbeat=10000")
    await until(lambda: feed.text == b"\n")
    await couch.ask("DELETE", "/db/db1")
    with pytest.raises(Cut):
        await asyncio.wait_for(feed.task, 60)
