"""One sync of a device: all circles in one request; one that needs it goes the longer way.

The longer way (`longer_way`) is taken where the server has no one-request sync, where something
about a circle is unusual, and where the server, asked now and then, does not name a circle or names
a shorter log than was seen.

Circles are independent: one that is in trouble is reported and holds up no other. When the server
cannot be reached at all, the whole sync says so.
"""

import contextlib
from collections.abc import Awaitable, Collection
from functools import cache
from importlib import metadata
from typing import Final

from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.device.admission import add_own
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.comparing import compare
from rejoint_sync.device.enrolment import bring_wanted
from rejoint_sync.device.exchange import LOOK_AGAIN_S, Report
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import pull_log, resume
from rejoint_sync.device.longer_way import (
    SENDINGS,
    guarded,
    hand_on,
    listed_or_gone,
    replicate_all,
)
from rejoint_sync.device.one_request import CursorLost, OneRequest, Owed
from rejoint_sync.device.quarantine import retry
from rejoint_sync.device.recovery import bring_card_along
from rejoint_sync.device.rekeying import rekey_when_due
from rejoint_sync.device.resealing import reseal
from rejoint_sync.device.snapshots import check, fetch_first
from rejoint_sync.device.state import DEVICE_DATABASE, DeviceState
from rejoint_sync.device.tending import tend
from rejoint_sync.device.waiting import require_expected, seal_waiting
from rejoint_sync.device.watch import compare as compare_marks
from rejoint_sync.device.watch import sign
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import NotFound, NotOffered, SyncError
from rejoint_sync.exchange.messages import DONE_TODAY, Begin
from rejoint_sync.stores import Store

LOOK_S: Final = 3600
"""How often, in seconds, the server is asked in which circles this device is and how long their
logs are; one that has no one-request sync, whether it has it now."""

COMPARE_S: Final = 7 * 86_400
"""How often, in seconds, all circles are compared with the server's by digest."""

REPAIR_QUIET_S: Final = 86_400
"""How often, in seconds, a circle in which nothing happens is asked which keys others lack."""


async def sync_all(
    line: Line,
    store: Store,
    state: DeviceState,
    *,
    done_today: bool = False,
    compares: bool = False,
) -> Report:
    """Bring all circles of a device up to date, both ways.

    Args:
        line: To the server.
        store: The device's own.
        state: What spans the circles.
        done_today: Whether to tell the server that today's session is done, and nothing else of it.
        compares: Whether to compare all circles with the server's by digest though it is not due.

    Raises:
        Unreachable: There is no server to talk to.
        SyncError: The server does not know this device in any circle.
    """
    report = Report()
    keys = line.identity.keys
    names = [name for name in await store.databases() if name != DEVICE_DATABASE]
    copies = {name: await CircleCopy.open(store, name, keys) for name in names}
    # A founding whose answer was lost comes first: without it the server may not know this device.
    for copy in copies.values():
        if copy.state.pending is not None:
            # A circle that waits for its devices after a restore takes it when all have shown their
            # logs, and this sync does: see `longer_way`.
            founding = copy.state.pending.op == "genesis"
            with contextlib.nullcontext() if founding else contextlib.suppress(Unreachable):
                await guarded(resume(line, copy), copy, report)
    await _updated(line, store, state, copies, report)
    if compares:
        state.compared_at = state.looked_at = state.missed_at = 0
    trip = OneRequest(line, store, state, copies, report, flags=DONE_TODAY if done_today else 0)
    sync = _Sync(line, store, state, report, trip)
    await sync.run()
    if done_today and not sync.was_in_one:
        await _apart(_tell_done(line), report)
    if copies:
        await _apart(add_own(line, state, copies), report)
        await _apart(bring_card_along(line, state, copies), report)
    for copy in copies.values():
        report.refused += copy.state.refused
    return report


@cache
def _version() -> str:
    """Of this program; to look it up takes longer than the rest of a sync that finds nothing."""
    return metadata.version("rejoint")


async def _updated(
    line: Line, store: Store, state: DeviceState, copies: dict[str, CircleCopy], report: Report
) -> None:
    """After an update, what an older version could not send or open is tried again, once."""
    version = _version()
    if state.version == version:
        return
    for copy in copies.values():
        await guarded(retry(copy, now_s=line.now_s()), copy, report)
    state.version, state.compared_at = version, 0
    await state.write(store)


