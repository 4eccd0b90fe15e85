"""`rejoint demo` from its start to Ctrl-C."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

import pytest

from e2e.server_process import ServerProcess

REJOINT = str(Path(sys.executable).parent / "rejoint")


class Demo:
    """A running `rejoint demo`."""

    def __init__(self, data: Path, *arguments: str) -> None:
        self.data = data
        self.process = subprocess.Popen(
            [REJOINT, "demo", "--data", str(data), "--port", "0", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []

    def ready(self) -> list[str]:
        """What it printed until the links were out."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if "Ctrl-C" in line:
                return self.lines
        raise AssertionError(self.lines)

    def children(self) -> list[int]:
        """Processes whose parent it is."""
        return [pid for pid, parent in parents().items() if parent == self.process.pid]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=30)


def parents() -> dict[int, int]:
    """Every process with its parent."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            found[int(folder.name)] = int(fields[1])
    return found


class Witness(threading.Thread):
    """Looks, again and again, which processes have files of the server's data open."""

    def __init__(self, data: Path) -> None:
        super().__init__(daemon=True)
        self.data = str(data.resolve())
        self.seen: dict[str, set[str]] = {}
        self.looks = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.05):
            self.looks += 1
            for pid in parents():
                self.look_at(Path("/proc") / str(pid))

    def look_at(self, process: Path) -> None:
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            links = list((process / "fd").iterdir())
        except OSError:
            return
        for link in links:
            try:
                file = str(link.readlink())
            except OSError:
                continue
            if file.startswith(self.data + "/") and not file.startswith(self.data + "/demo/"):
                self.seen.setdefault(file, set()).add(command)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], Witness]:
    """The data of a demo that was started and stopped once, what it said, and a witness."""
    data = tmp_path_factory.mktemp("demo") / "data"
    data.mkdir()
    witness = Witness(data)
    witness.start()
    with Demo(data) as demo:
        lines = demo.ready()
    witness.over.set()
    witness.join()
    return data, lines, witness


def links(lines: list[str]) -> list[str]:
    return [match[0] for line in lines if (match := re.search(r"https?://\S+/#j1\.\S+", line))]


def test_prints_one_line_per_person(first: tuple[Path, list[str], Witness]) -> None:
    _, lines, _ = first
    people = [line.split()[0] for line in lines if "#j1." in line]
    assert people == ["therapist", "patient", "patient"]
    assert all(re.search(r"/#j1\.c[0-9a-f]{40}\.[A-Za-z0-9_-]{22}$", link) for link in links(lines))
    assert "█" not in "".join(lines), "a QR of this machine's own address opens nothing on a phone"


def test_nothing_but_the_server_opens_its_files(first: tuple[Path, list[str], Witness]) -> None:
    """Seen from outside while the whole clinic was made."""
    _, _, witness = first
    assert witness.looks > 20
    assert witness.seen, "the witness saw the server's own files"
    others = {
        command
        for commands in witness.seen.values()
        for command in commands
        if " serve " not in command
    }
    assert others == set()


@pytest.mark.parametrize(
    "how", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.long)]
)
def test_a_second_start_reuses_what_is_there_and_whatever_ends_it_ends_the_server(
    first: tuple[Path, list[str], Witness], how: signal.Signals
) -> None:
    data, before, _ = first
    with Demo(data, "--public-url", "https://clinic.example") as demo:
        lines = demo.ready()
        children = demo.children()
        assert len(children) == 2
        demo.process.send_signal(how)
        demo.process.wait(30)
        until = time.monotonic() + 20
        while set(children) & parents().keys() and time.monotonic() < until:
            time.sleep(0.05)
        assert not set(children) & parents().keys()
        assert demo.process.returncode == (-how if how == signal.SIGKILL else 0)
    assert not any("making the demo clinic" in line for line in lines)
    circles = [[link.split(".")[-2] for link in links(one)] for one in (before, lines)]
    assert len(circles[0]) == 3
    assert circles[0] == circles[1]
    assert set(links(before)).isdisjoint(links(lines))
    # Phones reach it at the address that they are told, by a link or by a code on the screen.
    assert all(link.startswith("https://clinic.example/") for link in links(lines))
    assert "█" in "".join(lines)


@pytest.mark.long
def test_an_interrupted_start_goes_on_where_it_was(tmp_path: Path) -> None:
    """Each step is done once, whenever Ctrl-C came."""
    for wait_s in (2.0, 4.0):
        with Demo(tmp_path) as demo, pytest.raises(subprocess.TimeoutExpired):
            demo.process.wait(wait_s)
    with Demo(tmp_path) as demo:
        link = links(demo.ready())[1]
        home, circle = str(tmp_path / "phone"), link.split(".")[-2]
        for words in (["join", link], ["sync"], ["show", "--circle", circle]):
            command = [REJOINT, "device", words[0], "--home", home, *words[1:]]
            done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    types = [record["value"]["type"] for record in json.loads(done.stdout)["records"]]
    counts = {name: types.count(name) for name in sorted(set(types))}
    assert counts == {"note": 1, "pain": 7, "plan": 1, "profile": 2, "session": 6}


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [REJOINT, "demo", "--data", str(tmp_path), "--port", port],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert port in done.stderr


def test_the_data_of_another_clinic_is_left_alone(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data", tmp_path / "log") as server:
        new = ["new", "--home", str(tmp_path / "home"), "--setup", server.setup_link()]
        subprocess.run([REJOINT, "device", *new], check=True, capture_output=True, timeout=60)
    done = subprocess.run(
        [REJOINT, "demo", "--data", str(tmp_path / "data"), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "another clinic" in done.stderr
    left = [path.name for path in (tmp_path / "data" / "demo").iterdir()]
    assert left == ["server.log"]
