"""What brings the records in a torture row: the web app, the headless device, stock PouchDB."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from playwright.async_api import BrowserContext, Page, Request, async_playwright

from bench.far import TlsServer
from bench.networks import Network
from e2e.browser import ARGUMENTS, obtain
from rejoint_server.settings import Settings
from rejoint_sync.circle.document import seal
from rejoint_sync.circle.encoding import b64u_encode
from server.ring import Ring
from vectors.dictionary_corpus import records

BENCH: Final = Path(__file__).parent
ROUTES: Final = re.compile(r"/(sync|db|circles|session|relay)(/|\?|$)")
EVERY_S: Final = 2
STAMP: Final = ("lam", "at", "tz_min")
STOP_S_MAX: Final = 10.0

FILL_APP: Final = """async ([module, circle, records]) => {
  // One file holds many modules, each under a short name.
  const all = await import(module);
  const { openDoor } = [all, ...Object.values(all)].find((one) => one?.openDoor);
  const door = openDoor();
  const [profile] = await door.profiles();
  const client = await door.open(profile.id);
  for (const { type, ...input } of records) {
    await (type === "pain" ? client.logPain(circle, input) : client.logSession(circle, input));
  }
  await client.close();
}"""


class Phone(Protocol):
    """One client of a row."""

    async def prepare(self) -> None:
        """On a good network: come in, then hold the records without sending any."""

    async def go(self) -> None:
        """Send them, from now on."""

    @property
    def requests(self) -> int:
        """Requests since `go`."""

    async def close(self) -> None:
        """Stop."""


@dataclass(slots=True)
class Place:
    """Where a phone is to send its records.

    Attributes:
        server: The server.
        network: The way to it.
        ring: The circle.
        folder: What the phone may use.
        drafts: The records, unsealed.
    """

    server: TlsServer
    network: Network
    ring: Ring
    folder: Path
    drafts: list[dict[str, Any]]

    async def link(self) -> str:
        """An invitation of a patient."""
        secret = await self.ring.invite("patient", mode="direct")
        return f"{self.server.origin}/#j1.{self.ring.circle}.{b64u_encode(secret)}"


def drafts(count: int) -> list[dict[str, Any]]:
    """So many sessions and pain scores, as patients write them."""
    found = [
        {name: value for name, value in one.items() if name not in STAMP}
        for one in records(seed=11, rounds=count // 10 + 1)
        if one["type"] in ("session", "pain")
    ]
    return found[:count]


@dataclass(eq=False)
class Browser:
    """A Chromium where the phones are, which counts its requests to the server."""

    place: Place
    asked: int = 0
    context: BrowserContext | None = None
    _driver: Any = None

    async def open(self) -> Page:
        """Start it; its first page."""
        folder = self.place.folder
        self._driver = await async_playwright().start()
        trusted = f"--ignore-certificate-errors-spki-list={self.place.server.spki}"
        self.context = await self._driver.chromium.launch_persistent_context(
            str(folder / "profile"),
            executable_path=self.place.network.wrapped(obtain(), folder),
            headless=True,
            args=[*ARGUMENTS, trusted],
        )
        self.context.set_default_timeout(30_000)
        self.context.on("request", self._note)
        return self.context.pages[0]

    def _note(self, request: Request) -> None:
        if ROUTES.match(request.url.removeprefix(self.place.server.origin)):
            self.asked += 1

    async def close(self) -> None:
        """Stop it."""
        if self.context is not None:
            await self.context.close()
        if self._driver is not None:
            await self._driver.stop()


class App:
    """The web app as it is built, which a person has used without a network."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._browser = Browser(place)

    async def prepare(self) -> None:
        """Join, go offline, log, start anew."""
        page = await self._browser.open()
        await page.goto(await self._place.link())
        await page.get_by_test_id("join-accept").click()
        await page.get_by_test_id("today").wait_for()
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        await self._place.network.quiet()
        context = page.context
        await context.set_offline(True)
        asked = [door_module(), self._place.ring.circle, self._place.drafts]
        await page.evaluate(FILL_APP, asked)
        await page.goto(self._place.server.origin)
        await page.get_by_test_id("today").wait_for()

    async def go(self) -> None:
        """The network is back."""
        self._browser.asked = 0
        assert self._browser.context is not None
        await self._browser.context.set_offline(False)

    @property
    def requests(self) -> int:
        """Requests since `go`."""
        return self._browser.asked

    async def close(self) -> None:
        """Stop."""
        await self._browser.close()


