"""The network between phones and the server of a bench: real namespaces, or a forwarder.

Both have the same face, so that rows do not care. What a forwarder cannot do is said by `ABOUT`.
"""

import asyncio
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.forwarder import Conditions, Connection, Forwarder
from bench.link import MTU, QUEUE_PACKETS, SERVER, Flow, Link

PORT: Final = 8443
QUIET_S: Final = 3.0
ABOUT: Final = {
    True: f"two network namespaces, TUN devices of {MTU} bytes, queues of {QUEUE_PACKETS} packets,"
    " TCP of the kernel",
    False: "a forwarder of TCP on the loopback interface: loss is only lateness there, and a dial"
    " in the dark is taken and waits",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """What passed.

    Attributes:
        up, down: Bytes on the sockets of TCP, each byte once.
        packets: Bytes of packets in both directions, 0 where there are none to count.
        dials: Connections that came through.
        greetings: Bytes up of handshakes, those that did not come through too.
    """

    up: int = 0
    down: int = 0
    packets: int = 0
    dials: int = 0
    greetings: int = 0


@dataclass(slots=True)
class Network:
    """One network.

    Attributes:
        forwarder: Stands before the server, inside the link where there is one.
        link: None without namespaces.
        origin: How phones reach the server.
    """

    forwarder: Forwarder
    link: Link | None
    origin: str
    _before: list[int] = field(default_factory=lambda: [0] * 5)

    def become(self, conditions: Conditions) -> None:
        """Be like this from now on."""
        if self.link is None:
            self.forwarder.conditions = conditions
        else:
            self.link.conditions = conditions
            self.forwarder.conditions = Conditions(is_mute=conditions.is_mute)

    @property
    def conditions(self) -> Conditions:
        """How it is."""
        return self.forwarder.conditions if self.link is None else self.link.conditions

    def cut(self) -> None:
        """Reset every connection."""
        if self.link is not None:
            self.link.cut()
        self.forwarder.cut()

    def connections(self) -> list[Connection]:
        """All that reached the server's side."""
        return self.forwarder.connections

    def inside(self) -> list[str]:
        """What stands before a command that is to run where the phones are."""
        return [] if self.link is None else self.link.inside()

    def wrapped(self, program: str, folder: Path) -> str:
        """A program that starts another one where the phones are."""
        script = folder / "inside.sh"
        script.write_text(f'#!/bin/sh\nexec {shlex.join([*self.inside(), program])} "$@"\n')
        script.chmod(0o755)
        return str(script)

    async def quiet(self) -> None:
        """Wait until nothing passes for a while."""
        before = -1
        # Counted in other threads, so there is nothing to wait for but time.
        while before != (before := self.forwarder.up + self.forwarder.down):  # noqa: ASYNC110
            await asyncio.sleep(QUIET_S)

    def begin(self) -> None:
        """Count from here."""
        self._before = self._totals()

    @property
    def counted(self) -> Counted:
        """What passed since `begin`."""
        totals = zip(self._totals(), self._before, strict=True)
        return Counted(*(now - then for now, then in totals))

    def _totals(self) -> list[int]:
        dials = self.forwarder.connections
        if self.link is None:
            greetings = sum(dial.greeting for dial in dials)
            return [self.forwarder.up, self.forwarder.down, 0, len(dials), greetings]
        greetings = greetings_of(self.link.flows, dials)
        return [*self.link.sent, sum(self.link.link_bytes), len(dials), greetings]


def greetings_of(flows: Sequence[Flow], dials: Sequence[Connection]) -> int:
    """Bytes up of handshakes; what was cut before it could ask anything was all greeting.

    Args:
        flows: As the link saw them.
        dials: Those of them that came through to the server's side.
    """
    spoke = {dial.port: dial.greeting for dial in dials if dial.spoke_s is not None}
    return sum(min(flow.sent[0], spoke.get(flow.port, flow.sent[0])) for flow in flows)


@contextmanager
def open_network(*, namespaces: bool) -> Iterator[Network]:
    """A network without faults; the forwarder's target is to be set."""
    if namespaces:
        with (
            Link() as link,
            Forwarder(("127.0.0.1", 0), host=SERVER, port=PORT) as forwarder,
        ):
            yield Network(forwarder, link, f"https://{SERVER}:{PORT}")
    else:
        with Forwarder(("127.0.0.1", 0)) as forwarder:
            yield Network(forwarder, None, f"https://127.0.0.1:{forwarder.port}")
