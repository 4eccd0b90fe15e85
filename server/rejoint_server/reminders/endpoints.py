"""The routes of a device's own reminders."""

from typing import Any, Literal

from litestar import delete, get, post, put
from litestar.types import ControllerRouterHandler
from pydantic import BaseModel, ConfigDict

from rejoint_server.access.login import Login
from rejoint_server.circles.endpoints import HttpRequest, raw_request, read_body
from rejoint_server.reminders import Row
from rejoint_server.reminders.schedules import Schedules
from rejoint_sync.reminders import Schedule


class Mark(BaseModel):
    """The body of `POST /reminders/mark`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    mark: Literal["done", "snooze"]


def reminder_routes(schedules: Schedules, login: Login) -> list[ControllerRouterHandler]:
    """The handlers of `/reminders`, each for the device that asks.

    Args:
        schedules: Of all devices.
        login: Who asks.
    """

    async def asking(request: HttpRequest) -> str:
        device, _ = await login.device_anywhere(raw_request(request))
        return device

    def told(row: Row) -> dict[str, Any]:
        return {
            "schedule": row.schedule.model_dump(exclude_defaults=True),
            "next": schedules.next_s(row),
        }

    @get("/reminders")
    async def show(request: HttpRequest) -> dict[str, Any]:
        return told(await schedules.of(await asking(request)))

    @put("/reminders")
    async def choose(request: HttpRequest) -> dict[str, Any]:
        device = await asking(request)
        body = read_body(Schedule, await raw_request(request).body())
        return told(await schedules.set(device, body))

    @delete("/reminders", status_code=200)
    async def drop(request: HttpRequest) -> dict[str, Any]:
        await schedules.drop(await asking(request))
        return {"ok": True}

    @post("/reminders/mark", status_code=200)
    async def mark(request: HttpRequest) -> dict[str, Any]:
        device = await asking(request)
        body = read_body(Mark, await raw_request(request).body())
        if body.mark == "done":
            return told(await schedules.done(device))
        return told(await schedules.snooze(device))

    return [show, choose, drop, mark]
