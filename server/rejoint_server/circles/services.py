"""The routes of a circle beside its log: printed codes, missed wraps, late documents."""

from typing import Any

from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler
from pydantic import BaseModel, ConfigDict

from rejoint_server.circles.endpoints import HttpRequest, raw_request, read_body
from rejoint_server.circles.lost_wraps import LostWraps
from rejoint_server.circles.quarantine import Quarantine
from rejoint_server.circles.recovery_papers import RecoveryPapers
from rejoint_sync.answers.rows import bulk_docs_answer
from rejoint_sync.circle.limits import LATE_DOCUMENTS_MAX
from rejoint_sync.errors import TooLarge

_STRICT = ConfigDict(strict=True, extra="forbid")


class Keeping(BaseModel):
    """The body of `PUT /circles/{cir}/recovery/{rid}`."""

    model_config = _STRICT

    rec: dict[str, Any]


class Missing(BaseModel):
    """The body of `POST /circles/{cir}/wraps/missing`."""

    model_config = _STRICT

    wrap: str


class Giving(BaseModel):
    """The body of `POST /circles/{cir}/wraps`."""

    model_config = _STRICT

    wraps: list[dict[str, Any]]


class Late(BaseModel):
    """The body of `POST /circles/{cir}/quarantine`."""

    model_config = _STRICT

    docs: list[dict[str, Any]]


def circle_service_routes(
    papers: RecoveryPapers, wraps: LostWraps, quarantine: Quarantine
) -> list[ControllerRouterHandler]:
    """The handlers.

    Args:
        papers: Of printed codes.
        wraps: That are missed.
        quarantine: Of late documents.
    """
    return [*_paper_routes(papers), *_wrap_routes(wraps), *_late_routes(quarantine)]


def _paper_routes(papers: RecoveryPapers) -> list[ControllerRouterHandler]:
    @put("/circles/{circle:str}/recovery/{rid:str}")
    async def keep(
        request: HttpRequest, circle: FromPath[str], rid: FromPath[str]
    ) -> Response[dict[str, Any]]:
        raw = raw_request(request)
        body = read_body(Keeping, await raw.body())
        new = await papers.keep(raw, circle, rid, body.rec)
        return Response({"ok": True}, status_code=201 if new else 200)

    @delete("/circles/{circle:str}/recovery/{rid:str}", status_code=200)
    async def drop(
        request: HttpRequest, circle: FromPath[str], rid: FromPath[str]
    ) -> dict[str, Any]:
        await papers.drop(raw_request(request), circle, rid)
        return {"ok": True}

    @get("/recovery/{rid:str}")
    async def find(rid: FromPath[str]) -> dict[str, Any]:
        return await papers.find(rid)

    return [keep, drop, find]


def _wrap_routes(wraps: LostWraps) -> list[ControllerRouterHandler]:
    @post("/circles/{circle:str}/wraps/missing")
    async def report(request: HttpRequest, circle: FromPath[str]) -> Response[dict[str, Any]]:
        raw = raw_request(request)
        await wraps.report(raw, circle, read_body(Missing, await raw.body()).wrap)
        return Response({"ok": True}, status_code=201)

    @get("/circles/{circle:str}/wraps/missing")
    async def missed(request: HttpRequest, circle: FromPath[str]) -> dict[str, Any]:
        return {"wraps": await wraps.missed(raw_request(request), circle)}

    @post("/circles/{circle:str}/wraps")
    async def give(request: HttpRequest, circle: FromPath[str]) -> Response[dict[str, Any]]:
        raw = raw_request(request)
        await wraps.give(raw, circle, read_body(Giving, await raw.body()).wraps)
        return Response({"ok": True}, status_code=201)

    return [report, missed, give]


def _late_routes(quarantine: Quarantine) -> list[ControllerRouterHandler]:
    @post("/circles/{circle:str}/quarantine")
    async def leave(request: HttpRequest, circle: FromPath[str]) -> Response[bytes]:
        raw = raw_request(request)
        body = read_body(Late, await raw.body())
        if len(body.docs) > LATE_DOCUMENTS_MAX:
            raise TooLarge(f"At most {LATE_DOCUMENTS_MAX} documents at a time.")
        rows = bulk_docs_answer(await quarantine.put(raw, circle, body.docs), new_edits=False)
        return Response(rows + b"\n", status_code=201, media_type="application/json")

    @get("/circles/{circle:str}/quarantine")
    async def show(
        request: HttpRequest, circle: FromPath[str], device: FromQuery[str]
    ) -> dict[str, Any]:
        return {"docs": await quarantine.show(raw_request(request), circle, device)}

    return [leave, show]
