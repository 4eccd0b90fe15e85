"""The demo clinic, made by commands: each step is a `rejoint device` command that speaks HTTP."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final

from rejoint_server.commands import demo_story as story
from rejoint_server.commands.demo_story import PATIENTS, Patient
from rejoint_server.commands.device import answer

LINK_LEFT_S_MIN: Final = 60.0
"""A link that dies sooner is not handed to a device."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device in a directory.

    Attributes:
        home: The directory.
    """

    home: Path

    def run(self, *command: str) -> dict[str, Any]:
        """Run one command of this device; its answer.

        Args:
            command: After `rejoint device`; `--home` is added.

        Raises:
            SyncError: It did not end well.
        """
        words = command[: 2 if command[0] == "circle" else 1]
        return answer(*words, "--home", str(self.home), *command[len(words) :])

    def circles(self) -> list[dict[str, Any]]:
        """The circles that it is in; none when it was not made yet."""
        if not (self.home / "keys.json").exists():
            return []
        circles: list[dict[str, Any]] = self.run("circle", "list")["circles"]
        return circles

    def put(self, circle: str, kind: str, *records: Any) -> list[str]:
        """Seal records; their ids."""
        sealed = [word for record in records for word in ("--json", json.dumps(record))]
        ids: list[str] = self.run("put", "--circle", circle, "--kind", kind, *sealed)["ids"]
        return ids

    def sync(self) -> bool:
        """Bring it up to date; always true."""
        self.run("sync")
        return True


@dataclass(frozen=True, slots=True)
class Seat:
    """A person who can open the demo.

    Attributes:
        role: "therapist" or "patient".
        name: As people say it.
        device: Invites the person's browser.
        circle: Where.
    """

    role: str
    name: str
    device: Device
    circle: str


class DemoClinic:
    """The clinic and its people.

    Args:
        homes: Directory of the devices and of the story's notes.
        connect: Where the server listens.
        origin: How it is named in links.
        stopping: Whether to stop before the next step; a step under way is finished, so that the
            next start does not do it twice.
    """

    def __init__(
        self,
        homes: Path,
        *,
        connect: str,
        origin: str,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._homes = homes
        self._connect = connect
        self._origin = origin
        self._stopping = stopping
        self._notes_file = homes / "story.json"
        self._saving = Lock()
        self._notes: dict[str, Any] = {}
        if self._notes_file.exists():
            self._notes = json.loads(self._notes_file.read_text())
        self.therapist = Device(homes / "therapist")

    @property
    def is_made(self) -> bool:
        """Whether the whole story was told."""
        return "made" in self._notes

    def patient(self, patient: Patient) -> Device:
        """The device of a patient."""
        return Device(self._homes / patient.key)

    def make(self, setup_link: Callable[[], str]) -> None:
        """Tell the story, from where it was left.

        Args:
            setup_link: Asked for the one-time link when the clinic is not founded yet.
        """
        self._follow()
        if self.is_made:
            return
        circle = self._once("clinic", lambda: self._found_clinic(setup_link))
        self._once("clinic.profiles", lambda: self._put_clinic(circle))
        for patient in PATIENTS:
            self._admit(patient)
        self._once("plans.sent", self.therapist.sync)
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._live_a_week, PATIENTS))
        self._once("weeks.seen", self.therapist.sync)
        for patient in PATIENTS:
            self._answer(patient)
        self._once("notes.sent", self.therapist.sync)
        for patient in PATIENTS:
            self._once(f"{patient.key}.read", self.patient(patient).sync)
        self._once("made", lambda: True)

    def _found_clinic(self, setup_link: Callable[[], str]) -> dict[str, Any]:
        there = self.therapist.circles()
        if there:
            return there[0]
        return self.therapist.run("new", "--setup", setup_link(), "--server", self._connect)

    def _put_clinic(self, clinic: dict[str, Any]) -> list[str]:
        me = story.member_profile(clinic["member"], story.THERAPIST)
        return self.therapist.put(clinic["circle"], "pr", story.clinic_profile(), me)

    def _admit(self, patient: Patient) -> None:
        key = patient.key
        care = self._once(f"{key}.care", lambda: self.therapist.run("circle", "new"))
        circle = care["circle"]
        invited = self._once(
            f"{key}.invited",
            lambda: self.therapist.run("invite", "--circle", circle, "--role", "patient"),
        )
        known_s = int((datetime.now().astimezone() - timedelta(days=8)).timestamp())
        profiles = [
            story.member_profile(care["member"], story.THERAPIST) | {"at": known_s},
            story.member_profile(invited["member"], patient.name) | {"at": known_s},
        ]
        self._once(f"{key}.profiles", lambda: self.therapist.put(circle, "pr", *profiles))
        plan = story.plan(patient) | {"at": known_s}
        self._once(f"{key}.plan", lambda: self.therapist.put(circle, "pl", plan))

    def _live_a_week(self, patient: Patient) -> None:
        key, device = patient.key, self.patient(patient)
        circle = self._notes[f"{key}.care"]["circle"]

        def join() -> bool:
            if not device.circles():
                device.run("join", self._link(patient), "--server", self._connect)
            device.sync()
            return True

        self._once(f"{key}.joined", join)
        plan_id = self._notes[f"{key}.plan"][0]
        now = datetime.now().astimezone()
        logs = story.week(patient, plan_id, now)
        self._once(f"{key}.week", lambda: device.put(circle, "ev", *logs))
        device.sync()

    def _link(self, patient: Patient) -> str:
        """The patient's link; a fresh one when a start was interrupted for longer than it lives."""
        here = self._origin + "/#"
        invited = self._notes[f"{patient.key}.invited"]
        link: str = invited["link"]
        if invited["expires"] < datetime.now().astimezone().timestamp() + LINK_LEFT_S_MIN:
            who = ("--role", "patient", "--member", invited["member"])
            link = self.therapist.run("invite", "--circle", invited["circle"], *who)["link"]
        return here + link.partition("/#")[2]

    def _answer(self, patient: Patient) -> None:
        circle = self._notes[f"{patient.key}.care"]["circle"]
        note = story.note(patient)
        self._once(f"{patient.key}.note", lambda: self.therapist.put(circle, "nt", note))

    def _once(self, step: str, act: Callable[[], Any]) -> Any:
        """Do a step unless it was done; what it gave."""
        if step not in self._notes:
            if self._stopping():
                raise KeyboardInterrupt
            done = act()
            with self._saving:
                self._notes[step] = done
                self._save()
        return self._notes[step]

    def _save(self) -> None:
        new = self._notes_file.with_suffix(".new")
        new.write_text(json.dumps(self._notes, indent=1))
        new.replace(self._notes_file)

    def _follow(self) -> None:
        """Tell the devices when the server has another address than at the last start."""
        now = [self._origin, self._connect]
        if self._notes.get("server") != now:
            for device in (self.therapist, *(self.patient(patient) for patient in PATIENTS)):
                if (device.home / "keys.json").exists():
                    device.run("move", "--to", self._origin, "--server", self._connect)
            self._notes["server"] = now
            if self.therapist.circles():
                self._save()

    # -- every start -----------------------------------------------------------------------------

    def seats(self) -> list[Seat]:
        """Who can open the demo, the therapist first."""
        clinic = Seat("therapist", story.THERAPIST, self.therapist, self._notes["clinic"]["circle"])
        return [clinic] + [
            Seat(
                "patient",
                patient.name,
                self.patient(patient),
                self._notes[f"{patient.key}.care"]["circle"],
            )
            for patient in PATIENTS
        ]

    def links(self, seats: Sequence[Seat]) -> list[str]:
        """A fresh link for each seat: a further device of the same person."""
        with ThreadPoolExecutor() as pool:
            return list(pool.map(_fresh_link, seats))


def _fresh_link(seat: Seat) -> str:
    link: str = seat.device.run("invite", "--own", "--circle", seat.circle)["link"]
    return link
