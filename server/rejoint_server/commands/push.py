"""`rejoint push test`: send one ping to a device, and say what its push service answered.

It sends by itself, with the keys and the subscription of the server, which may run meanwhile.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import ValidationError

from rejoint_server.clock import SystemClock
from rejoint_server.commands.kept_notes import kept_notes
from rejoint_server.push.push_keys import PushKeys
from rejoint_server.push.push_parts import open_sender
from rejoint_server.push.subscriptions import Subscriptions
from rejoint_server.settings import Settings
from rejoint_sync.circle.grammar import DEVICE
from rejoint_sync.errors import BadRequest, SyncError
from rejoint_sync.reminders import Ping

TTL_S: Final = 600
"""How long the ping waits for a phone without network, in seconds."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `push` to the commands of `rejoint`."""
    push = commands.add_parser("push", help="pings through push services")
    acts = push.add_subparsers(title="commands", required=True, metavar="COMMAND")
    words = "send one ping to a device and tell what came of it"
    test = acts.add_parser("test", help=words, description=words)
    add_store_arguments(test)
    add_push_arguments(test)
    test.add_argument("--device", required=True, metavar="ID", help="as its app shows it, d…")
    test.set_defaults(run=run)


def add_store_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says where a server keeps its things, as `serve` was told."""
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="of the server")
    parser.add_argument(
        "--store",
        default=os.environ.get("REJOINT_STORE", "sqlite"),
        metavar="URL",
        help="of the server, when it is not in DIR; also $REJOINT_STORE",
    )
    add_keys_argument(parser)


def add_keys_argument(parser: argparse.ArgumentParser) -> None:
    """Add what says where the keys for push services are."""
    parser.add_argument(
        "--push-keys",
        type=Path,
        metavar="FILE",
        help="the keys by which push services know this server (in DIR)",
    )


def add_push_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says how pings are sent, the same for `serve` and `push test`."""
    parser.add_argument(
        "--push-hosts", metavar="LIST", help="push services to send to, with commas between them"
    )
    parser.add_argument(
        "--push-contact", metavar="URL", help="whom they may ask, mailto:… or https://…"
    )
    parser.add_argument(
        "--push-loopback", action="store_true", help="also one on this machine, for tests"
    )


def push_values(arguments: argparse.Namespace) -> dict[str, Any]:
    """Of the settings, those that were given by the arguments above."""
    values: dict[str, Any] = {"push_loopback": arguments.push_loopback}
    if arguments.push_hosts is not None:
        values["push_hosts"] = tuple(arguments.push_hosts.split(","))
    if arguments.push_contact is not None:
        values["push_contact"] = arguments.push_contact
    if arguments.push_keys is not None:
        values["push_keys"] = arguments.push_keys
    return values


def run(arguments: argparse.Namespace) -> int:
    """Send; one JSON line about what came of it, exit status 0 when the push service has it."""
    try:
        if not DEVICE.match(arguments.device):
            raise BadRequest("--device must be the name of a device")
        values = {"data": arguments.data, "store": arguments.store, **push_values(arguments)}
        told = asyncio.run(_send(Settings(**values), arguments.device))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = str(first["loc"][0]).replace("_", "-") if first["loc"] else ""
        sys.stderr.write(f"rejoint: --{where}: {first['msg']}\n")
        return 1
    except (SyncError, OSError) as error:
        sys.stderr.write(f"rejoint: {error}\n")
        return 1
    sys.stdout.write(orjson.dumps(told).decode() + "\n")
    return 0 if told["outcome"] == "delivered" else 1


async def _send(settings: Settings, device: str) -> dict[str, str]:
    tried: list[tuple[str, str, str]] = []
    clock = SystemClock()
    keys = PushKeys(settings.push_keys_file)
    keys.now()
    async with kept_notes(settings) as notes:
        sender = open_sender(
            settings, Subscriptions(notes), keys, clock, note=lambda *what: tried.append(what)
        )
        try:
            await sender.send(device, Ping("test", clock.now_s() // 60, TTL_S))
        finally:
            await sender.close()
    service, outcome, why = tried[0]
    return {"device": device, "service": service, "outcome": outcome, "why": why}
