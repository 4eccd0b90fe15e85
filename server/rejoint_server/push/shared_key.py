"""Which key the servers on one store go by: noted there, so that one without it can tell.

Their key files are copies of each other. A server that makes a key of its own, or missed the last
rotation, cannot ping the phones that subscribed at the others, and would have those that ask it
subscribe for what the others lack. A public key's id is all that is noted.
"""

from typing import Final

import orjson

from rejoint_server.access.hints import NOTES
from rejoint_server.push.push_keys import PushKey, PushKeys
from rejoint_server.push.subscriptions import Notes
from rejoint_sync.errors import StoreUnavailable

_NOTE: Final = "push-key"


class SharedKey:
    """The newest key of all servers on a store, and whether this one has it.

    Args:
        notes: Of that store.
        keys: Of this server.
    """

    def __init__(self, notes: Notes, keys: PushKeys) -> None:
        self._notes = notes
        self._keys = keys

    async def open(self, now_s: int) -> None:
        """Have a key: the first server on a store makes one and notes it, the others must have it.

        Args:
            now_s: Unix time.

        Raises:
            StoreUnavailable: The file of the others is not here, or one cannot be made.
        """
        known = await self._known()
        if known is not None and not self._keys.file.exists():
            raise StoreUnavailable(
                f"{self._keys.file} is not there, and other servers on this store have it: copy it "
                "from one of them, or say that it is lost: rejoint vapid rotate --revoke"
            )
        self._keys.open(now_s)
        if known is None:
            await note_key(self._notes, self._keys.now().current)

    async def is_here(self) -> bool:
        """Whether this server has the newest key. Raises `StoreUnavailable`."""
        known = await self._known()
        return known is None or self._keys.now().of_id(known) is not None

    async def _known(self) -> str | None:
        note = await self._notes.local_get(NOTES, _NOTE)
        return None if note is None else str(orjson.loads(note[1])["id"])


async def note_key(notes: Notes, key: PushKey) -> None:
    """Note the newest key. Raises `StoreUnavailable`."""
    await notes.local_put(NOTES, _NOTE, orjson.dumps({"id": key.id}))
