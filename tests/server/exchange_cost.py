"""What a request of one-request sync costs a device that is informed, in bytes of two bodies."""

from dataclasses import dataclass

from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.exchange.messages import Given, Receipt
from server.heavy import lengthen
from server.ring import Ring
from server.sync_client import Handset

ENTRIES = 10


@dataclass(frozen=True, slots=True)
class Cost:
    """Bytes of two bodies, up and down together.

    Attributes:
        idle: Of a request with nothing new on either side.
        each_way: Of one that brings a record and is given one.
    """

    idle: int
    each_way: int


async def informed(phone: Handset) -> int:
    """Ask until nothing more comes; how many documents came."""
    came = 0
    while True:
        said = await phone.sync()
        came += len(said.names)
        if not said.more:
            return came


async def cost(ring: Ring, phone: Handset) -> Cost:
    """Of a device that is informed of everything."""
    said = await phone.sync()
    assert (said.names, said.more) == ([], False)
    idle = phone.bytes_up + said.bytes_down
    await ring.push(ring.founder, ring.record(ring.founder))
    brought = phone.records(ring.circle, [ring.record(phone.keys)])
    said = await phone.sync(brought)
    assert len(said.of(Receipt)) == len(said.of(Given)) == len(said.names) == 1
    each_way = phone.bytes_up + said.bytes_down
    echo = await phone.sync()
    assert echo.names == []
    assert phone.bytes_up + echo.bytes_down <= idle + 2
    return Cost(idle, each_way)


async def of_length(clinic: Ring, documents: int) -> Cost:
    """In a circle of so many records."""
    ring = await clinic.patient()
    keys = await ring.add("patient")
    await lengthen(ring, ENTRIES, documents)
    phone = Handset(ring.scene, keys)
    assert await informed(phone) > documents
    return await cost(ring, phone)


async def among(clinic: Ring, circles: int) -> Cost:
    """In one of so many circles of the device."""
    ring = await clinic.patient()
    keys = DeviceKeys.generate()
    await ring.add("therapist", keys)
    for _ in range(circles - 1):
        await (await clinic.patient()).add("therapist", keys)
    phone = Handset(ring.scene, keys)
    await informed(phone)
    return await cost(ring, phone)
