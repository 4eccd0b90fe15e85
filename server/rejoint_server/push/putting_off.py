"""What a notification's "later" does: the worker that shows it has neither keys nor a session.

So each ping brings a word that is good for one thing: to put off the reminder that it came with,
today, once. Nothing is kept for it; the server makes the word anew from its key and what it sent.
"""

import hmac

from rejoint_server.clock import Clock
from rejoint_server.push.messages import later_of
from rejoint_server.push.push_keys import PushKeys
from rejoint_server.reminders import Row
from rejoint_server.reminders.schedules import Schedules
from rejoint_sync.circle.grammar import DEVICE
from rejoint_sync.errors import NotFound
from rejoint_sync.reminders import day_of


class PuttingOff:
    """Puts reminders off for who shows the word of one.

    Args:
        schedules: Of all devices.
        keys: Of this server; a word is good as long as the key that made it is kept.
        clock: The time.
    """

    def __init__(self, schedules: Schedules, keys: PushKeys, clock: Clock) -> None:
        self._schedules = schedules
        self._keys = keys
        self._clock = clock

    async def put_off(self, device: str, later: str) -> bool:
        """Put today's reminder of a device off.

        Args:
            device: Its name, from anybody.
            later: The word that came with the reminder.

        Returns:
            Whether it was; who asks is not told.

        Raises:
            StoreUnavailable: Ask again.
        """
        if not DEVICE.match(device):
            return False
        try:
            row = await self._schedules.of(device)
        except NotFound:
            return False
        if not self._may(row, later):
            return False
        await self._schedules.snooze(device)
        return True

    def _may(self, row: Row, later: str) -> bool:
        sent, snoozed = row.sent, row.marks.snoozed
        if sent.reminder is None or sent.nudge is not None:
            return False
        if snoozed is not None and snoozed > sent.reminder:
            return False
        if day_of(self._clock.now_s() // 60, row.schedule.zone) != sent.day:
            return False
        words = [later_of(key, row.device, sent.reminder) for key in self._keys.now().keys]
        return any(hmac.compare_digest(word.encode(), later.encode()) for word in words)
