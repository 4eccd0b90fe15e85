"""The routes of a clinic's admins: suspensions, tickets, and the trail of acts."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from litestar import Response, delete, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from pydantic import BaseModel, ConfigDict, Field

from rejoint_server.access.audit import Audit
from rejoint_server.access.login import Login
from rejoint_server.access.memberships import Memberships
from rejoint_server.access.suspensions import Suspensions
from rejoint_server.access.tickets import Tickets
from rejoint_server.circles.endpoints import HttpRequest, Secret, raw_request, read_body
from rejoint_server.clock import Clock
from rejoint_sync.circle.grammar import DEVICE
from rejoint_sync.circle.log import Member, Membership
from rejoint_sync.errors import CircleError, NotFound

_STRICT = ConfigDict(strict=True, extra="forbid")


class Suspending(BaseModel):
    """The body of `POST /clinics/{cir}/suspensions`."""

    model_config = _STRICT

    device: str


class Ticket(BaseModel):
    """The body of `POST /clinics/{cir}/tickets`."""

    model_config = _STRICT

    hash: str
    exp: Annotated[int, Field(ge=0, le=2**53 - 1)]


class Asked(BaseModel):
    """The body of `POST /clinics/{cir}/keys`."""

    model_config = _STRICT

    ticket: Secret
    devices: list[str]


class Desk:
    """The acts of admins.

    Args:
        memberships: Who stands where.
        login: Who asks.
        suspensions: Who is not served.
        audit: Told of each act.
        clock: The time.
        suspended: Told of devices that are not served any more; never raises.
    """

    def __init__(  # noqa: PLR0913 - it is put together in one place
        self,
        memberships: Memberships,
        login: Login,
        suspensions: Suspensions,
        audit: Audit,
        clock: Clock,
        *,
        suspended: Callable[[list[str]], Awaitable[None]],
    ) -> None:
        self._memberships = memberships
        self._login = login
        self._suspensions = suspensions
        self._audit = audit
        self._clock = clock
        self._suspended = suspended

    async def admin(self, request: HttpRequest, circle: str) -> tuple[Membership, Member]:
        """The clinic and the admin of it that asks. Raises `CircleError` with `authz`."""
        clinic = await self._memberships.known(circle)
        member = await self._login.device(raw_request(request), clinic)
        if clinic.purpose != "clinic" or member.role != "admin":
            raise CircleError("authz", "only an admin of the clinic may do this")
        return clinic, member

    async def suspend(self, request: HttpRequest, circle: str, device: str) -> None:
        """Stop serving a device. Raises `CircleError`: `authz`, `schema`, `target` (oneself)."""
        clinic, admin = await self.admin(request, circle)
        if not DEVICE.match(device):
            raise CircleError("schema", "expected a device")
        if device == admin.device:
            raise CircleError("target", "nobody suspends the device in her own hand")
        now_s = self._clock.now_s()
        await self._suspensions.suspend(circle, device, by=admin.device, now_s=now_s)
        await self._suspended([device])
        await self._audit.note(clinic, admin.device, "suspend")

    async def lift(self, request: HttpRequest, circle: str, device: str) -> None:
        """Serve a device again. Raises `NotFound` when it was not suspended."""
        clinic, admin = await self.admin(request, circle)
        if not await self._suspensions.lift(circle, device):
            raise NotFound("This device is not suspended.")
        await self._audit.note(clinic, admin.device, "lift")

    async def suspended(self, request: HttpRequest, circle: str) -> list[str]:
        """The suspended devices, by name: clinicians' phones offer to take them out."""
        clinic = await self._memberships.known(circle)
        member = await self._login.device(raw_request(request), clinic)
        if clinic.purpose != "clinic" or member.role not in ("admin", "therapist"):
            raise CircleError("authz", "only who works in the clinic may see this")
        return sorted(await self._suspensions.of(circle))


def clinic_routes(desk: Desk, tickets: Tickets, audit: Audit) -> list[ControllerRouterHandler]:
    """The handlers of `/clinics`.

    Args:
        desk: Who may, and suspensions.
        tickets: Of enrolment.
        audit: The trail.
    """

    @post("/clinics/{circle:str}/suspensions")
    async def suspend(request: HttpRequest, circle: FromPath[str]) -> Response[dict[str, Any]]:
        body = read_body(Suspending, await raw_request(request).body())
        await desk.suspend(request, circle, body.device)
        return Response({"ok": True}, status_code=201)

    @get("/clinics/{circle:str}/suspensions")
    async def suspended(request: HttpRequest, circle: FromPath[str]) -> dict[str, Any]:
        return {"devices": await desk.suspended(request, circle)}

    @delete("/clinics/{circle:str}/suspensions/{device:str}", status_code=200)
    async def lift(
        request: HttpRequest, circle: FromPath[str], device: FromPath[str]
    ) -> dict[str, Any]:
        await desk.lift(request, circle, device)
        return {"ok": True}

    @post("/clinics/{circle:str}/tickets")
    async def issue(request: HttpRequest, circle: FromPath[str]) -> Response[dict[str, Any]]:
        clinic, admin = await desk.admin(request, circle)
        body = read_body(Ticket, await raw_request(request).body())
        new = await tickets.issue(circle, body.hash, body.exp, by=admin.device)
        await audit.note(clinic, admin.device, "ticket")
        return Response({"ok": True}, status_code=201 if new else 200)

    @post("/clinics/{circle:str}/keys")
    async def keys(request: HttpRequest, circle: FromPath[str]) -> Response[dict[str, Any]]:
        body = read_body(Asked, await raw_request(request).body())
        pubs = await tickets.keys(circle, body.ticket, body.devices)
        return Response({"pubs": pubs}, status_code=200)

    @get("/clinics/{circle:str}/audit")
    async def trail(request: HttpRequest, circle: FromPath[str]) -> dict[str, Any]:
        await desk.admin(request, circle)
        query = raw_request(request).query
        return {"acts": await audit.acts(circle, query.count("before"), query.text("act"))}

    return [suspend, suspended, lift, issue, keys, trail]
