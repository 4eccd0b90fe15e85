"""The sender: finds a device's subscription, tries once, and says what became of it.

Nothing here is logged: an endpoint is a way to a person's phone.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Final

from rejoint_server.clock import Clock
from rejoint_server.push.messages import (
    Carrier,
    Message,
    Reply,
    Unreachable,
    Unusable,
    payload_of,
    topic_of,
)
from rejoint_server.push.push_addresses import AddressRefused
from rejoint_server.push.push_keys import PushKeys
from rejoint_server.push.push_services import OTHER, PushServices, service_of
from rejoint_server.push.subscriptions import Subscription, Subscriptions
from rejoint_server.reminders import Outcome
from rejoint_sync.errors import SyncError
from rejoint_sync.reminders import Ping

AT_ONCE_MAX: Final = 48
"""Messages under way to one push service; so one that hangs does not hold up the others."""

PAUSE_S: Final = 60
"""Before the second try, at least; the later it is, the longer the next pause."""

PAUSE_S_MAX: Final = 1800
JITTER: Final = 0.5
"""A pause is as long as it should be, and by chance up to half of that longer."""

NOBODY: Final = "none"
_SECONDS_DIGITS_MAX: Final = 9

Note = Callable[[str, str, str], None]
"""Told the push service (one of `SERVICES`, or `NOBODY`), the outcome, and a status or a word."""

DELIVERED: Final = Outcome("delivered")
GONE: Final = Outcome("gone")
GIVEN_UP: Final = Outcome("given up")


class PushSender:
    """Sends pings.

    Args:
        subscriptions: Whom they go to.
        keys: Signed by these.
        services: Which push services there are.
        clock: The time.
        open_carrier: Makes what brings them there, when the first ping is sent.
        note: Told of each try.
        chance: A number from 0 up to 1, another one each time.
    """

    def __init__(  # noqa: PLR0913 - it is put together in one place, by name
        self,
        subscriptions: Subscriptions,
        keys: PushKeys,
        services: PushServices,
        clock: Clock,
        *,
        open_carrier: Callable[[], Awaitable[Carrier]],
        note: Note,
        chance: Callable[[], float],
    ) -> None:
        self._subscriptions = subscriptions
        self._keys = keys
        self._services = services
        self._clock = clock
        self._open_carrier = open_carrier
        self._note = note
        self._chance = chance
        self._carrier: Carrier | None = None
        self._opening = asyncio.Lock()
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE_MAX)
        )

    async def send(self, device: str, ping: Ping) -> Outcome:
        """Bring one ping, once; see `reminders.Sender`."""
        try:
            service, outcome, why = await self._send(device, ping)
        except SyncError:
            service, outcome, why = NOBODY, self._later(ping), "store"
        self._note(service, outcome.word, why)
        return outcome

    async def close(self) -> None:
        """End all connections."""
        if self._carrier is not None:
            await self._carrier.close()

    async def _send(self, device: str, ping: Ping) -> tuple[str, Outcome, str]:
        subscription = await self._subscriptions.of(device)
        if subscription is None:
            return NOBODY, GONE, "none"
        key = self._keys.now().of_id(subscription.key)
        try:
            origin = self._services.origin_of(subscription.endpoint)
        except SyncError:  # the operator has taken this push service out
            return OTHER, GIVEN_UP, "host"
        service = service_of(origin)
        if key is None:  # revoked, or a file that this server should share and does not
            return service, GIVEN_UP, "key"
        message = Message(
            subscription,
            origin,
            key,
            payload_of(key, device, ping),
            ping.ttl_s,
            topic_of(key, device, ping),
        )
        async with self._places[service]:
            outcome, why = await self._carried(message, ping)
        if outcome is GONE:
            await self._drop(device, subscription)
        return service, outcome, why

    async def _carried(self, message: Message, ping: Ping) -> tuple[Outcome, str]:
        try:
            carrier = await self._opened()
            reply = await carrier.send(message, self._clock.now_s())
        except Unreachable:
            return self._later(ping), "unreachable"
        except AddressRefused:
            return GIVEN_UP, "address"
        except Unusable:
            return GIVEN_UP, "keys"
        return self._meant(reply, ping), str(reply.status)

    def _meant(self, reply: Reply, ping: Ping) -> Outcome:
        """What an answer means (RFC 8030 §5, §7.3, §8.4)."""
        if 200 <= reply.status < 300:
            return DELIVERED
        if reply.status in {404, 410}:
            return GONE
        if reply.status in {408, 425, 429} or reply.status >= 500:
            return self._later(ping, retry_after_s(reply.retry_after, self._clock.now_s()))
        # A redirect too: where it leads, nobody has checked.
        return GIVEN_UP

    def _later(self, ping: Ping, asked_s: int = 0) -> Outcome:
        """As long again as the ping has been tried already, and not before it is asked for."""
        age_s = self._clock.now_s() - 60 * ping.minute
        pause_s = max(asked_s, min(max(age_s, PAUSE_S), PAUSE_S_MAX))
        return Outcome("later", int(pause_s * (1 + JITTER * self._chance())))

    async def _opened(self) -> Carrier:
        async with self._opening:
            if self._carrier is None:
                self._carrier = await self._open_carrier()
            return self._carrier

    async def _drop(self, device: str, gone: Subscription) -> None:
        with contextlib.suppress(SyncError):  # the next ping finds it gone as well
            await self._subscriptions.drop(device, gone)


def retry_after_s(text: str, now_s: int) -> int:
    """Seconds that a Retry-After asks for: a number or a date; 0 for none and for nonsense.

    >>> retry_after_s("120", 0)
    120
    >>> retry_after_s("Thu, 01 Jan 1970 00:01:00 GMT", 15)
    45
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return int(text[:_SECONDS_DIGITS_MAX])
    try:
        return max(0, int(parsedate_to_datetime(text).timestamp()) - now_s)
    except (ValueError, OverflowError):
        return 0
