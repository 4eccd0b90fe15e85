"""A real `rejoint serve` in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

START_S_MAX = 60.0
STOP_S_MAX = 60.0


class ServerProcess:
    """A server on a free port of the loopback interface; its output is kept in a file.

    Args:
        data: Its data directory.
        log: Where its output goes.
        arguments: More arguments of `rejoint serve`.
    """

    def __init__(self, data: Path, log: Path, *arguments: str) -> None:
        self.log = log
        command = [str(Path(sys.executable).parent / "rejoint"), "serve", "--data", str(data)]
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [*command, "--port", "0", *arguments],
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.url = self._wait_for(r"rejoint: listening on (http://\S+)")

    def _wait_for(self, pattern: str) -> str:
        until = time.monotonic() + START_S_MAX
        while time.monotonic() < until:
            found = re.search(pattern, self.log.read_text())
            if found:
                return found.group(1)
            assert self._process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(f"the server did not print {pattern}: {self.log.read_text()}")

    def setup_link(self) -> str:
        """The one-time link that the first start printed."""
        return self._wait_for(r"(http://\S+/#s1\.[A-Za-z0-9_-]{22})")

    def stop(self) -> None:
        """Ask it to stop and wait until it has."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(STOP_S_MAX)

    def kill(self) -> None:
        """End it and all that it started without warning."""
        os.killpg(self._process.pid, signal.SIGKILL)
        assert self._process.wait(STOP_S_MAX) == -signal.SIGKILL

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
