"""A clinic in one process: the real server over memory, and a network that tests can spoil."""

import zlib
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import orjson

from rejoint_server.app import Application, create_app
from rejoint_server.clock import ManualClock
from rejoint_server.settings import Settings
from rejoint_sync.device import line
from rejoint_sync.device.device import Device
from rejoint_sync.exchange.frames import MEDIA_TYPE, read, write
from rejoint_sync.exchange.messages import (
    Asked,
    Receipt,
    Records,
    Told,
    answer_item,
    read_answer_item,
    read_request,
    request_items,
)
from rejoint_sync.exchange.packing import pack, unpack
from rejoint_sync.stores.memory import MemoryStore

ORIGIN = "http://server.example"
NOW_S = 1_795_000_000
PAIN = {"type": "pain", "context": "now", "score": 0}


class Killed(BaseException):
    """The device's process is gone."""


Pushed = tuple[dict[str, Any], bool]
"""A document that is brought, and whether it is said to be known already."""


async def pushed_in(request: httpx.Request, device: str = "d" + "A" * 20) -> list[Pushed]:
    """The documents that a request of a device brings, by either road."""
    body = await request.aread()
    if request.url.path.endswith("/_bulk_docs"):
        again = "again" in request.url.query.decode()
        return [(one, again) for one in orjson.loads(body)["docs"]]
    if request.url.path != "/sync":
        return []
    found: list[Pushed] = []
    for one in read_request(read(plain_body(request, body)))[1]:
        if isinstance(one, Records):
            rows = unpack(one.packed, one.circle, device)
            found += [(row, one.again) for row in rows if isinstance(row, dict)]
    return found


def plain_body(request: httpx.Request, body: bytes) -> bytes:
    """The body of a request without its compression."""
    packed = request.headers.get("content-encoding") == "gzip"
    return zlib.decompress(body, wbits=31) if packed else body


class Network(httpx.AsyncBaseTransport):
    """Brings requests to the server, but for the planned faults.

    Attributes:
        faults: One for each request to come: "ok", "lost request", "lost answer", "killed",
            "portal"; without a plan all is well.
        down: Whether nothing gets through.
        asked: Method and path of each request.
        spoil: Changes an answer's JSON: what a lying server would say.
        spoils_sync: Whether a server that lies has no one-request sync; else it does not lie there.
        offers_sync: Whether the server has one-request sync.
        refuses: Codes by name: records that are refused, the next time they come.
        before_push: Called, once, when records are on their way.
    """

    def __init__(self) -> None:
        self.inner: httpx.ASGITransport | None = None
        self.faults: list[str] = []
        self.down = False
        self.asked: list[tuple[str, str]] = []
        self.spoil: Callable[[str, Any], Any] | None = None
        self.offers_sync = True
        self.spoils_sync = True
        self.refuses: dict[str, str] = {}
        self.before_push: Callable[[], Awaitable[object]] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path))
        fault = self.faults.pop(0) if self.faults else "ok"
        if self.down or fault == "lost request":
            raise httpx.ConnectError("down", request=request)
        if fault == "portal":
            return httpx.Response(200, html="<html>log in</html>")
        by_one = request.url.path == "/sync"
        if by_one and ((self.spoil is not None and self.spoils_sync) or not self.offers_sync):
            return httpx.Response(404, text="There is no such page.")
        if self.before_push is not None and await pushed_in(request):
            act, self.before_push = self.before_push, None
            await act()
            fault = self.faults.pop(0) if self.faults else fault
        response = await self._answered(request)
        if fault == "lost answer":
            raise httpx.ReadError("lost", request=request)
        if fault == "killed":
            raise Killed
        if self.spoil is not None and not by_one:
            await response.aread()
            value = self.spoil(request.url.path, response.json())
            kept = {"date": response.headers["date"]}
            return httpx.Response(response.status_code, json=value, headers=kept)
        return response

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        assert self.inner is not None
        device = next((name.split(":")[2] for name in self.refuses), "")
        named = [one["_id"] for one, _ in await pushed_in(request, device)] if device else []
        refused = {name: self.refuses.pop(name) for name in named if name in self.refuses}
        if not refused:
            return await self.inner.handle_async_request(request)
        by_one = request.url.path == "/sync"
        headers = {"authorization": request.headers["authorization"]}
        if by_one:
            headers["content-type"] = MEDIA_TYPE
        content = plain_body(request, await request.aread())
        content = (
            _sync_without(content, refused, device) if by_one else _bulk_without(content, refused)
        )
        smaller = httpx.Request("POST", request.url, content=content, headers=headers)
        response = await self.inner.handle_async_request(smaller)
        body = await response.aread()
        kept = {name: response.headers[name] for name in ("date", "content-type")}
        if by_one:
            asked = read_request(read(plain_body(request, request.content)))[1]
            body = _with_receipts(body, asked, refused, device)
        else:
            rows = [{"id": one, "error": "forbidden", "code": refused[one]} for one in refused]
            body = orjson.dumps(orjson.loads(body) + rows)
        return httpx.Response(response.status_code, content=body, headers=kept)


def _bulk_without(body: bytes, refused: dict[str, str]) -> bytes:
    value = orjson.loads(body)
    value["docs"] = [one for one in value["docs"] if one["_id"] not in refused]
    return orjson.dumps(value)


def _sync_without(body: bytes, refused: dict[str, str], device: str) -> bytes:
    begin, asked = read_request(read(body))
    less: list[Asked] = []
    for one in asked:
        if isinstance(one, Records):
            rows = [row for row in _rows(one, device) if row["_id"] not in refused]
            less.append(Records(one.circle, pack(rows, device), one.again))
        else:
            less.append(one)
    return write(request_items(begin, less))


def _rows(one: Records, device: str) -> list[Any]:
    return unpack(one.packed, one.circle, device)


def _with_receipts(body: bytes, asked: list[Asked], refused: dict[str, str], device: str) -> bytes:
    told: list[Told | None] = [read_answer_item(item) for item in read(body)]
    for place, one in enumerate(told):
        brought = asked[one.item - 1] if isinstance(one, Receipt) else None
        if isinstance(one, Receipt) and isinstance(brought, Records):
            rows = [row["_id"] for row in _rows(brought, device)]
            lost = tuple((rows.index(name), code) for name, code in refused.items() if name in rows)
            told[place] = Receipt(one.item, (*one.refused, *lost))
    return write(answer_item(one) for one in told if one is not None)


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


async def settled(clinic: Clinic) -> str:
    """A circle of a patient and a therapist who have signed today what they saw."""
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN | {"score": 1})
    for name in ("patient", "therapist", "patient", "therapist"):
        await clinic.do(name, "sync")
    clinic.network.asked.clear()
    return circle
