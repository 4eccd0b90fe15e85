"""`rejoint device recovery-card`, `recover`, `export`, …, and `rejoint recovery-key`."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rejoint_sync.device.device import Device

Answer = dict[str, Any]
AddAct = Callable[..., argparse.ArgumentParser]


def add_acts(add: AddAct) -> None:
    """Add the commands; see `device_members.add_acts`."""
    add("recovery-card", _card, "print a recovery card; an older one is taken out")
    recover = add("recover", _recover, "bring this new device in by a recovery card", make=True)
    recover.add_argument("code", metavar="CODE", help="as it is printed")
    recover.add_argument(
        "--at", required=True, metavar="URL", help="the server, as people reach it"
    )
    recover.add_argument("--server", metavar="URL", help="connect here instead")
    lost = recover.add_mutually_exclusive_group()
    lost.add_argument("--lost", action="append", default=[], metavar="DEVICE", help="take it out")
    lost.add_argument("--lost-all", action="store_true", help="take out all that were there before")
    use = add("use-key", _use_key, "read as a clinic's recovery key", make=True)
    use.add_argument("--at", required=True, metavar="URL", help="the server, as people reach it")
    use.add_argument("--server", metavar="URL", help="connect here instead")
    use.add_argument(
        "--key-file", required=True, type=Path, metavar="FILE", help="- is standard input"
    )
    admit = add("add-recovery", _add_key, "let a clinic's recovery key read", circle=True)
    admit.add_argument("pub", metavar="PUB", help="rj1-recovery-pub.…")
    admit.add_argument("--stream", choices=("c", "k"), default="c", help="k: clinicians' too")
    snapshot = add("snapshot", _snapshot, "write a snapshot for new devices", circle=True)
    snapshot.add_argument("--stream", choices=("c", "k"), default="c")
    export = add("export", _export, "write all that this device can read into a directory")
    export.add_argument("folder", type=Path, metavar="DIR")
    add("check", _check, "verify this device's copy of everything")
    add("compare", _compare, "sync, and prove that the server holds what this device holds")
    stuck = add("stuck", _stuck, "what could not be sent or opened, each with why")
    stuck.add_argument("--retry", action="store_true", help="the next sync offers it again")
    stuck.add_argument("--to", type=Path, metavar="FILE", help="write what is not on the server")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `recovery-key` to the commands of `rejoint`."""
    words = "a clinic's recovery key, made offline"
    key = commands.add_parser("recovery-key", help=words, description=words)
    acts = key.add_subparsers(title="commands", required=True, metavar="COMMAND")
    words = "make a key; its private half is printed once and kept nowhere"
    new = acts.add_parser("new", help=words, description=words)
    new.add_argument("--kem", choices=("P256", "XWING"), default="P256")
    new.set_defaults(run=_new_key)


def _new_key(arguments: argparse.Namespace) -> int:
    from rejoint_sync.circle.keys import DeviceKeys  # noqa: PLC0415 - as in `device`
    from rejoint_sync.circle.recovery import write_clinic_key, write_clinic_pub  # noqa: PLC0415

    keys = DeviceKeys.generate(arguments.kem)
    made = {
        "device": keys.id,
        "key": write_clinic_key(keys),
        "pub": write_clinic_pub(keys.pub),
    }
    sys.stdout.write(json.dumps(made) + "\n")
    return 0


async def _card(device: "Device", _: argparse.Namespace) -> Answer:
    return await device.recovery_card()


async def _recover(device: "Device", arguments: argparse.Namespace) -> Answer:
    lost = "all" if arguments.lost_all else arguments.lost
    return await device.recover(arguments.code, arguments.at, connect=arguments.server, lost=lost)


async def _use_key(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.use_recovery_key(
        _text(arguments.key_file), arguments.at, connect=arguments.server
    )


def _text(path: Path) -> str:
    return sys.stdin.read() if str(path) == "-" else path.read_text()


async def _add_key(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.add_recovery_key(arguments.circle, arguments.pub, stream=arguments.stream)


async def _snapshot(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.snapshot(arguments.circle, stream=arguments.stream)


async def _export(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.export(arguments.folder)


async def _compare(device: "Device", _: argparse.Namespace) -> Answer:
    return await device.sync(compares=True)


async def _stuck(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.stuck(retries=arguments.retry, file=arguments.to)


async def _check(device: "Device", _: argparse.Namespace) -> Answer:
    return await device.check()
