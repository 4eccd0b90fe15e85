"""Relay files: what a device could not send, brought by whoever has a network.

Nobody logs in. A file opens with the server's relay key alone and is signed by the device whose
records it holds; they are judged as if that device brought them itself, and nothing else can be
done by it. Who carries it is told nothing of what became of them: the author's device asks itself.
"""

import asyncio
from typing import Any, Final

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from rejoint_server.access.login import Login
from rejoint_server.access.rates import HourlyRate
from rejoint_server.access.relay_key import RelayKey
from rejoint_server.circles.endpoints import HttpRequest
from rejoint_server.circles.quarantine import Quarantine
from rejoint_server.clock import Clock
from rejoint_server.exchange.intake import Intake, code_of
from rejoint_server.web.asgi import Request
from rejoint_sync.errors import (
    BadContentType,
    CircleError,
    StoreFull,
    StoreUnavailable,
    Suspended,
    SyncError,
)
from rejoint_sync.exchange.messages import Records
from rejoint_sync.exchange.packing import unpack
from rejoint_sync.exchange.relay import FILE_BYTES_MAX, MEDIA_TYPE, open_file
from rejoint_sync.multipart import media_type

FILES_PER_HOUR: Final = 60
"""Files of one device; its phone makes one at a time."""

_PASSING: Final = (StoreUnavailable, StoreFull)


class Relay:
    """Takes relay files.

    Args:
        key: What files are sealed to.
        login: Knows devices, and who is served.
        intake: Takes the records of devices that are live.
        quarantine: Keeps those of devices that are gone.
        clock: The time.
    """

    def __init__(
        self, key: RelayKey, login: Login, intake: Intake, quarantine: Quarantine, clock: Clock
    ) -> None:
        self._key = key
        self._login = login
        self._intake = intake
        self._quarantine = quarantine
        self._files = HourlyRate(clock, FILES_PER_HOUR)

    async def take(self, request: Request) -> None:
        """Take a file; whatever it holds is stored or refused when this returns.

        Raises:
            BadContentType: It is not announced as one.
            CircleError: As `open_file`, `Inside.verify` and `Inside.records`; `author`: no circle
                knows the device that made it.
            TooManyRequests: Too many files of one device.
            StoreUnavailable: Some of it can be stored later; the same file may be sent again.
        """
        if media_type(request.header(b"content-type")) != MEDIA_TYPE:
            raise BadContentType(f"Content-Type must be {MEDIA_TYPE}")
        file, scalar = await request.body(), await self._key.scalar()
        audience = self._login.audience(request)
        inside = await asyncio.to_thread(open_file, file, scalar, audience)
        pub = await self._login.pub_of(inside.device)
        if pub is None:
            raise CircleError("author", "the device that made the file is in no circle here")
        inside.verify(pub)
        records = inside.records()
        self._files.count(inside.device)
        receipts, _ = await self._intake.take(inside.device, records)
        for receipt in receipts:
            codes = {code for _, code in receipt.refused}
            if "removed" in codes:
                codes |= await self._leave(inside.device, records[receipt.item - 1])
            for error in _PASSING:
                if error.error in codes:
                    raise error("Not all of the file can be stored now; send it again later.")

    async def _leave(self, device: str, records: Records) -> set[str]:
        """Keep what a device that is gone has left, as far as it may be; the codes of the rest."""
        read = await asyncio.to_thread(unpack, records.packed, records.circle, device)
        good = [one for one in read if not isinstance(one, SyncError)]
        try:
            outcomes = await self._quarantine.leave(records.circle, device, good)
        except (CircleError, Suspended) as error:
            return {code_of(error)}
        return {code_of(one.error) for one in outcomes if one.error is not None}


def relay_routes(relay: Relay, relay_key: RelayKey) -> list[ControllerRouterHandler]:
    """The handlers of `/relay`."""

    @get("/relay")
    async def key() -> dict[str, Any]:
        return {"key": await relay_key.shown()}

    @post("/relay")
    async def bring(request: HttpRequest) -> Response[dict[str, Any]]:
        scope: Any = request.scope
        receive: Any = request.receive
        await relay.take(Request(scope, receive, prefix=(), body_bytes_max=FILE_BYTES_MAX))
        return Response({"ok": True}, status_code=201)

    return [key, bring]
