"""A headless device: keys, circles, records and sync in one directory.

The command line, the demo and the tests use it; a phone does the same in `pwa/`. Whatever a method
reports is durable, and any method may be called again after a crash or a lost answer.
"""

import contextlib
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.grammar import CIRCLE
from rejoint_sync.circle.invitation import Link
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.device.admission import Answer, Founding, found, invite, join
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.home import Home, HomeUnusable, Identity
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import resume
from rejoint_sync.device.state import DEVICE_DATABASE, DeviceState
from rejoint_sync.device.sync import Report, sync_all
from rejoint_sync.errors import BadRequest, CircleError, Forbidden, NotFound

_STAFF = ("admin", "therapist")
_ORIGIN = re.compile(r"https?://[^/?#@\s]+")


class Device:
    """A device; make one by `async with await Device.open(…)`.

    Args:
        home: Its directory, locked.
        state: What spans its circles.
        clock: Unix seconds by this machine.
    """

    def __init__(self, home: Home, state: DeviceState, clock: Callable[[], float]) -> None:
        self._home = home
        self._state = state
        self._clock = clock

    @classmethod
    async def open(cls, path: Path, clock: Callable[[], float], *, make: bool = False) -> Self:
        """Open the device that lives in a directory.

        Args:
            path: The directory.
            clock: Unix seconds by this machine; `time.time` but for tests.
            make: Whether a new device may be made there.

        Raises:
            HomeUnusable: No device lives there, or its files were changed.
            HomeBusy: Another command is still running after ten seconds.
        """
        home = await Home.open(path, make=make)
        try:
            return cls(home, await DeviceState.read(home.store), clock)
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

    # -- admission -------------------------------------------------------------------------------

    async def new(self, setup: str, *, connect: str | None = None) -> dict[str, Any]:
        """Found the clinic by the one-time setup link.

        Args:
            setup: `http://…/#s1.…`
            connect: Origin to connect to when it is not the link's.

        Returns:
            `device`, `circle`, `member`, `role`.
        """
        link = _link(setup, "s1")
        copies = await self._copies()
        if any(copy.state.pending is None and copy.membership for copy in copies):
            raise BadRequest("a device lives here already; use another directory")
        async with self._line(link.origin, connect) as line:
            for copy in copies:
                settled = await self._settled(line, copy)
                if settled:
                    return {"device": self.id, **settled}
            founding = Founding("clinic", "admin", setup=b64u_encode(link.secret))
            answer = await found(line, self._home.store, founding)
        return {"device": self.id, **answer}

    async def join(self, text: str, *, connect: str | None = None) -> dict[str, Any]:
        """Join a circle by an invitation, as a new device or as the one that lives here.

        Args:
            text: `http://…/#j1.…`
            connect: Origin to connect to when it is not the link's.

        Returns:
            `device`, `circle`, `member`, `role`.
        """
        link = _link(text, "j1")
        async with self._line(link.origin, connect) as line:
            if link.circle in await self._home.store.databases():
                settled = await self._settled(line, await self._copy(link.circle))
                if settled:
                    return {"device": self.id, **settled}
            answer = await join(line, self._home.store, link)
        return {"device": self.id, **answer}

    async def circle_new(self) -> dict[str, Any]:
        """Found a patient's circle as its therapist.

        Returns:
            `circle`, `member`, `role`.
        """
        copies = await self._copies()
        async with self._line() as line:
            for copy in copies:
                pending = copy.state.pending
                if pending is not None and pending.op == "genesis":
                    settled = await self._settled(line, copy)
                    if settled:
                        return settled
            clinic = _clinic_of(copies)
            founding = Founding("patient", "therapist", clinic=clinic)
            return dict(await found(line, self._home.store, founding))

    async def invite(self, circle: str, role: str, *, member: str | None = None) -> dict[str, Any]:
        """Make a link to join a circle, good for an hour and for one device.

        Args:
            circle: Which.
            role: What the one who joins will be.
            member: Whose further device it is; None for a new member, or the one patient.

        Returns:
            `link`, `circle`, `iid`, `member`, `role`, `expires`.
        """
        copy = await self._copy(circle)
        async with self._line() as line:
            answer: Answer = await invite(line, copy, role=role, member=member)
        return dict(answer)

    async def invite_own(self, circle: str) -> dict[str, Any]:
        """Make a link for a further device of one's own.

        Who joins by it is added, at the next `sync`, to the other circles of this device.

        Returns:
            As `invite`.
        """
        copy = await self._copy(circle)
        me = copy.require_me()
        async with self._line() as line:
            answer = await invite(line, copy, role=me.role, member=me.member, wish=self._state)
        return dict(answer)

    def move(self, server: str, *, connect: str | None = None) -> dict[str, Any]:
        """Follow the server to another address.

        Args:
            server: Its origin, `http://host:port` or `https://host`, as logins name it.
            connect: Origin to connect to when it is another.

        Returns:
            `device`, `server`, `connect`.
        """
        keys = self._identity.keys
        moved = self._home.adopt(Identity(_origin(server), _origin(connect or server), keys))
        return {"device": self.id, "server": moved.server, "connect": moved.connect}

    # -- records ---------------------------------------------------------------------------------

    async def put(
        self, circle: str, kind: str, values: Sequence[object], *, tz_min: int
    ) -> list[str]:
        """Seal records and keep them; works without a server. See `CircleCopy.put`."""
        copy = await self._copy(circle)
        now_s = int(self._clock()) + self._state.offset_s
        return await copy.put(kind, values, now_s=now_s, tz_min=tz_min)

    async def show(self, circle: str) -> dict[str, Any]:
        """The opened records of a circle, in the order of the fold.

        Returns:
            `circle`; `records`, each with `id`, `place` ("phone" or "server"), `author` (device),
            `member`, `role`, `value`; `set_aside`, each with `id`, `code`, `reason`.
        """
        return await (await self._copy(circle)).show()

    async def circles(self) -> list[dict[str, Any]]:
        """The circles of this device: `circle`, `purpose`, `role`, `member`, `seq`, `alarm`."""
        found_here = []
        for copy in await self._copies():
            me = copy.me
            if copy.membership is not None and me is not None:
                found_here.append(
                    {
                        "circle": copy.circle,
                        "purpose": copy.membership.purpose,
                        "role": me.role,
                        "member": me.member,
                        "seq": copy.membership.seq,
                        "alarm": copy.state.alarm,
                    }
                )
        return found_here

    async def sync(self) -> dict[str, Any]:
        """Bring all circles up to date, both ways.

        Returns:
            `pushed`, `pulled`, `refused` (each `id`, `code`, `reason`), `requests`, `bytes_up`,
            `bytes_down`, `trouble` (each `circle`, `code`, `reason`).
        """
        async with self._line() as line:
            report: Report = await sync_all(line, self._home.store, self._state)
        refused = [{"id": one.id, "code": one.code, "reason": one.reason} for one in report.refused]
        return {
            "pushed": report.pushed,
            "pulled": report.pulled,
            "refused": refused,
            **asdict(line.traffic),
            "trouble": report.trouble,
        }

    # -- what they share -------------------------------------------------------------------------

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
        return self._home.adopt(Identity(server, _origin(connect), keys))

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
            async with Line(identity, self._state, self._clock) as line:
                yield line
        finally:
            if self._state.offset_s != before:
                await self._state.write(self._home.store)


def _link(text: str, kind: str) -> Link:
    link = Link.parse(text)
    if link.kind != kind:
        wanted = "a setup link (#s1.…)" if kind == "s1" else "an invitation (#j1.…)"
        raise CircleError("schema", f"expected {wanted}")
    try:
        _origin(link.origin)
    except BadRequest:
        raise CircleError(
            "schema", "this link is incomplete: it does not name the server"
        ) from None
    return link


def _origin(text: str) -> str:
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


def _clinic_of(copies: Sequence[CircleCopy]) -> str:
    for copy in copies:
        me = copy.me
        if copy.live and copy.members.purpose == "clinic" and me is not None and me.role in _STAFF:
            return copy.circle
    raise Forbidden("only a clinic's therapist or admin can found a patient's circle")
