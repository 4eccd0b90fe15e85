"""How long the web app takes on a poor link and a slow phone: the first load, and a start offline.

A row is one link: slow 3G as the browser emulates it, or the TCP of two network namespaces that
lose packets where the machine has them. The processor is slowed six times by the browser. Printed
beside the targets of the design: first paint, when a tap is answered, and a start offline: the
first one, right after all is kept, and the median of those after it.

Arguments: `--rounds N`, `--forwarder` for no namespaces, `--web DIR` of another build. What a phone
with a profile and records takes to start is in `starts.py`.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import BrowserContext, CDPSession, Page, Playwright, async_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from bench.far import TlsServer  # noqa: E402
from bench.forwarder import Conditions  # noqa: E402
from bench.link import is_possible, leave_the_network  # noqa: E402
from bench.networks import ABOUT, Network, open_network  # noqa: E402
from e2e.browser import ARGUMENTS, obtain  # noqa: E402
from rejoint_server.settings import Settings  # noqa: E402

CPU_SLOWER: Final = 6
RTT_MS: Final = 400
KBIT_S: Final = 400
LOSS: Final = 0.03
TARGETS_MS: Final = {
    "first paint": 2_000,
    "answers a tap": 3_500,
    "offline first": 500,
    "offline": 500,
}
OFFLINE_STARTS: Final = 4
SETTLE_S: Final = 1.5
KEPT: Final = """() => new Promise((done) => {
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener("controllerchange", () => done());
  if (serviceWorker.controller) done();
})"""
PAINTED: Final = """() => new Promise((done) => {
  const told = (entries) => {
    for (const { name, startTime } of entries.getEntries())
      if (name === "first-contentful-paint") done(startTime);
  };
  new PerformanceObserver(told).observe({ type: "paint", buffered: true });
})"""
ANSWERED: Final = """async () => {
  const until = performance.now() + 120_000;
  while (performance.now() < until) {
    const door = document.querySelector("[data-testid=open-language]");
    door?.click();
    if (document.querySelector("[data-testid=language]")) return performance.now();
    await new Promise((again) => setTimeout(again, 20));
  }
  throw new Error("it never answered");
}"""


@dataclass(frozen=True, slots=True)
class Weather:
    """A link.

    Attributes:
        name: As it is printed.
        conditions: Of the network.
        emulated: The browser makes it so; otherwise the network does.
    """

    name: str
    conditions: Conditions
    emulated: bool


WEATHERS: Final = (
    Weather(f"slow 3G: {RTT_MS} ms, {KBIT_S} kbit/s, emulated", Conditions(), emulated=True),
    Weather(
        f"{RTT_MS} ms, {KBIT_S} kbit/s, {LOSS:.0%} lost",
        Conditions(rtt_ms=RTT_MS, kbit_s=KBIT_S, loss=LOSS),
        emulated=False,
    ),
)


@dataclass(slots=True)
class Bench:
    """All rows.

    Attributes:
        playwright: The driver.
        network: Between the browser and the server.
        server: The server.
        folder: For profiles of browsers.
    """

    playwright: Playwright
    network: Network
    server: TlsServer
    folder: Path

    async def load(self, weather: Weather) -> dict[str, float]:
        """One first load and one start offline; milliseconds by name."""
        self.network.become(weather.conditions)
        with tempfile.TemporaryDirectory(dir=self.folder) as profile:
            context = await self._open(Path(profile))
            try:
                return await self._measure(context, weather)
            finally:
                await context.close()

    async def _open(self, profile: Path) -> BrowserContext:
        return await self.playwright.chromium.launch_persistent_context(
            str(profile / "profile"),
            executable_path=self.network.wrapped(obtain(), profile),
            headless=True,
            args=[*ARGUMENTS, f"--ignore-certificate-errors-spki-list={self.server.spki}"],
            viewport={"width": 360, "height": 740},
            locale="en-GB",
        )

    async def _measure(self, context: BrowserContext, weather: Weather) -> dict[str, float]:
        context.set_default_timeout(180_000)
        page = context.pages[0]
        session = await context.new_cdp_session(page)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
        if weather.emulated:
            await _slow_3g(session)
        await page.goto(self.server.origin, wait_until="commit")
        times = await _times(page)
        await page.evaluate(KEPT)
        await context.set_offline(True)
        offline = [await self._start(page) for _ in range(OFFLINE_STARTS)]
        times["offline first"] = offline[0]
        times["offline"] = statistics.median(offline[1:])
        return times

    async def _start(self, page: Page) -> float:
        """A start; milliseconds until a tap is answered. Ends when the page has come to rest."""
        await page.goto(self.server.origin, wait_until="commit")
        answered = (await _times(page))["answers a tap"]
        await asyncio.sleep(SETTLE_S)
        return answered


async def _slow_3g(session: CDPSession) -> None:
    bytes_s = KBIT_S * 1000 / 8
    speed: dict[str, Any] = {
        "offline": False,
        "latency": RTT_MS,
        "downloadThroughput": bytes_s,
        "uploadThroughput": bytes_s,
    }
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", speed)


async def _times(page: Page) -> dict[str, float]:
    answered = await page.evaluate(ANSWERED)
    return {"first paint": await page.evaluate(PAINTED), "answers a tap": answered}


@contextmanager
def _served(folder: Path, web: Path, *, namespaces: bool) -> Iterator[tuple[Network, TlsServer]]:
    with (
        open_network(namespaces=namespaces) as network,
        TlsServer(folder / "server", network.origin, "--web", str(web)) as server,
    ):
        network.forwarder.target = server.address
        yield network, server


async def main(rounds: int, web: Path, *, namespaces: bool) -> None:
    """Run and print."""
    print(f"processor {CPU_SLOWER} times slower; {ABOUT[namespaces]}; medians of {rounds}")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with _served(folder, web, namespaces=namespaces) as (network, server):
            async with async_playwright() as playwright:
                bench = Bench(playwright, network, server, folder)
                for weather in WEATHERS:
                    found = [await bench.load(weather) for _ in range(rounds)]
                    print(weather.name)
                    for name, target_ms in TARGETS_MS.items():
                        median = statistics.median(each[name] for each in found)
                        print(f"  {name:<14} {median:>7,.0f} ms   target {target_ms:>5,} ms")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--forwarder", action="store_true")
    parser.add_argument("--web", type=Path, default=Settings(data=Path()).web)
    return parser.parse_args()


if __name__ == "__main__":
    chosen = arguments()
    real = is_possible() and not chosen.forwarder
    if real:
        leave_the_network()
    asyncio.run(main(chosen.rounds, chosen.web, namespaces=real))
