"""Who is refused by the head of a request alone may ask again on the same connection."""

import asyncio

from rejoint_server.web.asgi import Message, Receive, Scope, Send
from rejoint_server.web.http_server import HttpServer, listen
from rejoint_sync.exchange.frames import MEDIA_TYPE
from server.scene import Scene

PATIENCE_S = 60
BODY = b"body"
HEAD = (
    f"POST /sync HTTP/1.1\r\nhost: x\r\ncontent-type: {MEDIA_TYPE}\r\n"
    f"authorization: Session gone\r\ncontent-length: {len(BODY)}\r\n\r\n"
).encode()


async def status(reader: asyncio.StreamReader) -> int:
    """Of the next answer, which is read to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    (length,) = (line[15:] for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length))
    return int(head.split()[1])


async def test_a_body_behind_the_refusal_does_not_cost_the_connection(scene: Scene) -> None:
    """A server that starts anew knows no session, and a client writes head and body apart."""
    wants_body, has_answered = asyncio.Event(), asyncio.Event()

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def receiving() -> Message:
            wants_body.set()
            return await receive()

        async def sending(message: Message) -> None:
            await send(message)
            has_answered.set()

        await scene.application.edge(scope, receiving, sending)

    listener = listen("127.0.0.1", 0)
    address = listener.getsockname()[:2]
    server = HttpServer(watched, listener)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(HEAD)
        either = [asyncio.create_task(one.wait()) for one in (wants_body, has_answered)]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        before = [await status(reader)] if has_answered.is_set() else []
        writer.write(BODY)
        statuses = before or [await status(reader)]
        writer.write(HEAD + BODY)
        assert [*statuses, await status(reader)] == [401, 401]
        writer.close()
        for one in either:
            one.cancel()
        await server.end(serving)
