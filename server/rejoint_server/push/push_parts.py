"""What pings devices, put together."""

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from litestar.types import ControllerRouterHandler

from rejoint_server.access.login import Login
from rejoint_server.clock import Clock
from rejoint_server.push.endpoints import PushDesk, push_routes
from rejoint_server.push.messages import Carrier
from rejoint_server.push.push_keys import PushKeys
from rejoint_server.push.push_services import PushServices
from rejoint_server.push.putting_off import PuttingOff
from rejoint_server.push.sender import Note, PushSender
from rejoint_server.push.shared_key import SharedKey
from rejoint_server.push.subscriptions import Notes, Subscriptions
from rejoint_server.reminders.schedules import Schedules
from rejoint_server.settings import Settings
from rejoint_sync.stores.couch_address import CouchAddress

if TYPE_CHECKING:
    from rejoint_server.push.posting import Post


@dataclass(frozen=True, slots=True)
class Push:
    """The parts that the application needs.

    Attributes:
        sender: Brings pings.
        subscriptions: Whom they can be brought to.
        keys: By which push services know this server.
        clock: The time.
        handlers: Every route of `/push`.
        shared: What other servers on the store go by; None where there can be none.
    """

    sender: PushSender
    subscriptions: Subscriptions
    keys: PushKeys
    clock: Clock
    handlers: list[ControllerRouterHandler]
    shared: SharedKey | None = None

    async def start(self) -> None:
        """Make the first key, where there is none. Raises as `SharedKey.open`."""
        if self.shared is None:
            self.keys.open(self.clock.now_s())
        else:
            await self.shared.open(self.clock.now_s())

    async def has_key(self) -> bool:
        """Whether this server has the key that phones subscribe for. Raises `StoreUnavailable`."""
        return self.shared is None or await self.shared.is_here()

    async def close(self) -> None:
        """End all connections."""
        await self.sender.close()


def open_push(  # noqa: PLR0913  # it is put together in one place
    settings: Settings,
    notes: Notes,
    clock: Clock,
    login: Login,
    schedules: Schedules,
    *,
    note: Note,
) -> Push:
    """Put it together; nothing is read or written.

    Args:
        settings: What the operator decided.
        notes: Where subscriptions are kept.
        clock: The time.
        login: Who asks.
        schedules: Of reminders.
        note: Told what became of each ping.
    """
    subscriptions, keys = Subscriptions(notes), PushKeys(settings.push_keys_file)
    services = PushServices(settings.push_hosts, loopback=settings.push_loopback)
    sender = open_sender(settings, subscriptions, keys, clock, note)
    desk = PushDesk(subscriptions, keys, services, login, clock)
    handlers = push_routes(desk, PuttingOff(schedules, keys, clock))
    shared = SharedKey(notes, keys) if isinstance(settings.store, CouchAddress) else None
    return Push(sender, subscriptions, keys, clock, handlers, shared)


def open_sender(
    settings: Settings, subscriptions: Subscriptions, keys: PushKeys, clock: Clock, note: Note
) -> PushSender:
    """A sender over real connections; arguments as those of `open_push`."""

    async def open_carrier() -> Carrier:
        post = await asyncio.to_thread(_post)
        return post(settings.contact, loopback=settings.push_loopback)

    return PushSender(
        subscriptions,
        keys,
        PushServices(settings.push_hosts, loopback=settings.push_loopback),
        clock,
        open_carrier=open_carrier,
        note=note,
        chance=random.SystemRandom().random,
    )


def _post() -> "type[Post]":
    # It takes a second to load, which no request should wait for, and no start.
    from rejoint_server.push.posting import Post  # noqa: PLC0415

    return Post
