"""`rejoint serve`: the server in one process, from its arguments to its end.

The HTTP server runs embedded, on the same event loop as the store, so there is no worker that could
outlive its parent. The socket is ours: who cannot have it says so in one line, and port 0 tells the
port it got before anyone is let in.
"""

import argparse
import asyncio
import functools
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import SecretStr, ValidationError

from rejoint_server.commands.push import add_keys_argument, add_push_arguments, push_values
from rejoint_server.settings import Admin, Settings
from rejoint_sync.errors import SyncError

if TYPE_CHECKING:
    from rejoint_server.app import Application
    from rejoint_sync.stores import Store

T = TypeVar("T")


class CannotServe(Exception):
    """The server cannot start or go on; its text is the one line to show."""


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage]  # argparse has no public name for it
) -> None:
    """Add `serve` to the commands of `rejoint`."""
    serve = commands.add_parser("serve", help="run the server")
    serve.add_argument("--data", required=True, type=Path, metavar="DIR", help="where data is kept")
    serve.add_argument(
        "--journal",
        type=Path,
        metavar="DIR",
        help="where changes of membership are noted too, best on another disk (DIR-journal)",
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serve.add_argument("--port", default=8000, type=int, help="0 takes a free one (%(default)s)")
    serve.add_argument(
        "--store",
        default=os.environ.get("REJOINT_STORE", "sqlite"),
        metavar="URL",
        help="sqlite, in DIR (default), or couchdb://user:password@host:5984; also $REJOINT_STORE",
    )
    serve.add_argument(
        "--policy",
        default="circles",
        choices=["circles", "open"],
        help="open: no access rules, for tests and benchmarks on this machine (%(default)s)",
    )
    serve.add_argument("--admin", metavar="NAME:PASSWORD", help="with --policy open: who may enter")
    serve.add_argument("--public-url", metavar="URL", help="how clients reach this server")
    serve.add_argument("--web", type=Path, metavar="DIR", help="the built web app")
    serve.add_argument(
        "--metrics-token-file",
        type=Path,
        metavar="FILE",
        help="its first line opens /metrics from anywhere; without it this machine may look",
    )
    add_keys_argument(serve)
    add_push_arguments(serve)
    serve.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal; the exit status."""
    try:
        settings = _settings(arguments)
        # Imported here: the other commands of `rejoint` start faster without it.
        import uvloop  # noqa: PLC0415

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings))
    except (CannotServe, SyncError) as error:
        sys.stderr.write(f"rejoint: {error}\n")
        return 1
    return 0


def _settings(arguments: argparse.Namespace) -> Settings:
    values: dict[str, Any] = {
        "data": arguments.data,
        "host": arguments.host,
        "port": arguments.port,
        "store": arguments.store,
        "policy": arguments.policy,
        "public_url": arguments.public_url,
        **push_values(arguments),
    }
    if arguments.journal is not None:
        values["journal"] = arguments.journal
    if arguments.web is not None:
        values["web"] = arguments.web
    try:
        if arguments.metrics_token_file is not None:
            values["metrics_token"] = _secret(arguments.metrics_token_file)
        if arguments.admin is not None:
            values["admin"] = Admin.parse(arguments.admin)
        return Settings(**values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = f"--{str(first['loc'][0]).replace('_', '-')}: " if first["loc"] else ""
        words = str(first["msg"]).removeprefix("Value error, ")
        raise CannotServe(words if words.startswith("--") else where + words) from None
    except ValueError as error:
        raise CannotServe(str(error)) from None


def _secret(file: Path) -> SecretStr:
    try:
        return SecretStr(file.read_text().partition("\n")[0].strip())
    except (OSError, UnicodeDecodeError):
        raise CannotServe(f"cannot read {file}") from None


async def _serve(settings: Settings) -> None:
    # Imported here: the other commands of `rejoint` start faster without them.
    from rejoint_server.app import create_app  # noqa: PLC0415
    from rejoint_server.clock import SystemClock  # noqa: PLC0415
    from rejoint_server.web import http_server  # noqa: PLC0415
    from rejoint_sync.stores.journal import Journal  # noqa: PLC0415
    from rejoint_sync.stores.sqlite import SqliteStore  # noqa: PLC0415

    http_server.allow_many_connections()
    if settings.store == "sqlite":
        # What a circle replaces is gone; a stock client of an open database may look back.
        opening = functools.partial(SqliteStore.open, history=settings.policy == "open")
        store: Store = await _open(opening, settings)
    else:
        from rejoint_sync.stores.couch import CouchStore  # noqa: PLC0415 - as above

        store = await CouchStore.open(settings.store)
    journal: Journal | None = None
    try:
        if settings.policy == "circles":
            journal = Journal.open(settings.journal_directory)
        try:
            listener = http_server.listen(settings.host, settings.port)
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            raise CannotServe(f"cannot listen on {where}: {error.strerror or error}") from None
        await _answer(settings, create_app(settings, store, SystemClock(), None, journal), listener)
    finally:
        await store.close()
        if journal is not None:
            await journal.close()


async def _answer(settings: Settings, application: "Application", listener: socket.socket) -> None:
    """Answer requests until a signal."""
    from rejoint_server.web import http_server  # noqa: PLC0415

    url = http_server.url_of(listener)
    secret = await application.start()
    server = http_server.HttpServer(application.edge, listener)
    serving = asyncio.create_task(server.serve())
    stop = _signals()
    if not await http_server.answers(url):
        raise CannotServe("the HTTP server does not answer")
    _announce(settings, url, secret)
    if application.push is not None and not await application.push.has_key():
        _say(f"other servers on this store have a newer push key than {settings.push_keys_file}")
    upkeep = asyncio.create_task(application.upkeep.run()) if application.upkeep else None
    scheduler = application.scheduler
    pinging = asyncio.create_task(scheduler.run()) if scheduler else None
    await asyncio.wait({stop, serving}, return_when=asyncio.FIRST_COMPLETED)
    if not stop.done():
        raise CannotServe("the HTTP server ended by itself")
    if upkeep is not None:
        upkeep.cancel()
        await asyncio.wait([upkeep])
    if scheduler is not None and pinging is not None:
        await scheduler.stop(pinging)
    await application.stop()
    await server.end(serving)


async def _open(opening: Callable[[Path], Awaitable[T]], settings: Settings) -> T:
    try:
        return await opening(settings.data)
    except OSError as error:
        raise CannotServe(f"cannot use {settings.data}: {error.strerror or error}") from None


def _signals() -> "asyncio.Future[None]":
    """Done at the first SIGTERM or SIGINT; a second one ends the process at once."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def ask() -> None:
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(one)
        stop.set_result(None)

    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, ask)
    return stop


def _announce(settings: Settings, url: str, secret: str | None) -> None:
    from rejoint_server.web.http_server import near  # noqa: PLC0415

    if settings.policy == "open":
        _say("policy open: whoever reaches this port reads and writes everything")
    elif settings.public_url is None and not settings.on_loopback:
        _say("without --public-url a login is taken for any name this server is reached by")
    _say(f"listening on {url}")
    if secret is not None:
        origin = settings.public_url or near(url)
        _say(f"found the clinic with this link, once: {origin}/#s1.{secret}")


def _say(line: str) -> None:
    sys.stdout.write(f"rejoint: {line}\n")
    sys.stdout.flush()
