"""One message to one push service: the only file that knows pywebpush.

pywebpush encrypts (RFC 8291), in a thread: that is half of what a ping costs, and requests of
phones should not wait for it. What else it offers is done here as this server wants it: the login
(RFC 8292) is for one push service and one key; no redirect is followed; every wait has an end; of
an answer little is read and nothing kept.
"""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver
from py_vapid import Vapid02
from pywebpush import WebPusher, WebPushException
from yarl import URL

from rejoint_server.push.messages import URGENCY, Message, Reply, Unreachable, Unusable
from rejoint_server.push.push_addresses import AddressRefused, gate
from rejoint_sync.circle.encoding import b64u_encode

TOKEN_S: Final = 3600
"""How long a signed login is good for; a push service takes at most a day."""

LOGIN_KEPT_S: Final = 600
"""How long a login is used again, for whatever the same push service is sent by the same key."""

LOGINS_MAX: Final = 1000
"""Logins that are kept; there are a handful of push services, and few keys."""

ANSWER_BYTES_MAX: Final = 1024
"""More of an answer's body is not read; the connection is closed instead."""

CONNECTIONS_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a push service may take, in seconds.

    Attributes:
        total_s: From the beginning to the head of the answer.
        connect_s: For a connection, with its name and TLS.
        body_s: For the body of an answer, whose status is known by then.
    """

    total_s: float = 15.0
    connect_s: float = 5.0
    body_s: float = 1.0


class Post:
    """Sends messages; made inside the event loop that it works in.

    Args:
        contact: Whom a push service may ask, a `mailto:` or `https:` URL.
        loopback: Whether this machine's own addresses may be sent to; for tests.
        patience: How long a push service may take.
        tls: Whom to trust; None for the machine's own choice.
        resolver: Who knows names; None for the machine's own.
    """

    def __init__(
        self,
        contact: str,
        *,
        loopback: bool = False,
        patience: Patience | None = None,
        tls: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._contact = contact
        # Without a cache each new connection asks anew, and each is checked by itself.
        connector = aiohttp.TCPConnector(
            limit=CONNECTIONS_MAX,
            use_dns_cache=False,
            resolver=resolver,
            ssl=tls or True,
            socket_factory=gate(loopback=loopback),
        )
        self._patience = patience or Patience()
        self._logins: dict[tuple[str, str], tuple[int, dict[str, str]]] = {}
        self._client = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "rejoint"},
            auto_decompress=False,
            trust_env=False,  # through a proxy it cannot be seen where a connection ends
        )

    async def send(self, message: Message, now_s: int) -> Reply:
        """Send a message, once; see `messages.Carrier`."""
        body, login = await asyncio.to_thread(self._sealed, message, now_s)
        wanted = {
            "Content-Encoding": "aes128gcm",
            "TTL": str(message.ttl_s),
            "Topic": message.topic,
            "Urgency": URGENCY,
        }
        try:
            return await self._post(message.subscription.endpoint, body, {**login, **wanted})
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if isinstance(getattr(error, "os_error", None), AddressRefused):
                raise AddressRefused from None
            # Without its cause, whose text may hold the endpoint.
            raise Unreachable from None

    async def close(self) -> None:
        """End all connections."""
        await self._client.close()

    def _sealed(self, message: Message, now_s: int) -> tuple[bytes, dict[str, str]]:
        """A message for the browser alone, and the login that goes with it. Raises `Unusable`."""
        subscription = message.subscription
        keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
        try:
            pusher = WebPusher({"endpoint": subscription.endpoint, "keys": keys})
            body: bytes = pusher.encode(message.payload.encode())["body"]
        except (WebPushException, ValueError, LookupError):
            # No point, or no text that could be one.
            raise Unusable from None
        return body, self._login(message, now_s)

    def _login(self, message: Message, now_s: int) -> dict[str, str]:
        for_whom = (message.key.id, message.origin)
        known = self._logins.get(for_whom)
        if known is not None and 0 <= now_s - known[0] < LOGIN_KEPT_S:
            return known[1]
        vapid = Vapid02.from_raw(b64u_encode(message.key.scalar).encode())
        claims = {"aud": message.origin, "exp": now_s + TOKEN_S, "sub": self._contact}
        signed: dict[str, str] = vapid.sign(claims)
        if len(self._logins) >= LOGINS_MAX:
            self._logins.clear()
        self._logins[for_whom] = (now_s, signed)
        return signed

    async def _post(self, endpoint: str, body: bytes, headers: dict[str, str]) -> Reply:
        patience = self._patience
        async with self._client.post(
            URL(endpoint, encoded=True),  # as the push service wrote it, not as anybody would
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=patience.total_s, connect=patience.connect_s),
        ) as response:
            await self._read_out(response)
            return Reply(response.status, response.headers.get("Retry-After", ""))

    async def _read_out(self, response: aiohttp.ClientResponse) -> None:
        """Read a short body, so that the connection can be used again; end it over a long one."""
        left = ANSWER_BYTES_MAX
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with asyncio.timeout(self._patience.body_s):
                while left > 0 and (part := await response.content.read(left)):
                    left -= len(part)
        if not response.content.at_eof():
            response.close()
