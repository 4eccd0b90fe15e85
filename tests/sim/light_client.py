"""What a phone of a world asks by: as `httpx.AsyncClient`, as far as `rejoint_sync.drive` uses it.

A world makes thousands of requests; that library's own way from a request to its transport, with
cookies, redirects and URLs, would take a quarter of its time, and is not what a world is about.
"""

import http
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

import httpx

from sim.hosting import Asked
from sim.network import Link, Network, NetworkDown

_OWN = {"host": "clinic.example", "accept": "application/json", "accept-encoding": "gzip"}
READ_S = 30.0


class Headers:
    """Of a request or an answer; names in lower case."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self.raw = raw

    def get(self, name: str, default: str = "") -> str:
        """The first of a name."""
        wanted = name.encode()
        return next((value.decode("latin-1") for key, value in self.raw if key == wanted), default)

    def pop(self, name: str, default: None) -> None:  # noqa: ARG002  # as httpx
        """Leave out a name."""
        left_out = name.encode()
        self.raw = [one for one in self.raw if one[0] != left_out]

    def __getitem__(self, name: str) -> str:
        found = self.get(name)
        if not found:
            raise KeyError(name)
        return found


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes."""

    raw_path: bytes


@dataclass(frozen=True, slots=True)
class LightRequest:
    """What is asked."""

    method: str
    url: Target
    headers: Headers
    content: bytes


class LightResponse:
    """What is answered; its body comes later."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: Any) -> None:
        self.status_code = status
        self.reason_phrase = http.HTTPStatus(status).phrase
        self.headers = Headers([(name.lower(), value) for name, value in headers])
        self.content = b""
        self.num_bytes_downloaded = 0
        self._body: AsyncIterator[bytes] | None = body

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """The body part by part, decompressed."""
        assert self._body is not None
        body, self._body = self._body, None
        is_packed = self.headers.get("content-encoding") == "gzip"
        stream = zlib.decompressobj(wbits=31) if is_packed else None
        try:
            async for part in body:
                self.num_bytes_downloaded += len(part)
                yield stream.decompress(part) if stream is not None else part
        except NetworkDown:
            raise httpx.ReadError("cut") from None

    async def aread(self) -> bytes:
        """All of the body."""
        self.content = b"".join([part async for part in self.aiter_bytes()])
        return self.content

    async def aclose(self) -> None:
        """Let go of what was not read."""
        body, self._body = self._body, None
        close = getattr(body, "aclose", None)
        if close is not None:
            await close()


class LightClient:
    """A client over the network of a world.

    Args:
        network: Of the world.
        link: Of the phone.
    """

    def __init__(self, network: Network, link: Link) -> None:
        self._network = network
        self._link = link

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def build_request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        content: bytes = b"",
        headers: Mapping[str, str],
        extensions: object = None,  # noqa: ARG002  # nothing is dialled here
    ) -> LightRequest:
        """A request that is not sent yet."""
        query = "?" + urlencode(params) if params else ""
        named = {**_OWN, **headers}
        if content:
            named["content-length"] = str(len(content))
        raw = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]
        return LightRequest(method, Target((path + query).encode()), Headers(raw), content)

    async def send(self, request: LightRequest, *, stream: bool = False) -> LightResponse:
        """Ask; the body of the answer is read unless it is to come as a stream."""
        self._link.hangs_s = READ_S
        target, headers = request.url.raw_path.decode(), tuple(request.headers.raw)
        asked = Asked(request.method, target, headers, request.content)
        try:
            found = await self._network.carry(self._link, asked)
        except NetworkDown:
            raise httpx.ConnectError("down") from None
        response = LightResponse(found.status, found.headers, found.body)
        if not stream:
            await response.aread()
        return response
