"""Who may do what in `/db`: the port that replication asks, and its answer for `--policy open`.

The answer for circles is in `circles/policy.py`.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from rejoint_server.clock import Clock
from rejoint_server.db.sessions import Sessions
from rejoint_server.design.design_functions import DesignFunctions
from rejoint_server.settings import Admin
from rejoint_server.web.asgi import Request
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


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request is of, as `_session` says it.

    Attributes:
        name: Of the account; None for nobody.
        roles: `_admin` for who may do everything.
        by: How it was shown; "" for nobody.
    """

    name: str | None = None
    roles: tuple[str, ...] = ()
    by: Literal["", "cookie", "default"] = ""


class Policy(Protocol):
    """Decides on every request but those anyone may make (welcome, `_up`)."""

    @property
    def name(self) -> str:
        """As `--policy` names it."""
        ...

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
        """Creating and deleting a database. Raises a `SyncError`."""
        ...

    async def sees(self, request: Request) -> Callable[[str], bool]:
        """Which databases the caller may know of. Raises a `SyncError`."""
        ...

    def caller(self, request: Request) -> Caller:
        """Who asks; nobody, when it is not known."""
        ...

    def log_in(self, request: Request, name: str, password: str) -> tuple[Caller, str]:
        """Begin a session: who it is of, and its `Set-Cookie`. Raises `Unauthorized`."""
        ...

    async def write(
        self, guest: Guest, documents: Sequence[Document], *, new_edits: bool
    ) -> list[Outcome]:
        """Store what may be stored, one outcome per document in the same order."""
        ...


class OpenPolicy:
    """Any document in any database; one account, or none, by HTTP Basic or a session's cookie.

    Args:
        store: Where it all goes.
        admin: Who must log in; None lets everyone in.
        clock: Decides when a session is over.
        designs: What design documents decide about writes.
    """

    name = "open"

    def __init__(
        self, store: Store, admin: Admin | None, clock: Clock, designs: DesignFunctions
    ) -> None:
        self._store = store
        self._designs = designs
        self._admin = admin
        self._login = b"Basic " + base64.b64encode(_expected(admin)) if admin else b""
        self._sessions = Sessions(clock)

    @property
    def challenge(self) -> bytes:
        """`WWW-Authenticate` of a 401."""
        return b'Basic realm="rejoint"'

    async def enter(self, request: Request, database: str) -> Guest:
        """Check who asks, then the form of the database's name."""
        self._check_admin(request)
        if not _DATABASE_NAME.fullmatch(database):
            raise illegal_name(database)
        return Guest(database)

    async def renew(self, guest: Guest) -> None:
        """Nothing can have changed."""

    async def may_manage(self, request: Request, database: str) -> None:
        """Whoever may enter may also create and delete."""
        await self.enter(request, database)

    async def sees(self, request: Request) -> Callable[[str], bool]:
        """Every database but the server's own."""
        self._check_admin(request)
        return lambda name: not name.startswith("_")

    def caller(self, request: Request) -> Caller:
        """The account; everyone is an admin where there is none."""
        if self._admin is None:
            return Caller(None, ("_admin",), "default")
        if request.header(b"authorization"):
            self._check_admin(request)
            return Caller(self._admin.name, ("_admin",), "default")
        if self._sessions.knows(request.header(b"cookie"), self._admin):
            return Caller(self._admin.name, ("_admin",), "cookie")
        return Caller()

    def log_in(self, request: Request, name: str, password: str) -> tuple[Caller, str]:  # noqa: ARG002
        """Compare name and password."""
        given = f"{name}:{password}".encode()
        if self._admin is None or not hmac.compare_digest(given, _expected(self._admin)):
            raise Unauthorized("Name or password is incorrect.")
        return Caller(self._admin.name, ("_admin",), "cookie"), self._sessions.open(self._admin)

    async def write(
        self, guest: Guest, documents: Sequence[Document], *, new_edits: bool
    ) -> list[Outcome]:
        """Store everything that the validation functions of the database let pass."""
        database = guest.database
        try:
            refusals = await self._designs.refusals(
                database, documents, new_edits=new_edits, user=self.user
            )
            if not refusals:
                return await self._store.write(database, documents, new_edits=new_edits)
            passed = [one for number, one in enumerate(documents) if number not in refusals]
            written = iter(await self._store.write(database, passed, new_edits=new_edits))
            return [
                refused(one, refusals[number]) if number in refusals else next(written)
                for number, one in enumerate(documents)
            ]
        finally:
            if any(document.id.startswith("_design/") for document in documents):
                self._designs.forget(database)

    @property
    def user(self) -> dict[str, Any]:
        """Who everyone is that was let in, as functions of design documents see it."""
        return {"name": self._admin.name if self._admin else None, "roles": ["_admin"]}

    def _check_admin(self, request: Request) -> None:
        if self._admin is None:
            return
        shown = request.header(b"authorization")
        if shown:
            # As nearly every client writes it, else taken apart.
            if hmac.compare_digest(shown.encode("latin-1"), self._login):
                return
            if not hmac.compare_digest(_basic(request), _expected(self._admin)):
                raise Unauthorized("Name or password is incorrect.")
        elif not self._sessions.knows(request.header(b"cookie"), self._admin):
            raise Unauthorized("You are not authorized to access this db.")


def illegal_name(database: str) -> IllegalDatabaseName:
    """The refusal of a database's name."""
    return IllegalDatabaseName(
        f"Name: '{database[:80]}'. Only lowercase characters (a-z), digits (0-9), and any of the "
        "characters _, $, (, ), +, -, and / are allowed. Must begin with a letter."
    )


def _expected(admin: Admin) -> bytes:
    return f"{admin.name}:{admin.password.get_secret_value()}".encode()


def _basic(request: Request) -> bytes:
    scheme, _, encoded = request.header(b"authorization").partition(" ")
    if scheme.lower() != "basic":
        raise Unauthorized("You are not authorized to access this db.")
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Unauthorized("Name or password is incorrect.") from None


def refused(document: Document, error: SyncError) -> Outcome:
    """The outcome of a document that was not stored."""
    return Outcome(document.id, "", error)
