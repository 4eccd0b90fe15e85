"""The built web app of a patient in a real Chromium, counted on its socket."""

import asyncio
import os
import time
from dataclasses import dataclass
from typing import Any, Final

from bench.wire_page import ORIGIN, Passed, Wire
from rejoint_sync.circle.document import seal
from rejoint_sync.circle.encoding import b64u_encode
from server.ring import Ring

PLAN: Final[dict[str, Any]] = {
    "type": "plan",
    "lam": 1,
    "tz_min": 180,
    "title": "Knee",
    "parents": [],
    "days_per_week": 5,
    "items": [
        {"exercise": "kn01", "sets": 3, "reps": 10, "hold_s": 0, "rest_s": 30, "side": "left"}
    ],
    "pain_rule": {"go_max": 2, "slow_max": 5},
}
SETTLED_S: Final = 12
"""After joining: it looks more often at first, and fetches what is seldom needed."""

LOOK_S: Final = 30
"""Between two looks of its own."""


@dataclass(slots=True)
class PatientApp:
    """The app after it has joined a circle and gone quiet.

    Attributes:
        wire: Where it is counted.
        ring: The circle.
    """

    wire: Wire
    ring: Ring

    async def join(self) -> None:
        """By a link, to a plan that waits there."""
        ring, page = self.ring, self.wire.page
        assert (
            await ring.push(ring.founder, self.sealed("pl", PLAN | {"at": int(time.time())})) == []
        )
        secret = await ring.invite("patient", mode="direct")
        await page.goto(f"{ORIGIN}/#j1.{ring.circle}.{b64u_encode(secret)}")
        await self.click("join-accept")
        await page.get_by_test_id("done-all").wait_for()
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        await asyncio.sleep(SETTLED_S)

    def sealed(self, kind: str, obj: dict[str, Any]) -> dict[str, Any]:
        """A record of the therapist."""
        ring = self.ring
        n = ring.counters[ring.founder.id, "c"] = ring.counters.get((ring.founder.id, "c"), 0) + 1
        nonce = os.urandom(12)
        es = ring.es["c"][1]
        return seal(
            ring.membership,
            ring.founder,
            es=es,
            kind=kind,
            month="2611",
            n=n,
            obj=obj,
            nonce=nonce,
        )

    async def click(self, name: str) -> None:
        """Press what has this test id."""
        await self.wire.page.get_by_test_id(name).first.click()

    async def look(self) -> Passed:
        """What passes at a look of its own."""
        before = self.wire.requests
        passed = await self.wire.passed(lambda: self._next_request(before))
        assert passed.requests, "it has looked"
        return passed

    async def _next_request(self, before: int) -> None:
        until_s = time.monotonic() + 3 * LOOK_S
        while self.wire.requests == before and time.monotonic() < until_s:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def log_session(self) -> Passed:
        """What passes when a session is saved while a record of the therapist waits."""
        if await self.wire.page.get_by_test_id("done-all").count() == 0:
            await self.click("log-start")
        for name in ("done-all", "pain-1", "effort-2"):
            await self.click(name)
        assert await self.ring.push(self.ring.founder, self.ring.record(self.ring.founder)) == []
        passed = await self.wire.passed(lambda: self.click("save"))
        await self.click("saved-home")
        return passed

    async def leave(self) -> None:
        """Back to the empty page."""
        await self.wire.page.goto(f"{ORIGIN}/bench.html")
