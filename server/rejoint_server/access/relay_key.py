"""The key pair that relay files are sealed to: made when it is first asked for, then kept."""

import asyncio
from typing import Final

import orjson

from rejoint_server.access.hints import NOTES
from rejoint_sync.circle.encoding import b64u_decode, b64u_encode
from rejoint_sync.circle.envelope import generate_scalar, public_point
from rejoint_sync.stores import Store

_NOTE: Final = "relay"


class RelayKey:
    """The relay key of one server; it stays the same as long as the store does.

    Args:
        store: Whose notes were opened.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = asyncio.Lock()
        self._known = b""

    async def scalar(self) -> bytes:
        """The private half, 32 bytes."""
        async with self._turn:
            if not self._known:
                note = await self._store.local_get(NOTES, _NOTE)
                if note is None:
                    made = generate_scalar()
                    body = orjson.dumps({"key": b64u_encode(made)})
                    await self._store.local_put(NOTES, _NOTE, body)
                    self._known = made
                else:
                    self._known = b64u_decode(orjson.loads(note[1])["key"])
            return self._known

    async def shown(self) -> str:
        """The public half, base64url of 65 bytes."""
        return b64u_encode(public_point(await self.scalar()))
