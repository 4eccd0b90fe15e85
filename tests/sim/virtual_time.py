"""An event loop in which waiting costs nothing and nothing runs beside it.

When all that is ready has run, the clock jumps to the next timer. What is handed to a thread runs
in the loop itself, a moment later, so that others come in between; which moment is drawn from the
seed. A run in which nothing can happen any more is an error, not a hang.
"""

import asyncio
import selectors
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

THREAD_S_MAX = 0.004
"""What a piece of work in a thread takes at most, for example a COMMIT."""


class NothingLeft(Exception):
    """Everybody waits and nobody will ever come."""


class _Jump(selectors.BaseSelector):
    """Instead of waiting for a socket it moves the clock."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        number = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        key = selectors.SelectorKey(fileobj, number, events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise NothingLeft("everybody waits and nobody will ever come")
        self.now_s += timeout
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop whose `time()` goes on only while all wait.

    Args:
        chance: Decides how long work in a thread takes.
        begins_s: Its time at first.
    """

    def __init__(self, chance: Random, begins_s: float = 0.0) -> None:
        self._jump = _Jump(begins_s)
        self._chance = chance
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now_s

    def run_in_executor(  # type: ignore[override]  # as the base, which types it as a coroutine
        self, _executor: Any, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        future: asyncio.Future[T] = self.create_future()

        def run() -> None:
            if future.cancelled():
                return
            try:
                result = func(*args)
            except Exception as error:  # noqa: BLE001  # it belongs to whoever waits
                future.set_exception(error)
            else:
                future.set_result(result)

        self.call_later(self._chance.uniform(0.0, THREAD_S_MAX), run)
        return future


def runner(chance: Random, begins_s: float = 0.0) -> asyncio.Runner:
    """Runs coroutines on virtual time; arguments as of the loop."""

    def quiet() -> VirtualTimeLoop:
        loop = VirtualTimeLoop(chance, begins_s)
        # What a killed process leaves undone is nobody's fault.
        loop.set_exception_handler(lambda _loop, _context: None)
        return loop

    return asyncio.Runner(loop_factory=quiet)
