"""`rejoint device enrol`, `key`, `admit`, `handover`: coming in without a link of a circle."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rejoint_sync.device.device import Device

Answer = dict[str, Any]
AddAct = Callable[..., argparse.ArgumentParser]


def add_acts(add: AddAct) -> None:
    """Add the commands; see `device_members.add_acts`."""
    words = "as a clinic's admin, a link by which a patient founds their circle"
    enrol = add("enrol", _enrol, words, circle=True)
    enrol.add_argument("devices", nargs="+", metavar="DEVICE", help="of the therapists")
    key = add("key", _key, "this device's public keys, for a device beside it", make=True)
    key.add_argument("--at", metavar="URL", help="the server, for a new device")
    key.add_argument("--server", metavar="URL", help="connect here instead")
    expect = add("expect", _expect, "note the circle that another device brings this one into")
    expect.add_argument("--circle", required=True, metavar="ID")
    expect.add_argument("seq", type=int, metavar="SEQ", help="both from the other's admit: head")
    expect.add_argument("head", metavar="HASH")
    admit = add("admit", _admit, "bring in a device whose key was read", circle=True)
    admit.add_argument("key", metavar="KEY", help="rj1-pub.…")
    admit.add_argument("--role", help="patient, caregiver, …; else it is a device of one's own")
    admit.add_argument("--member", metavar="ID", help="a further device of this member")
    words = "as an admin, wish that a clinician takes over a patient"
    wish = add("handover-wish", _wish, words, circle=True)
    wish.add_argument("--patient", required=True, metavar="ID", help="the patient's circle")
    wish.add_argument("--member", required=True, metavar="ID", help="the clinician, in the clinic")
    add("handover-wishes", _wishes, "the wishes that this device could fulfil")
    confirm = add("handover-confirm", _confirm, "let the clinician of a wish in", circle=True)
    confirm.add_argument("--member", required=True, metavar="ID", help="as the wish names her")


async def _enrol(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.enrol(arguments.circle, arguments.devices)


async def _key(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.key(arguments.at, connect=arguments.server)


async def _expect(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.expect(arguments.circle, arguments.seq, arguments.head)


async def _admit(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.admit(
        arguments.circle, arguments.key, role=arguments.role, member=arguments.member
    )


async def _wish(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.handover_wish(arguments.circle, arguments.patient, arguments.member)


async def _wishes(device: "Device", _: argparse.Namespace) -> Answer:
    return {"wishes": await device.handover_wishes()}


async def _confirm(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.handover_confirm(arguments.circle, arguments.member)
