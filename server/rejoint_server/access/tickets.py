"""Enrolment tickets: the right to found one circle of a clinic, given to a patient on paper.

The server keeps the SHA-256 of a ticket. Founding binds it to the circle before that is stored:
after a crash between the two the same request succeeds, and no other.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any, Final

from rejoint_server.access.circle_notes import CircleNotes
from rejoint_server.access.memberships import Memberships
from rejoint_server.access.rates import HourlyRate
from rejoint_server.clock import Clock
from rejoint_sync.circle.encoding import b64u_decode, b64u_encode
from rejoint_sync.circle.limits import TICKET_SECONDS_MAX
from rejoint_sync.errors import CircleError, Forbidden, NotFound
from rejoint_sync.stores import Store

TICKETS_MAX: Final = 1000
"""Tickets of one clinic that are not over."""

DEVICES_ASKED_MAX: Final = 20
LOOKS_PER_HOUR: Final = 60
"""How often keys may be asked for with one ticket, and tickets that are not known be tried."""

CLINICIANS: Final = frozenset({"admin", "therapist"})
_HASH_BYTES: Final = 32


class Tickets:
    """The tickets of each clinic.

    Args:
        store: Where circles are.
        memberships: Who stands where.
        clock: The time.
    """

    def __init__(self, store: Store, memberships: Memberships, clock: Clock) -> None:
        self._notes = CircleNotes(store, "ticket")
        self._memberships = memberships
        self._clock = clock
        self._looks = HourlyRate(clock, LOOKS_PER_HOUR)
        self._turn = asyncio.Lock()

    async def issue(self, clinic: str, hashed: str, exp: int, *, by: str) -> bool:
        """Note a ticket.

        Args:
            clinic: The clinic.
            hashed: base64url of the SHA-256 of its 16 bytes.
            exp: Last unix second at which it can be used, at most 14 days ahead.
            by: The admin's device.

        Returns:
            Whether it is new.

        Raises:
            CircleError: `schema`, `b64`, `ts`, `dup` (noted before with another end), `limit`.
        """
        if len(b64u_decode(hashed)) != _HASH_BYTES:
            raise CircleError("schema", "expected a hash of 32 bytes")
        now_s = self._clock.now_s()
        if not now_s <= exp <= now_s + TICKET_SECONDS_MAX:
            raise CircleError("ts", f"expected an end within {TICKET_SECONDS_MAX} s")
        async with self._turn:
            known = await self._open(clinic)
            if hashed in known:
                if (known[hashed]["exp"], known[hashed]["by"]) != (exp, by):
                    raise CircleError("dup", "this ticket was noted before")
                return False
            if len(known) >= TICKETS_MAX:
                raise CircleError("limit", f"expected at most {TICKETS_MAX} open tickets")
            await self._notes.put(clinic, hashed, {"exp": exp, "by": by, "circle": ""})
        return True

    async def use(self, clinic: str, ticket: str, circle: str) -> None:
        """Bind a ticket to the circle that is founded with it. Raises `Forbidden`."""
        async with self._turn:
            hashed, note = await self._find(clinic, ticket)
            if note["circle"] not in {"", circle}:
                raise Forbidden("This ticket was used already.")
            await self._notes.put(clinic, hashed, note | {"circle": circle})

    async def keys(self, clinic: str, ticket: str, devices: Sequence[str]) -> dict[str, Any]:
        """The public keys of live clinicians, for who has a ticket; unknown devices are left out.

        Raises:
            Forbidden: No such ticket.
            CircleError: `limit`.
            TooManyRequests: Asked too often.
        """
        if len(devices) > DEVICES_ASKED_MAX:
            raise CircleError("limit", f"expected at most {DEVICES_ASKED_MAX} devices")
        hashed, _ = await self._find(clinic, ticket)
        self._looks.count(hashed)
        known = (await self._memberships.known(clinic)).devices
        members = [known[name] for name in devices if name in known]
        return {
            member.device: dict(member.pub)
            for member in members
            if member.live and member.role in CLINICIANS
        }

    async def _find(self, clinic: str, ticket: str) -> tuple[str, dict[str, Any]]:
        hashed = b64u_encode(hashlib.sha256(b64u_decode(ticket)).digest())
        try:
            await self._memberships.known(clinic)
            note = await self._notes.get(clinic, hashed)
        except NotFound:
            note = None
        if note is None or note["exp"] < self._clock.now_s():
            self._looks.count(clinic)
            raise Forbidden("There is no such ticket, or it is over; ask for a new one.")
        return hashed, note

    async def _open(self, clinic: str) -> dict[str, dict[str, Any]]:
        """The tickets that are not over; those that are, are forgotten."""
        found = await self._notes.all(clinic)
        now_s = self._clock.now_s()
        for name in [name for name, note in found.items() if note["exp"] < now_s]:
            await self._notes.delete(clinic, name)
            del found[name]
        return found
