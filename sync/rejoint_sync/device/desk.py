"""What all acts of a device share: its directory, its line to the server, its circles."""

import contextlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from rejoint_sync.circle.grammar import CIRCLE
from rejoint_sync.circle.invitation import Link
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.home import Home, HomeUnusable, Identity, OpenStore
from rejoint_sync.device.line import Line, OpenClient
from rejoint_sync.device.log import Answer, resume
from rejoint_sync.device.state import DEVICE_DATABASE, DeviceState
from rejoint_sync.errors import BadRequest, CircleError, NotFound

_ORIGIN = re.compile(r"https?://[^/?#@\s]+")


class Desk:
    """A device without its acts.

    Args:
        home: Its directory, locked.
        state: What spans its circles.
        clock: Unix seconds by this machine.
        open_to: Makes its HTTP clients; None for the usual ones.

    What it needs of the world is given to `open`: the clock, the store, the HTTP client. Chance is
    drawn from `secrets`: keys and nonces, which decide nothing, and how long to wait for another
    device that was faster (`log.pause`).
    """

    def __init__(
        self,
        home: Home,
        state: DeviceState,
        clock: Callable[[], float],
        open_to: OpenClient | None = None,
    ) -> None:
        self._home = home
        self._state = state
        self._clock = clock
        self._open_to = open_to

    @classmethod
    async def open(
        cls,
        path: Path,
        clock: Callable[[], float],
        *,
        make: bool = False,
        open_store: OpenStore | None = None,
        open_to: OpenClient | None = None,
    ) -> Self:
        """Open the device that lives in a directory.

        Args:
            path: The directory.
            clock: Unix seconds by this machine; `time.time` but for tests.
            make: Whether a new device may be made there.
            open_store: Opens its store; None for SQLite's in that directory.
            open_to: Makes its HTTP clients, each for an origin; None for the usual ones.

        Raises:
            HomeUnusable: No device lives there, or its files were changed.
            HomeBusy: Another command is still running after ten seconds.
        """
        home = await Home.open(path, make=make, open_store=open_store)
        try:
            return cls(home, await DeviceState.read(home.store), clock, open_to)
        except BaseException:
            await home.__aexit__()
            raise

    async def __aenter__(self) -> Self:
        """The device itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close its directory."""
        await self._home.__aexit__()

    @property
    def id(self) -> str:
        """Its name."""
        return self._identity.keys.id

    @property
    def _identity(self) -> Identity:
        if self._home.identity is None:
            raise HomeUnusable(f"no device lives in {self._home.path}; make one with new or join")
        return self._home.identity

    async def _copy(self, circle: str) -> CircleCopy:
        if not CIRCLE.match(circle) or circle not in await self._home.store.databases():
            raise NotFound("this device has no such circle; sync first, or check the name")
        return await CircleCopy.open(self._home.store, circle, self._identity.keys)

    async def _copies(self) -> list[CircleCopy]:
        names = [name for name in await self._home.store.databases() if name != DEVICE_DATABASE]
        return [await self._copy(name) for name in names]

    async def _settled(self, line: Line, copy: CircleCopy) -> dict[str, Any] | None:
        """Finish what an earlier command began here; None when it had not got that far."""
        pending = copy.state.pending
        if pending is None and copy.live:
            raise BadRequest("this device is in this circle already")
        if pending is None:
            await copy.store.delete(copy.circle)
            return None
        try:
            settled = await resume(line, copy)
        finally:
            if copy.state.pending is None and not copy.live:
                await copy.store.delete(copy.circle)
        return settled.answer if settled else None

    async def _bound(self, server: str, connect: str) -> Identity:
        """Who lives here, made or bound to this server when it is in no circle yet."""
        known = self._home.identity
        if known is not None and known.server == server:
            return known
        if known is not None and await self._home.store.databases() != [DEVICE_DATABASE]:
            raise BadRequest(f"the device here belongs to {known.server}; use another directory")
        keys = known.keys if known is not None else DeviceKeys.generate()
        return self._home.adopt(Identity(server, origin_of(connect), keys))

    @contextlib.asynccontextmanager
    async def _line(
        self, server: str | None = None, connect: str | None = None
    ) -> AsyncGenerator[Line]:
        """A line to the server; makes the keys of a new device; keeps the time that was heard."""
        identity = (
            self._identity if server is None else await self._bound(server, connect or server)
        )
        before = self._state.offset_s
        try:
            async with Line(identity, self._state, self._clock, self._open_to) as line:
                yield line
        finally:
            if self._state.offset_s != before:
                await self._state.write(self._home.store)

    async def _in(
        self, circle: str, act: Callable[[Line, CircleCopy], Awaitable[Answer]]
    ) -> Answer:
        """Do something in one circle, with a line to the server."""
        copy = await self._copy(circle)
        async with self._line() as line:
            return await act(line, copy)


def link_of(text: str, kind: str) -> Link:
    """A whole link of a kind. Raises `CircleError` with `schema`."""
    link = Link.parse(text)
    if link.kind != kind:
        wanted = "a setup link (#s1.…)" if kind == "s1" else "an invitation (#j1.…)"
        raise CircleError("schema", f"expected {wanted}")
    try:
        origin_of(link.origin)
    except BadRequest:
        raise CircleError(
            "schema", "this link is incomplete: it does not name the server"
        ) from None
    return link


def origin_of(text: str) -> str:
    """An address of a server, without a final slash. Raises `BadRequest`."""
    origin = text.removesuffix("/")
    try:
        parts = urlsplit(origin)
        fits = bool(_ORIGIN.fullmatch(origin) and parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise BadRequest("expected an address like https://example.org, without a path")
    return origin
