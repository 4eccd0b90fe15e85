"""Requests of the last hour are counted, thing by thing, in bounded memory."""

import pytest

from rejoint_server.access import rates
from rejoint_server.access.rates import HourlyRate
from rejoint_server.clock import ManualClock
from rejoint_sync.errors import TooManyRequests


def test_an_hour_holds_so_many() -> None:
    clock = ManualClock(1000)
    rate = HourlyRate(clock, 2)
    rate.count("a")
    clock.now += 10
    rate.count("a")
    with pytest.raises(TooManyRequests):
        rate.count("a")
    rate.count("b")
    clock.now += 3590
    rate.count("a")
    with pytest.raises(TooManyRequests):
        rate.count("a")


def test_the_longest_unasked_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "KEYS_COUNTED", 2)
    rate = HourlyRate(ManualClock(0), 1)
    for key in "abc":
        rate.count(key)
    assert list(rate._asked) == ["b", "c"]
