"""How long a patient's phone takes to start without a network, with half a year of records on it.

The processor is slowed by the browser. Printed, beside the target of the design: when today stands
with its plan, when a tap on it is answered by the next screen, what the page's thread worked until
then (its own time, which other programs do not add to), and how long that thread was busy at a
stretch while the app opened and while a session was told.

Arguments: `--rounds N`, `--records N`, `--slower N`, `--web DIR` of another build.
"""

import argparse
import datetime as dt
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import CDPSession, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from bench.torture_phones import FILL_APP, door_module, drafts  # noqa: E402
from e2e.phone import Phone  # noqa: E402
from e2e.server_process import ServerProcess  # noqa: E402
from rejoint_server.commands import demo_story as story  # noqa: E402
from rejoint_server.commands.demo_clinic import Device  # noqa: E402
from rejoint_server.settings import Settings  # noqa: E402

DAYS: Final = 180
TARGET_MS: Final = 500
QUIET_MS: Final = 3_000
KEPT: Final = """() => new Promise((done) => {
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener("controllerchange", () => done());
  if (serviceWorker.controller) done();
})"""
SENT: Final = """(count) => new Promise((done, failed) => {
  const look = () => {
    const opening = indexedDB.open("rejoint");
    opening.onerror = failed;
    opening.onsuccess = () => {
      const rows = opening.result.transaction("receipts").objectStore("receipts").getAll();
      rows.onsuccess = () => {
        opening.result.close();
        if (rows.result.some(({ through }) => through >= count)) done();
        else setTimeout(look, 500);
      };
    };
  };
  look();
})"""
WATCH: Final = """
globalThis.stretches = [];
new PerformanceObserver((told) => {
  for (const { duration } of told.getEntries()) stretches.push(duration);
}).observe({ type: "longtask", buffered: true });
new MutationObserver(() => {
  if (document.querySelector("[data-testid=done-all]")) globalThis.stood ??= performance.now();
}).observe(document, { childList: true, subtree: true });
"""
ANSWERED: Final = """async () => {
  const seen = (id) => document.querySelector(`[data-testid=${id}]`);
  const until = performance.now() + 60_000;
  while (performance.now() < until) {
    seen("done-all")?.click();
    if (seen("log-pain")) return performance.now();
    await new Promise((again) => setTimeout(again, 5));
  }
  throw new Error("it never answered");
}"""
TOLD: Final = ("pain-1", "effort-2", "save")


def half_a_year(count: int) -> list[dict[str, Any]]:
    """Sessions and pain scores of the days before today."""
    told, today = drafts(count), dt.datetime.now(dt.UTC).date()
    days = (today - dt.timedelta(days=DAYS - at * (DAYS - 2) // count) for at in range(count))
    return [{**one, "day": day.isoformat()} for one, day in zip(told, days, strict=True)]


def invited(server: ServerProcess, folder: Path) -> tuple[str, str]:
    """A circle with a plan; its name, and what follows `#` in the link of its patient."""
    desk = Device(folder / "desk")
    desk.run("new", "--setup", server.setup_link(), "--server", server.url)
    circle: str = desk.run("circle", "new")["circle"]
    desk.put(circle, "pl", story.plan(story.PATIENTS[0]))
    link = desk.run("invite", "--circle", circle, "--role", "patient")["link"]
    desk.sync()
    return circle, link.partition("#")[2]


def fill(phone: Phone, origin: str, place: tuple[str, str], module: str, told: list[Any]) -> None:
    """Join, let the app itself write and send the records, and open it twice: then it rests."""
    phone.page.goto(f"{origin}/#{place[1]}")
    phone.by("join-accept").click()
    phone.by("done-all").wait_for()
    phone.page.evaluate(KEPT)
    phone.offline(yes=True)
    phone.page.evaluate(FILL_APP, [module, place[0], told])
    phone.offline(yes=False)
    phone.page.goto(origin)
    phone.page.evaluate(SENT, len(told))
    phone.offline(yes=True)
    for _ in range(2):
        phone.page.goto(origin)
        phone.by("done-all").wait_for()
        phone.page.wait_for_timeout(QUIET_MS)


def busy_ms(session: CDPSession) -> float:
    """What the page's thread has worked since the page began, by its own clock."""
    told = session.send("Performance.getMetrics")["metrics"]
    [seconds] = [one["value"] for one in told if one["name"] == "TaskDuration"]
    return float(seconds) * 1000


def one_start(phone: Phone, session: CDPSession, origin: str) -> dict[str, float]:
    """One start, up to the first question of a session; milliseconds by name."""
    phone.page.goto(origin, wait_until="commit")
    answered = phone.page.evaluate(ANSWERED)
    worked = busy_ms(session)
    stood = phone.page.evaluate("stood")
    phone.page.wait_for_timeout(QUIET_MS)
    return {
        "today stands": stood,
        "answers a tap": answered,
        "worked until then": worked,
        **busy_stretches(phone, "opening"),
    }


def one_session(phone: Phone) -> dict[str, float]:
    """A session told from its first question on."""
    for name in TOLD:
        phone.by(name).first.click()
    phone.by("saved").wait_for()
    phone.page.wait_for_timeout(QUIET_MS)
    return busy_stretches(phone, "telling")


def busy_stretches(phone: Phone, what: str) -> dict[str, float]:
    """How long the page's thread was busy at a stretch since the last look."""
    found = phone.page.evaluate("stretches.splice(0)")
    return {
        f"longest stretch, {what}": max(found, default=0),
        f"stretches over 50 ms, {what}": len(found),
    }


def measure(rounds: int, records: int, slower: float, web: Path, folder: Path) -> None:
    """Run and print."""
    with ServerProcess(folder / "data", folder / "log", "--web", str(web)) as server:
        # Before the browser's loop: a command has its own.
        place = invited(server, folder)
        with sync_playwright() as playwright:
            phone = Phone(playwright, folder / "phone").start(script=WATCH)
            fill(phone, server.url, place, door_module(web), half_a_year(records))
            session = phone.page.context.new_cdp_session(phone.page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
            found = [one_start(phone, session, server.url) for _ in range(rounds)]
            # Once: today is done then, and has another first tap.
            last = one_session(phone)
            phone.close()
    for name in (*found[0], *last):
        values = [each[name] for each in (found if name in found[0] else [last])]
        target = f"   target {TARGET_MS} ms" if name == "answers a tap" else ""
        print(
            f"  {name:<30} {statistics.median(values):>7,.0f}  least {min(values):>7,.0f}{target}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--records", type=int, default=2 * DAYS)
    parser.add_argument("--slower", type=float, default=6)
    parser.add_argument("--web", type=Path, default=Settings(data=Path()).web)
    chosen = parser.parse_args()
    print(
        f"processor {chosen.slower:g} times slower, {chosen.records} records of {DAYS} days,"
        f" {chosen.rounds} starts without a network, load {os.getloadavg()[0]:.0f}: median, least"
    )
    with tempfile.TemporaryDirectory() as made:
        measure(chosen.rounds, chosen.records, chosen.slower, chosen.web, Path(made))
