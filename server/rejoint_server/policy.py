"""Who may do what in `/db`: the port that replication asks, and its answer for `--policy open`.

The answer for circles is in `circle_policy.py`.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from rejoint_server.asgi import Request
from rejoint_server.settings import Admin
from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest, SyncError, Unauthorized
from rejoint_sync.stores import Outcome, Sight, Store

SEES_ALL: Final = Sight()
_DATABASE_NAME: Final = re.compile(r"[a-z][a-z0-9_$()+/-]{0,237}")


class IllegalDatabaseName(BadRequest):
    """A database name that CouchDB would not take either."""

    error = "illegal_database_name"


@dataclass(frozen=True, slots=True)
class Guest:
    """Who asks, for one database.

    Attributes:
        database: Its name.
        sight: Which documents are shown.
        local_prefix: Before the names of its `_local` documents, so that nobody meets another's.
        device: Its device id, "" when it has none.
    """

    database: str
    sight: Sight = SEES_ALL
    local_prefix: str = ""
    device: str = ""


class Policy(Protocol):
    """Decides on every request but those anyone may make (welcome, `_up`)."""

    @property
    def challenge(self) -> bytes:
        """`WWW-Authenticate` of a 401."""
        ...

    async def enter(self, request: Request, database: str) -> Guest:
        """Let in who asks for a database. Raises a `SyncError`."""
        ...

    async def renew(self, guest: Guest) -> None:
        """Check again that a waiting guest may still be there. Raises a `SyncError`."""
        ...

    async def may_manage(self, request: Request, database: str) -> None:
        """Creating, deleting and listing databases. Raises a `SyncError`."""
        ...

    async def write(
        self, guest: Guest, documents: Sequence[Document], *, new_edits: bool
    ) -> list[Outcome]:
        """Store what may be stored, one outcome per document in the same order."""
        ...


class OpenPolicy:
    """Any document in any database; one account, or none, by HTTP Basic.

    Args:
        store: Where it all goes.
        admin: Who must log in; None lets everyone in.
    """

    def __init__(self, store: Store, admin: Admin | None) -> None:
        self._store = store
        self._admin = admin

    @property
    def challenge(self) -> bytes:
        """`WWW-Authenticate` of a 401."""
        return b'Basic realm="rejoint"'

    async def enter(self, request: Request, database: str) -> Guest:
        """Check name and password, then the form of the database's name."""
        self._check_admin(request)
        if not _DATABASE_NAME.fullmatch(database):
            raise IllegalDatabaseName(
                "A database name is a lower-case letter, then a-z 0-9 _ $ ( ) + - or /."
            )
        return Guest(database)

    async def renew(self, guest: Guest) -> None:
        """Nothing can have changed."""

    async def may_manage(self, request: Request, database: str) -> None:
        """Whoever may enter may also create and delete."""
        if database:
            await self.enter(request, database)
        self._check_admin(request)

    async def write(
        self, guest: Guest, documents: Sequence[Document], *, new_edits: bool
    ) -> list[Outcome]:
        """Store everything."""
        return await self._store.write(guest.database, documents, new_edits=new_edits)

    def _check_admin(self, request: Request) -> None:
        if self._admin is None:
            return
        expected = f"{self._admin.name}:{self._admin.password.get_secret_value()}".encode()
        if not hmac.compare_digest(_basic(request), expected):
            raise Unauthorized("Name or password is incorrect.")


def _basic(request: Request) -> bytes:
    scheme, _, encoded = request.header(b"authorization").partition(" ")
    if scheme.lower() != "basic":
        raise Unauthorized("You are not authorized to access this database.")
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Unauthorized("Name or password is incorrect.") from None


def refused(document: Document, error: SyncError) -> Outcome:
    """The outcome of a document that was not stored."""
    return Outcome(document.id, "", error)
