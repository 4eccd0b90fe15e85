"""The only place that reads the clock."""

import functools
import time
from email.utils import formatdate
from typing import Protocol


class Clock(Protocol):
    """What the server asks about time."""

    def now_s(self) -> int:
        """Unix time in whole seconds."""
        ...

    def monotonic_s(self) -> float:
        """Seconds since some moment; never goes back."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_s(self) -> int:
        """Unix time in whole seconds."""
        return int(time.time())

    def monotonic_s(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic()


class ManualClock:
    """A clock that tests move.

    Attributes:
        now: Unix time in seconds, fractions allowed.
    """

    def __init__(self, now: float) -> None:
        self.now = now

    def now_s(self) -> int:
        """Unix time in whole seconds."""
        return int(self.now)

    def monotonic_s(self) -> float:
        """The same time: nothing but `now` moves it."""
        return self.now


@functools.lru_cache(maxsize=2)
def http_date(now_s: int) -> bytes:
    """The value of a Date header, for example `Sat, 21 Nov 2026 19:00:00 GMT`."""
    return formatdate(now_s, usegmt=True).encode("ascii")


def timestamp() -> str:
    """UTC now with microseconds, for the log: `2026-11-21T19:00:00.123456Z`."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds // 1000:06d}Z"


@functools.lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
