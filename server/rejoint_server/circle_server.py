"""What serves circles, put together: the only place that knows every part of it."""

from dataclasses import dataclass

from litestar.types import ControllerRouterHandler

from rejoint_server.access.audit import Audit
from rejoint_server.access.hints import Hints
from rejoint_server.access.login import Login
from rejoint_server.access.memberships import Memberships
from rejoint_server.access.relay_key import RelayKey
from rejoint_server.access.setup import Setup
from rejoint_server.access.suspensions import Suspensions
from rejoint_server.access.tickets import Tickets
from rejoint_server.circles.admission import Admission
from rejoint_server.circles.aftermath import Watched
from rejoint_server.circles.catch_up import CatchUp
from rejoint_server.circles.clinics import Desk, clinic_routes
from rejoint_server.circles.endpoints import circle_routes
from rejoint_server.circles.invitations import Invitations
from rejoint_server.circles.ledger import Ledger
from rejoint_server.circles.lost_wraps import LostWraps
from rejoint_server.circles.policy import CirclePolicy
from rejoint_server.circles.quarantine import Quarantine
from rejoint_server.circles.recovery_papers import RecoveryPapers
from rejoint_server.circles.services import circle_service_routes
from rejoint_server.circles.upkeep import Upkeep
from rejoint_server.clock import Clock
from rejoint_server.exchange.endpoint import Exchange
from rejoint_server.exchange.giving import Giving
from rejoint_server.exchange.intake import Intake
from rejoint_server.exchange.relay import Relay, relay_routes
from rejoint_server.push.departures import Departures
from rejoint_server.push.push_parts import Push, open_push
from rejoint_server.push.sender import Note
from rejoint_server.reminders import Rows
from rejoint_server.reminders.endpoints import reminder_routes
from rejoint_server.reminders.news import News
from rejoint_server.reminders.rows_memory import MemoryRows
from rejoint_server.reminders.rows_sqlite import SqliteRows
from rejoint_server.reminders.schedules import Schedules
from rejoint_server.reminders.silence import Silence
from rejoint_server.settings import Settings
from rejoint_sync.stores import Store
from rejoint_sync.stores.couch_address import CouchAddress
from rejoint_sync.stores.journal import Journal
from rejoint_sync.stores.sqlite import SqliteStore


@dataclass(frozen=True, slots=True)
class Reminders:
    """The parts that ping devices.

    Attributes:
        rows: Where schedules are kept, to be started and closed.
        news: What is new for whom.
        silence: Tells clinics of devices that are not heard of.
        push: Brings pings, to be started and closed.
    """

    rows: Rows
    news: News
    silence: Silence
    push: Push


@dataclass(frozen=True, slots=True)
class CircleServer:
    """The parts that the application needs.

    Attributes:
        policy: Decides in `/db`.
        exchange: The route `/sync`.
        setup: The one-time secret.
        ledger: The way of entries into their logs.
        upkeep: Purges what was closed.
        reminders: What pings devices.
        handlers: Every route beside `/db` that is about circles.
    """

    policy: CirclePolicy
    exchange: Exchange
    setup: Setup
    ledger: Ledger
    upkeep: Upkeep
    reminders: Reminders
    handlers: list[ControllerRouterHandler]


def open_circles(
    settings: Settings, store: Store, clock: Clock, journal: Journal | None, *, pinged: Note
) -> CircleServer:
    """Put it together; nothing is read or written.

    Args:
        settings: What the operator decided.
        store: Open; whoever opened it closes it.
        clock: The time.
        journal: Where accepted bundles are noted, open; None for none.
        pinged: Told what became of each ping.
    """
    memberships, hints, setup = Memberships(store), Hints(store), Setup(store)
    ledger = Ledger(store, clock, Watched(settings.data), journal)
    suspensions, audit, relay_key = Suspensions(store), Audit(store, clock), RelayKey(store)
    schedules = Schedules(rows := _rows(settings, store), clock)
    login = Login(
        memberships, hints, suspensions, clock, settings.public_url, heard=schedules.heard
    )
    news = News(rows, schedules, memberships, login)
    push = open_push(settings, store, clock, login, schedules, note=pinged)
    departures = Departures(push.subscriptions, hints, memberships, suspensions)
    invitations = Invitations(store, memberships, clock)
    quarantine = Quarantine(store, memberships, login, clock)
    tickets = Tickets(store, memberships, clock)
    admission = Admission(
        store,
        memberships=memberships,
        hints=hints,
        login=login,
        invitations=invitations,
        quarantine=quarantine,
        tickets=tickets,
        audit=audit,
        setup=setup,
        clock=clock,
        ledger=ledger,
        departed=departures.from_circle,
    )
    catch_up = CatchUp(
        store, memberships=memberships, hints=hints, login=login, clock=clock, ledger=ledger
    )
    desk = Desk(memberships, login, suspensions, audit, clock, suspended=departures.look_after)
    handlers = [
        *circle_routes(admission, invitations, login, catch_up, relay_key),
        *_service_routes(store, memberships, login, clock, quarantine),
        *clinic_routes(desk, tickets, audit),
        *reminder_routes(schedules, login),
        *push.handlers,
    ]
    policy = CirclePolicy(store, memberships, login, ledger, arrived=news.arrived)
    upkeep = Upkeep(store, memberships, hints, clock, ledger, sweep=departures.sweep)
    intake = Intake(memberships, login, policy, admission)
    giving = Giving(store, memberships, hints, login)
    most, done = settings.request_bytes_max, schedules.note_done
    exchange = Exchange(store, login, intake, giving, done=done, body_bytes_max=most)
    handlers += relay_routes(Relay(relay_key, login, intake, quarantine, clock), relay_key)
    reminders = Reminders(rows, news, Silence(hints, memberships, audit), push)
    return CircleServer(policy, exchange, setup, ledger, upkeep, reminders, handlers)


def _service_routes(
    store: Store, memberships: Memberships, login: Login, clock: Clock, quarantine: Quarantine
) -> list[ControllerRouterHandler]:
    return circle_service_routes(
        RecoveryPapers(store, memberships, login, clock),
        LostWraps(store, memberships, login, clock),
        quarantine,
    )


def _rows(settings: Settings, store: Store) -> Rows:
    """Where schedules are kept: beside what the store keeps, however that is."""
    if isinstance(settings.store, CouchAddress):
        # What speaks with a CouchDB takes a quarter of a second to load.
        from rejoint_server.reminders.rows_couch import CouchRows  # noqa: PLC0415

        return CouchRows(settings.store)
    return SqliteRows(store) if isinstance(store, SqliteStore) else MemoryRows()
