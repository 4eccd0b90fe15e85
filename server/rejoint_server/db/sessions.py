"""Sessions of the one account of `--policy open`: a signed cookie instead of Basic in each request.

The cookie holds the name, when it was given out and an HMAC of both by a key that this process
drew; after a restart one logs in again. It goes to this site alone and no script can read it.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Final

from rejoint_server.clock import Clock
from rejoint_server.settings import Admin

COOKIE: Final = "AuthSession"
SESSION_S: Final = 24 * 3600
"""How long a session lasts, in seconds; there is no renewal."""

_ATTRIBUTES: Final = "Version=1; Path=/; HttpOnly; SameSite=Strict"


class Sessions:
    """Gives out cookies and knows them again.

    Args:
        clock: Decides when one is over.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def open(self, admin: Admin) -> str:
        """`Set-Cookie` for who has shown name and password."""
        issued = f"{self._clock.now_s():X}"
        value = base64.urlsafe_b64encode(
            f"{admin.name}:{issued}:{self._sign(admin, issued)}".encode()
        )
        return f"{COOKIE}={value.decode().rstrip('=')}; {_ATTRIBUTES}; Max-Age={SESSION_S}"

    @staticmethod
    def close() -> str:
        """`Set-Cookie` that makes a client forget its session."""
        return f"{COOKIE}=; {_ATTRIBUTES}; Max-Age=0"

    def knows(self, cookies: str, admin: Admin) -> bool:
        """Whether a `Cookie` header holds a session of this account that is not over."""
        value = _cookie(cookies)
        try:
            text = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
            name, issued, signature = text.rsplit(":", 2)
            age_s = self._clock.now_s() - int(issued, 16)
        except (binascii.Error, ValueError):
            return False
        is_signed = hmac.compare_digest(signature.encode(), self._sign(admin, issued).encode())
        return is_signed and name == admin.name and 0 <= age_s < SESSION_S

    def _sign(self, admin: Admin, issued: str) -> str:
        # The password is signed too: another one ends the sessions of the old one.
        text = f"{admin.name}:{issued}:{admin.password.get_secret_value()}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def _cookie(header: str) -> str:
    for entry in header.split(";"):
        name, _, value = entry.strip().partition("=")
        if name == COOKIE:
            return value.strip('"')
    return ""
