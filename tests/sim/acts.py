"""What people do with their phones in a world."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from sim.hosting import EPOCH_S
from sim.marks import note, pain
from sim.shipped import ShippedPhone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sim.world import World

    Act = Callable[[World, str], Awaitable[None]]

CLINICIANS: Final = ("rosa", "tom")


def is_clinician(name: str) -> bool:
    """Whether a phone is that of somebody of the clinic."""
    return name.startswith(CLINICIANS)


async def put(world: World, name: str) -> None:
    """Write one to three records; many where it is about taking them."""
    phone = world.phones[name]
    stream = "k" if is_clinician(name) and world.chance.random() < 0.3 else "c"
    count = world.chance.choice((6, 12, 24) if world.size.takes else (1, 1, 2, 3))
    marks = range(world.marks + 1, world.marks + 1 + count)
    world.marks += count
    if isinstance(phone, ShippedPhone):
        done = await world.attempt(name, "put", [EPOCH_S + mark for mark in marks])
    else:
        kind, record = ("nt", note) if is_clinician(name) else ("ev", pain)
        values = [record(mark) for mark in marks]
        done = await world.attempt(name, "put", world.circle, kind, values, tz_min=0, stream=stream)
    if done is not None:
        for mark in marks:
            world.witness.kept[mark] = (name, world.circle, stream)


async def sync(world: World, name: str) -> None:
    """Sync, as the phone does whenever it thinks that there is a network."""
    await world.attempt(name, "sync")


async def look(world: World, name: str) -> None:
    """Look at the record, and hold the phone to what it says of where things are."""
    shown = await world.attempt(name, "look", world.circle)
    store = world.hosting.store
    for one in shown or ():
        if one.place != "server" or not one.mark:
            continue
        world.witness.acknowledged.add(one.mark)
        if store is None or world.hosting.restores:
            continue
        if await store.read(world.circle, one.name) is None:
            world.witness.accuse(f"{name} says that a record is on the server, and it is not")


async def another_phone(world: World, name: str) -> None:
    """Bring in a further phone of the same person."""
    new = f"{name}+"
    if new in world.phones or len(name) > 8:
        return
    made = await world.attempt(name, "invite_own", world.circle)
    if made is None:
        return
    for _ in range(3):
        joined = await world.attempt(new, "join", made["link"])
        if joined is not None:
            world.witness.joined.add((world.circle, joined["device"]))
            return
        await asyncio.sleep(world.chance.uniform(60, 1800))


async def remove(world: World, name: str) -> None:
    """Take out a phone that was lost: never the only one of the clinic or the patient."""
    others = [one for one in world.phones.values() if one.id and one.name not in ("rosa", "amina")]
    others = [one for one in others if one.name != name and not world.is_removed(one.id)]
    if not others or not name.startswith(("rosa", "amina")):
        return
    gone = world.chance.choice(others)
    world.witness.threatened.add((world.circle, gone.id))
    done = await world.attempt(name, "remove", world.circle, [gone.id])
    if done is not None:
        world.witness.removed.add((world.circle, gone.id))


async def rekey(world: World, name: str) -> None:
    """Open a new key."""
    await world.attempt(name, "rekey", world.circle)


async def grant(world: World, name: str) -> None:
    """Show a clinician what is for clinicians alone."""
    tom = world.phones.get("tom")
    if name.startswith("rosa") and tom is not None and tom.id:
        await world.attempt(name, "grant", world.circle, tom.id)


async def snapshot(world: World, name: str) -> None:
    """Write down all that is known in one document."""
    await world.attempt(name, "snapshot", world.circle)


ACTS: Final[tuple[tuple[int, Act], ...]] = (
    (30, put),
    (40, sync),
    (12, look),
    (4, another_phone),
    (4, remove),
    (4, rekey),
    (3, grant),
    (3, snapshot),
)

EVERYBODYS: Final = (put, sync, look)
"""What a phone with the shipped client does in a world; the rest is done by headless ones."""


async def live(world: World, name: str, count: int, until_s: float) -> None:
    """One phone's day: some acts at some times."""
    loop = asyncio.get_running_loop()
    times = sorted(world.chance.uniform(loop.time(), until_s) for _ in range(count))
    weights = [weight for weight, _ in ACTS]
    for time in times:
        await asyncio.sleep(max(0.0, time - loop.time()))
        [(_, act)] = world.chance.choices(ACTS, weights)
        if act in EVERYBODYS or not isinstance(world.phones[name], ShippedPhone):
            await act(world, name)
