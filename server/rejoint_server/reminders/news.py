"""News in a circle: whose devices are pinged to open the app, and whose are not.

What came is gathered for a minute and then noted in the rows of the devices; from there it goes out
as reminders do. Who brought something is not pinged for it, on none of her devices; what a person
or a caregiver logs is news for who treats them; what clinicians write, for all who may see it.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rejoint_server.access.login import Login
from rejoint_server.access.memberships import Memberships
from rejoint_server.reminders import Rows
from rejoint_server.reminders.schedules import Schedules
from rejoint_sync.circle.document import DocumentId
from rejoint_sync.circle.log import Member, Membership
from rejoint_sync.errors import CircleError, SyncError
from rejoint_sync.reminders import NOTE_EVERY_MIN, Minute

KINDS: Final = frozenset({"at", "ev", "nt", "pl"})
"""Kinds of records that are news; what a device keeps for itself is not."""

CLINICIANS: Final = frozenset({"admin", "therapist"})
WAITING_MAX: Final = 100_000
"""Circle, author and stream of what came in one minute; more than that pings nobody."""

PINGED_KEPT: Final = 100_000
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Author:
    """Who brought something.

    Attributes:
        device: Which device.
        stream: For whom it is: "c" for all, "k" for clinicians.
    """

    device: str
    stream: str


class News:
    """Notes what is new for whom.

    Args:
        rows: Where schedules are kept.
        schedules: Told of devices whose ping has to wait.
        memberships: Who stands where.
        login: Who is served.
    """

    def __init__(
        self, rows: Rows, schedules: Schedules, memberships: Memberships, login: Login
    ) -> None:
        self._rows = rows
        self._schedules = schedules
        self._memberships = memberships
        self._login = login
        self._waiting: dict[tuple[str, Author], None] = {}
        # When devices were noted last, so that a busy circle costs no reads.
        self._noted: OrderedDict[str, Minute] = OrderedDict()

    def arrived(self, circle: str, names: Iterable[str]) -> None:
        """Note that documents are in a circle that were not there before; costs next to nothing.

        Args:
            circle: Which.
            names: Of the documents; those that are no news are left out.
        """
        for name in names:
            if name[:2] not in KINDS or len(self._waiting) >= WAITING_MAX:
                continue
            try:
                parsed = DocumentId.parse(name)
            except CircleError:
                continue
            self._waiting[circle, Author(parsed.device, parsed.stream)] = None

    async def pass_on(self, now: Minute) -> None:
        """Note in the rows of devices what came since the last time; they are due from now on."""
        waiting, self._waiting = self._waiting, {}
        devices: set[str] = set()
        for circle, author in waiting:
            try:
                membership = await self._memberships.of(circle)
                devices |= {one.device for one in await self._readers(membership, author)}
            except SyncError:
                continue
        fresh = sorted(device for device in devices if not self._is_noted(device, now))
        for start in range(0, len(fresh), _AT_ONCE):
            await self._note(fresh[start : start + _AT_ONCE], now)

    async def _readers(self, membership: Membership, author: Author) -> list[Member]:
        by = membership.devices.get(author.device)
        if by is None:
            return []
        return [
            one
            for one in membership.devices.values()
            if one.live
            and one.member != by.member
            and author.stream in one.s
            and (by.role in CLINICIANS or one.role in CLINICIANS)
            and not await self._login.is_suspended(one.device, membership)
        ]

    async def _note(self, devices: list[str], now: Minute) -> None:
        for device, row in (await self._rows.read(devices)).items():
            self._noted[device] = now
            self._noted.move_to_end(device)
            if not row.schedule.notes or row.marks.note is not None:
                continue
            marks = row.marks.model_copy(update={"note": now})
            # Who loses to another write is pinged for the next news.
            written = await self._rows.write(row.at(now, marks, row.sent))
            if written is not None and written.due > now:
                self._schedules.awaits(device)
        while len(self._noted) > PINGED_KEPT:
            self._noted.popitem(last=False)

    def _is_noted(self, device: str, now: Minute) -> bool:
        return 0 <= now - self._noted.get(device, 0) < NOTE_EVERY_MIN
