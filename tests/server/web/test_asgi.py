"""Bodies within bounds, compressed or not, and paths as they came."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from rejoint_server.web import asgi
from rejoint_server.web.asgi import (
    GZIP_BYTES_MIN,
    WHOLE_BYTES_MAX,
    Answer,
    Disconnected,
    Request,
    Stream,
)
from rejoint_sync.errors import BadContentType, BadRequest, TooLarge
from server.db.test_changes_feed import scope_of
from server.scene import ORIGIN, Scene

BYTES_MAX = 1000


def request(
    *parts: bytes,
    path: bytes = b"/db/a",
    encoding: bytes = b"",
    gone: bool = False,
    length: bytes = b"",
) -> Request:
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": True} for part in parts
    ]
    messages.append({"type": "http.disconnect"} if gone else {"type": "http.request"})

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    scope = scope_of("POST", "/", b"x=1") | {"raw_path": path}
    scope["headers"] = [(b"host", b"A.test:80"), (b"content-encoding", encoding)]
    scope["headers"].append((b"content-length", length))
    return Request(scope, receive, prefix=("db",), body_bytes_max=BYTES_MAX)


async def test_reads_a_body_in_parts_once() -> None:
    asked = request(b"ab", b"", b"cd")
    assert await asked.body() == b"abcd"
    assert await asked.body() == b"abcd"


async def test_a_body_is_over_when_its_announced_length_is_there() -> None:
    """The next thing to hear would be that the client has gone."""
    asked = request(b"ab", b"cd", gone=True, length=b"4")
    assert await asked.body() == b"abcd"
    assert await request(gone=True, length=b"0").body() == b""
    for length in (b"5", b"", b"x", b"-1"):
        with pytest.raises(Disconnected):
            await request(b"ab", b"cd", gone=True, length=length).body()


async def test_a_body_of_the_greatest_length_is_taken() -> None:
    assert len(await request(b"a" * 400, b"b" * 600).body()) == BYTES_MAX
    with pytest.raises(TooLarge):
        await request(b"a" * 400, b"b" * 601).body()


async def test_reads_some_more_of_a_body_that_is_too_long_then_gives_up() -> None:
    """A client that is still writing would not read the answer."""
    with pytest.raises(TooLarge):
        await request(*[b"a" * 500] * 100, gone=True).body()


@pytest.mark.parametrize("length", [0, 1, BYTES_MAX])
async def test_inflates_gzip(length: int) -> None:
    packed = gzip.compress(b"a" * length)
    assert await request(packed, encoding=b"gzip").body() == b"a" * length


async def test_drops_what_is_left_of_a_body() -> None:
    asked = request(b"a" * 400, b"b" * 400)
    await asked.drop_body()
    await asked.drop_body()
    assert await asked.body() == b""
    await request(*[b"a" * 500] * 100).drop_body()
    await request(b"a", gone=True).drop_body()


async def test_inflates_no_more_than_the_bound() -> None:
    bomb = gzip.compress(b"a" * 50_000_000)[:900]
    with pytest.raises(TooLarge):
        await request(bomb, encoding=b"GZIP").body()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not gzip",
        gzip.compress(b"abc", mtime=0)[:-4],
        gzip.compress(b"abc", mtime=0) + b"more",
        zlib.compress(b"abc"),
        gzip.compress(b"abc", mtime=0)[:-5] + b"\0\0\0\0\0",
    ],
)
async def test_damaged_gzip_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        await request(body, encoding=b"gzip").body()


async def test_other_encodings_are_refused() -> None:
    with pytest.raises(BadContentType):
        await request(b"", encoding=b"br").body()


async def test_a_client_that_leaves_in_the_middle_is_noticed() -> None:
    with pytest.raises(Disconnected):
        await request(b"ab", gone=True).body()


async def test_a_client_that_falls_silent_in_the_middle_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asgi, "BODY_PAUSE_S_MAX", 0.05)

    async def silent() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    asked = Request(scope_of("POST", "/", b""), silent, prefix=(), body_bytes_max=1)
    with pytest.raises(Disconnected):
        await asked.body()


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        (b"/db", ()),
        (b"/db/", ()),
        (b"/db/a%2Fb/c", ("a/b", "c")),
        (b"/db/a/", ("a",)),
        (b"/db//a", ("", "a")),
        (b"/a/b?x=1", ("a", "b")),
        (b"/db/%2e%2e/a+b", ("..", "a+b")),
    ],
)
def test_takes_a_path_apart_as_it_came(path: bytes, segments: tuple[str, ...]) -> None:
    assert request(path=path).segments == segments


def test_a_path_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(BadRequest):
        request(path=b"/db/%ff")


def test_the_origin_is_what_the_client_wrote() -> None:
    assert request().origin() == "http://a.test:80"


async def test_a_stream_is_closed_when_the_client_is_gone() -> None:
    closed = []

    async def parts() -> AsyncGenerator[bytes, None]:
        try:
            yield b"a" * WHOLE_BYTES_MAX
            yield b""
            yield b"b"
        finally:
            closed.append(True)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        if len(sent) == 2:
            raise OSError("gone")
        sent.append(message)

    with pytest.raises(OSError, match="gone"):
        await Stream(parts()).send(send, head=False)
    assert (len(sent), closed) == (2, [True])


async def test_an_answer_tells_its_length_even_without_its_body() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await Answer(200, b"abc").send(send, head=True)
    assert (b"content-length", b"3") in sent[0]["headers"]
    assert sent[1]["body"] == b""


class Sink:
    """What was sent."""

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.parts: list[bytes] = []

    async def __call__(self, message: Any) -> None:
        self.headers |= dict(message.get("headers", ()))
        self.parts += [message["body"]] if message.get("body") else []

    @property
    def body(self) -> bytes:
        return b"".join(self.parts)


LONG = b"a" * GZIP_BYTES_MIN


async def stream(*parts: bytes, is_live: bool = False, gzip: bool = True) -> Sink:
    async def made() -> AsyncGenerator[bytes, None]:
        for part in parts:
            yield part

    sink = Sink()
    await Stream(made(), is_live=is_live).send(sink, head=False, gzip=gzip)
    return sink


async def test_compresses_an_answer_where_it_pays() -> None:
    for answer, packed in (
        (Answer(200, LONG), True),
        (Answer(200, LONG[1:]), False),
        (Answer(201, LONG), False),
        (Answer(200, LONG, is_fixed=True), False),
    ):
        sink = Sink()
        await answer.send(sink, head=False, gzip=True)
        assert (sink.headers.get(b"content-encoding") == b"gzip") == packed
        assert (gzip.decompress(sink.body) if packed else sink.body) == answer.body
        assert int(sink.headers[b"content-length"]) == len(sink.body)
    plain = Sink()
    await Answer(200, LONG).send(plain, head=False)
    assert plain.body == LONG


async def test_compresses_a_stream_that_is_long_enough() -> None:
    packed = await stream(b"a", b"", LONG, b"b" * 9)
    assert packed.headers[b"content-encoding"] == b"gzip"
    assert gzip.decompress(packed.body) == b"a" + LONG + b"b" * 9
    for plain in (
        await stream(b"a", b"b"),
        await stream(LONG, b"b", is_live=True),
        await stream(LONG, b"b", gzip=False),
    ):
        assert b"content-encoding" not in plain.headers
    assert (await stream()).body == b""


async def test_a_short_stream_is_sent_whole() -> None:
    short = await stream(b"a", b"", b"b", gzip=False)
    assert (short.parts, short.headers[b"content-length"]) == ([b"ab"], b"2")
    long = await stream(b"a", b"a" * WHOLE_BYTES_MAX, b"b", gzip=False)
    assert long.parts == [b"a" * (WHOLE_BYTES_MAX + 1), b"b"]
    assert b"content-length" not in long.headers
    packed = await stream(b"a" * WHOLE_BYTES_MAX, b"b")
    assert b"content-length" not in packed.headers
    assert gzip.decompress(packed.body) == b"a" * WHOLE_BYTES_MAX + b"b"


async def test_a_stream_that_lives_is_sent_as_it_comes() -> None:
    assert (await stream(b"a", b"b", is_live=True)).parts == [b"a", b"b"]


async def test_an_answer_without_a_body_says_nothing_of_one() -> None:
    sink = Sink()
    await Answer(304, b"", ((b"etag", b'"a"'),)).send(sink, head=False)
    assert sink.headers == {b"etag": b'"a"'}


@pytest.mark.parametrize(
    ("peer", "coding", "packed"),
    [
        ("192.0.2.7", "gzip", True),
        ("2001:db8::1", "gzip", True),
        ("192.0.2.7", "identity", False),
        ("192.0.2.7", "gzip;q=0, *", False),
        ("127.0.0.1", "gzip", False),
        ("127.9.9.9", "gzip", False),
        ("::1", "gzip", False),
    ],
)
async def test_an_answer_is_compressed_for_who_asks_for_it_from_afar(
    couch: Scene, peer: str, coding: str, *, packed: bool
) -> None:
    await couch.ask("PUT", "/db/db1/doc", json={"x": "a" * 5000})
    transport = httpx.ASGITransport(app=couch.application.edge, client=(peer, 4242))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        answer = await client.get("/db/db1/doc", headers={"accept-encoding": coding})
    assert ("content-encoding" in answer.headers) == packed
    assert answer.json()["x"] == "a" * 5000


async def test_gzip_reaches_the_routes(couch: Scene) -> None:
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    body = gzip.compress(b'{"docs":[{"_id":"a"}]}')
    answer = await couch.ask("POST", "/db/db1/_bulk_docs", content=body, headers=headers)
    assert answer.json()[0]["ok"]
    bomb = gzip.compress(b'{"a":"' + b" " * 9 * 1024 * 1024)
    answer = await couch.ask("POST", "/db/db1/_bulk_docs", content=bomb, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    answer = await couch.ask("POST", "/db/db1/_bulk_docs", content=b"x" * (8 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
