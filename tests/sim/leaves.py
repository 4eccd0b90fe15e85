"""The leaves of what a store holds."""

import orjson

from rejoint_sync.circle.document import KINDS
from rejoint_sync.stores import ChangesQuery, Store
from sim.held import Leaves


async def leaves_of(store: Store, circle: str) -> Leaves:
    """Every leaf of every sealed document of a store, by name."""
    page = await store.changes(circle, ChangesQuery(limit=10**6, all_leaves=True))
    rows = orjson.loads(b"[" + page.rows + b"]")
    return {
        row["id"]: tuple(sorted(change["rev"] for change in row["changes"]))
        for row in rows
        if row["id"].partition(":")[0] in KINDS
    }
