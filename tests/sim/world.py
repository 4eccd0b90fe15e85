"""One seeded world: a clinic, its phones, their network, a day of bad luck, and then the truth.

safety   phones act beside each other while everything goes wrong that can go wrong
healing  the faults end; everybody syncs until nobody has anything to say any more
laws     what was promised is looked for; see `laws`
"""

import asyncio
import gc
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import SyncError
from sim import acts, chance, headless, laws, mishaps
from sim.chance import source
from sim.headless import HeadlessPhone, Killed
from sim.hosting import Hosting
from sim.network import CUTS, LATE_S_MAX, Network
from sim.scene import SCENE_S_MAX, SCENES, Scene, prepared
from sim.shipped import NodeHost, ShippedPhone
from sim.trace import Trace
from sim.virtual_time import runner
from sim.witness import Witness

Phone = HeadlessPhone | ShippedPhone

HOUR_S: Final = 3600.0
ROUNDS_MAX: Final = 8
"""Rounds of healing after which nothing may be under way any more."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much happens in a world.

    Attributes:
        acts: Of each phone.
        mishaps: Of the world around them.
        hours: Over which they are spread.
        loses: Whether stores are lost and phones killed more often than all else, where everybody
            speaks `/sync`; its healing is quicker than what else would mend things.
        takes: Whether phones have much to take, and die or are cut off while they do; otherwise as
            `loses`.
    """

    acts: int = 6
    mishaps: int = 8
    hours: float = 20.0
    loses: bool = False
    takes: bool = False

    @property
    def is_hasty(self) -> bool:
        """Whether healing must not take long enough for what happens once an hour."""
        return self.loses or self.takes


SMALL: Final = Size(acts=4, mishaps=7, hours=10.0)
"""For worlds with more phones."""

LOSING: Final = Size(acts=10, mishaps=10, hours=20.0, loses=True)
"""For worlds about `/sync` and what restores do to it."""


TAKING: Final = Size(acts=14, mishaps=10, hours=20.0, takes=True)
"""For worlds about answers that nobody heard to their end."""


@dataclass(slots=True)
class Outcome:
    """How a world went.

    Attributes:
        broken: The laws that did not hold, in words; empty when all is well.
        trace: What happened.
        requests: Of all phones.
        hours: Virtual.
    """

    broken: list[str]
    trace: Trace
    requests: int
    hours: float


