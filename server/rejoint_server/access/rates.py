"""How often something may be asked for without a login, counted in memory."""

from collections import OrderedDict, deque
from typing import Final

from rejoint_server.clock import Clock
from rejoint_sync.errors import TooManyRequests

HOUR_S: Final = 3600
KEYS_COUNTED: Final = 10_000
"""Things whose requests are counted at once; the longest unasked is forgotten first."""


class HourlyRate:
    """Counts the requests of the last hour, thing by thing.

    Args:
        clock: The time.
        times: How often in an hour is fine.
    """

    def __init__(self, clock: Clock, times: int) -> None:
        self._clock = clock
        self._times = times
        self._asked: OrderedDict[str, deque[int]] = OrderedDict()

    def count(self, key: str) -> None:
        """Count one request for a thing. Raises `TooManyRequests`."""
        now_s = self._clock.now_s()
        asked = self._asked.setdefault(key, deque())
        self._asked.move_to_end(key)
        while asked and asked[0] <= now_s - HOUR_S:
            asked.popleft()
        if len(asked) >= self._times:
            raise TooManyRequests("This was asked for too often; wait an hour.")
        asked.append(now_s)
        while len(self._asked) > KEYS_COUNTED:
            self._asked.popitem(last=False)
