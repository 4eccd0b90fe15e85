"""What devices say about their own reminders.

Every request of a device tells that it is still there, and most tell it again and again. What was
noted already is held in memory, so that a device in sync costs a look-up and no write.
"""

import contextlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from rejoint_server.clock import Clock
from rejoint_server.reminders import Row, Rows
from rejoint_sync.errors import NotFound, StoreUnavailable, SyncError
from rejoint_sync.reminders import (
    DAY_MIN,
    SNOOZE_MIN,
    Marks,
    Minute,
    Schedule,
    Sent,
    day_of,
    next_reminder,
)

DEVICES_KEPT: Final = 100_000
"""Devices of which is held in memory what they told today, about 200 bytes each."""

_TRIES: Final = 5


class Schedules:
    """The schedules of devices.

    Args:
        rows: Where they are kept.
        clock: The time.
    """

    def __init__(self, rows: Rows, clock: Clock) -> None:
        self._rows = rows
        self._clock = clock
        # By device the UTC day on which it was heard of, and the day that it was done.
        self._heard: OrderedDict[str, int] = OrderedDict()
        self._done: OrderedDict[str, Minute] = OrderedDict()
        self._news: set[str] = set()

    async def of(self, device: str) -> Row:
        """The row of a device. Raises `NotFound`."""
        row = (await self._rows.read([device])).get(device)
        if row is None:
            raise NotFound("This device has no reminders.")
        return row

    def next_s(self, row: Row) -> int | None:
        """The unix second of the next reminder or nudge of a row; None for none."""
        minute = next_reminder(self._now(), row.schedule, row.marks, row.sent)
        return None if minute is None else 60 * minute

    async def set(self, device: str, schedule: Schedule) -> Row:
        """Keep what the person chose. The same once more changes nothing about what is due."""
        now = self._now()
        self._done.pop(device, None)
        for _ in range(_TRIES):
            there = (await self._rows.read([device])).get(device)
            if there is None:
                marks, sent = Marks(since=now, heard=now // DAY_MIN), Sent()
                row = Row(device, schedule, marks, sent, now)
            elif there.schedule == schedule:
                return there
            else:
                marks = there.marks.model_copy(update={"since": now, "snoozed": None})
                sent = there.sent.model_copy(update={"retry": None})
                row = Row(device, schedule, marks, sent, now, there.rev)
            written = await self._rows.write(row.at(now, _present(row.marks, now), row.sent))
            if written is not None:
                return written
        raise StoreUnavailable("Others keep changing this; try again.")

    async def drop(self, device: str) -> None:
        """Forget the schedule of a device, and all that was noted with it."""
        await self._rows.remove(device)

    async def snooze(self, device: str) -> Row:
        """Put today's reminder off. Raises `NotFound`."""
        snoozed = self._now() + SNOOZE_MIN
        return await self._mark(device, lambda row: {"snoozed": snoozed})  # noqa: ARG005

    async def done(self, device: str) -> Row:
        """Note that today's session is done. Raises `NotFound`."""
        now = self._now()
        return await self._mark(device, lambda row: {"done": day_of(now, row.schedule.zone)})

    async def note_done(self, device: str) -> None:
        """As `done`, for who says it with every sync of that day; never raises."""
        if self._now() < self._done.get(device, 0):
            return
        # Who has no reminders is asked about again in an hour.
        _keep(self._done, device, self._now() + 60)
        try:
            row = await self.done(device)
        except SyncError:  # the next sync says it again
            return
        _keep(self._done, device, _end_of_day(self._now(), row.schedule.zone))

    async def heard(self, device: str) -> None:
        """Note that a device was heard of, once a day, and has what news there was; never raises.

        A store that is full or away is told by what the device came for.
        """
        if self._heard.get(device) == self._now() // DAY_MIN and device not in self._news:
            return
        with contextlib.suppress(SyncError):
            await self._mark(device, lambda row: {"note": None})  # noqa: ARG005

    def awaits(self, device: str) -> None:
        """Note that a ping for news waits, which is needless once the device is in sync."""
        self._news.add(device)

    async def _mark(self, device: str, told: Callable[[Row], dict[str, object]]) -> Row:
        now = self._now()
        for _ in range(_TRIES):
            row = (await self._rows.read([device])).get(device)
            _keep(self._heard, device, now // DAY_MIN)
            self._news.discard(device)
            if row is None:
                raise NotFound("This device has no reminders.")
            marks = _present(row.marks.model_copy(update=told(row)), now)
            if marks == row.marks:
                return row
            written = await self._rows.write(row.at(now, marks, row.sent))
            if written is not None:
                return written
        self._heard.pop(device, None)
        raise StoreUnavailable("Others keep changing this; try again.")

    def _now(self) -> Minute:
        return self._clock.now_s() // 60


def _present(marks: Marks, now: Minute) -> Marks:
    return marks.model_copy(update={"heard": now // DAY_MIN, "told": False})


def _end_of_day(now: Minute, zone: str) -> Minute:
    """A minute at which another day may have begun."""
    today = day_of(now, zone)
    later = (now + 60 * hours for hours in range(1, 27))
    return next(minute for minute in later if day_of(minute, zone) != today) - 59


def _keep(kept: "OrderedDict[str, int]", device: str, value: int) -> None:
    kept[device] = value
    kept.move_to_end(device)
    while len(kept) > DEVICES_KEPT:
        kept.popitem(last=False)
