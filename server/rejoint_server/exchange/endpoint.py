"""`POST /sync`: all circles of a device in one request.

What was brought is stored first; then the answer goes out item by item, each usable by itself. It
stands beside the web framework, as `/db` does: a device that has nothing to say should cost next to
nothing.
"""

import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from rejoint_server.access.login import Login
from rejoint_server.exchange.giving import Giving, Visit, end
from rejoint_server.exchange.intake import Intake
from rejoint_server.web.asgi import ROUTE, Answer, Receive, Request, Scope, Send, Stream
from rejoint_sync.errors import BadContentType, MethodNotAllowed, NotFound, SyncError
from rejoint_sync.exchange.frames import MEDIA_TYPE, read, write
from rejoint_sync.exchange.messages import (
    DONE_TODAY,
    MAY_BE_EMPTY,
    SENDS_ONLY,
    Asked,
    Digests,
    End,
    Notice,
    Receipt,
    Wanted,
    Welcome,
    answer_item,
    read_request,
)
from rejoint_sync.limits import REQUEST_BYTES_MAX
from rejoint_sync.multipart import media_type
from rejoint_sync.stores import Store

TEMPLATE: Final = "/sync"
GZIP_BYTES_MIN: Final = 600
"""Shorter answers fit into one packet as they are."""

WHOLE_BYTES_MAX: Final = 32 * 1024
"""A longer answer is on its way before it is all there, and is not compressed."""

_GZIP_WBITS: Final = 31
_GAIN: Final = 0.95


class Exchange:
    """The route.

    Args:
        store: Where circles are.
        login: Who asks.
        intake: Takes what is brought.
        giving: Gives what is new.
        done: Told of each device that says that today's session is logged; never raises.
        body_bytes_max: Longest body, as sent and after decompression.
    """

    def __init__(  # noqa: PLR0913  # it is put together in one place
        self,
        store: Store,
        login: Login,
        intake: Intake,
        giving: Giving,
        *,
        done: Callable[[str], Awaitable[None]],
        body_bytes_max: int = REQUEST_BYTES_MAX,
    ) -> None:
        self._body_bytes_max = body_bytes_max
        self._store = store
        self._login = login
        self._intake = intake
        self._giving = giving
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, prefix=(), body_bytes_max=self._body_bytes_max)
        if request.segments != ("sync",):
            raise NotFound("There is no such path.")
        scope[ROUTE] = [TEMPLATE]
        if request.method != "POST":
            raise MethodNotAllowed("This path is offered with POST.")
        try:
            answer = await self._answer(request)
        except SyncError:
            # A connection with half a request on it is closed behind the answer; who asks again on
            # it at once, as who is told that a session is over, would find it cut.
            await request.drop_body()
            raise
        await answer.send(send, head=False)

    async def _answer(self, request: Request) -> Answer | Stream:
        if media_type(request.header(b"content-type")) != MEDIA_TYPE:
            raise BadContentType(f"Content-Type must be {MEDIA_TYPE}")
        device, session = await self._login.enter(request)
        begin, asked = read_request(read(await request.body()))
        if begin.flags & DONE_TODAY:
            await self._done(device)
        visit = await self._giving.visit(device, begin)
        if await self._is_nothing(visit, session, asked):
            first = _NOTHING
        else:
            parts = self._parts(visit, session, asked)
            first, is_over = await _begun(parts)
            if not is_over:
                return Stream(_chained(first, parts), content_type=_TYPE, is_live=True)
        if first == _NOTHING and begin.flags & MAY_BE_EMPTY:
            return Answer(204, b"", ((b"content-type", _TYPE),))
        headers: tuple[tuple[bytes, bytes], ...] = ()
        if len(first) >= GZIP_BYTES_MIN and request.takes_gzip:
            smaller = _deflated(first)
            if len(smaller) < _GAIN * len(first):
                first, headers = smaller, _GZIP
        return Answer(200, first, headers, _TYPE, is_fixed=True)

    async def _is_nothing(self, visit: Visit, session: bytes, asked: list[Asked]) -> bool:
        """Whether there is nothing to tell, as nearly always; a stream would cost more."""
        if asked or session or not visit.is_known or not visit.begin.cursor:
            return False
        return bool(visit.begin.flags & SENDS_ONLY) or not await self._giving.news(visit)

    async def _parts(
        self, visit: Visit, session: bytes, asked: list[Asked]
    ) -> AsyncGenerator[bytes, None]:
        begin = visit.begin
        receipts: list[Receipt] = []
        if asked:
            receipts, visit.taken = await self._intake.take(visit.device, asked)
            visit.number = self._store.number
        if session or not begin.cursor or not visit.is_known:
            yield write([answer_item(Welcome(session, self._store.incarnation))])
        if receipts:
            yield write(map(answer_item, receipts))
        compared = [one for one in asked if isinstance(one, Digests | Wanted)]
        if compared:
            async for part in self._giving.compare(visit, compared):
                yield part
        if not visit.is_known:
            yield write([answer_item(Notice("", "cursor"))])
        elif not begin.flags & SENDS_ONLY:
            async for part in self._giving.give(visit):
                yield part
        yield end(visit)


_TYPE: Final = MEDIA_TYPE.encode()
_NOTHING: Final = write([answer_item(End(more=False))])
_GZIP: Final = ((b"content-encoding", b"gzip"),)


def _deflated(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=_GZIP_WBITS)
    return stream.compress(body) + stream.flush()


async def _begun(parts: AsyncGenerator[bytes, None]) -> tuple[bytes, bool]:
    """What comes first, up to `WHOLE_BYTES_MAX`; whether that is all."""
    taken = bytearray()
    async for part in parts:
        taken += part
        if len(taken) >= WHOLE_BYTES_MAX:
            return bytes(taken), False
    return bytes(taken), True


async def _chained(first: bytes, parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    yield first
    async for part in parts:
        yield part
