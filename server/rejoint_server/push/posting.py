"""One message to one push service: the only file that knows pywebpush.

pywebpush encrypts (RFC 8291) and sends. What it would do otherwise than this server wants is done
around it: the login (RFC 8292) is signed here, from claims made anew for each message; no redirect
is followed; every wait has an end; of an answer little is read and nothing kept.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush_async
from yarl import URL

from rejoint_server.push.messages import URGENCY, Message, Reply, Unreachable, Unusable
from rejoint_server.push.push_addresses import AddressRefused, gate
from rejoint_sync.circle.encoding import b64u_encode

TOKEN_S: Final = 3600
"""How long a signed login is good for; a push service takes at most a day."""

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
        self._session = _Session(connector, patience or Patience())

    async def send(self, message: Message, now_s: int) -> Reply:
        """Send a message, once; see `messages.Carrier`."""
        subscription = message.subscription
        keys: dict[str, str | bytes] = {"p256dh": subscription.p256dh, "auth": subscription.auth}
        wanted = {"Topic": message.topic, "Urgency": URGENCY}
        session: Any = self._session
        try:
            await webpush_async(
                {"endpoint": subscription.endpoint, "keys": keys},
                message.payload,
                ttl=message.ttl_s,
                headers={**self._login(message, now_s), **wanted},
                aiohttp_session=session,
            )
        except WebPushException as error:
            if error.status_code is None:
                raise Unusable from None
            return Reply(error.status_code, str(error.retry_after or ""))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if isinstance(getattr(error, "os_error", None), AddressRefused):
                raise AddressRefused from None
            # Without its cause, whose text may hold the endpoint.
            raise Unreachable from None
        except (ValueError, LookupError):  # no point, or no text that could be one
            raise Unusable from None
        return Reply(201)

    async def close(self) -> None:
        """End all connections."""
        await self._session.close()

    def _login(self, message: Message, now_s: int) -> dict[str, str]:
        vapid = Vapid02.from_raw(b64u_encode(message.key.scalar).encode())
        claims = {"aud": message.origin, "exp": now_s + TOKEN_S, "sub": self._contact}
        signed: dict[str, str] = vapid.sign(claims)
        return signed


class _Answer:
    """As much of an answer as pywebpush asks for."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status = response.status
        self.reason = ""
        self.headers: Mapping[str, str] = response.headers

    async def text(self) -> str:
        return ""


class _Session:
    """Stands where pywebpush expects an aiohttp session: it posts, within bounds, straight on."""

    def __init__(self, connector: aiohttp.TCPConnector, patience: Patience) -> None:
        self._patience = patience
        self._client = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "rejoint"},
            auto_decompress=False,
            trust_env=False,  # through a proxy it cannot be seen where a connection ends
        )

    async def post(self, url: str, *, data: bytes, headers: Mapping[str, str], **_: Any) -> _Answer:
        """Post within the patience of this server, not pywebpush's."""
        patience = self._patience
        async with self._client.post(
            URL(url, encoded=True),  # as the push service wrote it, not as anybody would
            data=data,
            headers=dict(headers),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=patience.total_s, connect=patience.connect_s),
        ) as response:
            await self._read_out(response)
            return _Answer(response)

    async def _read_out(self, response: aiohttp.ClientResponse) -> None:
        """Read a short body, so that the connection can be used again; end it over a long one."""
        left = ANSWER_BYTES_MAX
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with asyncio.timeout(self._patience.body_s):
                while left > 0 and (part := await response.content.read(left)):
                    left -= len(part)
        if not response.content.at_eof():
            response.close()

    async def close(self) -> None:
        await self._client.close()