@dataclass(slots=True)
class World:
    """Everything that a world consists of.

    Args:
        seed: Decides everything.
        folder: Empty.
        size: How much happens.
    """

    seed: int
    folder: Path
    size: Size
    chance: Random = field(init=False)
    trace: Trace = field(init=False)
    hosting: Hosting = field(init=False)
    network: Network = field(init=False)
    phones: dict[str, Phone] = field(init=False, default_factory=dict)
    witness: Witness = field(init=False, default_factory=Witness)
    circle: str = field(init=False, default="")
    backups: list[Path] = field(init=False, default_factory=list)
    upheaval: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    marks: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.chance = source(self.seed, "schedule")
        self.trace = Trace(asyncio.get_running_loop().time)
        self.hosting = Hosting(self.folder / "server")
        self.network = Network(self.hosting, source(self.seed, "network"), self.trace)
        self.network.old_server = self.chance.random() < 0.4 and not self.size.is_hasty
        if self.size.takes:
            self.network.faults = CUTS

    def phone(self, name: str) -> Phone:
        """The phone of this name, a new one when there is none."""
        if name not in self.phones:
            rests = self.chance.random() < 0.4
            self.phones[name] = HeadlessPhone(name, self.folder / name, self.network, rests=rests)
        return self.phones[name]

    async def ship(self, host: NodeHost) -> None:
        """Two more phones come, which run the shipped client; one of them has two tabs."""
        host.begin(self.seed)
        for name, by, act in (("mira", "rosa", "invite"), ("amina*", "amina", "invite_own")):
            role = ("caregiver",) if act == "invite" else ()
            made = await self.phones[by].do(act, self.circle, *role)
            phone = ShippedPhone(name, name, self.network, host)
            self.phones[name] = phone
            await phone.do("join", made["link"])
            self.witness.joined.add((self.circle, phone.id))
        tab = self.phones["mira'"] = ShippedPhone("mira'", "mira", self.network, host)
        tab.id = self.phones["mira"].id

    async def attempt(self, name: str, act: str, *arguments: Any, **options: Any) -> Any:
        """One act of a phone; None when the world was against it."""
        phone = self.phone(name)
        try:
            work = phone.look if act == "look" else partial(phone.do, act)
            answer = await work(*arguments, **options)
        except SyncError as error:
            code = getattr(error, "code", None) or error.error
            self.trace.note(name, f"{act}: {code}")
            return None
        except Killed:
            self.trace.note(name, f"{act}: killed")
            return None
        except Exception as error:  # noqa: BLE001  # every other one is a fault of the phone
            self.trace.note(name, f"{act}: {type(error).__name__}")
            self.witness.accuse(f"{name} fails in {act}: {_place_of(error)}")
            phone.end()
            return None
        self.trace.note(name, f"{act}: done{_figures(answer)}")
        return answer

    def is_removed(self, device: str) -> bool:
        """Whether somebody was told that a device is out."""
        return (self.circle, device) in self.witness.removed

    async def enter(self, scene: Scene) -> None:
        """Begin where a scene stands."""
        scene.copy_into(self.folder)
        self.circle = scene.circle
        for name, device in scene.devices.items():
            self.phone(name).id = device
            if self.size.takes:
                self.phone(name).link.weather, self.phone(name).link.share = "bad", 0.5
            self.witness.joined.add((self.circle, device))
        await self.hosting.start()

    async def suffer(self) -> None:
        """The safety phase."""
        until_s = asyncio.get_running_loop().time() + self.size.hours * HOUR_S
        days = [acts.live(self, name, self.size.acts, until_s) for name in self.phones]
        await asyncio.gather(mishaps.befall(self, self.size.mishaps, until_s), *days)

    async def heal(self) -> None:
        """The faults end; everybody syncs until nobody has anything to say."""
        for phone in self.phones.values():
            phone.kill_in, phone.full, phone.ahead_s = None, 0, 0.0
            phone.kill_taking = None
            phone.rests = isinstance(phone, ShippedPhone)
            phone.link.weather = "good"
        self.hosting.full = 0
        self.trace.note("world", "heals")
        await asyncio.sleep(LATE_S_MAX)
        for _ in range(ROUNDS_MAX):
            if await self._round():
                return
            await asyncio.sleep(60.0 if self.size.is_hasty else 2 * HOUR_S)
        self.witness.accuse("somebody never has enough of sending or fetching")

    async def _round(self) -> bool:
        """Everybody syncs once; whether nobody brought or got anything."""
        quiet = True
        members = await self.members()
        for name, phone in list(self.phones.items()):
            brought = phone.link.brought
            report = await self.attempt(name, "sync")
            # Who was taken out may find that a restored server has forgotten it, and say so; who
            # never came in hears nothing else than that nobody knows it.
            came = phone.id in members.devices
            stuck = came if report is None else report["trouble"] and members.live(phone.id)
            sent = phone.link.brought != brought
            news = report is not None and (report["pulled"] or report["resealed"])
            if stuck or news or sent:
                quiet = False
        return quiet

    async def members(self) -> Membership:
        """Who is in the circle, as the server has it."""
        assert self.hosting.store is not None
        return await laws.membership_of(self.hosting.store, self.circle)

    async def run(self) -> Outcome:
        """The whole life of a world."""
        await self.suffer()
        await self.heal()
        broken = await laws.check(self)
        for phone in self.phones.values():
            await phone.rest()
        await self.hosting.kill()
        requests = sum(phone.link.requests for phone in self.phones.values())
        hours = asyncio.get_running_loop().time() / HOUR_S
        return Outcome(broken, self.trace, requests, hours)


def _figures(answer: Any) -> str:
    """What a sync says of itself, without names."""
    if not isinstance(answer, dict) or "trouble" not in answer:
        return ""
    told = ("pushed", "pulled", "resealed", "rekeyed", "quarantined", "alarms")
    words = [f"{name} {answer[name]}" for name in told if answer[name]]
    words += [f"refused {one['code']}" for one in answer["refused"]]
    words += [f"trouble {one['code']}" for one in answer["trouble"]]
    return " (" + ", ".join(words) + ")" if words else ""


def _place_of(error: BaseException) -> str:
    """The kind of an error and where it was raised; its text may hold what people wrote."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    file = Path(trace.tb_frame.f_code.co_filename).name
    return f"{type(error).__name__} at {file}:{trace.tb_lineno}"


def prepare() -> None:
    """Make all scenes; processes that are forked later need not make them again."""
    headless.install()
    for number in range(SCENES):
        prepared(number)


def run_world(seed: int, size: Size, host: NodeHost | None = None) -> Outcome:
    """One world from its beginning to its end; from then on this process belongs to worlds.

    Args:
        seed: Decides everything.
        size: How much happens.
        host: Where phones with the shipped client run; None for a world without them.
    """
    headless.install()
    try:
        scene = prepared(seed % SCENES)
        # What is there by now stays; to look at it over and over is a fifth of a world's time.
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        chance.install(source(seed, "secrets"))
        return _lived(seed, size, scene, host)
    except Exception as error:  # noqa: BLE001  # whatever it is, a world must not end by it
        words = f"the world came to no end: {_place_of(error)}"
        return Outcome([words], Trace(lambda: 0.0), 0, 0.0)


def _lived(seed: int, size: Size, scene: Scene, host: NodeHost | None) -> Outcome:
    with (
        tempfile.TemporaryDirectory(prefix="rejoint-world-") as folder,
        runner(source(seed, "threads"), SCENE_S_MAX) as running,
    ):
        return running.run(_run(seed, Path(folder), size, scene, host))


async def _run(seed: int, folder: Path, size: Size, scene: Scene, host: NodeHost | None) -> Outcome:
    world = World(seed, folder, size)
    await world.enter(scene)
    if host is not None:
        await world.ship(host)
    return await world.run()
