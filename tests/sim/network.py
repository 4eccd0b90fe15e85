"""The network between phones and the server: it loses, cuts, doubles, delays and lies.

Each phone has a link with its own weather. What becomes of one request is drawn from the seed, so
one seed gives the same faults in the same places.
"""

import asyncio
import gzip
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from rejoint_sync.exchange import frames
from sim.hosting import Answered, Asked, Gone, Hosting
from sim.trace import Trace

PORTAL: Final = b"<!doctype html><html><body>Welcome! Please log in to this network.</body></html>"
NOT_OFFERED: Final = b'{"error":"not_implemented","reason":"This server is an older one."}'
BYTES_S: Final = 20_000
LATE_S_MAX: Final = 2_000.0
"""How long a network keeps a request back that it delivers after all."""

RECORDS, BUNDLE = 1, 3
"""Numbers of the items of `/sync` that bring something."""

FAULTS: Final = (
    "lost request",
    "lost answer",
    "cut request",
    "cut answer",
    "twice",
    "late",
    "portal",
    "hang",
)


CUTS: Final = (*["cut answer"] * 7, "lost answer", "cut request", "twice")
"""For worlds about what is kept of an answer."""


class NetworkDown(Exception):
    """Nothing came back, or not all of it."""


@dataclass(slots=True)
class Link:
    """The way of one phone to the server.

    Attributes:
        name: Of the phone, for the trace.
        weather: "good", "bad" or "none".
        share: Of requests that go wrong while it is bad.
        hangs_s: How long this client waits for a sign of life.
        requests: Asked so far.
        bytes: Sent and received so far.
        brought: Requests so far that carried records or entries of a log.
    """

    name: str
    weather: str = "good"
    share: float = 0.35
    hangs_s: float = 30.0
    requests: int = 0
    bytes: int = 0
    brought: int = 0


@dataclass(slots=True)
class Network:
    """All links of a world.

    Args:
        hosting: The server.
        chance: What becomes of each request.
        trace: Is told.

    Attributes:
        happened: How often each fault did.
        faults: Those that one is drawn from.
        old_server: Whether `/sync` is not offered, so that everybody replicates.
    """

    hosting: Hosting
    chance: Random
    trace: Trace
    happened: Counter[str] = field(default_factory=Counter)
    faults: tuple[str, ...] = FAULTS
    old_server: bool = False
    late: set[asyncio.Task[None]] = field(default_factory=set)

    async def carry(self, link: Link, asked: Asked) -> Answered:
        """Bring a request to the server and its answer back, or not.

        Raises:
            NetworkDown: No answer, or its end is missing (raised by its body).
        """
        link.requests += 1
        link.bytes += len(asked.body)
        link.brought += carries_records(asked)
        fault = self._fault(link)
        route = route_of(asked)
        try:
            answered = await self._carry(link, asked, fault)
        except (NetworkDown, Gone):
            self.trace.note(link.name, f"{route} {fault or 'down'}")
            raise NetworkDown from None
        self.trace.note(link.name, f"{route} {answered.status} {fault}".rstrip())
        return answered

    def _fault(self, link: Link) -> str:
        if link.weather == "none":
            return "lost request"
        chosen = ""
        if link.weather == "bad" and self.chance.random() < link.share:
            chosen = self.chance.choice(self.faults)
        self.happened[chosen or "ok"] += 1
        return chosen

    async def _carry(self, link: Link, asked: Asked, fault: str) -> Answered:
        await asyncio.sleep(self.chance.uniform(0.02, 0.4) + len(asked.body) / BYTES_S)
        if fault == "lost request":
            raise NetworkDown
        if fault == "portal":
            return Answered(200, [(b"content-type", b"text/html")], _bytes(PORTAL))
        if fault == "hang":
            await asyncio.sleep(link.hangs_s)
            raise NetworkDown
        if fault == "cut request":
            at = self.chance.randrange(len(asked.body) + 1)
            await self._consume(asked, [asked.body[:at]], whole=False)
            raise NetworkDown
        if fault == "late":
            self._later(asked, self.chance.uniform(1.0, LATE_S_MAX))
            await asyncio.sleep(link.hangs_s)
            raise NetworkDown
        if fault == "twice":
            self._later(asked, self.chance.uniform(0.0, 5.0))
        if self.old_server and asked.target == "/sync":
            return Answered(501, [(b"content-type", b"application/json")], _bytes(NOT_OFFERED))
        answered = await self.hosting.answer(asked, [asked.body], whole=True)
        if fault == "lost answer":
            async for _ in answered.body:
                pass
            raise NetworkDown
        cut = self.chance.random() if fault == "cut answer" else None
        answered.body = self._down(link, answered.body, cut)
        return answered

    async def _down(
        self, link: Link, body: AsyncIterator[bytes], cut: float | None
    ) -> AsyncIterator[bytes]:
        """The body at the speed of the link, up to a share of one of its parts."""
        try:
            async for part in body:
                await asyncio.sleep(len(part) / BYTES_S)
                link.bytes += len(part)
                if cut is not None and (len(part) < 1_000 or self.chance.random() < 0.5):
                    yield part[: int(len(part) * cut)]
                    raise NetworkDown
                yield part
        except Gone:
            raise NetworkDown from None

    def _later(self, asked: Asked, seconds: float) -> None:
        async def deliver() -> None:
            await asyncio.sleep(seconds)
            await self._consume(asked, [asked.body], whole=True)

        task = asyncio.get_running_loop().create_task(deliver())
        self.late.add(task)
        task.add_done_callback(self.late.discard)

    async def _consume(self, asked: Asked, parts: list[bytes], *, whole: bool) -> None:
        """Ask; what comes back is lost."""
        try:
            answered = await self.hosting.answer(asked, parts, whole=whole)
            async for _ in answered.body:
                pass
        except Gone:
            pass


async def _bytes(text: bytes) -> AsyncIterator[bytes]:
    yield text


def route_of(asked: Asked) -> str:
    """Method and path without names of circles, devices and records."""
    parts = asked.target.partition("?")[0].split("/")
    return f"{asked.method} " + "/".join(part if len(part) < 16 else "*" for part in parts)


def carries_records(asked: Asked) -> bool:
    """Whether a request brings something that shall be stored for others."""
    path = asked.target.partition("?")[0]
    if asked.method == "GET" or "/_local/" in path:
        return False
    if path != "/sync":
        return path.endswith(("/_bulk_docs", "/log", "/quarantine"))
    packed = asked.body.startswith(b"\x1f\x8b")
    body = gzip.decompress(asked.body) if packed else asked.body
    return any(item[0] in (RECORDS, BUNDLE) for item in frames.read(body))
