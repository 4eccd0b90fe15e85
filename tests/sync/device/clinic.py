"""A clinic in one process: the real server over memory, and a network that tests can spoil."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx

from rejoint_server.app import Application, create_app
from rejoint_server.clock import ManualClock
from rejoint_server.settings import Settings
from rejoint_sync.device import line
from rejoint_sync.device.device import Device
from rejoint_sync.stores.memory import MemoryStore

ORIGIN = "http://server.example"
NOW_S = 1_795_000_000
PAIN = {"type": "pain", "context": "now", "score": 0}


class Killed(BaseException):
    """The device's process is gone."""


class Network(httpx.AsyncBaseTransport):
    """Brings requests to the server, but for the planned faults.

    Attributes:
        faults: One for each request to come: "ok", "lost request", "lost answer", "killed",
            "portal"; without a plan all is well.
        down: Whether nothing gets through.
        asked: Method and path of each request.
        spoil: Changes an answer's JSON: what a lying server would say.
    """

    def __init__(self) -> None:
        self.inner: httpx.ASGITransport | None = None
        self.faults: list[str] = []
        self.down = False
        self.asked: list[tuple[str, str]] = []
        self.spoil: Callable[[str, Any], Any] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path))
        fault = self.faults.pop(0) if self.faults else "ok"
        if self.down or fault == "lost request":
            raise httpx.ConnectError("down", request=request)
        if fault == "portal":
            return httpx.Response(200, html="<html>log in</html>")
        assert self.inner is not None
        response = await self.inner.handle_async_request(request)
        if fault == "lost answer":
            raise httpx.ReadError("lost", request=request)
        if fault == "killed":
            raise Killed
        if self.spoil is not None:
            await response.aread()
            value = self.spoil(request.url.path, response.json())
            kept = {"date": response.headers["date"]}
            return httpx.Response(response.status_code, json=value, headers=kept)
        return response


class Clinic:
    """A server that was just set up, and devices in directories.

    Args:
        folder: Where devices live.
        patch: pytest's `monkeypatch.setattr`.
    """

    def __init__(self, folder: Path, patch: Callable[..., None]) -> None:
        self.folder = folder
        self.clock = ManualClock(NOW_S)
        self.phone_clock = ManualClock(NOW_S)
        self.store = MemoryStore("k0")
        self.network = Network()
        self.application: Application
        patch(line, "open_client", self._open_client)

    async def start(self) -> str:
        """Start the server over its store; the setup link, "" when setup is over."""
        settings = Settings(data=self.folder / "data", web=self.folder / "web")
        self.application = create_app(settings, self.store, self.clock)
        self.network.inner = httpx.ASGITransport(app=self.application.edge)
        secret = await self.application.start()
        return f"{ORIGIN}/#s1.{secret}" if secret else ""

    def _open_client(self, origin: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=origin, transport=self.network)

    async def device(self, name: str) -> Device:
        """Open the device in a directory of this name, made when it is not there."""
        return await Device.open(self.folder / name, lambda: self.phone_clock.now, make=True)

    async def do(self, name: str, act: str, *arguments: Any, **options: Any) -> Any:
        """Run one method of a device, as one command would."""
        async with await self.device(name) as device:
            return await getattr(device, act)(*arguments, **options)

    async def put(self, name: str, circle: str, *values: object, kind: str = "ev") -> list[str]:
        """Seal records on a device."""
        done: list[str] = await self.do(name, "put", circle, kind, list(values), tz_min=0)
        return done

    async def scores(self, name: str, circle: str) -> list[Any]:
        """The pain scores that a device shows."""
        shown = await self.do(name, "show", circle)
        return [record["value"].get("score") for record in shown["records"]]

    async def care(self, patients: Iterable[str] = ("patient",)) -> str:
        """Set up a therapist and patients' circles with a joined patient; the last circle."""
        setup = await self.start()
        await self.do("therapist", "new", setup)
        circle = ""
        for patient in patients:
            circle = (await self.do("therapist", "circle_new"))["circle"]
            invited = await self.do("therapist", "invite", circle, "patient")
            await self.do(patient, "join", invited["link"])
        return circle
