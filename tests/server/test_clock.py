"""The clock, and how a moment is written in a header."""

from rejoint_server.clock import ManualClock, SystemClock, http_date


def test_writes_a_date_as_http_wants_it() -> None:
    assert http_date(784111777) == b"Sun, 06 Nov 1994 08:49:37 GMT"


def test_a_manual_clock_stands_still() -> None:
    clock = ManualClock(1.9)
    assert (clock.now_s(), clock.monotonic_s()) == (1, 1.9)


def test_the_systems_clock_goes_on() -> None:
    clock = SystemClock()
    assert clock.now_s() > 1_700_000_000
    assert clock.monotonic_s() <= clock.monotonic_s()
