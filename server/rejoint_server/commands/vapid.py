"""`rejoint vapid`: the keys by which push services know this server.

A running server sees the new file by itself; phones subscribe anew when their app is open next.
"""

import argparse
import asyncio
import sys
from collections import Counter
from typing import Any

import orjson
from pydantic import ValidationError

from rejoint_server.clock import SystemClock
from rejoint_server.commands.kept_notes import kept_notes
from rejoint_server.commands.push import add_store_arguments
from rejoint_server.push.push_keys import KeyRing
from rejoint_server.push.shared_key import note_key
from rejoint_server.push.subscriptions import Subscriptions
from rejoint_server.settings import Settings
from rejoint_sync.errors import SyncError
from rejoint_sync.stores.couch_address import CouchAddress


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `vapid` to the commands of `rejoint`."""
    vapid = commands.add_parser("vapid", help="the keys that push services know the server by")
    acts = vapid.add_subparsers(title="commands", required=True, metavar="COMMAND")
    words = "make a new key; the earlier ones serve phones until they have subscribed anew"
    rotate = acts.add_parser("rotate", help=words, description=words)
    add_store_arguments(rotate)
    rotate.add_argument(
        "--revoke",
        action="store_true",
        help="keep no earlier key: somebody else has it; phones get no pings until they are opened",
    )
    rotate.set_defaults(run=run, rotate=True)
    words = "the keys, and how many phones have subscribed for each"
    show = acts.add_parser("show", help=words, description=words)
    add_store_arguments(show)
    show.set_defaults(run=run, rotate=False, revoke=False)


def run(arguments: argparse.Namespace) -> int:
    """Make a key or none; one JSON line about all keys, the newest first."""
    values = {"data": arguments.data, "store": arguments.store}
    if arguments.push_keys is not None:
        values["push_keys"] = arguments.push_keys
    try:
        settings = Settings(**values)
        keys = asyncio.run(_keys(settings, rotate=arguments.rotate, revoke=arguments.revoke))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        sys.stderr.write(f"rejoint: {first['msg']}\n")
        return 1
    except (SyncError, OSError) as error:
        sys.stderr.write(f"rejoint: {error}\n")
        return 1
    sys.stdout.write(orjson.dumps({"keys": keys}).decode() + "\n")
    return 0


async def _keys(settings: Settings, *, rotate: bool, revoke: bool) -> list[dict[str, Any]]:
    """What is to be told of the keys, after a rotation where one is wanted."""
    file = settings.push_keys_file
    async with kept_notes(settings) as notes:
        counted = await Subscriptions(notes).count_by_key()
        # With `revoke` nothing that a lost file held is needed.
        ring = KeyRing.opened(file, SystemClock().now_s()) if revoke else KeyRing.read(file)
        if rotate:
            ring = _rotated(ring, counted, revoke=revoke)
            ring.write(file)
            if isinstance(settings.store, CouchAddress):
                await note_key(notes, ring.current)
    return _told(ring, counted)


def _rotated(ring: KeyRing, counted: Counter[str], *, revoke: bool) -> KeyRing:
    """A new key, and of the earlier ones those that are in use or were given out until now."""
    needed = set() if revoke else {*counted, ring.current.id}
    return ring.rotated(SystemClock().now_s()).keeping(needed)


def _told(ring: KeyRing, counted: Counter[str]) -> list[dict[str, Any]]:
    return [
        {"id": key.id, "made": key.made_s, "subscriptions": counted[key.id]} for key in ring.keys
    ]
