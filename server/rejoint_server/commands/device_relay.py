"""`rejoint device relay export` and `import`: records that another device brings."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rejoint_sync.device.device import Device

Answer = dict[str, Any]
AddAct = Callable[..., argparse.ArgumentParser]


def add_acts(add: AddAct) -> None:
    """Add the commands; see `device_members.add_acts`."""
    words = "write all that waits here into one sealed file; works without the server"
    add("export", _export, words).add_argument("file", type=Path, metavar="FILE")
    words = "bring such a file of another device to the server"
    add("import", _import, words).add_argument("file", type=Path, metavar="FILE")


async def _export(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.relay_export(arguments.file)


async def _import(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.relay_import(arguments.file)
