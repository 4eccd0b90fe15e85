"""Two network namespaces and a link between them that loses, delays, cuts and counts packets.

It needs root, /dev/net/tun, `ip`, `unshare` and `nsenter`. This process goes into a namespace of
its own that has no other network; phones are started in a second one. Packets pass through this
process by two TUN devices, so TCP at both ends is the kernel's own, with its timers, and is really
lost, late and reset. Namespaces end with the processes in them; nothing is left behind.
"""

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import shutil
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from bench.forwarder import Conditions

CLIENT, SERVER = "10.77.0.1", "10.77.0.2"
MTU: Final = 1400
QUEUE_PACKETS: Final = 20
"""What waits for its turn in each direction; more is lost."""

_TUN: Final = Path("/dev/net/tun")
_CLONE_NEWNET: Final = 0x40000000
_TUNSETIFF: Final = 0x400454CA
_IFF_TUN_NO_PI: Final = 0x1001
_TCP: Final = 6
_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16
_UP, _DOWN = 0, 1


def is_possible() -> bool:
    """Whether this machine lets us."""
    programs = all(shutil.which(name) for name in ("ip", "unshare", "nsenter"))
    return os.geteuid() == 0 and programs and os.access(_TUN, os.R_OK | os.W_OK)


def leave_the_network() -> None:
    """Take this process, and all that it starts from now on, into an empty namespace.

    Raises:
        OSError: The kernel does not let us.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    _ip("link", "set", "lo", "up")


@dataclass(slots=True)
class Segment:
    """A TCP segment in its packet."""

    port: int
    sequence: int
    acknowledged: int
    flags: int
    payload: int


@dataclass(slots=True)
class Flow:
    """One connection, as the link sees it; lists are by direction, up and down.

    Attributes:
        port: Of the client.
        first: Sequence number of the first byte.
        sent: Bytes of payload, each once.
        expected: Next sequence number that the receiver of this direction wants.
        is_cut: Reset; whoever still sends is told so again.
    """

    port: int
    server_port: int
    first: list[int | None] = field(default_factory=lambda: [None, None])
    sent: list[int] = field(default_factory=lambda: [0, 0])
    expected: list[int] = field(default_factory=lambda: [0, 0])
    is_cut: bool = False

    def note(self, segment: Segment, way: int) -> None:
        """A segment comes by."""
        if segment.flags & _SYN:
            self.first[way] = (segment.sequence + 1) % 2**32
            self.expected[way] = self.first[way] or 0
        first = self.first[way]
        if first is not None and segment.payload:
            end = (segment.sequence + segment.payload - first) % 2**32
            if end < 2**31:
                self.sent[way] = max(self.sent[way], end)
        if segment.flags & _ACK:
            self.expected[1 - way] = segment.acknowledged


class Link:
    """The link, in a thread of its own, and the namespace of the phones.

    Attributes:
        conditions: How it is; `is_mute` means nothing here.
        flows: Every connection, by the client's port and how often it was used.
        packets, lost: Of each direction.
        link_bytes: Bytes of IP packets that were sent into it, in each direction, lost ones too.
    """

    def __init__(self) -> None:
        self.conditions = Conditions()
        self.flows: list[Flow] = []
        self.packets, self.lost, self.link_bytes = [0, 0], [0, 0], [0, 0]
        self._by_port: dict[int, Flow] = {}
        self._queue: list[tuple[float, int, int, bytes]] = []
        self._waiting = [0, 0]
        self._free_s = [0.0, 0.0]
        self._last_s = [0.0, 0.0]
        self._count = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self._devices = [_device("bench-c"), _device("bench-s")]

    def __enter__(self) -> Self:
        within = ("nsenter", "-t", str(self._holder.pid), "-n")
        _wait_for_namespace(self._holder.pid)
        _ip("link", "set", "bench-c", "netns", str(self._holder.pid))
        for command, own, other, device in (
            (within, CLIENT, SERVER, "bench-c"),
            ((), SERVER, CLIENT, "bench-s"),
        ):
            _ip("addr", "add", own, "peer", other, "dev", device, within=command)
            _ip("link", "set", device, "mtu", str(MTU), "up", within=command)
        _ip("link", "set", "lo", "up", within=within)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for device in self._devices:
            os.close(device)
        self._holder.kill()
        self._holder.wait()

    def inside(self) -> list[str]:
        """What stands before a command that is to run where the phones are."""
        return ["nsenter", "-t", str(self._holder.pid), "-n", "--"]

    def cut(self) -> None:
        """Reset every connection at both ends; what is under way is lost."""
        with self._lock:
            self._queue.clear()
            self._waiting = [0, 0]
            self._free_s = [0.0, 0.0]
            self._last_s = [0.0, 0.0]
            for port, flow in self._by_port.items():
                flow.is_cut = True
                for way in (_UP, _DOWN):
                    self._reset(port, flow, way)

    @property
    def sent(self) -> list[int]:
        """Bytes of TCP payload that the client and the server sent, each byte once."""
        return [sum(flow.sent[way] for flow in self.flows) for way in (_UP, _DOWN)]

    # -- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._over.is_set():
            now_s = time.monotonic()
            with self._lock:
                while self._queue and self._queue[0][0] <= now_s:
                    _, _, way, packet = heapq.heappop(self._queue)
                    self._waiting[way] -= 1
                    self._write(1 - way, packet)
                next_s = self._queue[0][0] if self._queue else now_s + 0.05
            wait_s = min(0.05, max(0.0, next_s - time.monotonic()))
            readable, _, _ = select.select(self._devices, [], [], wait_s)
            for device in readable:
                with self._lock:
                    self._read(self._devices.index(device))

    def _read(self, way: int) -> None:
        for _ in range(64):
            try:
                packet = os.read(self._devices[way], 65536)
            except BlockingIOError:
                return
            segment = segment_of(packet, way)
            if segment is None or self._is_refused(segment, way, packet):
                continue
            self._pass(way, packet)

    def _is_refused(self, segment: Segment, way: int, packet: bytes) -> bool:
        """Count it; whether it goes no further."""
        flow = self._by_port.get(segment.port)
        if way == _UP and segment.flags & _SYN and (flow is None or flow.is_cut):
            flow = Flow(segment.port, int.from_bytes(packet[22:24], "big"))
            self.flows.append(flow)
            self._by_port[segment.port] = flow
        if flow is None:
            return True
        if not flow.is_cut:
            flow.note(segment, way)
            self.packets[way] += 1
            self.link_bytes[way] += len(packet)
            return False
        if not segment.flags & _RST and not self.conditions.is_dark:
            if segment.flags & _ACK:
                flow.expected[1 - way] = segment.acknowledged
            self._reset(segment.port, flow, 1 - way)
        return True

    def _pass(self, way: int, packet: bytes) -> None:
        conditions, now_s = self.conditions, time.monotonic()
        is_lost = conditions.is_dark or random.random() < conditions.loss
        if is_lost or self._waiting[way] >= QUEUE_PACKETS * (10 if not conditions.kbit_s else 1):
            self.lost[way] += 1
            return
        sent_s = max(now_s, self._free_s[way])
        if conditions.kbit_s:
            sent_s += len(packet) * 8 / 1000 / conditions.kbit_s
            self._free_s[way] = sent_s
        due_s = max(sent_s + conditions.rtt_ms / 2000, self._last_s[way])
        self._last_s[way] = due_s
        self._count += 1
        self._waiting[way] += 1
        heapq.heappush(self._queue, (due_s, self._count, way, packet))

    def _reset(self, port: int, flow: Flow, way: int) -> None:
        """Tell the receiver of this direction that the connection is over."""
        ends = ((CLIENT, port), (SERVER, flow.server_port))
        source, target = ends if way == _UP else ends[::-1]
        numbers = flow.expected[way], flow.expected[1 - way]
        self._write(1 - way, reset_packet(source, target, *numbers))

    def _write(self, device: int, packet: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._devices[device], packet)


def _device(name: str) -> int:
    device = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN_NO_PI))
    return device


def _ip(*words: str, within: tuple[str, ...] = ()) -> None:
    subprocess.run([*within, "ip", *words], check=True)


def _wait_for_namespace(pid: int) -> None:
    here = Path("/proc/self/ns/net").readlink()
    until_s = time.monotonic() + 5
    while Path(f"/proc/{pid}/ns/net").readlink() == here:
        if time.monotonic() > until_s:
            raise OSError("no second namespace")
        time.sleep(0.01)


def segment_of(packet: bytes, way: int) -> Segment | None:
    """The segment in a packet of IPv4 that goes this way, up or down; None of another kind."""
    if packet[0] >> 4 != 4 or packet[9] != _TCP:
        return None
    at = (packet[0] & 15) * 4
    source, target, sequence, acknowledged = struct.unpack_from("!HHII", packet, at)
    head = (packet[at + 12] >> 4) * 4
    payload = int.from_bytes(packet[2:4], "big") - at - head
    port = source if way == _UP else target
    return Segment(port, sequence, acknowledged, packet[at + 13], payload)


def reset_packet(
    source: tuple[str, int], target: tuple[str, int], sequence: int, acknowledged: int
) -> bytes:
    """A packet that ends a connection, if its receiver expects this number."""
    ends = b"".join(_address(host) for host, _ in (source, target))
    tcp = struct.pack(
        "!HHIIBBHHH", source[1], target[1], sequence, acknowledged, 5 << 4, _RST | _ACK, 0, 0, 0
    )
    check = _checksum(ends + struct.pack("!BBH", 0, _TCP, len(tcp)) + tcp)
    tcp = tcp[:16] + struct.pack("!H", check) + tcp[18:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, _TCP, 0) + ends
    return head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + tcp


def _address(host: str) -> bytes:
    return bytes(map(int, host.split(".")))


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
