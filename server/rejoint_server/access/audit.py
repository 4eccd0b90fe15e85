"""Who did what to which circle, and when, for the admins of the clinic; never what it was about.

Each act is one note beside the clinic's circle; the oldest are forgotten.
"""

import asyncio
from itertools import islice
from typing import Any, Final

from rejoint_server.access.circle_notes import CircleNotes
from rejoint_server.clock import Clock
from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import NotFound
from rejoint_sync.stores import Store

ACTS_KEPT: Final = 10_000
"""Acts of one clinic: a year of a large one, about 2 MB."""

ACTS_SHOWN: Final = 1000


class Audit:
    """The acts in the circles of each clinic.

    Args:
        store: Where circles are; only this process writes to it.
        clock: The time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._notes = CircleNotes(store, "audit")
        self._clock = clock
        self._last: dict[str, int] = {}
        self._turn = asyncio.Lock()

    async def note(self, circle: Membership, device: str, act: str) -> None:
        """Note an act of a device in a circle; a circle without a clinic has no one to tell.

        Args:
            circle: Where it was.
            device: Who did it, "" for somebody unknown.
            act: One word.
        """
        clinic = circle.circle if circle.purpose == "clinic" else circle.clinic
        if not clinic:
            return
        row = {"at": self._clock.now_s(), "device": device, "circle": circle.circle, "act": act}
        async with self._turn:
            try:
                number = await self._number(clinic) + 1
                await self._notes.put(clinic, f"{number:012d}", row)
                await self._notes.delete(clinic, f"{number - ACTS_KEPT:012d}")
            except NotFound:
                return
            self._last[clinic] = number

    async def acts(
        self, clinic: str, before: int | None = None, act: str | None = None
    ) -> list[dict[str, Any]]:
        """The newest acts, at most `ACTS_SHOWN`, the newest first.

        Args:
            clinic: Whose trail.
            before: Only those before this number.
            act: Only those of this word.
        """
        found = await self._notes.all(clinic)
        rows = [{"n": int(name), **row} for name, row in found.items()]
        asked = (
            row
            for row in reversed(rows)
            if (before is None or row["n"] < before) and act in (None, row["act"])
        )
        return list(islice(asked, ACTS_SHOWN))

    async def _number(self, clinic: str) -> int:
        if clinic not in self._last:
            self._last[clinic] = max(map(int, await self._notes.all(clinic)), default=0)
        return self._last[clinic]
