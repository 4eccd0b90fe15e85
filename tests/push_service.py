"""A push service that takes nothing that is not right, on this machine, for tests.

It checks what RFC 8030 (delivery), RFC 8188 and 8291 (encryption) and RFC 8292 (login) ask for, and
more narrowly: a login may last a day at most, and every message must be encrypted. What it refuses
is in `complaints`. Faults are injected subscription by subscription.
"""

import asyncio
import base64
import contextlib
import json
import re
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from secrets import token_bytes, token_urlsafe
from typing import Any

import http_ece
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

BODY_BYTES_MAX = 4096
CHUNK_BYTES = 65_536
DAY_S = 86_400
TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
QUERY = "?token=BQ%2bx%3d%7e"
URGENCIES = ("very-low", "low", "normal", "high")


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request in the place of an answer by the book.

    Attributes:
        status: Answered with it.
        headers: Of that answer.
        body_bytes: Length of its body.
        hangs: Never answered.
        drips: The body comes a byte at a time and never ends.
        resets: The connection is cut.
        times: For so many requests; then the service is well again.
    """

    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body_bytes: int = 0
    hangs: bool = False
    drips: bool = False
    resets: bool = False
    times: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it came.

    Attributes:
        payload: Decrypted.
        ttl_s: Its TTL.
        topic: Its Topic, "" without one.
        urgency: Its Urgency.
        body_bytes: Length as it was sent.
        headers: Names of its headers, in lower case, sorted.
        claims: Of its login.
    """

    payload: str
    ttl_s: int
    topic: str
    urgency: str
    body_bytes: int
    headers: tuple[str, ...]
    claims: dict[str, Any]


@dataclass(slots=True)
class _Browser:
    key: ec.EllipticCurvePrivateKey
    auth: bytes
    server_key: str
    waiting: list[Received] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    requests: int = 0
    fault: Fault | None = None
    faults_left: int = 0
    is_gone: bool = False


