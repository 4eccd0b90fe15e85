"""What is counted, what is weather and what is an answer."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import orjson
import pytest

from rejoint_sync import errors
from rejoint_sync.drive import (
    Connection,
    RemotePeer,
    Unreachable,
    error_of,
    open_client,
)
from rejoint_sync.errors import CircleError
from rejoint_sync.replicator import (
    BulkDocs,
    BulkGet,
    Changes,
    GetLocal,
    PutLocal,
    Refusal,
    RevsDiff,
    Row,
)
from rejoint_sync.traffic import Traffic

Handler = Callable[[httpx.Request], httpx.Response]


def answer(value: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=value, headers={"date": "Wed, 04 Nov 2026 10:00:00 GMT"})


class Line:
    """A connection to a server that is a function."""

    def __init__(self, handler: Handler, token: Callable[[], str] | None = None) -> None:
        self.traffic = Traffic()
        self.heard: list[int] = []
        self.requests: list[httpx.Request] = []

        def note(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return handler(request)

        client = httpx.AsyncClient(
            transport=httpx.MockTransport(note), base_url="http://server.example"
        )
        self.connection = Connection(client, self.traffic, token, self.heard.append)
        self.peer = RemotePeer(self.connection, "c1")


async def test_hears_the_servers_time_at_each_answer() -> None:
    line = Line(lambda _: answer({"ok": True}))
    await line.connection.call("GET", "/db/")
    assert line.heard == [1_793_786_400]


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, html="<html>Welcome to the café</html>"),
        httpx.Response(302, headers={"location": "http://portal.example"}),
        httpx.Response(302, json={}),
        httpx.Response(502, text="bad gateway"),
        httpx.Response(503, json={"message": "not ours"}),
        httpx.Response(511, html="<html>log in</html>"),
    ],
)
async def test_an_answer_that_is_not_the_servers_is_weather(response: httpx.Response) -> None:
    """Also its clock is not believed."""
    response.headers["date"] = "Wed, 04 Nov 2026 10:00:00 GMT"
    line = Line(lambda _: response)
    with pytest.raises(Unreachable):
        await line.connection.call("GET", "/db/c1")
    assert line.heard == []


@pytest.mark.parametrize(
    "value",
    [{}, [], {"results": [{}]}, {"results": [], "last_seq": None}, {"results": {}, "last_seq": []}],
)
async def test_json_of_another_form_is_weather(value: Any) -> None:
    line = Line(lambda _: answer(value))
    with pytest.raises(Unreachable):
        await line.peer.answer(Changes("source", None, 10))


async def test_no_answer_is_weather() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    line = Line(refuse)
    with pytest.raises(Unreachable, match="no answer from the server"):
        await line.connection.call("GET", "/db/c1")
    assert line.traffic.requests == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequest),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.ConflictError),
        (413, errors.TooLarge),
        (503, Unreachable),
    ],
)
def test_a_refusal_is_the_error_of_its_status(status: int, kind: type[Exception]) -> None:
    error = error_of(status, {"error": "word", "reason": "because"})
    assert type(error) is kind
    assert str(error) == "because"


def test_a_refusal_with_a_code_is_a_circle_error() -> None:
    error = error_of(409, {"error": "conflict", "reason": "someone was faster", "code": "seq"})
    assert isinstance(error, CircleError)
    assert error.code == "seq"


def test_a_code_that_nobody_knows_is_not_taken_over() -> None:
    error = error_of(403, {"error": "forbidden", "reason": "no", "code": "brand-new"})
    assert type(error) is errors.Forbidden


async def test_a_wrong_clock_asks_once_more() -> None:
    tokens = iter(["old", "new", "never"])

    def handler(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "Bearer old":
            return answer({"error": "unauthorized", "reason": "time", "code": "clock"}, 401)
        return answer({"ok": True})

    line = Line(handler, lambda: next(tokens))
    assert await line.connection.call("GET", "/circles") == {"ok": True}
    assert line.heard == [1_793_786_400] * 2


async def test_a_clock_that_stays_wrong_is_said() -> None:
    line = Line(
        lambda _: answer({"error": "unauthorized", "reason": "time", "code": "clock"}, 401),
        lambda: "token",
    )
    with pytest.raises(CircleError, match="time"):
        await line.connection.call("GET", "/circles")
    assert line.traffic.requests == 2


async def test_asks_in_the_words_of_the_protocol() -> None:
    line = Line(lambda _: answer({"results": [], "last_seq": "4-k", "pending": 0}))
    await line.peer.answer(Changes("source", "3-k", 100))
    await line.peer.answer(Changes("source", None, 100))
    queries = [dict(request.url.params) for request in line.requests]
    assert queries[0] == {"style": "all_docs", "limit": "100", "since": "3-k"}
    assert "since" not in queries[1]
    assert line.requests[0].url.path == "/db/c1/_changes"


async def test_reads_a_page_of_the_feed() -> None:
    rows = [{"id": "a", "seq": "1", "changes": [{"rev": "1-x"}, {"rev": "1-y"}]}]
    line = Line(lambda _: answer({"results": rows, "last_seq": 7}))
    page = await line.peer.answer(Changes("source", None, 100))
    assert page.rows == (Row("a", ("1-x", "1-y")),)
    assert (page.last, page.pending) == (7, None)


async def test_a_missing_note_is_none() -> None:
    line = Line(lambda _: answer({"error": "not_found", "reason": "missing"}, 404))
    assert await line.peer.answer(GetLocal("target", "rj1")) is None


async def test_a_written_note_has_a_revision() -> None:
    line = Line(lambda _: answer({"ok": True, "id": "_local/rj1", "rev": "0-3"}, 201))
    assert await line.peer.answer(PutLocal("target", "rj1", {"_id": "_local/rj1"})) == "0-3"


async def test_missing_revisions() -> None:
    line = Line(lambda _: answer({"a": {"missing": ["2-b"], "possible_ancestors": ["1-a"]}}))
    assert await line.peer.answer(RevsDiff("target", {"a": ("2-b",)})) == {"a": ["2-b"]}


async def test_a_newer_leaf_answers_for_the_revision_that_was_asked_for() -> None:
    newer = {"_id": "a", "_rev": "3-c", "_revisions": {"start": 3, "ids": ["c", "b"]}}
    results = [
        {"id": "a", "docs": [{"ok": newer}]},
        {"id": "b", "docs": [{"error": {"id": "b", "rev": "1-b", "error": "not_found"}}]},
        {"id": "d", "docs": [{"error": {"id": "d", "error": "forbidden", "reason": "no"}}]},
    ]
    line = Line(lambda _: answer({"results": results}))
    fetched = await line.peer.answer(BulkGet("source", {"a": ["2-b"], "b": ["1-b"], "d": ["1-d"]}))
    assert fetched.documents == (newer,)
    assert fetched.gone == ("b",)
    assert fetched.refused == (Refusal("d", "source", "forbidden", "no"),)


async def test_an_answer_without_the_revision_counts_as_gone() -> None:
    line = Line(lambda _: answer({"results": []}))
    fetched = await line.peer.answer(BulkGet("source", {"a": ["2-b"]}))
    assert fetched.gone == ("a",)


async def test_only_refused_rows_are_named() -> None:
    rows = [
        {"ok": True, "id": "a", "rev": "1-a"},
        {"id": "b", "error": "forbidden", "reason": "not the author", "code": "author"},
        {"id": "c", "error": "forbidden", "reason": "no"},
    ]
    line = Line(lambda _: answer(rows, 201))
    refused = await line.peer.answer(BulkDocs("target", ({"_id": "a", "_rev": "1-a"},)))
    assert [(one.id, one.code) for one in refused] == [("b", "author"), ("c", "forbidden")]
    sent = orjson.loads(line.requests[0].content)
    assert sent == {"new_edits": False, "docs": [{"_id": "a", "_rev": "1-a"}]}


@contextmanager
def tcp_server(reply: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answers one request with these bytes; keeps what it received."""
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(65536)
            head, _, body = request.partition(b"\r\n\r\n")
            length = next(
                (
                    int(line[16:])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length:")
                ),
                0,
            )
            while len(body) < length:
                more = connection.recv(65536)
                request += more
                body += more
            received.append(request)
            connection.sendall(reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", received
    finally:
        thread.join(5)
        listener.close()


async def ask_over_tcp(origin: str, body: object) -> Traffic:
    traffic = Traffic()
    async with open_client(origin) as client:
        connection = Connection(client, traffic, lambda: "token", lambda _now: None)
        await connection.call("POST", "/db/c1/_revs_diff", params={"a": 1}, body=body)
    return traffic


@pytest.mark.parametrize("body", [None, {"a": ["1-x"]}])
async def test_counts_the_bytes_that_a_socket_sees(body: object) -> None:
    reply = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    with tcp_server(reply) as (origin, received):
        traffic = await ask_over_tcp(origin, body)
    assert traffic.bytes_up == len(received[0])
    assert traffic.bytes_down == len(reply)
    assert traffic.requests == 1


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
    ],
)
async def test_a_cut_answer_is_weather(reply: bytes) -> None:
    with tcp_server(reply) as (origin, _), pytest.raises(Unreachable):
        await ask_over_tcp(origin, {})


