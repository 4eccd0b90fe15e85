"""What a push to a circle costs, short or long: work counted and time taken, on SQLite.

Arguments: `--records N` of one push. The work is the same on every machine; the times are not.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from rejoint_server.access.memberships import Memberships  # noqa: E402
from rejoint_sync.stores.sqlite import SqliteStore  # noqa: E402
from server.heavy import Work, counted, lengthen  # noqa: E402
from server.ring import Ring  # noqa: E402
from server.scene import open_scene  # noqa: E402

SIZES = ((10, 10), (2_000, 10_000))


async def main(records: int) -> None:
    """Run and print the table."""
    print(f"{records} records in one push")
    print(f"{'circle':28} {'entries':>8} {'checks':>8} {'statements':>11} {'steps':>8} {'ms':>8}")
    with tempfile.TemporaryDirectory() as folder:
        store = await SqliteStore.open(Path(folder) / "data")
        async with open_scene(Path(folder), store) as scene:
            clinic = await Ring.clinic(scene)
            for entries, documents in SIZES:
                ring = await clinic.patient()
                await lengthen(ring, entries, documents)
                await ring.push(ring.founder, ring.record(ring.founder))
                sealed = [ring.record(ring.founder) for _ in range(records)]
                begun = time.perf_counter()
                with counted(store) as work:
                    assert await ring.push(ring.founder, *sealed) == []
                show(f"{entries} entries, {documents} documents", work, time.perf_counter() - begun)
                begun = time.perf_counter()
                with counted(store) as work:
                    await Memberships(store).of(ring.circle)
                show("  first touch after a start", work, time.perf_counter() - begun)
        await store.close()


def show(name: str, work: Work, seconds: float) -> None:
    """Print a row."""
    figures = f"{work.entries:>8} {work.signatures:>8} {work.statements:>11} {work.steps:>8}"
    print(f"{name:28} {figures} {seconds * 1000:>8.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10)
    asyncio.run(main(parser.parse_args().records))
