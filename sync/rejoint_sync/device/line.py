"""The device's line to its server: address, login, and the server's time.

Time on this machine is only used with the correction that the server's last answer gave; entries
of a log are stamped by an answer of just now.
"""

import contextlib
from collections.abc import AsyncGenerator, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rejoint_sync.circle.keys import login_token
from rejoint_sync.device.home import Identity
from rejoint_sync.device.state import DeviceState
from rejoint_sync.drive import Connection, open_client
from rejoint_sync.errors import SyncError, Unauthorized
from rejoint_sync.exchange.frames import MEDIA_TYPE, Item, Reader
from rejoint_sync.traffic import Traffic

if TYPE_CHECKING:
    import httpx


OpenClient = Callable[[str], "httpx.AsyncClient"]
"""Makes an HTTP client for an origin; it is closed after each use."""


class NotUnderstood(SyncError):
    """An answer of one-request sync that this version cannot read on; what came before is good."""


class Line:
    """A line to one server; `async with` opens and closes it.

    Args:
        identity: Who calls, and where.
        state: Its clock correction is kept up to date.
        clock: Unix seconds by this machine.
        open_to: Makes the HTTP client for an origin; None for `drive.open_client`.

    Attributes:
        traffic: What went over it.
        open: Asked without login.
        known: Asked as this device.
        incarnation: Of the server's store, as it said in this sync; empty before.
        heads: By circle what a document sealed now would say of its log, as the server said in this
            sync.
        waiting: Circles of which the server wants to see the newest entry, as it said in this sync.
        relay_key: What relay files are sealed to, as it said in this sync; empty before.
    """

    open: Connection
    known: Connection

    def __init__(
        self,
        identity: Identity,
        state: DeviceState,
        clock: Callable[[], float],
        open_to: OpenClient | None = None,
    ) -> None:
        self.traffic = Traffic()
        self.identity = identity
        self.incarnation = ""
        self.heads: dict[str, str] = {}
        self.waiting: frozenset[str] = frozenset()
        self.relay_key = ""
        self._state = state
        self._clock = clock
        self._open_to = open_to
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        """Make ready; nothing is sent yet."""
        client = (self._open_to or open_client)(self.identity.connect)
        self._client = await client.__aenter__()
        self.open = Connection(client, self.traffic, None, self._heard)
        self.known = Connection(client, self.traffic, self._token, self._heard)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        if self._client is not None:
            await self._client.__aexit__(kind, error, trace)

    async def exchange(self, content: bytes) -> AsyncGenerator[list[Item], None]:
        """Ask `POST /sync`, by the session where there is one; the items of the answer.

        To be closed (`contextlib.aclosing`) where it is not read to its end.

        Args:
            content: A whole request.

        Yields:
            Items as they come, several at once where they came at once.

        Raises:
            NotOffered: This server has no one-request sync.
            NotUnderstood: What follows is no item.
            Unreachable: No answer, or it was cut.
            SyncError: The request was refused.
        """
        try:
            async for items in self._exchanged(content, self._state.session):
                yield items
        except Unauthorized:
            if not self._state.session:
                raise
            self._state.session = ""
        else:
            return
        async for items in self._exchanged(content, ""):
            yield items

    async def _exchanged(self, content: bytes, session: str) -> AsyncGenerator[list[Item], None]:
        reader = Reader()
        answer = self.known.stream("/sync", content, MEDIA_TYPE, session)
        async with contextlib.aclosing(answer) as parts:
            async for part in parts:
                items: list[Item] = []
                fault: SyncError | None = None
                try:
                    items.extend(reader.feed(part))
                except SyncError as error:
                    fault = error
                if items:
                    yield items
                if fault is not None:
                    raise NotUnderstood(fault.reason)

    def now_s(self) -> int:
        """Unix seconds by the server, as far as it is known."""
        return int(self._clock()) + self._state.offset_s

    def _heard(self, server_s: int) -> None:
        self._state.offset_s = server_s - int(self._clock())

    def _token(self) -> str:
        return login_token(self.identity.keys, self.identity.server, self.now_s())
