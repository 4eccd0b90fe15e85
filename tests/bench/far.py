"""A server in a process of its own, behind TLS, and what a bench asks it past the network."""

import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any, Self, cast

import httpx

from bench.tls_server import CERTIFICATE, make_certificate
from rejoint_server.clock import SystemClock
from server.scene import Scene

START_S_MAX = 30.0
STOP_S_MAX = 15.0


class TlsServer:
    """`rejoint serve` behind TLS on a port of the loopback interface.

    Args:
        folder: Where it keeps everything.
        origin: How clients reach it.
        more: Other arguments of `rejoint serve`.

    Attributes:
        spki: By what Chromium trusts it.
        address: Where it listens.
        certificate: Its file.
    """

    def __init__(self, folder: Path, origin: str, *more: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.origin = origin
        self.spki = make_certificate(folder)
        self.certificate = folder / CERTIFICATE
        self.log = folder / "server.log"
        script = Path(__file__).with_name("tls_server.py")
        command = [sys.executable, str(script), str(folder), "--data", str(folder / "data")]
        with self.log.open("ab") as sink:
            self._process = subprocess.Popen(
                [*command, "--port", "0", "--public-url", origin, *more],
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.address = ("127.0.0.1", int(self._wait_for(r"listening on http://127\.0\.0\.1:(\d+)")))
        self.secret = self._wait_for(r"/#s1\.([A-Za-z0-9_-]{22})")

    def _wait_for(self, pattern: str) -> str:
        until = time.monotonic() + START_S_MAX
        while time.monotonic() < until:
            found = re.search(pattern, self.log.read_text())
            if found:
                return found.group(1)
            assert self._process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(STOP_S_MAX)


@asynccontextmanager
async def far_scene(server: TlsServer) -> AsyncIterator[Scene]:
    """The same as a server in this process, for those who ask it."""
    context = ssl.create_default_context(cafile=server.certificate)
    context.check_hostname = False
    base = f"https://127.0.0.1:{server.address[1]}"
    accept = {"accept": "application/json"}
    async with httpx.AsyncClient(
        base_url=base, headers=accept, verify=context, timeout=60
    ) as client:
        gone = cast("Any", None)
        yield Scene(
            gone, gone, cast("Any", SystemClock()), client, StringIO(), server.secret, server.origin
        )
