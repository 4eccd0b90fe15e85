"""The one-time secret by which the first clinic is founded.

The first start prints it in a link; only its SHA-256 is kept. Founding binds it to the circle in
the same turn, before the circle is stored: after a crash between the two the same request succeeds,
and any other start prints a new link until a clinic is there.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson

from rejoint_server.access.hints import NOTES
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.errors import Forbidden, NotFound
from rejoint_sync.stores import Store

SECRET_BYTES: Final = 16
_NOTE: Final = "setup"


class Setup:
    """The state of the secret.

    Args:
        store: Whose notes were opened.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = asyncio.Lock()

    async def renew(self, random: bytes) -> str | None:
        """Give out a new secret, unless a clinic was founded with an earlier one.

        Args:
            random: 16 random bytes.

        Returns:
            The secret, 22 characters; None when setup is over.
        """
        assert len(random) == SECRET_BYTES
        async with self._turn:
            state = await self._load()
            if await self._is_over(state):
                return None
            secret = b64u_encode(random)
            renewed = {"hash": _hash(secret), "circle": ""}
            if state.get("circle"):
                renewed["earlier_hash"] = state["hash"]
                renewed["earlier_circle"] = state["circle"]
            await self._save(renewed)
            return secret

    async def found(
        self, secret: str | None, circle: str, create: Callable[[], Awaitable[None]]
    ) -> None:
        """Found the first clinic with the secret.

        Args:
            secret: As it was sent.
            circle: The clinic's circle.
            create: Stores it.

        Raises:
            Forbidden: No secret, another one, or a clinic is there already.
        """
        async with self._turn:
            state = await self._load()
            if await self._is_over(state):
                raise Forbidden("This setup link was used already.")
            hashed = _hash(secret or "")
            earlier = state.get("earlier_circle") == circle
            if not hmac.compare_digest(hashed, state.get("hash", "")) and not (
                earlier and hmac.compare_digest(hashed, state["earlier_hash"])
            ):
                raise Forbidden("The first clinic is founded with the newest setup link.")
            await self._save({**state, "circle": circle})
            await create()

    async def adopt(self, circle: str) -> None:
        """Setup is over: the clinic of this circle was founded before, and came back."""
        async with self._turn:
            await self._save({**await self._load(), "circle": circle})

    async def _is_over(self, state: dict[str, Any]) -> bool:
        circle = state.get("circle")
        if not circle:
            return False
        try:
            await self._store.info(circle)
        except NotFound:
            return False
        return True

    async def _load(self) -> dict[str, Any]:
        note = await self._store.local_get(NOTES, _NOTE)
        state: dict[str, Any] = orjson.loads(note[1]) if note else {}
        return state

    async def _save(self, state: dict[str, Any]) -> None:
        await self._store.local_put(NOTES, _NOTE, orjson.dumps(state))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
