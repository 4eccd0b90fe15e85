"""Bytes that no client library would send, over real sockets to a real process."""

import contextlib
import os
import random
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from e2e.server_process import ServerProcess

LONG = os.environ.get("REJOINT_LONG") == "1"
ANSWER_S_MAX = 30.0
"""Half of what a server waits for a body that pauses."""
QUIET_S = 0.1
"""A server that says nothing for so long waits for more."""
SLOW = 2_000 if LONG else 200
JUNK = 1_500 if LONG else 150

HEAD = b"POST /db/db1/_bulk_docs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
BODY = b'{"docs":[{"_id":"smuggled"}]}'
SIZED = HEAD + b"content-length: %d\r\n" % len(BODY)

MESSAGES = [
    b"",
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\nhost: x\r\n\r\n",
    b"GET /db/\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 100,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    b"GET /db/\x00 HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /db/\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /db/../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET http://other/db/ HTTP/1.1\r\nhost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n",
    b"CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /db/ HTTP/1.1\r\n\r\n",
    b"GET /db/ HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /db/ HTTP/1.1\r\nhost: x\r\n" + b"a: b\r\n" * 5_000 + b"\r\n",
    b"GET /db/ HTTP/1.1\r\nhost: x\r\na: " + b"b" * 1_000_000 + b"\r\n\r\n",
    b"GET /db/ HTTP/1.1\r\nhost: x\r\na : b\r\n\tfolded\r\n\r\n",
    HEAD + b"content-length: -1\r\n\r\n" + BODY,
    HEAD + b"content-length: 99999999999999999999999\r\n\r\n" + BODY,
    HEAD + b"content-length: 18446744073709551615\r\n\r\n" + BODY,
    HEAD + b"content-length: 3\r\ncontent-length: 300\r\n\r\n" + BODY,
    HEAD + b"content-length: 5\r\n\r\n" + BODY,
    HEAD + b"content-length: 500\r\n\r\n" + BODY,
    SIZED + b"transfer-encoding: chunked\r\n\r\n" + BODY,
    HEAD + b"transfer-encoding: chunked\r\n\r\n" + BODY,
    HEAD + b"transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + BODY,
    HEAD + b"transfer-encoding: chunked\r\n\r\n-5\r\n" + BODY,
    HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n5\r\n" + BODY,
    HEAD + b"transfer-encoding: chunked\r\n\r\n5;" + b"x" * 100_000 + b"\r\n" + BODY,
    SIZED + b"expect: 200-maybe\r\n\r\n" + BODY,
    SIZED + b"content-encoding: gzip\r\n\r\n" + BODY,
    b"PUT /db/db1/a/t HTTP/1.1\r\nhost: x\r\ncontent-length: 4294967296\r\n\r\nab",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    folder = tmp_path_factory.mktemp("sockets")
    log = folder / "log"
    with ServerProcess(folder / "data", log, "--policy", "open") as process:
        assert httpx.put(f"{process.url}/db/db1").status_code == 201
        parts = urlsplit(process.url)
        yield str(parts.hostname), int(parts.port or 0)
        assert httpx.get(f"{process.url}/db/_up").json() == {"status": "ok"}
    text = log.read_text()
    assert "Traceback" not in text
    assert "level=error" not in text
    assert "panicked" not in text


def opened(server: tuple[str, int]) -> socket.socket:
    return socket.create_connection(server, timeout=ANSWER_S_MAX)


def exchanged(server: tuple[str, int], message: bytes, *, quiet_s: float = QUIET_S) -> bytes:
    """What comes back until the server closes, or has been silent for a while."""
    found = b""
    with opened(server) as connection, contextlib.suppress(ConnectionError, TimeoutError):
        connection.sendall(message)
        connection.settimeout(quiet_s)
        while part := connection.recv(65_536):
            found += part
    return found


def up_s(server: tuple[str, int]) -> float:
    begun = time.monotonic()
    message = b"GET /db/_up HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    assert b'{"status":"ok"}' in exchanged(server, message, quiet_s=ANSWER_S_MAX)
    return time.monotonic() - begun


def assert_no_mistake(answer: bytes) -> None:
    if answer.startswith(b"HTTP/1."):
        status = int(answer.split()[1])
        assert status < 500 or status == 501, answer[:500]


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_a_message_that_is_none_ends_its_own_connection_only(
    server: tuple[str, int], message: bytes
) -> None:
    assert_no_mistake(exchanged(server, message))
    up_s(server)


def test_random_bytes_do_no_harm(server: tuple[str, int]) -> None:
    dice = random.Random(5)
    for _ in range(JUNK):
        message = bytearray(dice.choice(MESSAGES)[:2_000] or b"GET / HTTP/1.1\r\n\r\n")
        for _ in range(dice.randint(1, 8)):
            message[dice.randrange(len(message))] = dice.randrange(256)
        assert_no_mistake(exchanged(server, bytes(message), quiet_s=0.02))
    up_s(server)


def test_slow_bodies_hold_up_nobody(server: tuple[str, int]) -> None:
    """Many clients that send one byte now and then; others are answered meanwhile."""
    slow = [opened(server) for _ in range(SLOW)]
    try:
        for number, connection in enumerate(slow):
            kind = number % 3
            message = [b"POST /db/db1", HEAD, HEAD + b"content-length: 9000\r\n\r\n{"][kind]
            connection.sendall(message)
        for _ in range(3):
            for connection in slow:
                connection.sendall(b" ")
            assert up_s(server) < ANSWER_S_MAX
    finally:
        for connection in slow:
            connection.close()
    assert up_s(server) < ANSWER_S_MAX


def test_clients_that_read_nothing_hold_up_nobody(server: tuple[str, int]) -> None:
    host, port = server
    with httpx.Client(base_url=f"http://{host}:{port}/db/db1") as client:
        docs = [{"_id": f"big {n:03}", "text": "x" * 5_000} for n in range(400)]
        assert client.post("/_bulk_docs", json={"docs": docs}).status_code == 201
    deaf = [opened(server) for _ in range(40)]
    try:
        for connection in deaf:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(
                b"GET /db/db1/_all_docs?include_docs=true HTTP/1.1\r\nhost: x\r\n\r\n"
            )
        assert up_s(server) < ANSWER_S_MAX
    finally:
        for connection in deaf:
            connection.close()
    assert up_s(server) < ANSWER_S_MAX
