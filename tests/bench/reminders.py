"""What reminders of many devices cost a server: processor time of the minutes of a day.

Arguments: `--schedules N`, `--minutes N`. Times are chosen as people do, mostly on the hour and the
half hour from six to nine in the morning and five to nine in the evening, in twelve zones; pings go
to a sender that does nothing, since what one costs is the push adapter's affair.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from rejoint_server.clock import ManualClock  # noqa: E402
from rejoint_server.reminders import Row  # noqa: E402
from rejoint_server.reminders.rows_sqlite import SqliteRows  # noqa: E402
from rejoint_server.reminders.scheduler import Scheduler  # noqa: E402
from rejoint_sync.reminders import DAY_MIN, Marks, Schedule, Sent  # noqa: E402
from rejoint_sync.stores.sqlite import SqliteStore  # noqa: E402
from server.reminders.postbox import Postbox  # noqa: E402

BEGIN = 20_000 * DAY_MIN
AT_ONCE = 2000
ZONES = (
    *("Africa/Nairobi", "Africa/Lagos", "Asia/Kolkata", "Asia/Manila", "America/Lima"),
    *("America/Bogota", "Europe/Lisbon", "Asia/Dhaka", "Africa/Cairo", "Asia/Jakarta"),
    *("America/Mexico_City", "Asia/Karachi"),
)


def schedule(dice: random.Random) -> Schedule:
    """What somebody may choose."""
    hour = dice.choice((6, 6, 7, 7, 7, 8, 8, 17, 18, 18, 19, 20))
    minute = dice.choice((0, 0, 0, 0, 30, 30, 15, 45, dice.randrange(60)))
    return Schedule.model_validate(
        {
            "zone": dice.choice(ZONES),
            "times": dict.fromkeys(
                dice.sample("1234567", dice.choice((3, 5, 7))), f"{hour:02}:{minute:02}"
            ),
            "nudge": dice.choice((None, 60, 120)),
            "quiet": {"start": "22:00", "end": "05:30"},
        }
    )


async def fill(rows: SqliteRows, count: int) -> None:
    """Make the schedules."""
    dice = random.Random(1)
    marks = Marks(since=BEGIN - DAY_MIN, heard=BEGIN // DAY_MIN)
    for start in range(0, count, AT_ONCE):
        made = [
            Row(f"d{number:020d}", schedule(dice), marks, Sent(), BEGIN).at(BEGIN, marks, Sent())
            for number in range(start, min(start + AT_ONCE, count))
        ]
        await asyncio.gather(*map(rows.write, made))


async def main(schedules: int, minutes: int) -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder:
        store = await SqliteStore.open(Path(folder) / "data")
        rows = SqliteRows(store)
        await fill(rows, schedules)
        clock, box = ManualClock(0), Postbox()
        server = Scheduler(rows, box, clock, holder="bench", jitter_s=0)
        costs: list[tuple[float, int]] = []
        for minute in range(BEGIN, BEGIN + minutes):
            clock.now = 60.0 * minute
            box.sent.clear()
            began = time.process_time()
            await server.once(minute)
            costs.append((time.process_time() - began, len(box.sent)))
        await store.close()
    pings = sum(count for _, count in costs)
    worst_s, at_worst = max(costs)
    print(f"{schedules:,} schedules, {minutes:,} minutes, {pings:,} pings")
    print(f"processor time of a minute, mean   {sum(cost for cost, _ in costs) / minutes:8.4f} s")
    print(f"processor time of the worst minute {worst_s:8.4f} s, {at_worst:,} pings")
    print(f"processor time of a quiet minute   {min(costs)[0]:8.4f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=100_000)
    parser.add_argument("--minutes", type=int, default=240)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.schedules, chosen.minutes))
