"""`rejoint device …`: a headless device on the command line.

One JSON object on standard output. When something is wrong: one line on standard error, exit
status 1 (2 for a wrong argument), and nothing half-done: the same command may be given again.
"""

import argparse
import asyncio
import functools
import json
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any

from rejoint_server.commands import (
    device_entering,
    device_keeping,
    device_members,
    device_relay,
    device_remind,
    device_speaking,
)
from rejoint_sync.errors import BadRequest, SyncError

if TYPE_CHECKING:
    from rejoint_sync.device.device import Device

Answer = dict[str, Any]
Act = Callable[["Device", argparse.Namespace], Awaitable[Answer]]


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `device` to the commands of `rejoint`."""
    device = commands.add_parser("device", help="a headless device: keys, circles, sync")
    acts = device.add_subparsers(title="commands", required=True, metavar="COMMAND")

    new = _act(acts, "new", _new, "found the clinic by the one-time setup link", make=True)
    new.add_argument("--setup", required=True, metavar="LINK", help="http://…/#s1.…")
    new.add_argument("--server", metavar="URL", help="connect here instead of the link's address")

    join = _act(acts, "join", _join, "join a circle by an invitation", make=True)
    join.add_argument("link", metavar="LINK", help="http://…/#j1.… or #e1.…")
    join.add_argument("--server", metavar="URL", help="connect here instead of the link's address")

    circle = acts.add_parser("circle", help="circles of patients")
    circle_acts = circle.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _act(circle_acts, "new", _circle_new, "found a patient's circle as its therapist")
    _act(circle_acts, "list", _circle_list, "the circles of this device")

    invite = _act(acts, "invite", _invite, "make a link to join a circle, good for an hour")
    invite.add_argument("--circle", required=True, metavar="ID")
    who = invite.add_mutually_exclusive_group(required=True)
    who.add_argument("--role", help="patient, caregiver, therapist or admin")
    who.add_argument("--own", action="store_true", help="a further device of one's own")
    invite.add_argument("--member", metavar="ID", help="a further device of this member; or self")
    invite.add_argument(
        "--mode",
        choices=("direct", "approve"),
        default="direct",
        help="approve: sent by a messenger, good for 14 days, only lets one ask",
    )
    invite.add_argument("--stream", choices=("c", "k"), default="c", help="k: clinicians' too")

    put = _act(acts, "put", _put, "seal records; works without the server")
    put.add_argument("--circle", required=True, metavar="ID")
    put.add_argument("--kind", required=True, help="ev, nt, pl or pr")
    put.add_argument("--stream", choices=("c", "k"), default="c", help="k: clinicians alone")
    put.add_argument(
        "--json",
        required=True,
        action="append",
        metavar="OBJECT",
        help="a record; may be repeated; - reads one record per line from standard input",
    )

    sync = _act(acts, "sync", _sync, "bring all circles up to date, both ways")
    sync.add_argument("--done", action="store_true", help="tell that today's session is done")
    sync.add_argument("--every", type=float, metavar="S", help="again and again, every S seconds")

    move = _act(acts, "move", _move, "the server has another address from now on")
    move.add_argument("--to", required=True, metavar="URL", help="as people reach it")
    move.add_argument("--server", metavar="URL", help="connect here instead")

    show = _act(acts, "show", _show, "the opened records of a circle, in order")
    show.add_argument("--circle", required=True, metavar="ID")
    for more in (device_members, device_entering, device_keeping, device_speaking):
        more.add_acts(functools.partial(_act, acts))
    _group(acts, "relay", device_relay, "records that another device brings to the server")
    _group(acts, "remind", device_remind, "when the server pings this device")


def _group(
    acts: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    module: ModuleType,
    words: str,
) -> None:
    """Add commands of two words, of a module of their own."""
    group = acts.add_parser(name, help=words)
    more = group.add_subparsers(title="commands", required=True, metavar="COMMAND")
    module.add_acts(functools.partial(_act, more))


def _act(  # noqa: PLR0913 - one command is one call
    acts: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    act: Act,
    words: str,
    *,
    make: bool = False,
    circle: bool = False,
) -> argparse.ArgumentParser:
    parser = acts.add_parser(name, help=words, description=words)
    parser.add_argument("--home", required=True, type=Path, metavar="DIR", help="its directory")
    if circle:
        parser.add_argument("--circle", required=True, metavar="ID")
    parser.set_defaults(run=run, act=act, make=make)
    return parser


def answer(*words: str) -> Answer:
    """Run one command inside this process.

    Args:
        words: What people type after `rejoint device`.

    Returns:
        What the command would print.

    Raises:
        SyncError: It did not end well; the text is the line it would end with.
        OSError: Its directory cannot be used.
    """
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    answered = asyncio.run(_run(parser.parse_args(["device", *words])))
    if line := _trouble(answered):
        raise SyncError(line)
    return answered


def run(arguments: argparse.Namespace) -> int:
    """Run one command; the exit status."""
    every_s: float | None = getattr(arguments, "every", None)
    try:
        if every_s is None:
            return _run_once(arguments)
        _repeat(arguments, every_s)
    except KeyboardInterrupt:
        pass
    sys.stderr.write("rejoint: stopped; the same command may be given again\n")
    return 130


def _repeat(arguments: argparse.Namespace, every_s: float) -> None:
    """Run a command again and again until somebody interrupts it."""
    interrupted = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        # What is raised here may get lost in whatever runs at this moment; the event does not.
        interrupted.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        while not interrupted.is_set():
            _run_once(arguments)
            sys.stdout.flush()
            interrupted.wait(every_s)
    finally:
        signal.signal(signal.SIGINT, before)


def _run_once(arguments: argparse.Namespace) -> int:
    try:
        answered = asyncio.run(_run(arguments))
    except SyncError as error:
        sys.stderr.write(f"rejoint: {error.reason}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"rejoint: {arguments.home}: {error.strerror or error}\n")
        return 1
    try:
        sys.stdout.write(json.dumps(answered, ensure_ascii=False) + "\n")
    except UnicodeEncodeError:  # a terminal that cannot show it; the same JSON, escaped
        sys.stdout.write(json.dumps(answered) + "\n")
    if line := _trouble(answered):
        sys.stderr.write(f"rejoint: {line}\n")
        return 1
    return 0


def _trouble(answered: Answer) -> str:
    """What went wrong in one circle while others went on, or nothing."""
    trouble = answered.get("trouble")
    if not trouble:
        return ""
    more = f" (and {len(trouble) - 1} more circles)" if len(trouble) > 1 else ""
    return f"{trouble[0]['circle']}: {trouble[0]['reason']}{more}"


async def _run(arguments: argparse.Namespace) -> Answer:
    from rejoint_sync.device.device import Device  # noqa: PLC0415 - keeps `rejoint --help` fast

    act: Act = arguments.act
    async with await Device.open(arguments.home, time.time, make=arguments.make) as device:
        return await act(device, arguments)


async def _new(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.new(arguments.setup, connect=arguments.server)


async def _join(device: "Device", arguments: argparse.Namespace) -> Answer:
    if "#e1." in arguments.link:
        return await device.found_by_ticket(arguments.link, connect=arguments.server)
    return await device.join(arguments.link, connect=arguments.server)


async def _circle_new(device: "Device", _: argparse.Namespace) -> Answer:
    return await device.circle_new()


async def _circle_list(device: "Device", _: argparse.Namespace) -> Answer:
    return {"circles": await device.circles()}


async def _invite(device: "Device", arguments: argparse.Namespace) -> Answer:
    if arguments.own or arguments.member == "self":
        return await device.invite_own(arguments.circle, mode=arguments.mode)
    return await device.invite(
        arguments.circle,
        arguments.role,
        member=arguments.member,
        mode=arguments.mode,
        stream=arguments.stream,
    )


async def _put(device: "Device", arguments: argparse.Namespace) -> Answer:
    records = list(_records(arguments.json))
    ids = await device.put(
        arguments.circle, arguments.kind, records, tz_min=_tz_min(), stream=arguments.stream
    )
    return {"ids": ids}


async def _sync(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.sync(done_today=arguments.done)


async def _move(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.move(arguments.to, connect=arguments.server)


async def _show(device: "Device", arguments: argparse.Namespace) -> Answer:
    return await device.show(arguments.circle)


def _records(texts: Sequence[str]) -> list[Any]:
    try:
        lines = [
            line
            for text in texts
            for line in (sys.stdin.read().split("\n") if text == "-" else [text])
            if line.strip()
        ]
        return [json.loads(line) for line in lines]
    except json.JSONDecodeError as error:
        raise BadRequest(f"a record is not JSON: {error.msg} at column {error.colno}") from None
    except (UnicodeDecodeError, RecursionError):
        raise BadRequest("a record is not JSON in UTF-8, or is nested too deeply") from None


def _tz_min() -> int:
    """Minutes east of UTC on this machine, now."""
    offset = datetime.now().astimezone().utcoffset()
    return round(offset.total_seconds() / 60) if offset is not None else 0