class Refusal(Exception):
    """A request is not right.

    Args:
        status: To answer with.
        why: For the test that failed.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class PushService:
    """The service; started by `open_push_service`.

    Args:
        now_s: Its clock.

    Attributes:
        origin: Its scheme, host and port.
        audience: What a login must name, when it is reached by another name.
        complaints: Why requests were refused.
        was_cut: An answer was not heard to its end.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._browsers: dict[str, _Browser] = {}
        self._over = asyncio.Event()
        self.origin = ""
        self.audience = ""
        self.complaints: list[str] = []
        self.was_cut = asyncio.Event()

    def subscribe(self, server_key: str) -> dict[str, Any]:
        """As PushManager.subscribe: a subscription's JSON. `server_key` is base64url."""
        assert len(unb64u(server_key)) == 65
        browser = _Browser(ec.generate_private_key(ec.SECP256R1()), token_bytes(16), server_key)
        # With what endpoints of real services have; a client must not write them in its own way.
        name = f"{token_urlsafe(6)}:APA91b{token_urlsafe(90)}"
        self._browsers[name] = browser
        public = browser.key.public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": f"{self.audience or self.origin}/wp/{name}{QUERY}",
            "expirationTime": None,
            "keys": {"p256dh": b64u(point), "auth": b64u(browser.auth)},
        }

    def waiting(self, subscription: dict[str, Any]) -> list[Received]:
        """What waits for a browser, collapsed by topic; it is fetched by this."""
        browser = self._of(subscription)
        fetched, browser.waiting = browser.waiting, []
        return fetched

    def received(self, subscription: dict[str, Any]) -> list[Received]:
        """All that was taken for a browser, in order."""
        return self._of(subscription).received

    def requests(self, subscription: dict[str, Any]) -> int:
        """How often it was asked, whatever came of it."""
        return self._of(subscription).requests

    def fail(self, subscription: dict[str, Any], fault: Fault) -> None:
        """Inject a fault."""
        browser = self._of(subscription)
        browser.fault, browser.faults_left = fault, fault.times

    def expire(self, subscription: dict[str, Any]) -> None:
        """The browser is gone: 410 from now on."""
        self._of(subscription).is_gone = True

    def _of(self, subscription: dict[str, Any]) -> _Browser:
        name = subscription["endpoint"].rpartition("/")[2].removesuffix(QUERY)
        return self._browsers[name]

    async def stop(self) -> None:
        """Let go of requests that hang."""
        self._over.set()

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Answer `POST /wp/{name}`."""
        browser = self._browsers.get(request.match_info["name"])
        if browser is None:
            return web.Response(status=404)
        browser.requests += 1
        if browser.fault is not None and browser.faults_left:
            browser.faults_left -= 1
            return await self._faulty(request, browser.fault)
        if browser.is_gone:
            return web.Response(status=410)
        try:
            message = self._read(request, await request.read(), browser)
        except Refusal as refusal:
            self.complaints.append(str(refusal))
            return web.Response(status=refusal.status, text=str(refusal))
        browser.received.append(message)
        if message.topic:
            browser.waiting = [one for one in browser.waiting if one.topic != message.topic]
        browser.waiting.append(message)
        return web.Response(status=201, headers={"Location": f"{self.origin}/m/1"})

    async def _faulty(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        await request.read()
        if fault.hangs:
            await self._over.wait()
        if fault.resets or fault.hangs:
            assert request.transport is not None
            request.transport.abort()
            return web.Response(status=500)
        answer = web.StreamResponse(status=fault.status, headers=fault.headers)
        if not fault.drips:
            answer.content_length = fault.body_bytes
        await answer.prepare(request)
        try:
            await self._write_body(answer, fault)
        except ConnectionError:
            self.was_cut.set()
        return answer

    async def _write_body(self, answer: web.StreamResponse, fault: Fault) -> None:
        if not fault.drips:
            for start in range(0, fault.body_bytes, CHUNK_BYTES):
                await answer.write(b"x" * min(CHUNK_BYTES, fault.body_bytes - start))
        else:
            while not self._over.is_set():
                await answer.write(b"x")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._over.wait(), 0.05)

    def _read(self, request: web.Request, body: bytes, browser: _Browser) -> Received:
        headers = request.headers
        if not request.raw_path.endswith(QUERY):
            raise Refusal(400, "another path than the endpoint's")
        if len(body) > BODY_BYTES_MAX:
            raise Refusal(413, "the body is too long")
        ttl = headers.get("TTL", "")
        if not re.fullmatch(r"[0-9]{1,9}", ttl):
            raise Refusal(400, "no TTL")
        topic, urgency = headers.get("Topic", ""), headers.get("Urgency", "normal")
        if "Topic" in headers and not TOPIC.fullmatch(topic):
            raise Refusal(400, "Topic is not 1 to 32 of base64url")
        if urgency not in URGENCIES:
            raise Refusal(400, "Urgency is none")
        claims = self._claims(headers.get("Authorization", ""), browser)
        if headers.get("Content-Encoding") != "aes128gcm":
            raise Refusal(400, "not encrypted by RFC 8188")
        try:
            payload = http_ece.decrypt(
                body, private_key=browser.key, auth_secret=browser.auth, version="aes128gcm"
            )
        except http_ece.ECEException as error:
            raise Refusal(400, "cannot be decrypted") from error
        names = tuple(sorted(name.lower() for name in headers))
        return Received(payload.decode(), int(ttl), topic, urgency, len(body), names, claims)

    def _claims(self, authorization: str, browser: _Browser) -> dict[str, Any]:
        parts = re.fullmatch(r"vapid t=([\w.-]+), ?k=([\w-]+)", authorization)
        if parts is None:
            raise Refusal(401, "no login")
        token, key = parts.groups()
        if key != browser.server_key:
            raise Refusal(403, "another key than the one subscribed for")
        signed, _, signature = token.rpartition(".")
        raw = unb64u(signature)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64u(key))
        r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        try:
            point.verify(
                utils.encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256())
            )
        except InvalidSignature:
            raise Refusal(403, "a bad signature") from None
        head, _, body = signed.partition(".")
        if json.loads(unb64u(head)).get("alg") != "ES256":
            raise Refusal(403, "another algorithm than ES256")
        claims: dict[str, Any] = json.loads(unb64u(body))
        if claims.get("aud") != (self.audience or self.origin):
            raise Refusal(403, f"for another audience: {claims.get('aud')}")
        if not self._now_s() < claims.get("exp", 0) <= self._now_s() + DAY_S:
            raise Refusal(403, "over, or good for more than a day")
        if not re.match(r"mailto:.+@.+|https://.+", claims.get("sub", "")):
            raise Refusal(403, "nobody to ask")
        return claims


@contextlib.asynccontextmanager
async def open_push_service(
    now_s: Callable[[], float] = time.time,
    *,
    tls: ssl.SSLContext | None = None,
    audience: str = "",
) -> AsyncIterator[PushService]:
    """A push service on a free port of the loopback interface.

    Args:
        now_s: Its clock.
        tls: For a service by https.
        audience: The origin by which it is reached, where that is another one.
    """
    service = PushService(now_s)
    application = web.Application(client_max_size=1 << 20)
    application.router.add_post("/wp/{name}", service.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    service.origin = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    service.audience = audience
    try:
        yield service
    finally:
        await service.stop()
        await runner.cleanup()


@contextlib.contextmanager
def push_service_beside() -> Iterator[PushService]:
    """The same in a thread of its own, for tests that have no event loop."""
    ready = threading.Event()
    ended = threading.Event()
    opened: list[PushService] = []

    async def run() -> None:
        async with open_push_service() as service:
            opened.append(service)
            ready.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        assert ready.wait(60)
        yield opened[0]
    finally:
        ended.set()
        thread.join()
