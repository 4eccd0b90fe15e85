"""The people of these tests: devices in directories, and a server that lies to them.

A therapist cares for two: a patient with a caregiver, and a neighbour. What is told to one circle
must not touch the other. The same beginning is made once and copied for each test.
"""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from liar.server import Lie, LyingServer
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.device import Device

T = TypeVar("T")

PAIN = {"type": "pain", "context": "now", "score": 0}
DAY_S = 86_400


class World:
    """Devices and their server.

    Args:
        server: Serves the data of this world.
        folder: Where the world is: `data` and a directory for each device.

    Attributes:
        circle: The patient's.
        other: The neighbour's.
        ids: Names of devices, by person.
    """

    def __init__(self, server: LyingServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.circle = ""
        self.other = ""
        self.ids: dict[str, str] = {}

    def do(self, person: str, act: str, *arguments: Any, **options: Any) -> Any:
        """Run one method of a person's device, as one command would."""

        async def work() -> Any:
            async with await self._device(person) as device:
                return await getattr(device, act)(*arguments, **options)

        return self.server.run(work())

    async def _device(self, person: str) -> Device:
        home = self.folder / person
        return await Device.open(home, lambda: self.server.clock.now, make=True)

    def within(
        self, person: str, circle: str, look: Callable[[Device, CircleCopy], Awaitable[T]]
    ) -> T:
        """Look into a device's copy of a circle."""

        async def work() -> T:
            async with await self._device(person) as device:
                return await look(device, await device._copy(circle))

        return self.server.run(work())

    def put(self, person: str, *scores: int, circle: str = "") -> list[str]:
        """Seal a pain for each score; their names."""
        values = [PAIN | {"score": score} for score in scores]
        names: list[str] = self.do(person, "put", circle or self.circle, "ev", values, tz_min=0)
        return names

    def tells(self, person: str, *scores: int, circle: str = "") -> list[str]:
        """Seal pains and bring them to the server."""
        names = self.put(person, *scores, circle=circle)
        report = self.do(person, "sync")
        assert report["trouble"] == []
        return names

    def sync(self, person: str) -> dict[str, Any]:
        """Bring all circles of a device up to date; what it reports."""
        report: dict[str, Any] = self.do(person, "sync")
        return report

    def scores(self, person: str, circle: str = "") -> list[int]:
        """The scores that a device shows."""
        shown = self.do(person, "show", circle or self.circle)["records"]
        return [one["value"]["score"] for one in shown if one["value"]["type"] == "pain"]

    def set_aside(self, person: str) -> list[tuple[str, str]]:
        """Names and codes of what a device has and does not show."""
        shown = self.do(person, "show", self.circle)["set_aside"]
        return [(one["id"], one["code"]) for one in shown]

    def alarms(self, person: str, circle: str | None = None) -> list[dict[str, Any]]:
        """What `rejoint device alarms` prints."""
        found: list[dict[str, Any]] = self.do(person, "alarms", circle)
        return found

    def codes(self, person: str) -> set[str]:
        """The codes of a device's alarms."""
        return {one["code"] for one in self.alarms(person)}

    def a_day_later(self) -> None:
        """Let a day pass for everybody."""
        self.server.clock.now += DAY_S + 60

    def an_hour_later(self) -> None:
        """Let so much time pass that each device looks at what the server lists."""
        self.server.clock.now += 3700

    def told(self, lie: Lie) -> Lie:
        """Tell a lie from now on."""
        self.server.lie = lie
        return lie

    def honest(self) -> None:
        """Tell the truth again."""
        self.server.lie = Lie()

    def log(self, person: str = "therapist") -> list[dict[str, Any]]:
        """The entries that a device has."""

        async def look(_: Device, copy: CircleCopy) -> list[dict[str, Any]]:
            from rejoint_sync.device.circle import plain

            return [plain(stored) async for stored in copy.range("log:")]

        return self.within(person, self.circle, look)

    def stored(self, name: str) -> dict[str, Any]:
        """A document as the server has it, with its revision."""

        async def look() -> dict[str, Any]:
            from rejoint_sync.device.replica import document_of

            found = await self.server.store.read(self.circle, name)
            assert found is not None
            document = document_of(name, found.leaves[0])
            document.pop("_revisions")
            return document

        return self.server.run(look())

    # -- what must hold whatever is told -----------------------------------------------------------

    def goes_on_elsewhere(self, person: str = "therapist") -> None:
        """Who is lied to about one circle reads and writes the other as before."""
        before = self.scores(person, self.other)
        self.tells("neighbour", 7, circle=self.other)
        self.do(person, "put", self.other, "ev", [PAIN | {"score": 1}], tz_min=0)
        self.sync(person)
        assert sorted(self.scores(person, self.other)) == sorted([*before, 7, 1])
        self.sync("neighbour")
        assert sorted(self.scores("neighbour", self.other)) == sorted([*before, 7, 1])

    # -- the beginning ---------------------------------------------------------------------------

    def begin(self) -> None:
        """A therapist, a patient with two pains and a caregiver, and a neighbour with one."""
        self.do("therapist", "new", self.server.setup)
        self.circle = self.do("therapist", "circle_new")["circle"]
        self.other = self.do("therapist", "circle_new")["circle"]
        for person, role, circle in (
            ("patient", "patient", self.circle),
            ("caregiver", "caregiver", self.circle),
            ("neighbour", "patient", self.other),
        ):
            link = self.do("therapist", "invite", circle, role)["link"]
            self.do(person, "join", link)
        self.sync("therapist")
        self.name("therapist", "Rosa")
        self.name("patient", "Wilma")
        self.tells("patient", 2, 3)
        self.tells("neighbour", 5, circle=self.other)
        for person in ("caregiver", "therapist", "patient"):
            self.sync(person)
        for person in ("therapist", "patient", "caregiver", "neighbour"):
            self.ids[person] = self.id_of(person)

    def name(self, person: str, name: str) -> None:
        """Write, as the therapist, a person's name into the patient's circle."""
        member = self.member_of(person)
        profile = {"type": "profile", "about": "member", "member": member, "name": name}
        self.do("therapist", "put", self.circle, "pr", [profile], tz_min=0)

    def id_of(self, person: str) -> str:
        """The name of a person's device."""

        async def work() -> str:
            async with await self._device(person) as device:
                return device.id

        return self.server.run(work())

    def member_of(self, person: str) -> str:
        """A person's member id in the patient's circle."""

        async def look(_: Device, copy: CircleCopy) -> str:
            return copy.require_me().member

        return self.within(person, self.circle, look)

    def copied(self, folder: Path) -> "World":
        """The same world in another place; its server serves the copy."""
        shutil.copytree(self.folder, folder)
        made = World(self.server, folder)
        made.circle, made.other, made.ids = self.circle, self.other, dict(self.ids)
        self.server.use(folder / "data")
        return made

    def backup(self, name: str) -> Path:
        """Copy what the server keeps, as a backup does."""
        data = self.folder / "data"
        lie = self.server.lie
        self.server.leave()
        shutil.copytree(data, self.folder / name)
        self.server.use(data)
        self.server.lie = lie
        return self.folder / name
