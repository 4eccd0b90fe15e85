"""The routes of circles, for Litestar. What they decide is in `admission.py`."""

from typing import Annotated, Any, TypeVar

from litestar import Request as LitestarRequest
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rejoint_server.admission import Admission, Landed
from rejoint_server.asgi import Request
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.limits import BUNDLE_BYTES_MAX
from rejoint_sync.errors import BadRequest
from rejoint_sync.wire.query import parse_object

BODY_BYTES_MAX = 2 * BUNDLE_BYTES_MAX
"""A bundle is counted without names and punctuation; this is ample for both."""

Body = TypeVar("Body", bound=BaseModel)
HttpRequest = LitestarRequest[Any, Any, Any]


class Founding(BaseModel):
    """The body of `POST /circles`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    log: dict[str, Any]
    wraps: list[dict[str, Any]]
    setup: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22}$")] | None = None


class Append(BaseModel):
    """The body of `POST /circles/{cir}/log`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    log: dict[str, Any]
    wraps: list[dict[str, Any]]
    inv: dict[str, Any] | None = None


def circle_routes(admission: Admission) -> list[ControllerRouterHandler]:
    """The handlers of `/circles`.

    Args:
        admission: Decides and stores.
    """

    @post("/circles")
    async def found(request: HttpRequest) -> Response[dict[str, Any]]:
        raw = _raw(request)
        body = _read(Founding, await raw.body())
        landed = await admission.found(raw, Bundle(body.log, tuple(body.wraps)), body.setup)
        return _answer(landed, {"ok": True, "circle": landed.circle})

    @post("/circles/{circle:str}/log")
    async def append(request: HttpRequest, circle: FromPath[str]) -> Response[dict[str, Any]]:
        body = _read(Append, await _raw(request).body())
        landed = await admission.append(circle, Bundle(body.log, tuple(body.wraps), body.inv))
        return _answer(landed, {"ok": True, "seq": landed.seq})

    @get("/circles")
    async def mine(request: HttpRequest) -> dict[str, Any]:
        circles = await admission.circles_of(_raw(request))
        return {"circles": circles, "incarnation": admission.incarnation}

    @get("/circles/{circle:str}/invitations/{iid:str}")
    async def invitation(circle: FromPath[str], iid: FromPath[str]) -> dict[str, Any]:
        return await admission.invitation(circle, iid)

    return [found, append, mine, invitation]


def _raw(request: HttpRequest) -> Request:
    scope: Any = request.scope
    receive: Any = request.receive
    return Request(scope, receive, prefix=(), body_bytes_max=BODY_BYTES_MAX)


def _read(model: type[Body], body: bytes) -> Body:
    """Read a body strictly; what was wrong is told by the member's name, never by its value."""
    try:
        return model.model_validate(parse_object(body))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"][:2])
        raise BadRequest(f"{where[:80]}: {first['msg']}") from None


def _answer(landed: Landed, value: dict[str, Any]) -> Response[dict[str, Any]]:
    return Response(value, status_code=201 if landed.new else 200)
