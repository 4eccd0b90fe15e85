"""A process that holds a whole world checks the same things over and over: once is enough.

What is remembered are pure functions of bytes, so nothing in a world can tell the difference.
"""

from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature

from rejoint_sync.circle import envelope, jws
from rejoint_sync.circle.log import Membership
from sim.stand_ins import stand_in, stand_in_everywhere

_logs: dict[tuple[str, str, str], Membership] = {}


class _Point:
    """A public key that knows which signatures it has checked."""

    def __init__(self, key: Any) -> None:
        self.key = key
        self._checked: dict[tuple[bytes, bytes], bool] = {}

    def verify(self, signature: bytes, message: bytes, algorithm: Any) -> None:
        known = self._checked.get((signature, message))
        if known is None:
            try:
                self.key.verify(signature, message, algorithm)
                known = True
            except InvalidSignature:
                known = False
            self._checked[signature, message] = known
        if not known:
            raise InvalidSignature


def install() -> None:
    """From now on this process remembers; what it knew of logs so far it forgets."""
    _logs.clear()
    if isinstance(getattr(envelope, "_public", None), _Remembering):
        return
    stand_in(envelope, "_public", _Remembering(envelope._public))
    stand_in(envelope, "_private", lru_cache(maxsize=4096)(envelope._private))
    for function in (envelope.es256_sign, envelope.hpke_open, jws.parse_jws):
        stand_in_everywhere(function, lru_cache(maxsize=4096)(function))
    stand_in(Membership, "append", _appending(Membership.append))
    stand_in(Membership, "founded", _founding(Membership.founded))


def _appending(append: Any) -> Any:
    def remembered(before: Membership, entry: dict[str, Any]) -> Membership:
        # The head stands for all entries before; what breaks a rule is judged each time anew.
        name = (before.circle, before.head, str(entry))
        if name not in _logs:
            _logs[name] = append(before, entry)
        return _logs[name]

    return remembered


def _founding(founded: Any) -> Any:
    firsts: dict[str, Membership] = {}

    def remembered(entry: dict[str, Any]) -> Membership:
        name = str(entry)
        if name not in firsts:
            firsts[name] = founded(entry)
        return firsts[name]

    return remembered


class _Remembering:
    def __init__(self, read: Any) -> None:
        self._read = lru_cache(maxsize=4096)(lambda point: _Point(read(point)))

    def __call__(self, point: bytes) -> _Point:
        return self._read(point)
