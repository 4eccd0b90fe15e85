"""Whose subscription is forgotten: a device that is served nowhere is not pinged any more."""

import asyncio
import contextlib
from collections.abc import Iterable

from rejoint_server.access.hints import Hints
from rejoint_server.access.memberships import Memberships
from rejoint_server.access.suspensions import Suspensions
from rejoint_server.push.subscriptions import Subscriptions
from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import CircleError, NotFound, SyncError


class Departures:
    """Forgets subscriptions; what cannot be forgotten now is no reason to fail.

    A ping that still goes out says nothing, and after two weeks without a word of the device there
    are none.

    Args:
        subscriptions: Of all devices.
        hints: In which circles a device may be.
        memberships: Where it is live.
        suspensions: Where it is not served.
    """

    def __init__(
        self,
        subscriptions: Subscriptions,
        hints: Hints,
        memberships: Memberships,
        suspensions: Suspensions,
    ) -> None:
        self._subscriptions = subscriptions
        self._hints = hints
        self._memberships = memberships
        self._suspensions = suspensions

    async def from_circle(self, before: Membership, after: Membership) -> None:
        """Look after the devices that an entry has taken out of a circle."""
        gone = [one.device for one in before.devices.values() if one.live]
        await self.look_after(device for device in gone if not after.live(device))

    async def look_after(self, devices: Iterable[str]) -> None:
        """Forget the subscriptions of those of these devices that are served nowhere."""
        with contextlib.suppress(SyncError):
            for device in devices:
                if not await self._is_served(device):
                    await self._subscriptions.drop(device)

    async def sweep(self) -> None:
        """Forget the subscriptions of devices whose circles are all gone."""
        with contextlib.suppress(SyncError):
            async for device, _ in self._subscriptions.all():
                if not await self._hints.circles_of(device):
                    await self._subscriptions.drop(device)
                await asyncio.sleep(0)  # others have their turn between two devices

    async def _is_served(self, device: str) -> bool:
        for circle in await self._hints.circles_of(device):
            try:
                membership = await self._memberships.of(circle)
            except (NotFound, CircleError):  # it is no more
                continue
            if membership.live(device) and not await self._suspensions.holds(device, membership):
                return True
        return False
