"""Coming in without a link of a circle: by a clinic's ticket, side by side, by a wish."""

import secrets
from collections.abc import Sequence
from typing import Any

from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.entries import MEMBER_BYTES, member_id
from rejoint_sync.circle.grammar import CIRCLE, HASH_BYTES, require_bytes
from rejoint_sync.circle.keys import device_id
from rejoint_sync.circle.recovery import read_clinic_pub
from rejoint_sync.device import enrolment
from rejoint_sync.device.admission import Founding, found
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.desk import Desk, origin_of
from rejoint_sync.device.enrolment import Ticket, bring_wanted, read_pub, write_pub
from rejoint_sync.device.state import Wanted
from rejoint_sync.device.waiting import SIDE_BY_SIDE
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import BadRequest, NotFound


class EnteringActs(Desk):
    """Acts by which devices come in without an invitation; see `device.Device`."""

    async def enrol(self, clinic: str, devices: Sequence[str]) -> dict[str, Any]:
        """Give out the right to found one patient's circle; see `enrolment.issue`."""
        return await self._in(clinic, lambda line, copy: enrolment.issue(line, copy, devices))

    async def found_by_ticket(self, text: str, *, connect: str | None = None) -> dict[str, Any]:
        """As a patient, found one's own circle with a clinic's ticket, and let the therapists in.

        Returns:
            `device`, `circle`, `member`, `role`, `added` (devices).
        """
        ticket = Ticket.parse(text)
        async with self._line(origin_of(ticket.origin), connect) as line:
            answer = await self._begun(line)
            if answer is None:
                founding = Founding(
                    "patient",
                    "patient",
                    clinic=ticket.clinic,
                    ticket=b64u_encode(ticket.secret),
                    adding=tuple(await enrolment.clinicians(line, ticket)),
                )
                answer = await found(line, self._home.store, founding)
            copy = await self._copy(answer["circle"])
            await bring_wanted(line, copy)
        added = [one for one in ticket.devices if one in copy.members.devices]
        return {"device": self.id, **answer, "added": added}

    async def _begun(self, line: Any) -> dict[str, Any] | None:
        """What an earlier command founded whose answer was lost, or that was killed after it."""
        for copy in await self._copies():
            if copy.state.pending is not None and copy.state.pending.op == "genesis":
                return await self._settled(line, copy)
            me = copy.me
            if copy.live and copy.state.adding and me is not None:
                return {"circle": copy.circle, "member": me.member, "role": me.role}
        return None

    async def key(self, server: str | None = None, *, connect: str | None = None) -> dict[str, Any]:
        """This device's public keys as the text of a square code, for a device beside it.

        Args:
            server: Origin of the server; needed when no device lives here yet.
            connect: Origin to connect to when it is another.

        Returns:
            `device`, `key`.
        """
        if server is not None:
            await self._bound(origin_of(server), connect or server)
        return {"device": self.id, "key": write_pub(self._identity.keys.pub)}

    async def expect(self, circle: str, seq: int, head: str) -> dict[str, Any]:
        """As the new device, note into which circle the one beside it brings this one.

        From now on records can be made for it; they are sealed when it has arrived.

        Args:
            circle: Its name.
            seq: Number of an entry that its log must hold, from the other device's `admit`.
            head: That entry's hash.

        Returns:
            `device`, `circle`, `waiting`.
        """
        if not CIRCLE.match(circle):
            raise BadRequest("expected the name of a circle")
        require_bytes(head, HASH_BYTES, "the hash of an entry")
        store = self._home.store
        if circle not in await store.databases():
            await store.create(circle)
        copy = await self._copy(circle)
        if copy.me is not None:
            raise BadRequest("this device is in this circle already")
        copy.state.asked, copy.state.expected = SIDE_BY_SIDE, (seq, head)
        await copy.save()
        return {"device": self.id, "circle": circle, "waiting": True}

    async def admit(
        self, circle: str, key: str, *, role: str | None = None, member: str | None = None
    ) -> dict[str, Any]:
        """Bring in a device whose square code was read; without a server it is done later.

        Args:
            circle: Into which.
            key: From the other device's `key`.
            role: What its member is; None for a device of one's own.
            member: Whose it is; None for a new member, or one's own.

        Returns:
            `circle`, `device`, `member`, `role`, `head` (number and hash: what the other device
            must find), and `queued`: whether it waits for the server.
        """
        copy, pub = await self._copy(circle), read_pub(key)
        me = copy.require_me()
        own = role is None
        whose = member or (me.member if own else member_id(secrets.token_bytes(MEMBER_BYTES)))
        wanted = Wanted(pub, me.role if own else str(role), whose, me.s if own else "c")
        return await self._want(copy, wanted)

    async def add_recovery_key(self, circle: str, pub: str, *, stream: str = "c") -> dict[str, Any]:
        """As a therapist or admin, let a clinic's recovery key read a circle.

        Returns:
            As `admit`.
        """
        member = member_id(secrets.token_bytes(MEMBER_BYTES))
        s = "ck" if stream == "k" else "c"
        wanted = Wanted(read_clinic_pub(pub), "recovery", member, s)
        return await self._want(await self._copy(circle), wanted)

    async def _want(self, copy: CircleCopy, wanted: Wanted) -> dict[str, Any]:
        device = device_id(wanted.pub)
        if device in copy.members.devices:
            raise BadRequest("this device stood in this circle before")
        if all(device_id(one.pub) != device for one in copy.state.adding):
            copy.state.adding.append(wanted)
            await copy.save()
        queued = False
        try:
            async with self._line() as line:
                await bring_wanted(line, copy)
        except Unreachable:
            queued = True
        except BaseException:
            copy.state.adding = [one for one in copy.state.adding if device_id(one.pub) != device]
            await copy.save()
            raise
        return {
            "circle": copy.circle,
            "device": device,
            "member": wanted.member,
            "role": wanted.role,
            "head": [copy.members.seq, copy.members.head],
            "queued": queued,
        }

    async def handover_wish(self, clinic: str, circle: str, member: str) -> dict[str, Any]:
        """As an admin, wish that a clinician takes over a patient; see `enrolment.wish`."""
        now_s = int(self._clock()) + self._state.offset_s
        return await enrolment.wish(await self._copy(clinic), circle, member, now_s=now_s)

    async def handover_wishes(self) -> list[dict[str, Any]]:
        """The wishes that this device could fulfil; see `enrolment.wishes`."""
        copies = await self._copies()
        return [
            wish for clinic in _clinics(copies) for wish in await enrolment.wishes(clinic, copies)
        ]

    async def handover_confirm(self, circle: str, member: str) -> dict[str, Any]:
        """Let the clinician of a wish in, whose name was checked; see `enrolment.confirm`."""
        clinics = _clinics(await self._copies())
        known = [one for one in clinics if _has_member(one, member)]
        if not known:
            raise NotFound("no clinic of this device has such a member")
        return await self._in(
            circle, lambda line, copy: enrolment.confirm(line, copy, known[0], member)
        )


def _has_member(clinic: CircleCopy, member: str) -> bool:
    return any(one.member == member for one in clinic.members.devices.values())


def _clinics(copies: Sequence[CircleCopy]) -> list[CircleCopy]:
    return [copy for copy in copies if copy.live and copy.members.purpose == "clinic"]
