"""`rejoint device message`, `voice` and `listen`."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rejoint_sync.errors import BadRequest

if TYPE_CHECKING:
    from rejoint_sync.device.device import Device

Answer = dict[str, Any]
AddAct = Callable[..., argparse.ArgumentParser]


def add_acts(add: AddAct) -> None:
    """Add the commands; see `device_members.add_acts`."""
    message = add("message", _message, "write a message to the other side", circle=True)
    message.add_argument("text", metavar="TEXT")
    voice = add("voice", _voice, "keep a spoken message; the next sync sends it", circle=True)
    voice.add_argument("file", type=Path, metavar="FILE", help="the sound; - is standard input")
    voice.add_argument("--media", default="audio/webm", metavar="TYPE", help="its media type")
    voice.add_argument("--seconds", type=int, default=0, metavar="N", help="its length")
    listen = add("listen", _listen, "write the voice of a message into a file", circle=True)
    listen.add_argument("message", metavar="MESSAGE", help="id of the message")
    listen.add_argument("--to", required=True, type=Path, metavar="FILE", help="a new file")


async def _message(device: "Device", arguments: argparse.Namespace) -> Answer:
    record = {"type": "message", "text": arguments.text}
    [name] = await device.put(arguments.circle, "ev", [record], tz_min=0)
    return {"id": name}


async def _voice(device: "Device", arguments: argparse.Namespace) -> Answer:
    content = _content(arguments.file)
    media, seconds = arguments.media, arguments.seconds
    name = await device.voice(arguments.circle, content, media=media, seconds=seconds, tz_min=0)
    return {"id": name}


def _content(path: Path) -> bytes:
    """What a file holds. Raises `BadRequest` where it cannot be read."""
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadRequest(f"{path} can not be read: {error.strerror}") from None


async def _listen(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.listen(arguments.circle, arguments.message, arguments.to)
