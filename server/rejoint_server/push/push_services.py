"""Push services: which ones the server sends to, and what the endpoint of a subscription may be."""

import re
from collections.abc import Sequence
from typing import Final

from rejoint_sync.errors import BadRequest, Forbidden

ENDPOINT_LENGTH_MAX: Final = 1024

# So narrow that no two programs can read it in two ways: no user, no port, no escaped host.
_PATH: Final = r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*"
_ENDPOINT: Final = re.compile(rf"https://([a-z0-9.-]{{1,253}}){_PATH}")
_LOOPBACK: Final = re.compile(rf"http://(127\.0\.0\.1:[0-9]{{1,5}}){_PATH}")

_CLASSES: Final = (
    ("google", (".googleapis.com", ".google.com")),
    ("mozilla", (".mozilla.com",)),
    ("windows", (".windows.com",)),
    ("apple", (".apple.com",)),
)
OTHER: Final = "other"
SERVICES: Final = (*(name for name, _ in _CLASSES), OTHER)
"""What figures are told apart by."""


class PushServices:
    """The push services of one server.

    Args:
        hosts: Names, or `*.` and the end of names.
        loopback: Whether a service on this machine, by http, is one too; for tests.
    """

    def __init__(self, hosts: Sequence[str], *, loopback: bool) -> None:
        self._names = frozenset(host for host in hosts if not host.startswith("*."))
        self._ends = tuple(host[1:] for host in hosts if host.startswith("*."))
        self._loopback = loopback

    def origin_of(self, endpoint: str) -> str:
        """Scheme and host of an endpoint, as a push service wants to be named.

        Args:
            endpoint: From a device; at most `ENDPOINT_LENGTH_MAX` characters.

        Raises:
            BadRequest: It is no endpoint.
            Forbidden: It is one of a push service that this server does not send to.
        """
        if len(endpoint) > ENDPOINT_LENGTH_MAX:
            raise BadRequest(f"endpoint: at most {ENDPOINT_LENGTH_MAX} characters.")
        if self._loopback and (here := _LOOPBACK.fullmatch(endpoint)):
            return f"http://{here.group(1)}"
        known = _ENDPOINT.fullmatch(endpoint)
        if known is None:
            raise BadRequest("endpoint: expected an https URL without a port.")
        host = known.group(1)
        if host not in self._names and not (self._ends and host.endswith(self._ends)):
            raise Forbidden("This server does not send to the push service of this browser.")
        return f"https://{host}"


def service_of(origin: str) -> str:
    """The push service of an origin, one of `SERVICES`.

    >>> service_of("https://fcm.googleapis.com")
    'google'
    """
    host = "." + origin.partition("://")[2]
    return next((name for name, ends in _CLASSES if host.endswith(ends)), OTHER)
