"""The routes of push: the key to subscribe for, and a device's subscription."""

from typing import Annotated, Any, Final

from litestar import Response, delete, get, post, put
from litestar.types import ControllerRouterHandler
from pydantic import BaseModel, ConfigDict, Field

from rejoint_server.access.login import Login
from rejoint_server.access.rates import HourlyRate
from rejoint_server.circles.endpoints import HttpRequest, Secret, raw_request, read_body
from rejoint_server.clock import Clock
from rejoint_server.push.push_keys import PushKeys
from rejoint_server.push.push_services import ENDPOINT_LENGTH_MAX, PushServices
from rejoint_server.push.putting_off import PuttingOff
from rejoint_server.push.subscriptions import Subscription, Subscriptions
from rejoint_server.web.asgi import Request
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.envelope import require_point
from rejoint_sync.errors import BadRequest, CircleError, ConflictError, Suspended

_STRICT = ConfigDict(strict=True, extra="forbid")

CHANGES_PER_HOUR: Final = 60
"""How often a device may bring a subscription; a phone does so once a day."""

Point = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{87}$")]
"""Base64url of 65 bytes."""


class Subscribing(BaseModel):
    """The body of `PUT /push/subscription`."""

    model_config = _STRICT

    endpoint: Annotated[str, Field(max_length=ENDPOINT_LENGTH_MAX)]
    p256dh: Point
    auth: Secret
    key: Point


class PuttingOffOne(BaseModel):
    """The body of `POST /reminders/later`."""

    model_config = _STRICT

    device: Annotated[str, Field(max_length=64)]
    later: Secret


class PushDesk:
    """What devices do about their subscriptions.

    Args:
        subscriptions: Where they are.
        keys: Of this server.
        services: Which push services there are.
        login: Who asks.
        clock: The time.
    """

    def __init__(
        self,
        subscriptions: Subscriptions,
        keys: PushKeys,
        services: PushServices,
        login: Login,
        clock: Clock,
    ) -> None:
        self._subscriptions = subscriptions
        self._keys = keys
        self._services = services
        self._login = login
        self._clock = clock
        self._rate = HourlyRate(clock, CHANGES_PER_HOUR)

    @property
    def public(self) -> str:
        """The key that browsers are to subscribe for."""
        return self._keys.now().current.public

    async def keep(self, request: Request, body: Subscribing) -> tuple[bool, bool]:
        """Keep the subscription of the device that asks.

        Returns:
            Whether it is new; whether the browser is to subscribe anew, since it did so for an
            earlier key.

        Raises:
            BadRequest: The endpoint is none, or the keys are not.
            ConflictError: It was made for a key that this server does not have.
            Forbidden: The push service is not one that this server sends to.
            SyncError: As `device`; `TooManyRequests`.
        """
        device = await self.device(request)
        self._rate.count(device)
        self._services.origin_of(body.endpoint)
        try:
            require_point(b64u_decode(body.p256dh))
            b64u_decode(body.auth)
        except CircleError:
            raise BadRequest("p256dh, auth: expected those of a browser.") from None
        ring = self._keys.now()
        key = ring.of_public(body.key)
        if key is None:
            raise ConflictError("Subscribe anew, for the key of GET /push/key.")
        subscription = Subscription(
            body.endpoint, body.p256dh, body.auth, key.id, self._clock.now_s()
        )
        is_new = await self._subscriptions.put(device, subscription)
        return is_new, key != ring.current

    async def forget(self, request: Request) -> None:
        """Forget the subscription of the device that asks, if there is one."""
        await self._subscriptions.drop(await self.device(request))

    async def device(self, request: Request) -> str:
        """The device that asks; it is live, and served, in some circle.

        Raises:
            Unauthorized: Not known here.
            Suspended: In all its circles.
        """
        device, circles = await self._login.device_anywhere(request)
        for circle in circles:
            if not await self._login.is_suspended(device, circle):
                return device
        raise Suspended("This device is suspended; ask an admin of the clinic.")


def push_routes(desk: PushDesk, putting_off: PuttingOff) -> list[ControllerRouterHandler]:
    """The handlers of `/push`, and what a notification asks for."""

    @get("/push/key", sync_to_thread=False)
    def key() -> dict[str, str]:
        return {"key": desk.public}

    @put("/push/subscription")
    async def keep(request: HttpRequest) -> Response[dict[str, Any]]:
        raw = raw_request(request)
        is_new, renew = await desk.keep(raw, read_body(Subscribing, await raw.body()))
        answer: dict[str, Any] = {"ok": True, "renew": renew}
        return Response(answer, status_code=201 if is_new else 200)

    @delete("/push/subscription", status_code=200)
    async def forget(request: HttpRequest) -> dict[str, Any]:
        await desk.forget(raw_request(request))
        return {"ok": True}

    @post("/reminders/later", status_code=204)
    async def later(request: HttpRequest) -> None:
        body = read_body(PuttingOffOne, await raw_request(request).body())
        await putting_off.put_off(body.device, body.later)

    return [key, keep, forget, later]
