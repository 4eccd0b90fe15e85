"""Links as they are and what HTTP clients make of requests on them, by arithmetic.

A `Road` is a link, a `Caller` what a client lays around bodies; the clock is a number, chance has a
seed. Counted is what `make torture` counts as asked: what the client put on its socket after the
handshakes, with the heads of requests and with what lay in queues when the link was cut. Figures of
callers were read off that bench's sockets.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from rejoint_sync.exchange import pace, precedence
from rejoint_sync.exchange.pace import Link, Trip

SEGMENT: Final = 1_348
"""Payload of a packet, in bytes."""

AROUND: Final = 52
"""Heads of IP and TCP, in bytes: they take time and are not counted."""

QUEUED: Final = 20 * SEGMENT
"""What a client has sent before the link has carried it, at most."""

ANSWER: Final = 60
"""Body of an answer: a receipt, and how far the device is informed."""

AGAIN_MS: Final = 1_000
"""Who dials in the dark dials again after so long, and then after twice as long each time."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a client lays around bodies, in bytes of TCP's payload.

    Attributes:
        hello_up, hello_down: The handshake, until it may ask.
        tickets: What comes down after that, before any answer.
        first_up, first_down: Around the first request of a connection and its answer.
        next_up, next_down: Around each further one.
        setup_ms: What a connection takes beside the time of these bytes.
        tells: Whether it says that a connection was made, and how long that took.
        tells_cuts: Whether it says this also of requests that were cut.
        think_ms: Between an answer and the next request.
    """

    hello_up: int = 0
    hello_down: int = 0
    tickets: int = 0
    first_up: int = 0
    first_down: int = 0
    next_up: int = 0
    next_down: int = 0
    setup_ms: int = 0
    tells: bool = True
    tells_cuts: bool = True
    think_ms: int = 0


DEVICE: Final = Caller(597, 668, 184, 217, 290, 217, 290, think_ms=100)
"""httpx, HTTP/1.1."""

APP: Final = Caller(2_000, 212, 400, 445, 200, 94, 59, tells_cuts=False, think_ms=300)
"""Chromium, HTTP/2; a TLS session that is taken up again."""


@dataclass
class Road:
    """A link.

    Attributes:
        speed: Bytes a second, each way.
        rtt_ms: There and back, beside the time of the bytes.
        lives_ms: For how long each connection stays up after its handshake.
        again_ms: For how long what follows each handshake waits for parts of it that are sent
            again; its window begins with that.
        every_ms: All connections are cut each time so much has passed; 0 for never.
        dark_ms: After a cut nothing passes for so long.
        trouble: Probability that a request takes up to four round trips more.
        caller: Who asks.
        sent: Bytes that were counted.
        requests, dials: How many there were.
        unheard: Bytes of records that the server has and whose receipts were lost: it shows them.
    """

    speed: int
    rtt_ms: int
    lives_ms: Iterator[int] = field(default_factory=lambda: itertools.repeat(10**9))
    again_ms: Iterator[int] = field(default_factory=lambda: itertools.repeat(0))
    every_ms: int = 0
    dark_ms: int = 0
    trouble: float = 0.0
    caller: Caller = field(default_factory=Caller)
    chance: Random = field(default_factory=lambda: Random(1))
    now_ms: int = 1_000_000
    dies_ms: int = 0
    busy_ms: int = 0
    sent: int = 0
    requests: int = 0
    dials: int = 0
    unheard: int = 0

    def carry(self, size: int, patience_ms: int, most: int = 0) -> tuple[bool, bool, Trip]:
        """Whether a request was answered, whether it was given up, and what the client knows.

        Args:
            size: Bytes of records that it brings; those whose receipts were lost come first.
            patience_ms: It is given up after so long.
            most: Bytes of records that the answer may bring; 0 for any.
        """
        self.requests += 1
        self.busy_ms = 0
        caller, asked_ms = self.caller, self.now_ms
        ends_ms = asked_ms + patience_ms
        is_new = asked_ms >= self.dies_ms
        if is_new:
            self._dial()
        began_ms = self.now_ms
        whole = size + (caller.first_up if is_new else caller.next_up)
        there_ms = began_ms + self.busy_ms + self._moving_ms(whole)
        if is_new and caller.tickets:
            there_ms = max(there_ms, began_ms + self._moving_ms(caller.tickets))
        shown = max(0, self.unheard - size)
        shown = min(shown, most) if most else shown
        got = ANSWER + shown + (caller.first_down if is_new else caller.next_down)
        done_ms = there_ms + self.rtt_ms + self._late_ms() + self._moving_ms(got)
        self.now_ms = min(done_ms, self.dies_ms, ends_ms)
        if self.now_ms > began_ms:
            self.sent += min(whole, (self.now_ms - began_ms) * self.speed // 1000 + QUEUED)
        is_answered = self.now_ms == done_ms
        is_silent = not is_answered and self.now_ms == ends_ms
        if is_answered:
            self.unheard = max(0, self.unheard - size - shown)
        else:
            self.unheard = max(self.unheard, size if there_ms <= self.now_ms else 0)
            self.dies_ms = self.now_ms
        is_told = caller.tells and (caller.tells_cuts or is_answered)
        shown_ms = min(began_ms, self.now_ms) if is_told else asked_ms
        known = Trip(size, ANSWER if is_answered else 0, shown_ms, self.now_ms, shown_ms - asked_ms)
        return is_answered, is_silent, known

    def _dial(self) -> None:
        self.dials += 1
        again_ms, light_ms = AGAIN_MS, self.dies_ms + self.dark_ms
        while self.now_ms < light_ms:
            self.now_ms, again_ms = self.now_ms + again_ms, 2 * again_ms
        self.now_ms += self.caller.setup_ms
        if self.caller.hello_up:
            hello = self._moving_ms(self.caller.hello_up) + self._moving_ms(self.caller.hello_down)
            self.now_ms += 2 * self.rtt_ms + hello
        self.busy_ms = next(self.again_ms)
        life_ms = next(self.lives_ms) + self.busy_ms
        if self.every_ms:
            life_ms = min(life_ms, self.every_ms - self.now_ms % self.every_ms)
        self.dies_ms = self.now_ms + life_ms

    def _late_ms(self) -> int:
        is_late = self.chance.random() < self.trouble
        return self.chance.randrange(4 * self.rtt_ms + 1) if is_late else 0

    def _moving_ms(self, size: int) -> int:
        """Time of so many bytes, in their packets."""
        return (size + -(-size // SEGMENT) * AROUND) * 1000 // self.speed

    def most(self, life_ms: int) -> int:
        """Bytes of one body that a window of this length can bring; its answer comes within it."""
        caller = self.caller
        left_ms = life_ms - self.rtt_ms - self._moving_ms(caller.first_down + ANSWER)
        found = 0
        while self._moving_ms(caller.first_up + found + 1) <= left_ms:
            found += 1
        return found


def send(road: Road, sizes: list[int], limit_ms: int = 3_600_000) -> int:
    """Send records of these sizes; how many milliseconds it took."""
    link, at, started_ms = Link(), 0, road.now_ms
    while at < len(sizes) and road.now_ms - started_ms < limit_ms:
        turn = pace.allow(link, road.now_ms)
        road.now_ms += turn.wait_ms
        count = precedence.fit(sizes[at:], turn.bytes) if turn.bytes else 0
        size = sum(sizes[at : at + count])
        patience_ms = pace.patience_ms(link, size, road.now_ms)
        most = turn.answer_to(brings=count > 0)
        is_answered, is_silent, trip = road.carry(size, patience_ms, most)
        if is_answered:
            at += count
            # What is shown of records whose receipts were lost is as good as a receipt.
            shown = trip.got - ANSWER
            while at < len(sizes) and sizes[at] <= shown:
                shown, at = shown - sizes[at], at + 1
            link = pace.answered(link, trip)
            road.now_ms += road.caller.think_ms
        else:
            link = pace.cut(link, trip, silent=is_silent)
            road.now_ms += pace.pause_ms(link, 0.5)
    assert at == len(sizes), f"{at} of {len(sizes)} after {limit_ms} ms"
    return road.now_ms - started_ms
