"""`rejoint device remind …`: when the server pings this device."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rejoint_sync.device.device import Device

Answer = dict[str, Any]
AddAct = Callable[..., argparse.ArgumentParser]


def add_acts(add: AddAct) -> None:
    """Add the commands; see `device_members.add_acts`."""
    chosen = add("set", _set, "choose when to be reminded")
    chosen.add_argument("--zone", required=True, metavar="ZONE", help="like Africa/Nairobi")
    chosen.add_argument("--at", metavar="HH:MM", help="local time; without it for news alone")
    chosen.add_argument("--days", default="1234567", help="ISO weekdays, 1 is Monday (%(default)s)")
    chosen.add_argument("--nudge", type=int, metavar="MINUTES", help="once more, so much later")
    chosen.add_argument("--quiet", metavar="HH:MM-HH:MM", help="hours without any ping")
    chosen.add_argument("--no-notes", action="store_true", help="no pings for news in a circle")
    add("show", _show, "what is chosen, and when the next reminder is")
    pause = add("pause", _pause, "no reminders for now")
    pause.add_argument("--until", default="always", metavar="DAY", help="YYYY-MM-DD (%(default)s)")
    add("resume", _resume, "end a pause")
    add("done", _done, "tell that today's session is done")
    add("snooze", _snooze, "be reminded once more in a quarter of an hour")
    add("off", _off, "have the server forget it")


async def _set(device: "Device", arguments: argparse.Namespace) -> Answer:
    times = dict.fromkeys(arguments.days, arguments.at) if arguments.at else {}
    chosen: dict[str, Any] = {"zone": arguments.zone, "times": times, "nudge": arguments.nudge}
    if arguments.quiet:
        start, _, end = arguments.quiet.partition("-")
        chosen["quiet"] = {"start": start, "end": end}
    if arguments.no_notes:
        chosen["notes"] = False
    return await device.remind_set(chosen)


async def _show(device: "Device", _: argparse.Namespace) -> Answer:
    return await device.remind_show()


async def _pause(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.remind_pause(arguments.until)


async def _resume(device: "Device", _: argparse.Namespace) -> Answer:
    return await device.remind_pause(None)


async def _done(device: "Device", _: argparse.Namespace) -> Answer:
    return await device.remind_mark("done")


async def _snooze(device: "Device", _: argparse.Namespace) -> Answer:
    return await device.remind_mark("snooze")


async def _off(device: "Device", _: argparse.Namespace) -> Answer:
    return await device.remind_off()
