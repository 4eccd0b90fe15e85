"""A body that comes drop by drop is read up to a time and no longer, over real sockets."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rejoint_server.app import create_app
from rejoint_server.clock import SystemClock
from rejoint_server.settings import Settings
from rejoint_server.web import asgi
from rejoint_server.web.http_server import HttpServer, answers, listen, url_of
from rejoint_sync.stores.memory import MemoryStore

SECONDS = 3.0
"""The bound in these tests."""
BODY = b'{"docs":[{"_id":"a"}]}'
HEAD = (
    b"POST /db/db1/_bulk_docs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
    b"content-type: application/json\r\ncontent-length: %d\r\n\r\n"
)


@asynccontextmanager
async def serving(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, int]]:
    """A server in this process, so that its bound can be a short one."""
    monkeypatch.setattr(asgi, "BODY_SECONDS_MAX", SECONDS)
    store = MemoryStore()
    await store.create("db1")
    settings = Settings(data=folder, policy="open", web=folder / "no-web")
    application = create_app(settings, store, SystemClock())
    await application.start()
    listener = listen("127.0.0.1", 0)
    url = url_of(listener)
    server = HttpServer(application.edge, listener)
    task = asyncio.create_task(server.serve())
    assert await answers(url)
    try:
        yield "127.0.0.1", int(url.rpartition(":")[2])
    finally:
        await application.stop()
        await server.end(task)
        await store.close()


async def dripped(address: tuple[str, int], body: bytes, seconds: float) -> tuple[bytes, float]:
    """Send a body evenly over a time; what came back, and after how long."""
    reader, writer = await asyncio.open_connection(*address)
    begun = time.monotonic()
    writer.write(HEAD % len(body))
    answer = asyncio.create_task(reader.read())
    with contextlib.suppress(ConnectionError):
        for n in range(len(body)):
            await asyncio.sleep(max(0.0, begun + seconds * n / len(body) - time.monotonic()))
            if answer.done():
                break
            writer.write(body[n : n + 1])
            await writer.drain()
    try:
        found = await asyncio.wait_for(answer, 60)
    except ConnectionError:
        found = b""
    took = time.monotonic() - begun
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return found, took


async def test_a_slow_body_within_the_time_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path, monkeypatch) as address:
        answer, took = await dripped(address, BODY, SECONDS * 0.2)
    assert answer.startswith(b"HTTP/1.1 201")
    assert took > SECONDS * 0.15


async def test_a_body_that_never_pauses_and_never_ends_is_given_up_at_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path, monkeypatch) as address:
        answer, took = await dripped(address, BODY + b" " * 200, SECONDS * 8)
        assert not answer or answer.split()[1] == b"400"
        assert SECONDS * 0.9 < took < SECONDS * 7
        again, _ = await dripped(address, BODY, 0)
        assert again.startswith(b"HTTP/1.1 201")
