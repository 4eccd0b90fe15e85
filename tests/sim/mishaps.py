"""What befalls a world from outside."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sim.world import Phone, World

    Mishap = Callable[[World], Awaitable[None]]


def _someone(world: World) -> Phone:
    return world.chance.choice(list(world.phones.values()))


async def weather(world: World) -> None:
    """The network of somebody changes."""
    phone = _someone(world)
    phone.link.weather = world.chance.choice(("good", "bad", "bad", "bad", "none"))
    world.trace.note(phone.name, f"network: {phone.link.weather}")


async def clock_jump(world: World) -> None:
    """Somebody's clock is wrong by up to a year."""
    phone = _someone(world)
    phone.ahead_s = world.chance.choice((0.0, -86_400.0, 7_200.0, -400.0, 31_536_000.0))
    world.trace.note(phone.name, f"clock: {phone.ahead_s:+.0f} s")


async def phone_kill(world: World) -> None:
    """The process of a phone ends at some gate that it will come to, or now."""
    phone = _someone(world)
    phone.kill_in = world.chance.randrange(1, 25)
    world.trace.note(phone.name, f"will be killed in {phone.kill_in}")


async def killed_taking(world: World) -> None:
    """The process of a phone ends while it takes what is new."""
    phone = _someone(world)
    phone.kill_taking = world.chance.randrange(1, 9)
    world.trace.note(phone.name, f"will be killed while it takes, in {phone.kill_taking}")


async def phone_full(world: World) -> None:
    """A phone's disk is full for some writes."""
    phone = _someone(world)
    phone.full = world.chance.randrange(1, 5)
    world.trace.note(phone.name, f"disk full for {phone.full}")


async def server_full(world: World) -> None:
    """The server's disk is full for some writes."""
    world.hosting.full = world.chance.randrange(1, 6)
    world.trace.note("server", f"disk full for {world.hosting.full}")


async def server_kill(world: World) -> None:
    """The server's process ends and comes back."""
    if not world.hosting.up:
        return
    if world.chance.random() < 0.7:
        # A moment after somebody writes: what is not on the disk by then is lost.
        await world.hosting.written(within_s=7_200.0)
        await asyncio.sleep(world.chance.uniform(0.0, 0.004))
    world.trace.note("server", "killed")
    async with world.upheaval:
        await world.hosting.kill()
        await asyncio.sleep(world.chance.uniform(1.0, 900.0))
        await world.hosting.start()
    world.trace.note("server", "up")


async def back_up(world: World) -> None:
    """The operator makes a backup."""
    async with world.upheaval:
        world.backups.append(world.hosting.back_up())
    world.trace.note("server", f"backup {len(world.backups)}")


async def restore(world: World) -> None:
    """The server's store is lost; a backup takes its place."""
    if not world.backups or world.hosting.restores >= 2:
        return
    chosen, journal = world.chance.randrange(len(world.backups)), world.chance.random() < 0.5
    async with world.upheaval:
        await world.hosting.restore(world.backups[chosen], journal=journal)
    words = "with its journal" if journal else "without a journal"
    world.trace.note("server", f"restored from backup {chosen + 1} {words}")


async def loss(world: World) -> None:
    """What was written after a backup is lost, with all that was told of it."""
    if world.hosting.restores >= 3:
        return
    await back_up(world)
    await asyncio.sleep(world.chance.uniform(1_800.0, 7_200.0))
    async with world.upheaval:
        await world.hosting.restore(world.backups[-1], journal=world.chance.random() < 0.7)
    world.trace.note("server", "restored from the newest backup")


MISHAPS: Final[tuple[tuple[int, Mishap], ...]] = (
    (30, weather),
    (6, clock_jump),
    (20, phone_kill),
    (8, phone_full),
    (4, server_full),
    (8, server_kill),
    (7, back_up),
    (7, restore),
)

LOSSES: Final[tuple[tuple[int, Mishap], ...]] = (
    (12, weather),
    (30, phone_kill),
    (6, server_kill),
    (20, loss),
)
"""Of worlds whose stores are lost and whose phones die while they take what is new."""


TAKINGS: Final[tuple[tuple[int, Mishap], ...]] = (
    (12, weather),
    (30, killed_taking),
    (4, server_kill),
)
"""Of worlds in which answers are not heard to their end."""


async def befall(world: World, count: int, until_s: float) -> None:
    """Some mishaps at some times."""
    loop = asyncio.get_running_loop()
    times = sorted(world.chance.uniform(loop.time(), until_s) for _ in range(count))
    table = LOSSES if world.size.loses else TAKINGS if world.size.takes else MISHAPS
    weights = [weight for weight, _ in table]
    for time in times:
        await asyncio.sleep(max(0.0, time - loop.time()))
        [(_, mishap)] = world.chance.choices(table, weights)
        await mishap(world)
