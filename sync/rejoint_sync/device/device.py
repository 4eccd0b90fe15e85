"""A headless device: keys, circles, records and sync in one directory.

The command line, the demo and the tests use it; a phone does the same in `pwa/`. Whatever a method
reports is durable, and any method may be called again after a crash or a lost answer.
"""

from collections.abc import Sequence
from typing import Any

from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.device import snapshots
from rejoint_sync.device.admission import Founding, Invited, found, invite, join
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.desk import link_of, origin_of
from rejoint_sync.device.entering import EnteringActs
from rejoint_sync.device.home import Identity
from rejoint_sync.device.keeping import KeepingActs
from rejoint_sync.device.membership import MembershipActs
from rejoint_sync.device.relaying import RelayActs
from rejoint_sync.device.reminding import RemindingActs
from rejoint_sync.device.speaking import SpeakingActs
from rejoint_sync.device.sync import sync_all
from rejoint_sync.device.waiting import hold, must_wait
from rejoint_sync.errors import BadRequest, Forbidden

_STAFF = ("admin", "therapist")


class Device(MembershipActs, EnteringActs, KeepingActs, RelayActs, RemindingActs, SpeakingActs):
    """A device; make one by `async with await Device.open(…)`.

    Args:
        home: Its directory, locked.
        state: What spans its circles.
        clock: Unix seconds by this machine.
    """

    # -- admission -------------------------------------------------------------------------------

    async def new(self, setup: str, *, connect: str | None = None) -> dict[str, Any]:
        """Found the clinic by the one-time setup link.

        Args:
            setup: `http://…/#s1.…`
            connect: Origin to connect to when it is not the link's.

        Returns:
            `device`, `circle`, `member`, `role`.
        """
        link = link_of(setup, "s1")
        copies = await self._copies()
        if any(copy.state.pending is None and copy.membership for copy in copies):
            raise BadRequest("a device lives here already; use another directory")
        async with self._line(link.origin, connect) as line:
            for copy in copies:
                settled = await self._settled(line, copy)
                if settled:
                    return {"device": self.id, **settled}
            founding = Founding("clinic", "admin", setup=b64u_encode(link.secret))
            answer = await found(line, self._home.store, founding)
        return {"device": self.id, **answer}

    async def join(self, text: str, *, connect: str | None = None) -> dict[str, Any]:
        """Join a circle by an invitation, as a new device or as the one that lives here.

        Args:
            text: `http://…/#j1.…`
            connect: Origin to connect to when it is not the link's.

        Returns:
            `device`, `circle`, `member`, `role`.
        """
        link = link_of(text, "j1")
        async with self._line(link.origin, connect) as line:
            if link.circle in await self._home.store.databases():
                settled = await self._settled(line, await self._copy(link.circle))
                if settled:
                    return {"device": self.id, **settled}
            answer = await join(line, self._home.store, link)
        return {"device": self.id, **answer}

    async def circle_new(self) -> dict[str, Any]:
        """Found a patient's circle as its therapist.

        Returns:
            `circle`, `member`, `role`.
        """
        copies = await self._copies()
        async with self._line() as line:
            for copy in copies:
                pending = copy.state.pending
                if pending is not None and pending.op == "genesis":
                    settled = await self._settled(line, copy)
                    if settled:
                        return settled
            clinic = _clinic_of(copies)
            founding = Founding("patient", "therapist", clinic=clinic)
            return dict(await found(line, self._home.store, founding))

    async def invite(
        self,
        circle: str,
        role: str,
        *,
        member: str | None = None,
        mode: str = "direct",
        stream: str = "c",
    ) -> dict[str, Any]:
        """Make a link for one device.

        Args:
            circle: Into which circle.
            role: What the one who comes will be.
            member: Whose further device it is; None for a new member, or the one patient.
            mode: "direct" (handed over in person, an hour) or "approve" (sent by a messenger, 14
                days; who comes by it asks, and its digits are compared).
            stream: "k" gives the clinicians' stream too.

        Returns:
            `link`, `circle`, `iid`, `member`, `role`, `mode`, `expires`.
        """
        invited = Invited(role, member, "ck" if stream == "k" else "c", mode)
        return await self._in(circle, lambda line, copy: invite(line, copy, invited))

    async def invite_own(self, circle: str, *, mode: str = "direct") -> dict[str, Any]:
        """Make a link for a further device of one's own.

        Who joins by it is added, at the next `sync`, to the other circles of this device.

        Returns:
            As `invite`.
        """
        copy = await self._copy(circle)
        me = copy.require_me()
        async with self._line() as line:
            answer = await invite(line, copy, Invited(me.role, me.member, me.s, mode), self._state)
        return dict(answer)

    async def move(self, server: str, *, connect: str | None = None) -> dict[str, Any]:
        """Follow the server to another address.

        Args:
            server: Its origin, `http://host:port` or `https://host`, as logins name it.
            connect: Origin to connect to when it is another.

        Returns:
            `device`, `server`, `connect`.
        """
        keys = self._identity.keys
        moved = self._home.adopt(Identity(origin_of(server), origin_of(connect or server), keys))
        self._state.session = ""  # who answers there is not who gave it
        self._state.missed_at = self._state.looked_at = 0
        await self._state.write(self._home.store)
        return {"device": self.id, "server": moved.server, "connect": moved.connect}

    # -- records ---------------------------------------------------------------------------------

    async def put(
        self,
        circle: str,
        kind: str,
        values: Sequence[object],
        *,
        tz_min: int,
        stream: str = "c",
    ) -> list[str]:
        """Seal records and keep them; works without a server. See `CircleCopy.put`.

        Where this device is not let in yet, or the key has not arrived, they wait for it.
        """
        copy = await self._copy(circle)
        now_s = int(self._clock()) + self._state.offset_s
        keep = hold if await must_wait(copy, stream) else CircleCopy.put
        return await keep(copy, kind, values, now_s=now_s, tz_min=tz_min, stream=stream)

    async def show(self, circle: str) -> dict[str, Any]:
        """The opened records of a circle, in the order of the fold.

        Returns:
            `circle`; `records`, each with `id`, `place` ("phone" or "server"), `author` (device),
            `member`, `role`, `value`; `set_aside`, each with `id`, `code`, `reason`; and as long
            as not all is here that it was made of, `snapshot`: what a snapshot says, which is
            being checked.
        """
        copy = await self._copy(circle)
        records, snapshot = await copy.show(), await snapshots.shown(copy)
        return records if snapshot is None else records | {"snapshot": snapshot}

    async def circles(self) -> list[dict[str, Any]]:
        """The circles of this device: `circle`, `purpose`, `role`, `member`, `seq`, `alarm`."""
        found_here = []
        for copy in await self._copies():
            me = copy.me
            if copy.membership is not None and me is not None:
                found_here.append(
                    {
                        "circle": copy.circle,
                        "purpose": copy.membership.purpose,
                        "role": me.role,
                        "member": me.member,
                        "seq": copy.membership.seq,
                        "alarm": copy.state.alarm,
                    }
                )
        return found_here

    async def sync(self, *, done_today: bool = False, compares: bool = False) -> dict[str, Any]:
        """Bring all circles up to date, both ways.

        Args:
            done_today: Whether to tell the server that today's session is done, nothing else of it.
            compares: Whether to compare everything with the server by digest, and mend it.

        Returns:
            `pushed`, `pulled`, `resealed`, `rekeyed`, `quarantined`, `removed` and
            `waiting` (circles), `alarms` (new ones), `refused` (each `id`, `code`, `reason`),
            `requests`, `bytes_up`, `bytes_down`, `trouble` (each `circle`, `code`, `reason`),
            `differed` (circles of which one side lacked something, found by comparing).
        """
        async with self._line() as line:
            report = await sync_all(
                line, self._home.store, self._state, done_today=done_today, compares=compares
            )
        refused = [{"id": one.id, "code": one.code, "reason": one.reason} for one in report.refused]
        return {
            "pushed": report.pushed,
            "pulled": report.pulled,
            "resealed": report.resealed,
            "rekeyed": report.rekeyed,
            "quarantined": report.quarantined,
            "removed": report.removed,
            "waiting": report.waiting,
            "alarms": report.alarms,
            "refused": refused,
            "requests": line.traffic.requests,
            "bytes_up": line.traffic.bytes_up,
            "bytes_down": line.traffic.bytes_down,
            "trouble": report.trouble,
            "differed": report.differed,
        }


def _clinic_of(copies: Sequence[CircleCopy]) -> str:
    for copy in copies:
        me = copy.me
        if copy.live and copy.members.purpose == "clinic" and me is not None and me.role in _STAFF:
            return copy.circle
    raise Forbidden("only a clinic's therapist or admin can found a patient's circle")
