"""Readers asleep until a database changes."""

import asyncio


class Waiters:
    """Those who sleep on one database; all are woken by each change.

    Belongs to one event loop; nothing here may be called from another thread.
    """

    __slots__ = ("_asleep",)

    def __init__(self) -> None:
        self._asleep: set[asyncio.Future[None]] = set()

    def __len__(self) -> int:
        """How many are asleep."""
        return len(self._asleep)

    async def sleep(self, timeout_s: float) -> bool:
        """Sleep until woken; False when `timeout_s` seconds passed instead."""
        future = asyncio.get_running_loop().create_future()
        self._asleep.add(future)
        try:
            async with asyncio.timeout(timeout_s):
                await future
        except TimeoutError:
            return False
        finally:
            self._asleep.discard(future)
        return True

    def wake(self) -> None:
        """Let everybody look again."""
        for future in self._asleep:
            if not future.done():
                future.set_result(None)
