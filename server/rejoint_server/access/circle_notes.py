"""What the server notes beside a circle: nobody replicates it, and it goes when the circle goes.

Each note is a JSON object under a word and a name. Devices' own notes begin with the device's name,
so the two never meet.
"""

from typing import Any, Final

import orjson

from rejoint_sync.stores import Store

READ_AT_ONCE: Final = 500


class CircleNotes:
    """The notes of one word.

    Args:
        store: Where circles are.
        word: For example `late`; letters only.
    """

    def __init__(self, store: Store, word: str) -> None:
        assert word.isalpha()
        self._store = store
        self._word = f"{word}:"

    async def get(self, circle: str, name: str) -> dict[str, Any] | None:
        """One note, None when it is not there. Raises `NotFound` without the circle."""
        found = await self._store.local_get(circle, self._word + name)
        note: dict[str, Any] | None = None if found is None else orjson.loads(found[1])
        return note

    async def put(self, circle: str, name: str, note: dict[str, Any]) -> None:
        """Keep a note; the last one stays."""
        await self._store.local_put(circle, self._word + name, orjson.dumps(note))

    async def delete(self, circle: str, name: str) -> bool:
        """Forget a note; False when it was not there."""
        return await self._store.local_delete(circle, self._word + name)

    async def all(self, circle: str, prefix: str = "") -> dict[str, dict[str, Any]]:
        """The notes whose names begin so, in the order of their names."""
        start, end = self._word + prefix, self._word + prefix + "\U0010ffff"
        notes: dict[str, dict[str, Any]] = {}
        while True:
            page = await self._store.local_range(circle, start, end, limit=READ_AT_ONCE)
            for note in page:
                notes[note.id.removeprefix(self._word)] = orjson.loads(note.body)
            if len(page) < READ_AT_ONCE:
                return notes
            start = page[-1].id + "\0"
