"""Query strings and JSON bodies, read into options."""

from collections.abc import Mapping
from typing import Any, Final, Self
from urllib.parse import unquote_to_bytes

import orjson

from rejoint_sync.document import parse_body
from rejoint_sync.errors import BadRequest, TooLarge
from rejoint_sync.revision import Revision

DOCUMENTS_PER_REQUEST_MAX: Final = 10_000
"""Documents, keys or ids that one request may name: bounds what one answer costs."""


class Query:
    """The options of a request; those nobody asks for are ignored, as CouchDB does.

    Args:
        raw: The query string as it came, without "?"; of a repeated option the last one counts.
        members: Of a JSON body that may hold options too; they count before the others.

    Raises:
        BadRequest: A name or value is not UTF-8.
    """

    def __init__(self, raw: bytes, members: Mapping[str, Any] | None = None) -> None:
        self._raw = raw
        self._options: dict[str, str] = {}
        for part in raw.split(b"&"):
            name, _, value = part.partition(b"=")
            if name:
                self._options[_text(name)] = _text(value)
        for key, member in (members or {}).items():
            try:
                self._options[key] = orjson.dumps(member).decode()
            except TypeError as error:
                raise BadRequest(f"The request body must be JSON: {error}") from error

    @property
    def is_empty(self) -> bool:
        """Whether there are no options at all."""
        return not self._options

    def with_members(self, members: Mapping[str, Any]) -> Self:
        """These options, those of a JSON body before them: `{"limit": 2}` is `limit=2`."""
        return type(self)(self._raw, members) if members else self

    def text(self, name: str) -> str | None:
        """The option as it stands, None when it is not there."""
        return self._options.get(name)

    def texts(self) -> dict[str, str]:
        """All options as they stand."""
        return dict(self._options)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Whether the option is `true`. Raises `BadRequest`."""
        value = self._options.get(name)
        if value is None:
            return default
        if value not in ("true", "false"):
            raise BadRequest(f"{name} must be true or false.")
        return value == "true"

    def count(self, name: str) -> int | None:
        """A number of at most 15 digits, None when it is not there. Raises `BadRequest`."""
        value = self._options.get(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 15):
            raise BadRequest(f"{name} must be a number, 0 or greater.")
        return int(value)

    def json(self, *names: str) -> Any:
        """The first of these options that is there, parsed; None without one or for `null`."""
        for name in names:
            value = self._options.get(name)
            if value is not None:
                try:
                    return orjson.loads(value)
                except orjson.JSONDecodeError:
                    raise BadRequest(f"{name} must be JSON.") from None
        return None

    def key(self, *names: str) -> str | None:
        """As `json`, for a document id. Raises `BadRequest` for anything but a string."""
        value = self.json(*names)
        if value is not None and not isinstance(value, str):
            raise BadRequest(f"{names[0]} must be a JSON string.")
        return value

    def revisions(self, name: str) -> tuple[str, ...]:
        """A JSON list of revisions, each once; empty when it is not there. Raises `BadRequest`."""
        value = self.json(name)
        if value is None:
            return ()
        return tuple(dict.fromkeys(str(Revision.parse(rev)) for rev in strings(value, name)))


def _text(raw: bytes) -> str:
    try:
        if b"%" not in raw:
            return raw.replace(b"+", b" ").decode()
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise BadRequest("The query string must be UTF-8.") from None


def parse_object(raw: bytes) -> dict[str, Any]:
    """Parse a request's body. Raises `BadRequest` for anything but a JSON object."""
    value = parse_body(raw)
    if not isinstance(value, dict):
        raise BadRequest("The request body must be a JSON object.")
    return value


def strings(value: object, what: str) -> list[str]:
    """A list of at most `DOCUMENTS_PER_REQUEST_MAX` strings.

    Raises:
        BadRequest: Anything else.
        TooLarge: A longer list.
    """
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadRequest(f"{what} must be a list of strings.")
    if len(value) > DOCUMENTS_PER_REQUEST_MAX:
        raise TooLarge(f"{what} may name at most {DOCUMENTS_PER_REQUEST_MAX} at a time.")
    return value