async def _tell_done(line: Line) -> None:
    """What one-request sync says by a flag, for who went the longer way."""
    # Who has no reminders has nothing to mark, and a server of an earlier version has no such path.
    with contextlib.suppress(NotFound):
        await line.known.call("POST", "/reminders/mark", body={"mark": "done"})


async def _apart(work: Awaitable[object], report: Report) -> None:
    """Do what spans circles; what fails is reported, and done by another sync."""
    try:
        await work
    except Unreachable:
        return
    except SyncError as error:
        code = str(getattr(error, "code", None) or error.error)
        report.trouble.append({"circle": "", "code": code, "reason": error.reason})


class _Sync:
    """Decides which circle goes which way.

    Attributes:
        was_in_one: Whether the server was asked in one request.
    """

    def __init__(
        self, line: Line, store: Store, state: DeviceState, report: Report, trip: OneRequest
    ) -> None:
        self._line = line
        self._store = store
        self._state = state
        self._copies = trip.copies
        self._report = report
        self._trip = trip
        self._listed: dict[str, int] | None = None
        self._troubled: set[str] = set()
        self.was_in_one = False

    def _is_over(self, then_s: int, seconds: int) -> bool:
        """Whether so much time has passed; a clock that was set back counts as well."""
        return abs(self._line.now_s() - then_s) >= seconds

    async def run(self) -> None:
        """Bring everything up to date. Raises as `sync_all`."""
        state = self._state
        offered = self._is_over(state.missed_at, LOOK_S)
        if not offered or not state.cursor or self._is_over(state.looked_at, LOOK_S):
            await self._look()
        longer = await self._in_one() if offered else None
        self.was_in_one = longer is not None
        if longer == set() and self._copies:
            return
        listed = await self._look() if self._listed is None else self._listed
        names = (self._copies.keys() if longer is None else longer) - self._troubled
        chosen = {name: copy for name, copy in self._copies.items() if name in names}
        await replicate_all(self._line, chosen, listed, self._report)

    async def _look(self) -> dict[str, int]:
        """Ask in which circles this device is; make room for those that are not here."""
        listed = await listed_or_gone(self._line, self._copies)
        for name in listed.keys() - self._copies.keys():
            await self._store.create(name)
            self._copies[name] = await CircleCopy.open(self._store, name, self._line.identity.keys)
        self._state.looked_at = self._line.now_s()
        self._state.relay_key = self._line.relay_key or self._state.relay_key
        await self._state.write(self._store)
        self._listed = listed
        return listed

    # -- by one request --------------------------------------------------------------------------

    async def _in_one(self) -> set[str] | None:
        """All that can be done in one request, or few.

        Returns:
            The circles that are left for the longer way; None when all are.
        """
        for _ in range(2):
            try:
                return await self._rounds()
            except CursorLost:
                await self._look()
            except NotOffered:
                self._state.missed_at = self._line.now_s()
                await self._state.write(self._store)
                break
            except Unreachable:
                raise
            except SyncError:
                break  # refused or not understood: the longer way says why, or does without
        return None

    async def _rounds(self) -> set[str]:
        trip = self._trip
        trip.longer |= {name for name, copy in self._copies.items() if self._is_unfit(copy)}
        ready = await self._prepared()
        state = self._state
        is_due = not state.cursor or self._is_over(state.compared_at, COMPARE_S)
        extra: Owed | None = await self._compared(ready, is_due=is_due)
        for _ in range(SENDINGS):
            seqs = {name: self._copies[name].members.seq for name in ready}
            await trip.run(ready, extra)
            if extra is not None and not state.compared_at:
                # Not before: what the server lacks has reached it only now.
                state.compared_at = self._line.now_s()
                await state.write(self._store)
            extra = None
            again = False
            for name in sorted(ready - trip.longer):
                again |= await self._tended(self._copies[name], seqs[name])
            before, ready = ready, await self._prepared()
            if not again and ready <= before:
                break
        signed = {name for name in ready if await self._finished(self._copies[name])}
        if signed:
            await trip.run(signed)
        return self._left()

    def _is_unfit(self, copy: CircleCopy) -> bool:
        """Whether a circle must go the longer way, as far as that is known before."""
        named = self._listed is None or copy.circle in self._listed
        is_pending = copy.state.pending is not None and copy.membership is not None
        if is_pending or copy.state.behind or self._lacks_entries(copy):
            return True
        if copy.membership is None:
            return not copy.state.asked and (self._listed is None or not named)
        if not copy.live:
            return self._listed is not None or bool(copy.state.unsent)
        if self._listed is None:
            return False
        shown = self._listed.get(copy.circle, -1)
        if shown < copy.membership.seq or copy.circle in self._line.waiting:
            return True
        head = self._line.heads.get(copy.circle, copy.membership.h)
        return shown == copy.membership.seq and head != copy.membership.h

    def _lacks_entries(self, copy: CircleCopy) -> bool:
        """Whether something was sealed under entries that did not come: they are asked for."""
        seq = copy.membership.seq if copy.membership else -1
        return any(ahead > seq for ahead, _ in copy.state.ahead.values())

    async def _prepared(self) -> set[str]:
        """The circles that are fit for one request, with all that waits in them sealed."""
        ready: set[str] = set()
        for name, copy in self._copies.items():
            if not copy.live or name in self._trip.longer | self._troubled:
                continue
            if await self._went(self._prepare(copy), copy):
                ready.add(name)
        return ready

    async def _prepare(self, copy: CircleCopy) -> None:
        line, now_s = self._line, self._line.now_s()
        copy.require_writable()
        await require_expected(copy, now_s=now_s)
        await bring_wanted(line, copy)
        await seal_waiting(copy, now_s=now_s)
        self._report.rekeyed += await rekey_when_due(line, copy)
        self._report.resealed += await reseal(line, copy, now_s=now_s)
        if not copy.state.begun and copy.circle not in self._trip.changed:
            await fetch_first(line, copy)

    async def _compared(self, ready: Collection[str], *, is_due: bool) -> Owed:
        """Compare all circles that are read, or those that lack something; what is to be brought.

        With an empty cursor the first answer moves it: that a comparison is due is noted before,
        for one that is cut short.
        """
        state, now_s = self._state, self._line.now_s()
        begun = [name for name in ready if self._copies[name].state.begun]
        chosen = [name for name in begun if is_due or self._looks_again(self._copies[name])]
        if is_due:
            state.compared_at = 0 if chosen else now_s
            await state.write(self._store)
        # With an empty cursor the first item of anything else may come along; it is small.
        begin = Begin(b64u_decode(state.cursor), 0 if state.cursor else 1, 0)
        found = await compare(self._trip, chosen, begin)
        for name in chosen:
            self._copies[name].state.looked_at = now_s
        self._report.differed += sorted(found.differ)
        return found.extra

    def _looks_again(self, copy: CircleCopy) -> bool:
        return copy.state.missing and self._is_over(copy.state.looked_at, LOOK_AGAIN_S)

    async def _tended(self, copy: CircleCopy, seq: int) -> bool:
        """Deal with what was refused; whether there is something to send again."""
        again: list[bool] = []

        async def work() -> None:
            waiting = set(copy.state.unsent)
            if any(one.code == "stale" and one.id in waiting for one in copy.state.refused):
                if copy.members.seq == seq:
                    await pull_log(self._line, copy)
                again.append(True)
            else:
                again.append(await tend(self._line, copy, now_s=self._line.now_s()))

        return copy.live and await self._went(work(), copy) and again[0]

    async def _finished(self, copy: CircleCopy) -> bool:
        """Look at what came; whether something was signed."""
        signed: list[int] = []
        changed = copy.circle in self._trip.changed or not copy.state.begun

        async def work() -> None:
            now_s = self._line.now_s()
            copy.state.begun = True
            if changed or self._is_over(copy.state.repaired_at, REPAIR_QUIET_S):
                await hand_on(self._line, copy)
            if changed or copy.state.ahead or copy.state.missing:
                self._report.alarms += await compare_marks(copy, now_s=now_s)
                self._report.alarms += await check(copy, now_s=now_s)
            signed.append(await sign(copy, now_s=now_s))

        if not copy.live or copy.circle in self._trip.longer:
            return False
        return await self._went(work(), copy) and bool(signed[0])

    async def _went(self, work: Awaitable[object], copy: CircleCopy) -> bool:
        """As `guarded`; whether there was no trouble."""
        before = len(self._report.trouble)
        await guarded(work, copy, self._report)
        if len(self._report.trouble) == before:
            return True
        self._troubled.add(copy.circle)
        return False

    def _left(self) -> set[str]:
        """What is left for the longer way, now that all was told."""
        left = set(self._trip.longer)
        for name, copy in self._copies.items():
            if name in left or copy.live:
                continue
            if copy.membership is not None and name not in self._trip.changed:
                self._report.removed.append(name)
            elif copy.state.asked and name not in (self._listed or {}):
                self._report.waiting.append(name)
            else:
                left.add(name)
        return left
