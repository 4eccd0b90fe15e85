"""What one-request sync costs in long circles and among many: bytes of two bodies.

Arguments: `--records N,N,…` of a circle, `--circles N,N,…` of a device.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from rejoint_sync.stores.sqlite import SqliteStore  # noqa: E402
from server.exchange_cost import Cost, among, of_length  # noqa: E402
from server.ring import Ring  # noqa: E402
from server.scene import open_scene  # noqa: E402


async def main(records: list[int], circles: list[int]) -> None:
    """Run and print the table."""
    print(f"{'':24}{'nothing new':>12}{'one each way':>14}")
    with tempfile.TemporaryDirectory() as folder:
        store = await SqliteStore.open(Path(folder) / "data")
        async with open_scene(Path(folder), store) as scene:
            clinic = await Ring.clinic(scene)
            for count in records:
                show(f"{count:,} records", await of_length(clinic, count))
            for count in circles:
                show(f"{count:,} circles", await among(clinic, count))
        await store.close()


def show(name: str, cost: Cost) -> None:
    """Print a row."""
    print(f"{name:24}{cost.idle:>12}{cost.each_way:>14}", flush=True)


def numbers(text: str) -> list[int]:
    """Of a list with commas."""
    return [int(one) for one in text.split(",")]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=numbers, default=[100, 1_000, 10_000])
    parser.add_argument("--circles", type=numbers, default=[1, 200])
    chosen = parser.parse_args()
    asyncio.run(main(chosen.records, chosen.circles))
