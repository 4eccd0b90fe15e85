"""What a ping costs a server: processor time of all threads, and of the event loop's alone.

Arguments: `--pings N`, `--at-once N` under way, as many as one push service gets. They go by http
to a push service in a process of its own that takes everything: what is measured is the server.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time

from rejoint_server.clock import SystemClock
from rejoint_server.push.messages import Message, payload_of, topic_of
from rejoint_server.push.posting import Post
from rejoint_server.push.push_keys import PushKey
from rejoint_server.push.subscriptions import Subscription
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.envelope import generate_scalar, public_point
from rejoint_sync.reminders import Ping

PHONES = 100
WARM = 200
ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


async def take_everything() -> None:
    """The push service: prints its port, answers 201, ends with its standard input."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
            await reader.readexactly(length)
            writer.write(ANSWER)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


def messages(origin: str, count: int) -> list[Message]:
    """Pings to some phones, one after the other."""
    key = PushKey.of(generate_scalar(), 1)
    phones = [
        Subscription(
            f"{origin}/push/{number}",
            b64u_encode(public_point(generate_scalar())),
            b64u_encode(os.urandom(16)),
            key.id,
            1,
        )
        for number in range(PHONES)
    ]
    made = []
    for number in range(count):
        device, ping = f"d{number:020d}", Ping("reminder", number, 3600)
        topic = topic_of(key, device, ping)
        phone = phones[number % PHONES]
        made.append(Message(phone, origin, key, payload_of(key, device, ping), 3600, topic))
    return made


async def sent(origin: str, pings: int, at_once: int) -> tuple[float, float]:
    """Seconds of the processor that pings take: of all threads, and of this one."""
    post, room = Post("mailto:ops@clinic.example", loopback=True), asyncio.Semaphore(at_once)
    now_s = SystemClock().now_s()

    async def send(message: Message) -> None:
        async with room:
            assert (await post.send(message, now_s)).status == 201

    made = messages(origin, pings + WARM)
    await asyncio.gather(*map(send, made[:WARM]))
    whole_s, loop_s = time.process_time(), time.thread_time()
    await asyncio.gather(*map(send, made[WARM:]))
    spent = time.process_time() - whole_s, time.thread_time() - loop_s
    await post.close()
    return spent


def main(pings: int, at_once: int) -> None:
    """Run and print."""
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as service:
        assert service.stdin is not None
        assert service.stdout is not None
        origin = f"http://127.0.0.1:{int(service.stdout.readline())}"
        whole_s, loop_s = asyncio.run(sent(origin, pings, at_once))
        service.stdin.close()
    print(f"{pings:,} pings, {at_once} at once")
    print(f"processor time of a ping            {1e6 * whole_s / pings:7.0f} µs")
    print(f"of it in the event loop's thread    {1e6 * loop_s / pings:7.0f} µs")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pings", type=int, default=3_000)
    parser.add_argument("--at-once", type=int, default=48)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        asyncio.run(take_everything())
    else:
        main(chosen.pings, chosen.at_once)
