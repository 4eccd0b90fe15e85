"""What a handler of `/db` is given: the request, who asks, and what the server is made of."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rejoint_server.db.policy import Guest, Policy
from rejoint_server.design.design_functions import DesignFunctions
from rejoint_server.settings import Settings
from rejoint_server.web.asgi import Answer, Request, Stream
from rejoint_sync.document import Document
from rejoint_sync.errors import BadContentType
from rejoint_sync.multipart import media_type
from rejoint_sync.revtree import Tree
from rejoint_sync.stores import Outcome, Store, Stored
from rejoint_sync.wire.query import Query, parse_object

READ_AT_ONCE: Final = 200
"""Documents held in memory at once while an answer is streamed."""


@dataclass(frozen=True, slots=True)
class Service:
    """The parts that every handler shares.

    Attributes:
        store: Where documents are.
        policy: Who may do what.
        settings: Of this server.
        new_id: Names a document that came without a name; 32 hexadecimal digits.
        stopping: Set when the server is about to stop: whoever waits ends its answer.
        designs: Functions of design documents; None where nobody's code is run.
    """

    store: Store
    policy: Policy
    settings: Settings
    new_id: Callable[[], str]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    designs: DesignFunctions | None = None

    def forget_designs(self, database: str) -> None:
        """Design documents of this database may be gone, by another way than a write."""
        if self.designs is not None:
            self.designs.forget(database)


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known guest in one database.

    Attributes:
        service: The parts.
        request: As it came.
        guest: Who asks.
        name: Of the document, "" when the request names none.
        part: Of its attachment, "" when the request names none.
    """

    service: Service
    request: Request
    guest: Guest
    name: str = ""
    part: str = ""

    @property
    def store(self) -> Store:
        """The store."""
        return self.service.store

    @property
    def database(self) -> str:
        """The database asked for."""
        return self.guest.database

    @property
    def query(self) -> Query:
        """The options of the request."""
        return self.request.query

    async def json_object(self) -> dict[str, Any]:
        """The body of a POST, a JSON object. Raises `BadContentType` for any other type."""
        return parse_object(await json_body(self.request))

    async def optional_object(self) -> dict[str, Any]:
        """As `json_object` for a POST with a body; nothing for any other."""
        if self.request.method != "POST":
            return {}
        body = await json_body(self.request)
        return parse_object(body) if body else {}

    async def read(self, document_id: str) -> Stored | None:
        """One document, None when it is not there or not to be shown."""
        stored = await self.store.read(self.database, document_id)
        return stored if stored and self.guest.sight.shows(document_id) else None

    async def read_many(self, document_ids: Sequence[str]) -> dict[str, Stored]:
        """As `read`, for those that are there."""
        shown = [name for name in document_ids if self.guest.sight.shows(name)]
        return await self.store.read_many(self.database, shown)

    async def trees(self, document_ids: Sequence[str]) -> dict[str, Tree]:
        """As `read_many`, without bodies."""
        shown = [name for name in document_ids if self.guest.sight.shows(name)]
        return await self.store.trees(self.database, shown)

    async def write(self, documents: Sequence[Document], *, new_edits: bool) -> list[Outcome]:
        """Store what the policy lets pass."""
        return await self.service.policy.write(self.guest, documents, new_edits=new_edits)


Handler = Callable[[Call], Awaitable[Answer | Stream]]


async def json_body(request: Request) -> bytes:
    """The body of a request that must be JSON. Raises `BadContentType` for any other type."""
    content_type = request.header(b"content-type")
    if content_type and media_type(content_type) != "application/json":
        raise BadContentType("Content-Type must be application/json")
    return await request.body()