async def test_a_closed_port_is_weather() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match="ConnectError"):
        await asyncio.wait_for(ask_over_tcp(f"http://127.0.0.1:{port}", {}), 60)


async def test_a_stream_has_no_headers_that_nobody_reads() -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"y", headers={"content-type": "application/x"})

    line = Line(handler)
    stream = line.connection.stream("/sync", b"x", "application/x", "s")
    assert [part async for part in stream] == [b"y"]
    assert set(line.requests[0].headers) == {
        "host",
        "accept-encoding",
        "authorization",
        "content-length",
        "content-type",
    }


async def test_streams_tell_how_long_their_connection_took_to_be_made() -> None:
    traffic = Traffic()
    reply = b"HTTP/1.1 200 OK\r\ncontent-type: application/x\r\ncontent-length: 2\r\n\r\nok"
    with tcp_server(reply) as (origin, _):
        async with open_client(origin) as client:
            connection = Connection(client, traffic, None, lambda _now: None)
            begun_s = time.monotonic()
            parts = [part async for part in connection.stream("/sync", b"x", "application/x")]
            took_s = time.monotonic() - begun_s
            assert parts == [b"ok"]
            assert 0 < traffic.connecting_s < took_s


async def test_a_connection_that_is_not_made_is_all_that_a_request_was() -> None:
    traffic = Traffic()
    async with open_client("http://127.0.0.1:1") as client:
        connection = Connection(client, traffic, None, lambda _now: None)
        with pytest.raises(Unreachable):
            [part async for part in connection.stream("/sync", b"x", "application/x")]
    assert traffic.connecting_s > 0
