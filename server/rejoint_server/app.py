"""The application put together: the only place that knows every part."""

import secrets
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from litestar import Litestar, Request
from litestar.types import ControllerRouterHandler

from rejoint_server.access.hints import open_notes
from rejoint_server.access.setup import SECRET_BYTES, Setup
from rejoint_server.circle_server import Reminders, open_circles
from rejoint_server.circles.ledger import Ledger
from rejoint_server.circles.policy import CirclePolicy
from rejoint_server.circles.upkeep import Upkeep
from rejoint_server.clock import Clock
from rejoint_server.db.call import Service
from rejoint_server.db.policy import OpenPolicy
from rejoint_server.db.replication import Replication
from rejoint_server.design.design_functions import DesignFunctions
from rejoint_server.design.javascript import Engine
from rejoint_server.operations.endpoints import Operations, operation_routes
from rejoint_server.push.push_parts import Push
from rejoint_server.reminders import Rows, Sender
from rejoint_server.reminders.scheduler import Scheduler
from rejoint_server.settings import Settings
from rejoint_server.web.asgi import App, Receive, Scope, Send
from rejoint_server.web.edge import Edge
from rejoint_server.web.logs import Log, open_log
from rejoint_server.web.static_files import Web
from rejoint_sync.stores import Store
from rejoint_sync.stores.journal import Journal

ENDPOINTS: Final = frozenset(
    {
        *("db", "circles", "clinics", "recovery", "session", "sync", "relay"),
        *("push", "reminders", "healthz", "readyz", "metrics"),
    }
)
"""First segments of the paths that are not files of the web app."""


@dataclass(frozen=True, slots=True)
class Application:
    """A server without its socket.

    Attributes:
        edge: Answers requests; an ASGI app.
        service: The parts that its routes share.
        setup: The one-time secret; None when there are no circles.
        ledger: The way of entries into their logs; None when there are no circles.
        upkeep: The daily work, to be run beside; None when there are no circles.
        rows: Where schedules of reminders are kept; None when there are no circles.
        scheduler: Pings devices, to be run beside; None when there are no circles.
        push: Brings pings; None when there are no circles.
    """

    edge: Edge
    service: Service
    setup: Setup | None
    ledger: Ledger | None = None
    upkeep: Upkeep | None = None
    rows: Rows | None = None
    scheduler: Scheduler | None = None
    push: Push | None = None

    async def start(self) -> str | None:
        """Make ready what needs the store.

        Returns:
            The one-time setup secret, None when there is nothing to set up.
        """
        if self.setup is None:
            return None
        await open_notes(self.service.store)
        if self.ledger is not None:
            await self.ledger.start()
        if self.rows is not None:
            await self.rows.start()
        if self.push is not None:
            await self.push.start()
        return await self.setup.renew(secrets.token_bytes(SECRET_BYTES))

    async def stop(self) -> bool:
        """End what waits, refuse what is new; whether all under way was answered in time."""
        self.service.stopping.set()
        drained = await self.edge.drain(self.service.settings.stop_s_max)
        if self.service.designs is not None:
            await self.service.designs.close()
        if self.push is not None:
            await self.push.close()
        if self.rows is not None:
            await self.rows.close()
        return drained


def create_app(  # noqa: PLR0913  # what is outside of it, in one call
    settings: Settings,
    store: Store,
    clock: Clock,
    log: Log | None = None,
    journal: Journal | None = None,
    *,
    sender: Sender | None = None,
) -> Application:
    """Put the server together; nothing is read or written before `start`.

    Args:
        settings: What the operator decided.
        store: Open; whoever opened it closes it.
        clock: The time.
        log: Where the lines go; standard error when None.
        journal: Where accepted bundles are noted, open; whoever opened it closes it.
        sender: Brings pings; None for the push services of the settings.
    """
    operations = Operations(store, settings.data, settings.metrics_token, lambda: edge.under_way)
    if settings.policy == "open":
        designs = DesignFunctions(store, Engine())
        policy = OpenPolicy(store, settings.admin, clock, designs)
        service = _service(settings, store, policy, designs)
        setup = ledger = upkeep = rows = scheduler = push = None
        # CouchDB's routes and nothing else, at `/` and at `/db`.
        app: App = Replication(service, ("db",))
    else:
        circles = open_circles(settings, store, clock, journal, pinged=operations.metrics.pinged)
        setup, ledger, upkeep = circles.setup, circles.ledger, circles.upkeep
        rows = circles.reminders.rows
        push = circles.reminders.push
        scheduler = _scheduler(circles.reminders, sender or push.sender, clock)
        operations.watch(ledger, upkeep)
        operations.watch_reminders(rows, scheduler)
        operations.watch_push(push.has_key)
        service = _service(settings, store, circles.policy)
        endpoints = _litestar([*circles.handlers, *operation_routes(operations)])
        app = _Front(Replication(service, ("db",)), circles.exchange, endpoints, Web(settings.web))
    edge = Edge(
        app,
        clock=clock,
        log=log or open_log(),
        challenge=service.policy.challenge,
        https=(settings.public_url or "").startswith("https:"),
        stopping=service.stopping,
        observe=operations.note,
    )
    return Application(edge, service, setup, ledger, upkeep, rows, scheduler, push)


def _scheduler(reminders: Reminders, sender: Sender, clock: Clock) -> Scheduler:
    return Scheduler(
        reminders.rows,
        sender,
        clock,
        holder=secrets.token_hex(8),
        before=reminders.news.pass_on,
        silent=reminders.silence.tell,
    )


def _service(
    settings: Settings,
    store: Store,
    policy: OpenPolicy | CirclePolicy,
    designs: DesignFunctions | None = None,
) -> Service:
    return Service(store, policy, settings, new_id=lambda: secrets.token_hex(16), designs=designs)


def _litestar(handlers: list[ControllerRouterHandler]) -> App:
    litestar: Any = Litestar(
        route_handlers=handlers,
        exception_handlers={Exception: _raise_to_edge},
        openapi_config=None,
        logging_config=None,
    )
    app: App = litestar
    return app


def _raise_to_edge(_: Request[Any, Any, Any], error: Exception) -> NoReturn:
    """Errors become answers in one place, which is not the web framework."""
    raise error


class _Front:
    """`/db`, `/sync`, the other endpoints, and the web app's files for every other path.

    `/db` and `/sync` stand beside Litestar, not in it: they need nothing of a framework, which
    would cost a short answer as much again as all else that makes it.
    """

    def __init__(self, replication: App, exchange: App, endpoints: App, web: App) -> None:
        self._replication = replication
        self._exchange = exchange
        self._endpoints = endpoints
        self._web = web

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        first = scope["path"].lstrip("/").partition("/")[0]
        if first == "db":
            app = self._replication
        elif first == "sync":
            app = self._exchange
        else:
            app = self._endpoints if first in ENDPOINTS else self._web
        await app(scope, receive, send)
