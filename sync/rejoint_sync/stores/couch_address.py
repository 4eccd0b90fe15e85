"""Where a CouchDB is, and how our databases are called there.

CouchDB allows few characters in the name of a database, ours allow any. A name is written as a
prefix that sets our databases apart from others on the same cluster, then the name with everything
but `a-z`, `0-9`, `_` and `-` as `$` and two hexadecimal digits per byte; `c` and 40 hexadecimal
digits, the name of a circle, stays readable.
"""

import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from rejoint_sync.errors import BadRequest

DEFAULT_PREFIX: Final = "rejoint-"
DEFAULT_PORT: Final = 5984
# CouchDB refuses longer ones: the name is that of a file, with an ending of its own.
NAME_LENGTH_MAX: Final = 238
_SCHEMES: Final = {"couchdb": "http", "couchdbs": "https"}
_PREFIX: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_PLAIN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-")
_WRITTEN: Final = re.compile(r"(?:[a-z0-9_-]|\$[0-9a-f]{2})*")


@dataclass(frozen=True, slots=True, repr=False)
class CouchAddress:
    """A CouchDB and the account in it that makes and removes databases.

    Attributes:
        url: `http://host:port`, without name and password.
        user: An administrator's name; empty where the server asks for none.
        password: Its password.
        prefix: The beginning of the names of our databases.
    """

    url: str
    user: str
    password: str
    prefix: str = DEFAULT_PREFIX

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `couchdb://user:password@host:5984/prefix`, or `couchdbs://…` for https.

        Reserved characters in name and password are percent-encoded. Port and prefix may be left
        out; the login too, for a server that asks for none.

        Raises:
            ValueError: It is anything else; the text is not repeated, since it holds a password.
        """
        shape = "expected couchdb://user:password@host:5984 or the same with couchdbs"
        try:
            parts = urlsplit(text)
            port = parts.port or DEFAULT_PORT
        except ValueError:
            raise ValueError(shape) from None
        scheme = _SCHEMES.get(parts.scheme)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if not (scheme and parts.hostname) or bool(user) != bool(password):
            raise ValueError(shape)
        prefix = parts.path.removeprefix("/") or DEFAULT_PREFIX
        if parts.query or parts.fragment or not _PREFIX.fullmatch(prefix):
            raise ValueError("the prefix of a CouchDB's databases: a letter, then a-z, 0-9, _ or -")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(f"{scheme}://{host}:{port}", user, password, prefix)

    def __repr__(self) -> str:
        """Without the password."""
        return f"CouchAddress({self.url!r}, {self.user!r}, prefix={self.prefix!r})"

    @property
    def register(self) -> str:
        """The database in which the store keeps what it must know of the others."""
        return f"{self.prefix}$register"

    def written(self, name: str) -> str:
        """How a database of ours is called in CouchDB.

        Raises:
            BadRequest: Its name is too long for CouchDB, or not Unicode text.
        """
        try:
            octets = name.encode()
        except UnicodeEncodeError as error:
            raise BadRequest("a database's name must be Unicode text") from error
        text = "".join(chr(one) if one in _PLAIN else f"${one:02x}" for one in octets)
        if len(self.prefix) + len(text) > NAME_LENGTH_MAX:
            raise BadRequest("the database's name is too long")
        return self.prefix + text

    def read(self, written: str) -> str | None:
        """Our name of a database in CouchDB, None when it is not one of ours."""
        text = written.removeprefix(self.prefix)
        if not written.startswith(self.prefix) or not _WRITTEN.fullmatch(text):
            return None
        octets = re.sub(
            rb"\$([0-9a-f]{2})", lambda hit: bytes.fromhex(hit[1].decode()), text.encode()
        )
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return None
