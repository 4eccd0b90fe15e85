"""What is sent for a ping, and what may come of it.

A push service learns when a browser is pinged, and nothing else: every message has the same length
and urgency, and a topic of its own. What it is about is encrypted for the
browser, and even that is one word.
"""

import hmac
from dataclasses import dataclass
from typing import Final, Protocol

import orjson

from rejoint_server.push.push_keys import PushKey
from rejoint_server.push.subscriptions import Subscription
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.reminders import Minute, Ping

PAYLOAD_BYTES: Final = 128
"""Every payload is as long as this; the rest is spaces, which JSON allows behind a value."""

URGENCY: Final = "normal"


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent, and to whom.

    Attributes:
        subscription: The browser.
        origin: Scheme and host of its endpoint, checked.
        key: The key it subscribed for.
        payload: What the browser will read, `PAYLOAD_BYTES` characters.
        ttl_s: How long the push service keeps it for a phone that is off, in seconds.
        topic: One that waits there under the same topic is replaced by it; 32 characters.
    """

    subscription: Subscription
    origin: str
    key: PushKey
    payload: str
    ttl_s: int
    topic: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a push service said.

    Attributes:
        status: Of HTTP.
        retry_after: Its Retry-After as it came, "" without one.
    """

    status: int
    retry_after: str = ""


class Unreachable(Exception):
    """No answer came: no connection, none in time, or one that broke."""


class Unusable(Exception):
    """Nothing can be encrypted for this subscription."""


class Carrier(Protocol):
    """What brings one message to its push service."""

    async def send(self, message: Message, now_s: int) -> Reply:
        """Send it, once.

        Args:
            message: What, and to whom.
            now_s: Unix time.

        Raises:
            AddressRefused: The push service's name leads to no public address.
            Unreachable: No answer came.
            Unusable: The subscription's keys are none.
        """
        ...

    async def close(self) -> None:
        """End all connections."""
        ...


def payload_of(key: PushKey, device: str, ping: Ping) -> str:
    """What the browser reads: a JSON object and spaces, of one length for all devices and kinds.

    Args:
        key: Of the server.
        device: Whom it is for; several people may share a browser.
        ping: Of which the kind is told; the phone chooses what to show.
    """
    later = later_of(key, device, ping.minute)
    text = orjson.dumps({"v": 1, "device": device, "kind": ping.kind, "later": later}).decode()
    assert len(text) <= PAYLOAD_BYTES
    return text.ljust(PAYLOAD_BYTES)


def later_of(key: PushKey, device: str, minute: Minute) -> str:
    """The word by which a worker without keys may put one ping off; 22 characters."""
    return _word(key, b"rejoint push later", device, minute)[:22]


def topic_of(key: PushKey, device: str, ping: Ping) -> str:
    """The topic of one ping to one device; tells nothing without the key.

    The same when the ping is sent again, so that what came twice is shown once; another one for
    every other ping, so that no two can be seen to be of a kind.
    """
    return _word(key, b"rejoint push topic", device, ping.minute)[:32]


def _word(key: PushKey, use: bytes, device: str, minute: Minute) -> str:
    secret = hmac.digest(key.scalar, use, "sha256")
    return b64u_encode(hmac.digest(secret, f"{device} {minute}".encode(), "sha256"))
