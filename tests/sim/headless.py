"""A phone of a world: the headless device, whose process may end between any two awaits.

What it does in the world passes two gates: its disk and its network. Before and after each of them
its process may end; whatever it does then finds neither of them. A new start opens what is on disk.
"""

import asyncio
import contextlib
import os
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from rejoint_sync.device import home, line
from rejoint_sync.device.device import Device
from rejoint_sync.errors import StoreFull
from rejoint_sync.stores.sqlite import SqliteStore
from sim import one_framework
from sim.held import Held, Shown
from sim.hosting import EPOCH_S, drop, without_disk
from sim.leaves import leaves_of
from sim.light_client import LightClient, LightRequest, LightResponse
from sim.marks import mark_of
from sim.network import Link, Network
from sim.stand_ins import stand_in

NEWS_BYTES = 200
"""An answer of `/sync` that is longer brings records."""


class Killed(BaseException):
    """The process of the phone is gone."""


_acting: ContextVar["HeadlessPhone"] = ContextVar("acting")


class _PhoneStore(SqliteStore):
    """The local store, with the gate of its phone before and after each write."""

    @classmethod
    async def open(cls, directory: Path, **options: Any) -> "_PhoneStore":
        store = await super().open(directory, **options)
        without_disk(store)
        _acting.get().attach(store)
        return store


def install() -> None:
    """From now on devices of this process live in a world."""

    def open_client(_: str) -> LightClient:
        return _Gated(_acting.get())

    stand_in(home, "SqliteStore", _PhoneStore)
    stand_in(line, "open_client", open_client)
    stand_in(os, "fsync", lambda _: None)
    one_framework.install()


class _Life:
    """One run of a phone's process; what is left of an ended one passes no gate any more."""

    def __init__(self) -> None:
        self.is_over = False

    def gate(self, phone: "HeadlessPhone") -> None:
        """Where a process may end."""
        if phone.kill_in is not None and not self.is_over:
            phone.kill_in -= 1
            if phone.kill_in <= 0:
                self.is_over, phone.kill_in = True, None
        if self.is_over:
            raise Killed


class HeadlessPhone:
    """One device in a directory.

    Args:
        name: In the trace.
        folder: Its home.
        network: Of the world.
        rests: Whether it closes its home after each act, as a command does.

    Attributes:
        ahead_s: How wrong its clock is.
        kill_in: Gates until its process ends; None for not at all.
        kill_taking: The same from the next answer on that brings something.
        full: How many of its next writes find no room.
        id: Its device's name once it has one.
    """

    def __init__(self, name: str, folder: Path, network: Network, *, rests: bool) -> None:
        self.name = name
        self.folder = folder
        self.network = network
        self.link = Link(name)
        self.rests = rests
        self.ahead_s = 0.0
        self.kill_in: int | None = None
        self.kill_taking: int | None = None
        self.full = 0
        self.id = ""
        self.life = _Life()
        self._device: Device | None = None
        self._stores: list[SqliteStore] = []

    def now(self) -> float:
        """Unix seconds by its own clock."""
        return EPOCH_S + asyncio.get_running_loop().time() + self.ahead_s

    def attach(self, store: SqliteStore) -> None:
        """Stand between a store and its disk."""
        do, life = store._writer.do, self.life
        self._stores = [one for one in self._stores if not one._closed] + [store]

        async def write(work: Any) -> Any:
            life.gate(self)
            if self.full > 0:
                self.full -= 1
                raise StoreFull("There is no room left for writes; reading works.")
            answer = await do(work)
            life.gate(self)
            return answer

        store._writer.do = write  # type: ignore[method-assign]

    async def do(self, act: str, *arguments: Any, **options: Any) -> Any:
        """Run one method of the device.

        Raises:
            Killed: Its process ended; the next act starts it again.
        """
        device = None
        _acting.set(self)
        try:
            device = await self._opened()
            self.id = device.id if device._home.identity else ""
            answer = await getattr(device, act)(*arguments, **options)
            self.id = device.id
        except Killed:
            self._bury(device)
            raise
        if self.rests:
            await self.rest()
        return answer

    async def look(self, circle: str) -> list[Shown]:
        """What it shows of a circle."""
        shown = await self.do("show", circle)
        return [
            Shown(row["id"], mark_of(row["value"]), str(row["place"])) for row in shown["records"]
        ]

    async def held(self, circle: str) -> Held:
        """What it has of a circle, for who checks it."""
        _acting.set(self)
        copy = await (await self._opened())._copy(circle)
        shown = await copy.show()
        state = copy.state
        return Held(
            leaves=await leaves_of(copy.store, circle),
            shown=tuple(
                Shown(row["id"], mark_of(row["value"]), str(row["place"]))
                for row in shown["records"]
            ),
            unsent=len(state.unsent),
            refused=tuple(one.code for one in state.refused),
            aside=tuple(row["code"] for row in shown["set_aside"]),
            alarms=tuple((one.code, one.stops) for one in state.alarms),
            head=copy.membership.head if copy.membership else "",
            lacks_key=bool(await copy.lacking()),
        )

    async def epochs(self, circle: str) -> dict[str, set[int]]:
        """The epochs of a circle whose keys it holds, by stream."""
        _acting.set(self)
        copy = await (await self._opened())._copy(circle)
        if copy.membership is None:
            return {}
        return {stream: set(chain) for stream, chain in (await copy.secrets()).items()}

    async def rest(self) -> None:
        """Close its home."""
        device, self._device = self._device, None
        if device is not None:
            await device.__aexit__()

    async def _opened(self) -> Device:
        if self._device is None:
            self._device = await Device.open(self.folder, self.now, make=True)
        return self._device

    def _bury(self, device: Device | None) -> None:
        for store in self._stores:
            drop(store)
        self._stores = []
        device = self._device or device
        if device is not None:
            with contextlib.suppress(OSError):
                os.close(device._home._lock)
        self._device = None
        self.life.is_over, self.life = True, _Life()
        self.kill_in = None

    def end(self) -> None:
        """End its process between two acts."""
        self._bury(None)


class _Gated(LightClient):
    """The network behind the gate of a phone."""

    def __init__(self, phone: HeadlessPhone) -> None:
        super().__init__(phone.network, phone.link)
        self._phone = phone
        self._life = phone.life

    async def send(self, request: LightRequest, *, stream: bool = False) -> LightResponse:
        self._life.gate(self._phone)
        response = await super().send(request, stream=stream)
        if int(response.headers.get("content-length", "0")) >= NEWS_BYTES and stream:
            self._phone.kill_in = self._phone.kill_taking or self._phone.kill_in
            self._phone.kill_taking = None
        self._life.gate(self._phone)
        return response