class Pouch:
    """Stock PouchDB in a page, live and with retries."""

    options: dict[str, int] = {}  # noqa: RUF012 - set by subclasses

    def __init__(self, place: Place) -> None:
        self._place = place
        self._browser = Browser(place)
        self._page: Page | None = None
        self._login = ""

    async def prepare(self) -> None:
        """Hold the sealed records."""
        ring = self._place.ring
        keys = await ring.add("patient")
        answer = await ring.scene.ask("POST", "/session", headers=ring.headers(keys))
        self._login = f"Session {answer.json()['session']}"
        documents = [
            seal(
                ring.membership,
                keys,
                es=ring.es["c"][1],
                kind="ev",
                month="2611",
                n=n,
                obj={**draft, "lam": n, "at": int(time.time()), "tz_min": 180},
                nonce=os.urandom(12),
            )
            for n, draft in enumerate(self._place.drafts, 1)
        ]
        self._page = await self._browser.open()
        await self._page.route(
            "**/bench.html",
            lambda route: route.fulfill(body="<title>bench</title>", content_type="text/html"),
        )
        await self._page.goto(f"{self._place.server.origin}/bench.html")
        await self._page.add_script_tag(path=bundled_pouch(self._place.folder))
        held = await self._page.evaluate("(docs) => fillPouch(docs)", documents)
        assert held == len(documents), held

    async def go(self) -> None:
        """Begin to replicate, both ways, for ever."""
        assert self._page is not None
        self._browser.asked = 0
        url = f"{self._place.server.origin}/db/{self._place.ring.circle}"
        await self._page.evaluate(
            "([url, login, options]) => startPouch(url, login, options)",
            [url, self._login, self.options],
        )

    @property
    def requests(self) -> int:
        """Requests since `go`."""
        return self._browser.asked

    async def close(self) -> None:
        """Stop."""
        await self._browser.close()


class PouchOf10(Pouch):
    """The same, told to send ten documents at a time."""

    options = {"batch_size": 10, "batches_limit": 1}  # noqa: RUF012 - as in the base


@dataclass(slots=True)
class Device:
    """The headless device, on the command line."""

    place: Place
    _process: "subprocess.Popen[bytes] | None" = None
    _said: list[str] = field(default_factory=list)

    def _command(self, *words: str) -> tuple[list[str], dict[str, str]]:
        program = str(Path(sys.executable).parent / "rejoint")
        environment = {**os.environ, "SSL_CERT_FILE": str(self.place.server.certificate)}
        return [*self.place.network.inside(), program, "device", *words], environment

    def _run(self, *words: str, given: str = "") -> None:
        command, environment = self._command(*words)
        done = subprocess.run(
            command, env=environment, input=given, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    async def prepare(self) -> None:
        """Join, be informed, and hold the records."""
        home, circle = str(self.place.folder / "device"), self.place.ring.circle
        self._run("join", "--home", home, await self.place.link())
        self._run("sync", "--home", home)
        lines = "\n".join(json.dumps(draft) for draft in self.place.drafts)
        where = ("--home", home, "--circle", circle)
        self._run("put", *where, "--kind", "ev", "--json", "-", given=lines)

    async def go(self) -> None:
        """Synchronise every two seconds."""
        home = str(self.place.folder / "device")
        command, environment = self._command("sync", "--home", home, "--every", str(EVERY_S))
        environment["PYTHONUNBUFFERED"] = "1"
        with (self.place.folder / "device.out").open("wb") as sink:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - it starts at once
                command, env=environment, stdout=sink, stderr=subprocess.STDOUT
            )

    @property
    def requests(self) -> int:
        """Requests of the rounds that are over."""
        said = (self.place.folder / "device.out").read_text().splitlines()
        rounds = [json.loads(line) for line in said if line.startswith("{")]
        return sum(one.get("requests", 0) for one in rounds)

    async def close(self) -> None:
        """Stop."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(STOP_S_MAX)


PHONES: Final[dict[str, tuple[str, type[Any]]]] = {
    "app": ("our app, Chromium", App),
    "device": ("our device, Python", Device),
    "pouch": ("stock PouchDB, Chromium", Pouch),
    "pouch10": ("PouchDB, batches of 10", PouchOf10),
}


def door_module(web: Path | None = None) -> str:
    """The file of the built app, or of the build in `web`, that exports its door."""
    assets = (web or Settings(data=Path()).web) / "assets"
    opens = ("as openDoor", "openDoor:()=>")
    [found] = [
        path for path in assets.glob("*.js") if any(one in path.read_text() for one in opens)
    ]
    return f"/assets/{found.name}"


def bundled_pouch(folder: Path) -> Path:
    """Stock PouchDB as one file."""
    target = folder / "torture_pouch.js"
    command = (
        shutil.which("rolldown") or "rolldown",
        *("--config", str(BENCH / "torture_pouch.config.mjs"), "--file", str(target)),
    )
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return target
