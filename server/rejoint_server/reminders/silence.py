"""Tells clinics of devices that were not heard of: one act in the trail, without any content."""

from typing import Final

from rejoint_server.access.audit import Audit
from rejoint_server.access.hints import Hints
from rejoint_server.access.memberships import Memberships
from rejoint_sync.errors import SyncError

ACT: Final = "silent"


class Silence:
    """Writes silence into the trail of each clinic that a device belongs to.

    Args:
        hints: In which circles a device may be.
        memberships: Who stands where.
        audit: The trails.
    """

    def __init__(self, hints: Hints, memberships: Memberships, audit: Audit) -> None:
        self._hints = hints
        self._memberships = memberships
        self._audit = audit

    async def tell(self, device: str) -> None:
        """Note it once for each clinic; a circle that cannot be read is left out."""
        told: set[str] = set()
        for circle in await self._hints.circles_of(device):
            try:
                membership = await self._memberships.of(circle)
            except SyncError:
                continue
            clinic = circle if membership.purpose == "clinic" else membership.clinic
            if membership.live(device) and clinic and clinic not in told:
                told.add(clinic)
                await self._audit.note(membership, device, ACT)
