"""`rejoint device members`, `remove`, … : who is in a circle, and what can be done about it."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rejoint_sync.device.device import Device

Answer = dict[str, Any]
AddAct = Callable[..., argparse.ArgumentParser]
"""Adds one command: its name, its act, its words."""


def add_acts(add: AddAct) -> None:
    """Add the commands.

    Args:
        add: Makes a parser of a name, an act and words, with `--home`; `circle=True` adds
            `--circle`.
    """
    add("members", _members, "who is in a circle, with all their devices", circle=True)
    add("requests", _requests, "who asks to be let in, with their digits", circle=True)
    approve = add("approve", _approve, "let in a device whose digits were compared", circle=True)
    approve.add_argument("iid", metavar="IID")
    approve.add_argument("device", metavar="DEVICE")
    approve.add_argument("--digits", required=True, help="twelve, as the other phone shows them")
    uninvite = add("uninvite", _uninvite, "take an open invitation back", circle=True)
    uninvite.add_argument("iid", metavar="IID")
    remove = add("remove", _remove, "take devices out of a circle", circle=True)
    remove.add_argument("devices", nargs="+", metavar="DEVICE")
    late = add("late", _late, "what a removed device handed in too late", circle=True)
    late.add_argument("device", metavar="DEVICE")
    accept = add("accept", _accept, "let late records count after all", circle=True)
    accept.add_argument("device", metavar="DEVICE")
    accept.add_argument("--stream", choices=("c", "k"), default="c")
    accept.add_argument("--n", type=int, metavar="N", help="up to this counter; else all")
    words = "as a clinic's admin, have the server stop serving a device"
    suspend = add("suspend", _suspend, words, circle=True)
    suspend.add_argument("device", metavar="DEVICE")
    suspend.add_argument("--end", action="store_true", help="serve it again")
    add("leave", _leave, "take this device out of a circle", circle=True)
    rekey = add("rekey", _rekey, "open a new key", circle=True)
    rekey.add_argument("--stream", choices=("c", "k"), default="c", help="k: clinicians alone")
    grant = add("grant", _grant, "give a clinician's device the clinicians' stream", circle=True)
    grant.add_argument("device", metavar="DEVICE")
    add("close", _close, "close a circle; after 30 days it is gone", circle=True)
    add("reopen", _reopen, "open a closed circle again", circle=True)
    alarms = add("alarms", _alarms, "what an honest server never shows, as far as it was seen")
    alarms.add_argument("--circle", metavar="ID", help="of this circle only")


async def _members(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.members(arguments.circle)


async def _requests(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.requests(arguments.circle)


async def _approve(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.approve(arguments.circle, arguments.iid, arguments.device, arguments.digits)


async def _uninvite(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.uninvite(arguments.circle, arguments.iid)


async def _remove(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.remove(arguments.circle, arguments.devices)


async def _late(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.late(arguments.circle, arguments.device)


async def _accept(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.accept(
        arguments.circle, arguments.device, stream=arguments.stream, n=arguments.n
    )


async def _suspend(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.suspend(arguments.circle, arguments.device, on=not arguments.end)


async def _leave(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.leave(arguments.circle)


async def _rekey(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.rekey(arguments.circle, [arguments.stream])


async def _grant(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.grant(arguments.circle, arguments.device)


async def _close(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.close(arguments.circle)


async def _reopen(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.reopen(arguments.circle)


async def _alarms(device: "Device", arguments: argparse.Namespace) -> Answer:
    return {"alarms": await device.alarms(arguments.circle)}
