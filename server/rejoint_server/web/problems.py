"""Every error that leaves the server, made into CouchDB's JSON shape in one place."""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from litestar.exceptions import HTTPException, LitestarException

from rejoint_sync.errors import (
    BadRequest,
    CircleError,
    MethodNotAllowed,
    NotFound,
    OtherVersion,
    SyncError,
    TooLarge,
    Unauthorized,
)

Headers = tuple[tuple[bytes, bytes], ...]

UNEXPECTED: Final = "The server made a mistake; nothing was stored by this request."


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer that says what went wrong.

    Attributes:
        status: HTTP status.
        body: `{"error", "reason"}`, with `code` for a rule of a circle, `versions` for another one.
        headers: More headers of the answer.
        unexpected: The type of an error nobody meant to raise, "" for all others.
    """

    status: int
    body: bytes
    headers: Headers = ()
    unexpected: str = ""


def problem_of(error: Exception, *, now_s: int, challenge: bytes) -> Problem:
    """Translate any exception; what is not ours is a 500 that tells nothing but that.

    Args:
        error: Whatever was raised.
        now_s: Unix time, told to a client whose clock is wrong.
        challenge: `WWW-Authenticate` of a 401.
    """
    if type(error) is LitestarException and isinstance(error.__cause__, Exception):
        # So the framework wraps what happens after an answer has begun.
        error = error.__cause__
    known = _sync_error(error)
    if known is None:
        body = orjson.dumps({"error": "internal_server_error", "reason": UNEXPECTED})
        return Problem(500, body, unexpected=type(error).__qualname__)
    members: dict[str, Any] = {"error": known.error, "reason": known.reason}
    if isinstance(known, CircleError):
        members["code"] = known.code
        if known.code == "clock":
            members["now"] = now_s
    if isinstance(known, OtherVersion):
        members["versions"] = list(known.versions)
    headers: Headers = ()
    if known.status == 401:
        headers = ((b"www-authenticate", challenge),)
    if isinstance(error, HTTPException) and error.headers and "allow" in error.headers:
        headers = ((b"allow", error.headers["allow"].encode("latin-1")),)
    return Problem(known.status, orjson.dumps(members), headers)


def _sync_error(error: Exception) -> SyncError | None:
    """Our own errors as they are; the web framework's without the values it quotes."""
    if isinstance(error, SyncError):
        return error if error.status != 500 else None
    if not isinstance(error, HTTPException) or error.status_code >= 500:
        return None
    kinds: dict[int, SyncError] = {
        401: Unauthorized("Log in first."),
        404: NotFound("missing"),
        405: MethodNotAllowed("This path is not offered with this method."),
        413: TooLarge("The request body is too long."),
    }
    return kinds.get(error.status_code) or BadRequest("The request is not what this route reads.")
