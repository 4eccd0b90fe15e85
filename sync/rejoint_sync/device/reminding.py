"""Reminders of a headless device: when the server pings it. Nothing of them is kept here.

A phone has these acts too; this one has no push subscription, so it is told but never pinged.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from rejoint_sync.device.desk import Desk
from rejoint_sync.errors import BadRequest

REMINDERS_PATH: Final = "/reminders"


class RemindingActs(Desk):
    """Acts about reminders; see `device.Device`."""

    async def remind_set(self, chosen: Mapping[str, object]) -> dict[str, Any]:
        """Choose when to be reminded, in the place of what was chosen before.

        Args:
            chosen: A `Schedule`, as JSON has it.

        Returns:
            `schedule`, and `next`: the unix second of the next reminder, None for none.

        Raises:
            BadRequest: It is none; nothing was asked.
        """
        # Every command of a device starts a process: what few of them need is loaded by those.
        from pydantic import ValidationError  # noqa: PLC0415

        from rejoint_sync.reminders import Schedule  # noqa: PLC0415

        try:
            schedule = Schedule.model_validate(chosen)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadRequest(f"{where}: {first['msg']}".removeprefix(": ")) from None
        return await self._remind("PUT", body=schedule.model_dump(exclude_defaults=True))

    async def remind_show(self) -> dict[str, Any]:
        """What is chosen; returns as `remind_set`. Raises `NotFound` when nothing is."""
        return await self._remind("GET")

    async def remind_pause(self, until: str | None) -> dict[str, Any]:
        """Pause: no reminders before a day, `YYYY-MM-DD` or "always"; None ends a pause."""
        shown = await self.remind_show()
        chosen: dict[str, Any] = shown["schedule"]
        return await self.remind_set({**chosen, "paused": until})

    async def remind_mark(self, mark: Literal["done", "snooze"]) -> dict[str, Any]:
        """Tell that today's session is done, or that a reminder is wanted once more."""
        return await self._remind("POST", "/mark", {"mark": mark})

    async def remind_off(self) -> dict[str, Any]:
        """Have the server forget what was chosen; returns `ok`."""
        return await self._remind("DELETE")

    async def _remind(self, method: str, path: str = "", body: object = None) -> dict[str, Any]:
        async with self._line() as line:
            answer: dict[str, Any] = await line.known.call(method, REMINDERS_PATH + path, body=body)
        return answer
