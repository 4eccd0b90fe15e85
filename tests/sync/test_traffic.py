"""How long connections were made, as the client's trace tells it."""

import time

import pytest

from rejoint_sync.traffic import Dial, Traffic


async def test_a_connection_is_made_until_the_request_goes_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    traffic = Traffic(connecting_s=1.0)
    dial = Dial(traffic)
    await dial.note("connection.connect_tcp.started", {})
    now_s += 2.0
    await dial.note("connection.start_tls.complete", {})
    now_s += 0.5
    await dial.note("http11.send_request_headers.started", {})
    now_s += 9.0
    dial.end()
    assert traffic.connecting_s == 3.5


async def test_a_connection_that_was_there_takes_no_time() -> None:
    traffic = Traffic()
    dial = Dial(traffic)
    await dial.note("http11.send_request_headers.started", {})
    dial.end()
    assert traffic.connecting_s == 0
