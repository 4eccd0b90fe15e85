"""The routes of circles, for Litestar. What they decide is in `admission.py`."""

from typing import Annotated, Any, Literal, TypeVar

from litestar import Request as LitestarRequest
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rejoint_server.access.login import Login
from rejoint_server.access.relay_key import RelayKey
from rejoint_server.circles.admission import Admission, Landed
from rejoint_server.circles.catch_up import CatchUp
from rejoint_server.circles.invitations import Invitations
from rejoint_server.web.asgi import Request
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.limits import BUNDLE_BYTES_MAX
from rejoint_sync.errors import BadRequest
from rejoint_sync.wire.query import parse_object

BODY_BYTES_MAX = 2 * BUNDLE_BYTES_MAX
"""A bundle is counted without names and punctuation; this is ample for both."""

Body = TypeVar("Body", bound=BaseModel)
Secret = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22}$")]
HttpRequest = LitestarRequest[Any, Any, Any]


class Founding(BaseModel):
    """The body of `POST /circles`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    log: dict[str, Any]
    wraps: list[dict[str, Any]]
    setup: Secret | None = None
    ticket: Secret | None = None


class Append(BaseModel):
    """The body of `POST /circles/{cir}/log`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    log: dict[str, Any]
    wraps: list[dict[str, Any]]
    inv: dict[str, Any] | None = None


class Again(BaseModel):
    """The other body of `POST /circles/{cir}/log`: what a restore lost, or may have lost."""

    model_config = ConfigDict(strict=True, extra="forbid")

    again: Literal[True]
    entries: list[Append]


class Asking(BaseModel):
    """The body of `POST /circles/{cir}/requests`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    req: dict[str, Any]


def circle_routes(
    admission: Admission, invitations: Invitations, login: Login, catch_up: CatchUp, key: RelayKey
) -> list[ControllerRouterHandler]:
    """The handlers of `/circles` and `/session`.

    Args:
        admission: Decides and stores.
        invitations: Shows them, and keeps requests.
        login: Opens sessions.
        catch_up: Takes back what a restore lost.
        key: Told to devices for the time when they have no network.
    """

    @post("/circles")
    async def found(request: HttpRequest) -> Response[dict[str, Any]]:
        raw = raw_request(request)
        body = read_body(Founding, await raw.body())
        landed = await admission.found(
            raw, Bundle(body.log, tuple(body.wraps)), body.setup, body.ticket
        )
        return _answer(landed, {"ok": True, "circle": landed.circle})

    @post("/circles/{circle:str}/log")
    async def append(request: HttpRequest, circle: FromPath[str]) -> Response[dict[str, Any]]:
        raw = raw_request(request)
        if "again" in parse_object(await raw.body()):
            return await bring(raw, circle)
        body = read_body(Append, await raw.body())
        landed = await admission.append(circle, Bundle(body.log, tuple(body.wraps), body.inv))
        return _answer(landed, {"ok": True, "seq": landed.seq})

    async def bring(raw: Request, circle: str) -> Response[dict[str, Any]]:
        body = read_body(Again, await raw.body())
        bundles = [Bundle(one.log, tuple(one.wraps), one.inv) for one in body.entries]
        caught = await catch_up.bring(raw, circle, bundles)
        return Response({"ok": True, "seq": caught.seq}, status_code=201 if caught.new else 200)

    @get("/circles")
    async def mine(request: HttpRequest) -> dict[str, Any]:
        circles = await admission.circles_of(raw_request(request))
        relay = await key.shown()
        return {"circles": circles, "incarnation": admission.incarnation, "relay": relay}

    @get("/circles/{circle:str}/invitations/{iid:str}")
    async def invitation(circle: FromPath[str], iid: FromPath[str]) -> dict[str, Any]:
        return await invitations.show(circle, iid)

    @post("/circles/{circle:str}/requests")
    async def ask(request: HttpRequest, circle: FromPath[str]) -> Response[dict[str, Any]]:
        body = read_body(Asking, await raw_request(request).body())
        new = await invitations.ask(circle, body.req)
        return Response({"ok": True}, status_code=201 if new else 200)

    @post("/session")
    async def session(request: HttpRequest) -> Response[dict[str, Any]]:
        opened = await login.open_session(raw_request(request))
        return Response({"session": opened.token, "exp": opened.exp}, status_code=201)

    return [found, append, mine, invitation, ask, session]


def raw_request(request: HttpRequest) -> Request:
    """The request as the raw routes see it: its path and body as they came."""
    scope: Any = request.scope
    receive: Any = request.receive
    return Request(scope, receive, prefix=(), body_bytes_max=BODY_BYTES_MAX)


def read_body(model: type[Body], body: bytes) -> Body:
    """Read a body strictly; what was wrong is told by the member's name, never by its value."""
    try:
        return model.model_validate(parse_object(body))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"][:2])
        raise BadRequest(f"{where[:80]}: {first['msg']}") from None


def _answer(landed: Landed, value: dict[str, Any]) -> Response[dict[str, Any]]:
    return Response(value, status_code=201 if landed.new else 200)
