"""`rejoint demo`: a server with a clinic in it, and a link for each person.

The clinic is made by `rejoint device` commands, which talk to the server over HTTP as a phone
would. This program opens no file of the server: the devices live in DIR/demo, and what is done of
the story is kept in DIR/demo/story.json, so an interrupted start goes on where it was and a second
start is ready in seconds.
"""

import argparse
import ctypes
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from rejoint_server.commands.demo_clinic import DemoClinic, Device, Seat
from rejoint_sync.errors import SyncError

START_S_MAX: Final = 30.0
STOP_S_MAX: Final = 15.0
SYNC_EVERY_S: Final = 2.0
_LISTENING: Final = re.compile(r"rejoint: listening on (http://\S+)")
_SETUP: Final = re.compile(r"(https?://\S+/#s1\.[A-Za-z0-9_-]{22})")
_PR_SET_PDEATHSIG: Final = 1


class DemoError(SyncError):
    """The demo cannot start or go on; its text is the one line to show."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `demo` to the commands of `rejoint`."""
    demo = commands.add_parser("demo", help="a server with a demo clinic")
    demo.add_argument("--data", required=True, type=Path, metavar="DIR", help="where data is kept")
    demo.add_argument("--port", default=8000, type=int, help="0 takes a free one (%(default)s)")
    demo.add_argument("--public-url", metavar="URL", help="how phones reach this server")
    demo.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo until Ctrl-C; the exit status."""
    interrupt = _Interrupt()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, interrupt)
    try:
        _demo(arguments.data, arguments.port, arguments.public_url, interrupt)
    except SyncError as error:
        sys.stderr.write(f"rejoint: {error.reason}\n")
        return 1
    except KeyboardInterrupt:
        _say("stopped; start it again to go on with the same clinic")
    return 0


class _Interrupt:
    """What Ctrl-C does: ends at once, but not in the middle of a step of the story.

    Attributes:
        held: Whether a step may be under way.
        asked: Whether the end was asked for meanwhile.
    """

    def __init__(self) -> None:
        self.held = False
        self.asked = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True
        if not self.held:
            raise KeyboardInterrupt

    @contextmanager
    def hold(self) -> Generator[None]:
        self.held = True
        try:
            yield
        finally:
            self.held = False
        if self.asked:
            raise KeyboardInterrupt


def _demo(data: Path, port: int, public_url: str | None, interrupt: _Interrupt) -> None:
    homes = data / "demo"
    homes.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with ExitStack() as running:
        server = running.enter_context(_server(data, homes / "server.log", port, public_url))
        clinic = DemoClinic(
            homes,
            connect=server.url,
            origin=server.origin,
            stopping=lambda: interrupt.asked,
        )
        if not clinic.is_made:
            _say("making the demo clinic, a few seconds, once")
        with interrupt.hold():
            clinic.make(server.setup_link)
        seats = clinic.seats()
        running.enter_context(_kept_in_sync(clinic.therapist, homes / "sync.log"))
        _say(f"the demo clinic is open at {server.url} after {time.monotonic() - begun:.1f} s")
        _show(seats, clinic.links(seats), qr=server.origin.startswith("https://"))
        _say("each link opens once, within an hour; Ctrl-C stops the demo")
        _wait(server, lambda: _show(seats, clinic.links(seats), qr=False))


def _show(seats: Sequence[Seat], links: Sequence[str], *, qr: bool) -> None:
    width = max(len(seat.name) for seat in seats)
    for seat, link in zip(seats, links, strict=True):
        _write(f"  {seat.role:<9}  {seat.name:<{width}}  {link}")
        if qr:
            import segno  # noqa: PLC0415 - only here

            segno.make(link, error="l").terminal(sys.stdout, compact=True)


class _Server:
    """The running server.

    Attributes:
        process: Its process, leader of a group of its own.
        url: Where it listens.
        origin: How it is named in links.
    """

    def __init__(self, process: "subprocess.Popen[str]", log: Path, public_url: str | None) -> None:
        self.process = process
        self._log = log
        self._lines = _lines_of(process)
        self.url = self._wait_for(_LISTENING)
        self.origin = (public_url or self.url).rstrip("/")

    def setup_link(self) -> str:
        """The one-time link; raises when this server has a clinic of its own already."""
        try:
            return self._wait_for(_SETUP, within_s=2.0)
        except DemoError:
            raise DemoError(
                "there is another clinic in this data directory; choose another --data"
            ) from None

    def _wait_for(self, pattern: re.Pattern[str], within_s: float = START_S_MAX) -> str:
        until = time.monotonic() + within_s
        while (left := until - time.monotonic()) > 0:
            line = next(self._lines(left), None)
            if line is None:
                break
            found = pattern.search(line)
            if found:
                return found.group(1)
        try:
            self.process.wait(1.0)
        except subprocess.TimeoutExpired:
            raise DemoError("the server did not start in time") from None
        raise DemoError(self.last_words())

    def last_words(self) -> str:
        """Why the server ended."""
        lines = self._log.read_text().strip().splitlines()
        return lines[-1].removeprefix("rejoint: ") if lines else "the server ended by itself"


def _lines_of(process: "subprocess.Popen[str]") -> Callable[[float], Generator[str]]:
    """Reads lines as they come, giving up after a time."""
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    rest = b""

    def lines(within_s: float) -> Generator[str]:
        nonlocal rest
        until = time.monotonic() + within_s
        while True:
            line, newline, after = rest.partition(b"\n")
            if newline:
                rest = after
                yield line.decode(errors="replace")
                continue
            left = until - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                return
            more = os.read(pipe, 65536)
            if not more:
                return
            rest += more

    return lines


@contextmanager
def _server(data: Path, log: Path, port: int, public_url: str | None) -> Generator[_Server]:
    command = ["serve", "--data", str(data), "--port", str(port)]
    if public_url is not None:
        command += ["--public-url", public_url]
    with log.open("w") as sink, _child(command, subprocess.PIPE, sink) as process:
        yield _Server(process, log, public_url)


@contextmanager
def _kept_in_sync(device: Device, log: Path) -> Generator[None]:
    """Keep a device in sync: it is the one that lets its person's other devices in."""
    command = ["device", "sync", "--home", str(device.home), "--every", str(SYNC_EVERY_S)]
    with log.open("w") as sink, _child(command, subprocess.DEVNULL, sink):
        yield


@contextmanager
def _child(command: Sequence[str], stdout: int, stderr: Any) -> "Generator[subprocess.Popen[str]]":
    """A `rejoint` process in its own group, so Ctrl-C reaches only us; it ends when we end."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "rejoint_server", *command],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        process_group=0,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call, no thread is running yet
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _end_with_parent() -> None:
    """Ask Linux to end this process when its parent is gone, even by a kill."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait(server: _Server, fresh: Callable[[], None]) -> None:
    """Wait until the server ends; Enter on a terminal shows fresh links."""
    person = [sys.stdin] if sys.stdin is not None and sys.stdin.isatty() else []
    if person:
        _say("press Enter for fresh links")
    while server.process.poll() is None:
        ready, _, _ = select.select(person, [], [], 0.5)
        if ready:
            if not person[0].readline():
                person = []
                continue
            fresh()
    raise DemoError(server.last_words())


def _say(line: str) -> None:
    _write(f"rejoint: {line}")


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
