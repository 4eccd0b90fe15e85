"""What stays of a circle that was purged: its name and the hash of its last entry."""

from typing import Final

import orjson

from rejoint_server.access.hints import NOTES
from rejoint_sync.errors import CircleError, NotFound
from rejoint_sync.stores import Store

GONE: Final = "gone:"
_READ_AT_ONCE: Final = 500


async def bury(store: Store, circle: str, head: str) -> None:
    """Note that a circle is gone for good, before anything of it is removed."""
    await store.local_put(NOTES, GONE + circle, orjson.dumps({"head": head}))


async def buried(store: Store) -> dict[str, str]:
    """The circles that are gone, each with the hash of its last entry."""
    found: dict[str, str] = {}
    start = GONE
    while page := await store.local_range(NOTES, start, "gone;", limit=_READ_AT_ONCE):
        for note in page:
            found[note.id.removeprefix(GONE)] = orjson.loads(note.body)["head"]
        start = page[-1].id + "\0"
    return found


async def require_not_buried(store: Store, circle: str) -> None:
    """Raises `CircleError` with `closed`, as 410, for a circle that was purged."""
    try:
        note = await store.local_get(NOTES, GONE + circle)
    except NotFound:
        return  # a store that was never served has no notes
    if note is not None:
        error = CircleError("closed", "This circle was closed and has been deleted.")
        error.status, error.error = 410, "gone"
        raise error
