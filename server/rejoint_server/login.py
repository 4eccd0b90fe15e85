"""Login: which device signed the token of a request.

Source: docs/circle.md, "The server's duties".
"""

from collections import OrderedDict
from typing import Final

from rejoint_server.asgi import Request
from rejoint_server.clock import Clock
from rejoint_server.hints import Hints
from rejoint_server.memberships import Memberships
from rejoint_sync.circle.grammar import DEVICE, Pub
from rejoint_sync.circle.jws import parse_jws
from rejoint_sync.circle.keys import LOGIN_TYP, check_login
from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import CircleError, NotFound, Unauthorized

TOKEN_LENGTH_MAX: Final = 2048
TOKENS_KEPT: Final = 10_000


class Login:
    """Checks tokens, each signature once.

    Args:
        memberships: Where the keys of devices stand.
        hints: Where to look for a device.
        clock: Decides whether a token is of this moment.
        public_url: The origin that tokens must name; None takes the request's own.
    """

    def __init__(
        self, memberships: Memberships, hints: Hints, clock: Clock, public_url: str | None
    ) -> None:
        self._memberships = memberships
        self._hints = hints
        self._clock = clock
        self._public_url = public_url
        # Valid until its `exp`; a device's name is the hash of its keys, so what was checked once
        # stays true. Whether the device is live is asked each time.
        self._checked: OrderedDict[tuple[str, str], tuple[str, int]] = OrderedDict()

    def device(self, request: Request, membership: Membership) -> str:
        """The live device of a circle that asks.

        Raises:
            Unauthorized: No token, or not one of a live device of the circle for this server.
            CircleError: `clock`.
        """
        token = _bearer(request)
        device = self._check(token, membership, request)
        if not membership.live(device):
            raise Unauthorized("This device is not in the circle.")
        return device

    async def device_anywhere(self, request: Request) -> tuple[str, list[Membership]]:
        """The device that asks, and the circles in which it is live.

        Raises:
            Unauthorized: No token, or its device is in no circle.
            CircleError: `clock`.
        """
        token = _bearer(request)
        found = []
        for circle in await self._hints.circles_of(_claimed(token)):
            try:
                found.append(await self._memberships.of(circle))
            except NotFound:
                continue
        live = [one for one in found if one.live(_claimed(token))]
        if not live:
            raise Unauthorized("This device is not known here.")
        return self._check(token, live[0], request), live

    def _check(self, token: str, membership: Membership, request: Request) -> str:
        audience = self._public_url or request.origin()
        now_s = self._clock.now_s()
        known = self._checked.get((token, audience))
        if known is not None and now_s < known[1] and known[0] in membership.devices:
            return known[0]

        def pub_of(device: str) -> Pub | None:
            member = membership.devices.get(device)
            return None if member is None or not member.live else member.pub

        device = check_login(token, pub_of, audience, now_s)
        self._checked[token, audience] = (device, parse_jws(token, LOGIN_TYP).payload["exp"])
        while len(self._checked) > TOKENS_KEPT:
            self._checked.popitem(last=False)
        return device


def _bearer(request: Request) -> str:
    scheme, _, token = request.header(b"authorization").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized("Log in with a token of your device.")
    if len(token) > TOKEN_LENGTH_MAX:
        raise Unauthorized("This is not a login token.")
    return token.strip()


def _claimed(token: str) -> str:
    """The device that a token says it is of; nothing is checked but its form."""
    try:
        device = parse_jws(token, LOGIN_TYP).kid
    except CircleError as error:
        raise Unauthorized(error.reason) from error
    if not DEVICE.match(device):
        raise Unauthorized("This is not a login token.")
    return device
