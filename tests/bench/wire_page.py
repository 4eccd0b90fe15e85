"""One device in a Chromium page, and what passes on its socket, below TLS 1.3 and HTTP/2.

The page sends what this process packs and gives back what it was answered, as the app's own code
does in its place. Every byte is counted by a forwarder before the server; where it went is read
with the browser's key log.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.async_api import Page, Request, async_playwright

from bench.far import TlsServer, far_scene
from bench.forwarder import Forwarder
from bench.tls_reading import RECORD_HEAD, TAG, Frame, application_data, frames
from bench.tls_server import HOST
from e2e.browser import ARGUMENTS, obtain
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.exchange.frames import write
from rejoint_sync.exchange.messages import MAY_BE_EMPTY, Asked, Begin, request_items
from server.scene import Person, Scene
from server.sync_client import Handset, Said

ORIGIN: Final = f"https://{HOST}"
QUIET_S: Final = 0.3
FRAME_HEAD: Final = 9
RECORD_COST: Final = RECORD_HEAD + TAG + 1

_POST: Final = """async ([body, login]) => {
  const headers = { "Content-Type": "application/cbor-seq", Authorization: login };
  const init = { method: "POST", headers, body: Uint8Array.from(body), credentials: "omit" };
  const answer = await fetch("/sync", { ...init, cache: "no-store", redirect: "error" });
  return [answer.status, Array.from(new Uint8Array(await answer.arrayBuffer()))];
}"""


@dataclass(slots=True)
class Passed:
    """What passed while something was done.

    Attributes:
        requests: Requests of the browser to the server.
        connections: How many were begun.
        up, down: Bytes of payload of TCP.
        parts: Where they went, by direction and name.
    """

    requests: int
    connections: int
    up: int
    down: int
    parts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Both directions."""
        return self.up + self.down


@dataclass(slots=True)
class Mark:
    """How far each connection was."""

    bytes: list[tuple[int, int]]
    frames: list[tuple[list[Frame], list[Frame]]]
    records: list[tuple[int, int]]


@dataclass(eq=False)
class Wire:
    """A server, a browser, and the socket between them.

    Attributes:
        scene: The server, asked past the socket.
        page: An empty page of its origin.
        forwarder: Counts.
        key_log: Of the browser.
        server: Its process.
    """

    scene: Scene
    page: Page
    forwarder: Forwarder
    key_log: Path
    server: TlsServer
    requests: int = 0

    def count(self, request: Request) -> None:
        """One more request, when it is one to the server."""
        self.requests += request.url.startswith(ORIGIN) and not request.url.endswith("/bench.html")

    async def quiet(self) -> None:
        """Wait until nothing passes any more."""
        before = -1
        # Counted in another thread, so there is nothing to wait for but time.
        while before != (before := self.forwarder.up + self.forwarder.down):  # noqa: ASYNC110
            await asyncio.sleep(QUIET_S)

    async def passed(self, act: Callable[[], Awaitable[object]]) -> Passed:
        """Do something and count what passes until it is quiet again."""
        await self.quiet()
        then, requests = self._mark(), self.requests
        await act()
        await self.quiet()
        now = self._mark()
        passed = Passed(self.requests - requests, len(now.bytes) - len(then.bytes), 0, 0)
        for number, (up, down) in enumerate(now.bytes):
            old = then.bytes[number] if number < len(then.bytes) else (0, 0)
            passed.up += up - old[0]
            passed.down += down - old[1]
            self._explain(passed, then, now, number)
        return passed

    def _mark(self) -> Mark:
        mark = Mark([], [], [])
        for one in self.forwarder.connections:
            up, down = bytes(one.records_up.data), bytes(one.records_down.data)
            read: tuple[list[bytes], list[bytes]] = ([], [])
            if one.spoke_s is not None:
                read = application_data(up, down, self.key_log)
            mark.bytes.append((len(up), len(down)))
            mark.records.append((len(read[0]), len(read[1])))
            mark.frames.append((list(frames(read[0])), list(frames(read[1]))))
        return mark

    def _explain(self, passed: Passed, then: Mark, now: Mark, number: int) -> None:
        for way, name in enumerate(("up", "down")):
            is_new = number >= len(then.bytes)
            seen = 0 if is_new else len(then.frames[number][way])
            had = 0 if is_new else then.records[number][way]
            records = now.records[number][way] - had
            parts = Counter[tuple[str, str]]()
            parts[name, "TLS records"] = records * RECORD_COST
            for frame in now.frames[number][way][seen:]:
                kind = {"HEADERS": "headers", "DATA": "body"}.get(frame.kind)
                if kind is None:
                    parts[name, "other frames"] += frame.size
                else:
                    parts[name, "frame heads"] += FRAME_HEAD
                    parts[name, kind] += frame.size - FRAME_HEAD
            whole = now.bytes[number][way] - (0 if is_new else then.bytes[number][way])
            parts[name, "handshake"] = whole - parts.total()
            passed.parts += parts


@dataclass(slots=True)
class PageHandset(Handset):
    """A device whose requests a page sends; after the first one it shows its session."""

    wire: Wire | None = None

    async def ask(self, *asked: Asked) -> Said:
        """One request, understood; keeps cursor and session."""
        assert self.wire is not None
        body = write(request_items(Begin(self.cursor, 0, MAY_BE_EMPTY), asked))
        self.bytes_up = len(body)
        login = self.session or Person(self.keys).login(self.scene)["authorization"]
        status, answer = await self.wire.page.evaluate(_POST, [list(body), login])
        assert (status, bool(answer)) in ((200, True), (204, False)), answer
        return self.understood(bytes(answer))


def page_handset(wire: Wire, keys: DeviceKeys) -> PageHandset:
    """A device in the page."""
    return PageHandset(wire.scene, keys, wire=wire)


@asynccontextmanager
async def open_wire(folder: Path) -> AsyncIterator[Wire]:
    """A server behind TLS, and a browser that has not dialled yet."""
    key_log = folder / "keys"
    with (
        TlsServer(folder / "server", ORIGIN) as server,
        Forwarder(server.address, keeps=True) as forwarder,
    ):
        async with far_scene(server) as scene, async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                str(folder / "profile"),
                executable_path=obtain(),
                headless=True,
                args=[
                    *ARGUMENTS,
                    f"--ignore-certificate-errors-spki-list={server.spki}",
                    f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{forwarder.port}",
                    f"--ssl-key-log-file={key_log}",
                ],
            )
            page = context.pages[0]
            wire = Wire(scene, page, forwarder, key_log, server)
            context.on("request", wire.count)
            await page.route(
                "**/bench.html",
                lambda route: route.fulfill(body="<title>bench</title>", content_type="text/html"),
            )
            await page.goto(f"{ORIGIN}/bench.html")
            yield wire
            await context.close()
