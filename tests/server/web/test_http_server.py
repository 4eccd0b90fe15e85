"""Sockets and their names. The server itself is tested as a process in test_serve.py."""

import socket

import pytest

from rejoint_server.web.http_server import allow_many_connections, listen, near, url_of


def test_port_0_gets_a_free_port_and_tells_it() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert url_of(listener) == f"http://127.0.0.1:{port}"
        with socket.create_connection(("127.0.0.1", port)):
            pass


def test_a_port_is_had_by_one_only() -> None:
    with listen("127.0.0.1", 0) as listener, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", listener.getsockname()[1])


def test_small_parts_are_sent_at_once() -> None:
    """Without it the end of an answer in parts waits 40 ms for the client's acknowledgement."""
    with listen("127.0.0.1", 0) as listener:
        listener.settimeout(5)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://0.0.0.0:80", "http://127.0.0.1:80"),
        ("http://[::]:80", "http://[::1]:80"),
        ("http://192.0.2.1:80", "http://192.0.2.1:80"),
    ],
)
def test_every_address_is_reached_at_the_nearest(url: str, expected: str) -> None:
    assert near(url) == expected


def test_asking_for_many_connections_harms_nothing() -> None:
    allow_many_connections()
