import asyncio

from rejoint_sync.stores.waiters import Waiters


async def test_all_who_sleep_are_woken_once() -> None:
    waiters = Waiters()
    sleepers = [asyncio.ensure_future(waiters.sleep(30)) for _ in range(3)]
    await asyncio.sleep(0)
    waiters.wake()
    waiters.wake()
    assert await asyncio.gather(*sleepers) == [True] * 3


async def test_nobody_is_kept_after_waking_leaving_or_time_out() -> None:
    """A longpoll that ends must leave nothing behind, or the list grows for ever."""
    waiters = Waiters()
    leaving, woken = (asyncio.ensure_future(waiters.sleep(30)) for _ in range(2))
    assert not await waiters.sleep(0.001)
    leaving.cancel()
    await asyncio.sleep(0)
    waiters.wake()
    await woken
    await asyncio.wait([leaving])
    assert leaving.cancelled()
    assert len(waiters) == 0


async def test_waking_nobody_is_fine() -> None:
    Waiters().wake()


async def test_no_time_is_no_sleep() -> None:
    assert not await Waiters().sleep(-1)
