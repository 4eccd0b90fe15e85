"""Login: which device signed the token of a request, or opened the session that it names.

Source: docs/circle.md, "The server's duties".
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from rejoint_server.access.device_sessions import DeviceSessions, Session
from rejoint_server.access.hints import Hints
from rejoint_server.access.memberships import Memberships
from rejoint_server.access.suspensions import Suspensions
from rejoint_server.clock import Clock
from rejoint_server.web.asgi import Request
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.grammar import DEVICE, Pub
from rejoint_sync.circle.jws import parse_jws
from rejoint_sync.circle.keys import LOGIN_TYP, check_login
from rejoint_sync.circle.log import Member, Membership
from rejoint_sync.errors import CircleError, NotFound, Unauthorized

TOKEN_LENGTH_MAX: Final = 2048
TOKENS_KEPT: Final = 10_000


class Login:
    """Checks tokens, each signature once, and sessions.

    Args:
        memberships: Where the keys of devices stand.
        hints: Where to look for a device.
        suspensions: Who is not served.
        clock: Decides whether a token is of this moment.
        public_url: The origin that tokens must name; None takes the request's own.
        heard: Told of each device that has proved itself; never raises.
    """

    def __init__(  # noqa: PLR0913  # it is put together in one place
        self,
        memberships: Memberships,
        hints: Hints,
        suspensions: Suspensions,
        clock: Clock,
        public_url: str | None,
        *,
        heard: Callable[[str], Awaitable[None]],
    ) -> None:
        self._memberships = memberships
        self._hints = hints
        self._suspensions = suspensions
        self._clock = clock
        self._public_url = public_url
        self._heard = heard
        self._sessions = DeviceSessions(clock)
        # Valid until its `exp`; a device's name is the hash of its keys, so what was checked once
        # stays true. Whether the device is live is asked each time.
        self._checked: OrderedDict[tuple[str, str], tuple[str, int]] = OrderedDict()

    async def member(self, request: Request, membership: Membership) -> Member:
        """The device of a circle that asks, live or gone.

        Raises:
            Unauthorized: No token, or not one of a device of the circle for this server.
            Suspended: It is suspended here.
            CircleError: `clock`.
        """
        device = self._check(*_credentials(request), membership, request)
        member = membership.devices.get(device)
        if member is None:
            raise Unauthorized("This device is not in the circle.")
        await self._suspensions.require_served(device, membership)
        await self._heard(device)
        return member

    async def device(self, request: Request, membership: Membership) -> Member:
        """The live device of a circle that asks.

        Raises:
            CircleError: `clock`, `removed`.
            SyncError: As `member`.
        """
        member = await self.member(request, membership)
        if not member.live:
            raise CircleError("removed", "this device is not in the circle any more")
        return member

    async def device_anywhere(self, request: Request) -> tuple[str, list[Membership]]:
        """The device that asks, and the circles in which it is live, also suspended.

        Raises:
            Unauthorized: No token, or its device is in no circle.
            CircleError: `clock`.
        """
        scheme, token = _credentials(request)
        claimed = self._claimed(scheme, token)
        found = []
        for circle in await self._hints.circles_of(claimed):
            try:
                found.append(await self._memberships.of(circle))
            except NotFound:
                continue
        live = [one for one in found if one.live(claimed)]
        if not live:
            raise Unauthorized("This device is not known here.")
        device = self._check(scheme, token, live[0], request)
        await self._heard(device)
        return device, live

    def audience(self, request: Request) -> str:
        """The origin that what is signed for this server must name."""
        return self._public_url or request.origin()

    async def pub_of(self, device: str) -> Pub | None:
        """The keys of a device that stands or stood in a circle here."""
        for circle in await self._hints.circles_of(device):
            try:
                member = (await self._memberships.of(circle)).devices.get(device)
            except (NotFound, CircleError):  # it is no more
                continue
            if member is not None:
                return member.pub
        return None

    async def is_suspended(self, device: str, membership: Membership) -> bool:
        """Whether a device is not served in a circle."""
        return await self._suspensions.holds(device, membership)

    async def require_served(self, device: str, membership: Membership) -> None:
        """Raise `Suspended` when a device is not served in a circle."""
        await self._suspensions.require_served(device, membership)

    async def open_session(self, request: Request) -> Session:
        """Begin a session of the device that asks. Raises as `device_anywhere`."""
        if _credentials(request)[0] != "bearer":
            raise Unauthorized("A session begins with a token of your device.")
        device, _ = await self.device_anywhere(request)
        return self._sessions.open(device)

    async def enter(self, request: Request) -> tuple[str, bytes]:
        """The device that asks in one request for all its circles, and the session it is given.

        Of a session nothing but that it is open is asked: what the device may do stands in each
        circle's log.

        Returns:
            Its name; the bytes of a new session for who showed a token, none for who has one.

        Raises:
            Unauthorized: As `device_anywhere`.
            CircleError: `clock`.
        """
        scheme, token = _credentials(request)
        if scheme == "session":
            device = self._of_session(token)
            await self._heard(device)
            return device, b""
        device, _ = await self.device_anywhere(request)
        return device, b64u_decode(self._sessions.open(device).token)

    def _claimed(self, scheme: str, token: str) -> str:
        """The device that a token says it is of, of which nothing but its form is checked."""
        if scheme == "session":
            return self._of_session(token)
        try:
            device = parse_jws(token, LOGIN_TYP).kid
        except CircleError as error:
            raise Unauthorized(error.reason) from error
        if not DEVICE.match(device):
            raise Unauthorized("This is not a login token.")
        return device

    def _of_session(self, token: str) -> str:
        device = self._sessions.device_of(token)
        if device is None:
            raise Unauthorized("This session is over; log in with a token of your device.")
        return device

    def _check(self, scheme: str, token: str, membership: Membership, request: Request) -> str:
        if scheme == "session":
            return self._of_session(token)
        audience = self.audience(request)
        now_s = self._clock.now_s()
        known = self._checked.get((token, audience))
        if known is not None and now_s < known[1] and known[0] in membership.devices:
            return known[0]

        def pub_of(device: str) -> Pub | None:
            member = membership.devices.get(device)
            return None if member is None else member.pub

        device = check_login(token, pub_of, audience, now_s)
        self._checked[token, audience] = (device, parse_jws(token, LOGIN_TYP).payload["exp"])
        while len(self._checked) > TOKENS_KEPT:
            self._checked.popitem(last=False)
        return device


def _credentials(request: Request) -> tuple[str, str]:
    """Scheme, `bearer` or `session`, and token of a request."""
    scheme, _, token = request.header(b"authorization").partition(" ")
    if scheme.lower() not in {"bearer", "session"}:
        raise Unauthorized("Log in with a token of your device.")
    if len(token) > TOKEN_LENGTH_MAX:
        raise Unauthorized("This is not a login token.")
    return scheme.lower(), token.strip()
