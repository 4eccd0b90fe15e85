"""Write tests/vectors/reminders/*.json: when reminders are, for Python and TypeScript.

    python -m vectors.make_reminder_vectors

Run in the folder tests. A second run writes the same bytes. Years and zones are such whose rules
are settled, so that an older time zone database gives the same.
"""

import json
import random
from pathlib import Path
from typing import Any

from rejoint_sync.reminders import (
    DAY_MIN,
    Marks,
    Schedule,
    Sent,
    day_of,
    minute_of,
    next_reminder,
)

FOLDER = Path(__file__).parent / "reminders"
DAYS = {
    "Europe/Berlin": ("2024-03-30", "2024-03-31", "2024-10-27", "2024-02-29"),
    "America/New_York": ("2023-03-12", "2023-11-05"),
    "Australia/Lord_Howe": ("2023-10-01", "2024-04-07"),
    "Antarctica/Troll": ("2023-03-26", "2023-10-29"),
    "Asia/Kathmandu": ("2024-02-29",),
    "Asia/Kolkata": ("2024-12-31",),
    "Pacific/Apia": ("2011-12-29", "2011-12-30", "2011-12-31"),
    "America/Asuncion": ("2023-10-01", "2023-03-26"),
    "Pacific/Kiritimati": ("2024-01-01",),
    "UTC": ("2024-01-01",),
}
TIMES = ("00:00", "00:30", "01:30", "02:00", "02:15", "02:30", "03:00", "12:00", "23:59")


def minutes() -> list[dict[str, Any]]:
    """Of days and times the minute, null for a day that is skipped."""
    return [
        {"zone": zone, "day": day, "at": at, "minute": minute_of(zone, day, at)}
        for zone, days in DAYS.items()
        for day in days
        for at in TIMES
    ]


def walks() -> list[dict[str, Any]]:
    """Schedules, marks and what was sent, drawn by dice that always fall the same."""
    dice = random.Random(7)
    return [walk(dice) for _ in range(200)]


def walk(dice: random.Random) -> dict[str, Any]:
    """One situation, and when the next reminder is in it."""
    zone = dice.choice(list(DAYS))
    start = minute_of(zone, DAYS[zone][0], "12:00")
    assert start is not None
    now = start + dice.randint(-2 * DAY_MIN, 2 * DAY_MIN)
    chosen: dict[str, Any] = {
        "zone": zone,
        "times": {day: dice.choice(TIMES) for day in "1234567" if dice.random() < 0.7},
    }
    if dice.random() < 0.5:
        chosen["nudge"] = dice.choice((15, 60, 720))
    if dice.random() < 0.3:
        chosen["quiet"] = {"start": "00:45", "end": "01:15"}
    if dice.random() < 0.2:
        chosen["paused"] = dice.choice(("always", day_of(now + 2 * DAY_MIN, zone)))
    told: dict[str, Any] = {"since": now - DAY_MIN, "heard": now // DAY_MIN - dice.choice((0, 13))}
    sent: dict[str, Any] = {}
    if dice.random() < 0.3:
        told["done"] = day_of(now, zone)
    if dice.random() < 0.5:
        sent = {"day": day_of(now - 20, zone), "reminder": now - 20}
        if dice.random() < 0.3:
            sent["nudge"] = now - 5
        if dice.random() < 0.5:
            told["snoozed"] = now + 15
    after = next_reminder(
        now, Schedule.model_validate(chosen), Marks.model_validate(told), Sent.model_validate(sent)
    )
    return {"now": now, "schedule": chosen, "marks": told, "sent": sent, "next": after}


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, made in (("minutes", minutes()), ("next", walks())):
        lines = ",\n".join(json.dumps(one) for one in made)
        (FOLDER / f"{name}.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
