"""Not losing a record: cards, snapshots, exports, and a check of what is here."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from rejoint_sync.circle.recovery import read_clinic_key, read_code, recovery_id
from rejoint_sync.device import export, quarantine, snapshots
from rejoint_sync.device.desk import Desk, origin_of
from rejoint_sync.device.home import Identity
from rejoint_sync.device.line import Line
from rejoint_sync.device.longer_way import listed_of
from rejoint_sync.device.recovery import enter_by_card, open_card, print_card
from rejoint_sync.device.removal import remove
from rejoint_sync.device.state import DEVICE_DATABASE, PaperNote
from rejoint_sync.device.sync import sync_all
from rejoint_sync.errors import BadRequest, Unauthorized

EVERY_OTHER = "all"
"""Instead of names: every device of one's own that was there before."""


class KeepingActs(Desk):
    """Acts that keep a record from being lost; see `device.Device`."""

    async def recovery_card(self) -> dict[str, Any]:
        """Make a printed card for this device's owner; an older one is taken out.

        Returns:
            `code`, `device`, `circle`, `circles`; see `recovery.print_card`.
        """
        async with self._line() as line:
            await sync_all(line, self._home.store, self._state)
            copies = {copy.circle: copy for copy in await self._copies()}
            return await print_card(line, self._state, self._home.store, copies)

    async def recover(
        self, code: str, server: str, *, connect: str | None = None, lost: Collection[str] = ()
    ) -> dict[str, Any]:
        """Bring this new device in by a printed card, and print a new one.

        Args:
            code: As it is printed; see `recovery.read_code`.
            server: Origin of the server.
            connect: Origin to connect to when it is another.
            lost: Devices of the same owner to take out; `EVERY_OTHER` for all.

        Returns:
            `device`, `circles` (each `circle`, `role`, `member`, `others`), `removed`, and `card`
            as `recovery_card`.

        Raises:
            CircleError: `target`: no card has this code; `removed`: an old card, or another
                circle's; `limit`: made with parameters that are not taken; `tag`: damaged.
        """
        letters = read_code(code)
        origin = origin_of(server)
        async with self._line(origin, connect) as line:
            store, state, identity = self._home.store, self._state, self._identity
            paper = await open_card(line, letters)
            as_paper = Identity(origin, identity.connect, paper.keys)
            async with Line(as_paper, state, self._clock, self._open_to) as paper_line:
                listed = await _listed(paper_line)
                rows = await enter_by_card(line, paper_line, paper, listed)
            if state.paper is None:
                state.paper = PaperNote(
                    paper.keys.pub, paper.keys.id, recovery_id(letters), paper.circle
                )
                await state.write(store)
            await sync_all(line, store, state)
            copies = {copy.circle: copy for copy in await self._copies()}
            card = await print_card(line, state, store, copies)
            removed: set[str] = set()
            for row in rows:
                copy = copies[row["circle"]]
                gone = [one for one in row["others"] if lost == EVERY_OTHER or one in lost]
                gone = [one for one in gone if copy.members.live(one)]
                if gone:
                    await remove(line, copy, gone)
                    removed.update(gone)
        return {
            "device": self.id,
            "circles": rows,
            "removed": sorted(removed),
            "card": card,
        }

    async def use_recovery_key(
        self, key: str, server: str, *, connect: str | None = None
    ) -> dict[str, Any]:
        """Make this directory that of a clinic's recovery key, which reads and writes nothing.

        Returns:
            `device`.
        """
        if await self._home.store.databases() != [DEVICE_DATABASE] or self._home.identity:
            raise BadRequest("a device lives here already; use another directory")
        keys, origin = read_clinic_key(key), origin_of(server)
        self._home.adopt(Identity(origin, origin_of(connect or server), keys))
        return {"device": self.id}

    async def snapshot(self, circle: str, *, stream: str = "c", tz_min: int = 0) -> dict[str, Any]:
        """Write a snapshot; see `snapshots.take`."""
        copy = await self._copy(circle)
        now_s = int(self._clock()) + self._state.offset_s
        return await snapshots.take(copy, stream=stream, now_s=now_s, tz_min=tz_min)

    async def export(self, folder: Path) -> dict[str, Any]:
        """Write all that this device can read into a new directory; see `export.export`."""
        copies = [copy for copy in await self._copies() if copy.membership is not None]
        return await export.export(copies, folder)

    async def stuck(self, *, retries: bool = False, file: Path | None = None) -> dict[str, Any]:
        """What could not be sent and what could not be opened; see `quarantine`.

        Args:
            retries: Whether to have it offered again by the next sync.
            file: A new file that all that the server does not have is written to, sealed.

        Returns:
            `records`; `retried`, and `file`, `exported` where they were asked for.
        """
        copies = await self._copies()
        answer: dict[str, Any] = {"records": await quarantine.listed(copies)}
        if file is not None:
            written = await quarantine.export(copies, file)
            answer |= {"file": written["file"], "exported": written["records"]}
        if retries:
            now_s = int(self._clock()) + self._state.offset_s
            answer["retried"] = sum([await quarantine.retry(copy, now_s=now_s) for copy in copies])
        return answer

    async def check(self) -> dict[str, Any]:
        """Verify this device's copy of everything; see `export.check`."""
        copies = [copy for copy in await self._copies() if copy.membership is not None]
        return await export.check(copies)


async def _listed(paper_line: Line) -> dict[str, int]:
    """The circles of a paper; none for one that is in none any more."""
    try:
        return await listed_of(paper_line)
    except Unauthorized:
        return {}
