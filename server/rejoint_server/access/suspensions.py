"""Devices that an admin of a clinic had the server stop serving, in all circles of the clinic.

Only as good as the server: whoever has the keys keeps what was read. Clinicians' phones therefore
offer to remove the device for good.
"""

from collections import OrderedDict
from typing import Final

from rejoint_server.access.circle_notes import CircleNotes
from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import CircleError, NotFound, Suspended
from rejoint_sync.stores import Store

CLINICS_KEPT: Final = 1000
SUSPENDED_MAX: Final = 1000
"""Suspended devices of one clinic: as many as ever stand in a log."""


class Suspensions:
    """Who is suspended, kept with the clinic's circle.

    Args:
        store: Where circles are; only this process writes to it.
    """

    def __init__(self, store: Store) -> None:
        self._notes = CircleNotes(store, "suspended")
        self._known: OrderedDict[str, frozenset[str]] = OrderedDict()

    async def of(self, clinic: str) -> frozenset[str]:
        """The suspended devices of a clinic; none where there is no such circle."""
        known = self._known.get(clinic)
        if known is None:
            try:
                known = frozenset(await self._notes.all(clinic))
            except NotFound:
                known = frozenset()
            self._known[clinic] = known
        self._known.move_to_end(clinic)
        while len(self._known) > CLINICS_KEPT:
            self._known.popitem(last=False)
        return known

    async def holds(self, device: str, circle: Membership) -> bool:
        """Whether the device is suspended in a circle: a clinic's own, or one that names it."""
        clinic = circle.circle if circle.purpose == "clinic" else circle.clinic
        return bool(clinic) and device in await self.of(clinic)

    async def require_served(self, device: str, circle: Membership) -> None:
        """Raise `Suspended` when the device is suspended in this circle."""
        if await self.holds(device, circle):
            raise Suspended("This device is suspended; ask an admin of the clinic.")

    async def suspend(self, clinic: str, device: str, *, by: str, now_s: int) -> None:
        """Stop serving a device; again is fine. Raises `CircleError` with `limit`."""
        known = await self.of(clinic)
        if device not in known and len(known) >= SUSPENDED_MAX:
            raise CircleError("limit", f"expected at most {SUSPENDED_MAX} suspended devices")
        await self._notes.put(clinic, device, {"by": by, "at": now_s})
        self._known.pop(clinic, None)

    async def lift(self, clinic: str, device: str) -> bool:
        """Serve a device again; False when it was not suspended."""
        was = await self._notes.delete(clinic, device)
        self._known.pop(clinic, None)
        return was
