"""The data meter says what passed on the socket, within five percent."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bench.wire_app import PatientApp
from bench.wire_page import Wire, open_wire
from server.ring import Ring

pytestmark = [pytest.mark.browser, pytest.mark.long]

METER_S = 1.5
"""After so long what was counted is on the shelf."""

READ = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("rejoint");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const reading = opening.result.transaction("facts").objectStore("facts").getAll();
    reading.onsuccess = () => {
      opening.result.close();
      resolve(reading.result.filter(({ name }) => name.startsWith("data-")));
    };
  };
})"""


async def metered(wire: Wire) -> dict[str, int]:
    """What the meter says of up and down."""
    await asyncio.sleep(METER_S)
    rows: list[dict[str, Any]] = await wire.page.evaluate(READ)
    return {str(row["name"])[5:].split()[0]: int(row["value"]) for row in rows}


async def test_it_says_what_passed_on_the_socket(tmp_path: Path) -> None:
    async with open_wire(tmp_path) as wire:
        ring = await (await Ring.clinic(wire.scene)).patient()
        app = PatientApp(wire, ring)
        await app.join()
        before, started = await metered(wire), (wire.forwarder.up, wire.forwarder.down)
        for _ in range(3):
            await app.log_session()
        await app.look()
        after, ended = await metered(wire), (wire.forwarder.up, wire.forwarder.down)
    for way, name in enumerate(("up", "down")):
        passed = ended[way] - started[way]
        said = after[name] - before[name]
        print(f"{name}: {passed} passed, {said} said, {said / passed - 1:+.1%}")
        assert abs(said - passed) <= 0.05 * passed
