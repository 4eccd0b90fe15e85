"""The demo clinic is made over HTTP and by nothing else."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.server_process import ServerProcess
from rejoint_server.commands.demo_clinic import DemoClinic, Device
from rejoint_server.commands.demo_story import PATIENTS
from rejoint_sync.errors import SyncError

"""`test_demo.py` makes the same clinic in every run."""


class Made:
    """A clinic made once, on a server whose data this side knows nothing of."""

    def __init__(self, server: ServerProcess, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.asked = 0
        self.clinic = self.open()
        self.clinic.make(self.link)

    def open(self, url: str = "") -> DemoClinic:
        return DemoClinic(self.folder, connect=self.server.url, origin=url or self.server.url)

    def link(self) -> str:
        self.asked += 1
        return self.server.setup_link()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    elsewhere = tmp_path_factory.mktemp("server")
    with ServerProcess(elsewhere / "data", elsewhere / "log") as server:
        yield Made(server, tmp_path_factory.mktemp("homes"))


def records(device: Device, circle: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = device.run("show", "--circle", circle)["records"]
    return shown


def test_a_browser_of_the_therapist_gets_every_patient(made: Made, tmp_path: Path) -> None:
    """What it reads came through the server: the devices share no file with it."""
    laptop = Device(tmp_path / "laptop")
    laptop.run("join", made.clinic.links(made.clinic.seats())[0])
    made.clinic.therapist.sync()
    laptop.sync()
    circles = {one["circle"]: one["purpose"] for one in laptop.circles()}
    assert sorted(circles.values()) == ["clinic", "patient", "patient"]
    for seat in made.clinic.seats()[1:]:
        seen = records(laptop, seat.circle)
        values = [record["value"] for record in seen]
        assert {record["place"] for record in seen} == {"server"}
        assert seat.name in {value.get("name") for value in values}
        kinds = [value["type"] for value in values]
        assert (kinds.count("session"), kinds.count("plan"), kinds.count("note")) == (6, 1, 1)


def test_a_phone_of_a_patient_reads_the_note(made: Made, tmp_path: Path) -> None:
    phone = Device(tmp_path / "phone")
    seat = made.clinic.seats()[1]
    assert (seat.role, seat.name) == ("patient", PATIENTS[0].name)
    joined = phone.run("join", made.clinic.links([seat])[0])
    assert joined["role"] == "patient"
    phone.sync()
    assert records(phone, seat.circle)[-1]["value"]["text"] == PATIENTS[0].note
    assert records(phone, seat.circle)[-1]["role"] == "therapist"


def test_a_second_start_makes_nothing_again(made: Made) -> None:
    again = made.open()
    before = made.asked
    again.make(made.link)
    assert made.asked == before == 1
    assert len(again.therapist.circles()) == 3


def test_a_server_at_another_address_is_followed(made: Made) -> None:
    """The login then names another server: what it answers shows that it was followed."""
    moved = made.open("http://moved.example")
    moved.make(made.link)
    with pytest.raises(SyncError, match="another server"):
        moved.therapist.sync()
    back = made.open()
    back.make(made.link)
    back.therapist.sync()


def test_a_command_that_fails_is_told_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(SyncError, match="no device lives in"):
        Device(tmp_path / "nobody").sync()


def test_the_demo_can_reach_no_store() -> None:
    """Its own code has no way to write to the server's data: it loads no store at all."""
    script = "import sys, rejoint_server.commands.demo; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    loaded = done.stdout.decode().split()
    assert "rejoint_server.commands.demo_clinic" in loaded
    reach = ("apsw", "sqlite3", "rejoint_sync.stores", "rejoint_server.app", "rejoint_sync.device")
    assert [name for name in loaded if name.startswith(reach)] == []
