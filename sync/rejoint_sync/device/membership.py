"""Who is in a circle, and what a person can do about it: the acts of a device on its logs."""

from collections.abc import Collection
from typing import Any

from rejoint_sync.device import approval, lateness, removal
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.desk import Desk
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import Answer
from rejoint_sync.device.rekeying import rekey
from rejoint_sync.device.state import AlarmNote
from rejoint_sync.drive import Unreachable


class MembershipActs(Desk):
    """Acts on the membership of circles; see `device.Device`."""

    async def members(self, circle: str) -> dict[str, Any]:
        """Who is in a circle, as this device knows it.

        Returns:
            `circle`, `seq`, `closed`, `stale` (streams that need a new key), and `members`: each
            with `member`, `role`, and `devices`, each with `device`, `since`, `until` (unix
            seconds, None while live), `by` (who let it in), `by_other` (whether that is somebody
            else), `streams`, `post_quantum`, `own`, `heard` (when the newest record was
            written that is here and opens, 0 without one: what is kept back is seen by this).
        """
        copy = await self._copy(circle)
        log = copy.members
        heard = await _heard(copy)
        found: dict[str, dict[str, Any]] = {}
        for device in log.devices.values():
            owner = log.devices[device.by].member
            row = {
                "device": device.device,
                "since": log.stamps[device.since].ts,
                "until": None if device.until is None else log.stamps[device.until].ts,
                "by": device.by,
                "by_other": owner != device.member,
                "streams": list(device.streams),
                "post_quantum": device.pub["kem"] == "XWING",
                "own": device.device == self.id,
                "heard": heard.get(device.device, 0),
            }
            entry = {"member": device.member, "role": device.role, "devices": []}
            found.setdefault(device.member, entry)["devices"].append(row)
        return {
            "circle": circle,
            "seq": log.seq,
            "closed": log.closed_s is not None,
            "stale": [stream for stream in log.epochs if log.is_stale(stream)],
            "members": list(found.values()),
        }

    async def uninvite(self, circle: str, iid: str) -> dict[str, Any]:
        """Take an open invitation back; see `approval.uninvite`."""
        return await self._in(circle, lambda line, copy: approval.uninvite(line, copy, iid))

    async def requests(self, circle: str) -> dict[str, Any]:
        """Who asks to be let in; see `approval.requests`."""
        return await self._in(circle, approval.requests)

    async def approve(self, circle: str, iid: str, device: str, digits: str) -> dict[str, Any]:
        """Let in a device whose digits were compared; see `approval.approve`."""
        return await self._in(
            circle, lambda line, copy: approval.approve(line, copy, iid, device, digits)
        )

    async def remove(self, circle: str, devices: Collection[str]) -> dict[str, Any]:
        """Take devices out of a circle; see `removal.remove`."""
        return await self._in(circle, lambda line, copy: removal.remove(line, copy, devices))

    async def late(self, circle: str, device: str) -> dict[str, Any]:
        """What a removed device handed in too late; see `lateness.late`."""
        return await self._in(circle, lambda line, copy: lateness.late(line, copy, device))

    async def accept(
        self, circle: str, device: str, *, stream: str = "c", n: int | None = None
    ) -> dict[str, Any]:
        """Let late records of a removed device count after all; see `lateness.accept`."""
        return await self._in(
            circle, lambda line, copy: lateness.accept(line, copy, device, stream=stream, n=n)
        )

    async def suspend(self, clinic: str, device: str, *, on: bool = True) -> dict[str, Any]:
        """As a clinic's admin, have the server stop (or begin again) to serve a device.

        Only as good as the server: `remove` is what locks a device out.

        Args:
            clinic: The clinic's circle.
            device: Which.
            on: False to serve it again.

        Returns:
            `circle`, `suspended` (all devices that are now).
        """
        path = f"/clinics/{clinic}/suspensions"

        async def ask(line: Line, copy: CircleCopy) -> Answer:
            if on:
                await line.known.call("POST", path, body={"device": device})
            else:
                await line.known.call("DELETE", f"{path}/{device}")
            answer = await line.known.call("GET", path)
            try:
                return {"circle": copy.circle, "suspended": list(answer["devices"])}
            except (KeyError, TypeError):
                raise Unreachable("an answer that is not a Rejoint server's") from None

        return await self._in(clinic, ask)

    async def leave(self, circle: str) -> dict[str, Any]:
        """Take this device out of a circle; see `removal.leave`."""
        return await self._in(circle, removal.leave)

    async def rekey(self, circle: str, streams: Collection[str] = ("c",)) -> dict[str, Any]:
        """Open a new epoch of each of these streams; see `rekeying.rekey`."""
        return await self._in(circle, lambda line, copy: rekey(line, copy, streams))

    async def grant(self, circle: str, device: str) -> dict[str, Any]:
        """Give a clinician's device the clinicians' stream; see `removal.grant`."""
        return await self._in(circle, lambda line, copy: removal.grant(line, copy, device))

    async def close(self, circle: str) -> dict[str, Any]:
        """Close a circle: it can be read, exported and opened again for 30 days, then it goes."""
        return await self._in(circle, lambda line, copy: removal.plain_entry(line, copy, "close"))

    async def reopen(self, circle: str) -> dict[str, Any]:
        """Open a closed circle again."""
        return await self._in(circle, lambda line, copy: removal.plain_entry(line, copy, "reopen"))

    async def alarms(self, circle: str | None = None) -> list[dict[str, Any]]:
        """What an honest server and honest members never show, as far as it was ever seen.

        Args:
            circle: Of this circle only; None for all.

        Returns:
            Each with `circle`, `code`, `reason`, `stream`, `device`, `n`, `by`, `at` and `stops`
            (whether nothing is written to that circle any more).
        """
        copies = [await self._copy(circle)] if circle else await self._copies()
        return [
            {"circle": copy.circle, **_shown(alarm)}
            for copy in copies
            for alarm in copy.state.alarms
        ]


async def _heard(copy: CircleCopy) -> dict[str, int]:
    """When the newest record of each device was written, unix seconds."""
    found: dict[str, int] = {}
    for operation in await copy.operations():
        found[operation.id.device] = max(found.get(operation.id.device, 0), operation.at)
    return found


def _shown(alarm: AlarmNote) -> dict[str, Any]:
    return {
        "code": alarm.code,
        "reason": alarm.reason,
        "stream": alarm.stream,
        "device": alarm.device,
        "n": alarm.n,
        "by": alarm.by,
        "at": alarm.at,
        "stops": alarm.stops,
    }
