"""Sessions of devices: sixteen random bytes for a day, instead of a signed token in each request.

A session says which device asks and nothing else: what that device may do is decided by the logs
at each use. Sessions are held in memory; after a restart a device logs in again.
"""

import hashlib
import secrets
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Final

from rejoint_server.clock import Clock
from rejoint_sync.circle.encoding import b64u_encode

SESSION_S: Final = 24 * 3600
"""How long a session lasts, in seconds; there is no renewal."""

SESSION_BYTES: Final = 16
SESSIONS_PER_DEVICE_MAX: Final = 8
"""Sessions of one device at once; a new one ends its oldest."""

SESSIONS_KEPT: Final = 100_000
"""Sessions of all devices at once, about 20 MB; the oldest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a device is given.

    Attributes:
        token: 22 characters, base64url.
        exp: Unix second at which it ends.
    """

    token: str
    exp: int


class DeviceSessions:
    """Gives out sessions and knows them again.

    Args:
        clock: Decides when one is over.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # By the hash of the token: what lies in memory opens nothing.
        self._open: OrderedDict[bytes, tuple[str, int]] = OrderedDict()
        self._count: Counter[str] = Counter()

    def open(self, device: str) -> Session:
        """Begin a session of a device that has just proved itself."""
        if self._count[device] >= SESSIONS_PER_DEVICE_MAX:
            mine = (key for key, (name, _) in self._open.items() if name == device)
            self._forget(next(mine))
        token = b64u_encode(secrets.token_bytes(SESSION_BYTES))
        exp = self._clock.now_s() + SESSION_S
        self._open[_key(token)] = (device, exp)
        self._count[device] += 1
        while len(self._open) > SESSIONS_KEPT:
            self._forget(next(iter(self._open)))
        return Session(token, exp)

    def device_of(self, token: str) -> str | None:
        """Whose session this is; None when there is none, or it is over."""
        found = self._open.get(_key(token))
        if found is None:
            return None
        if self._clock.now_s() >= found[1]:
            self._forget(_key(token))
            return None
        return found[0]

    def _forget(self, key: bytes) -> None:
        device, _ = self._open.pop(key)
        self._count[device] -= 1
        if not self._count[device]:
            del self._count[device]


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
