"""Where worlds begin: a clinic, a patient, who cares for her and two clinicians, all well so far.

To found all that takes longer than the world that follows, so some scenes are made once in a
process, by seeds of their own, and copied.
"""

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from sim import chance
from sim.chance import source
from sim.headless import HeadlessPhone
from sim.hosting import ORIGIN, Hosting
from sim.network import Network
from sim.trace import Trace
from sim.virtual_time import runner

SCENES: Final = 4
SCENE_S_MAX: Final = 60.0
"""Worlds go on so long after the beginning of their scene."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One of them.

    Attributes:
        folder: Server and phones.
        circle: The patient's.
        devices: By the names of the phones.
    """

    folder: Path
    circle: str
    devices: dict[str, str]

    def copy_into(self, folder: Path) -> None:
        """Put it into the folder of a world."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)


@cache
def prepared(number: int) -> Scene:
    """The scene of a number, made when it is first asked for."""
    folder = tempfile.mkdtemp(prefix="rejoint-scene-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    chance.install(source(number, "scene"))
    with runner(source(number, "scene's threads")) as running:
        return running.run(_make(number, Path(folder)))


async def _make(number: int, folder: Path) -> Scene:
    hosting = Hosting(folder / "server")
    network = Network(hosting, source(number, "scene's network"), Trace(lambda: 0.0))
    secret = await hosting.start()
    phones = {
        name: HeadlessPhone(name, folder / name, network, rests=False)
        for name in ("rosa", "amina", "son", "tom")
    }
    rosa = phones["rosa"]
    await rosa.do("new", f"{ORIGIN}/#s1.{secret}")
    circle = (await rosa.do("circle_new"))["circle"]
    for name, role in (("amina", "patient"), ("son", "caregiver"), ("tom", "therapist")):
        invited = await rosa.do("invite", circle, role)
        await phones[name].do("join", invited["link"])
    for phone in phones.values():
        await phone.do("sync")
        await phone.rest()
    await hosting.kill()
    return Scene(folder, circle, {name: phone.id for name, phone in phones.items()})
