"""How much to send at once, how long to wait for it, and when to try again.

Decisions only: the time is an argument, so is chance, and nothing is kept but a `Link`, which is
what a device knows of its connection to the server. A sender does, again and again:

    turn = allow(link, now_ms)           wait `turn.wait_ms`; then put `turn.bytes` into a request
    patience_ms(link, sent, now_ms)      give up when no answer began after so long
    link = answered(link, trip)          it was answered
    link = cut(link, trip, silent=…)     it was not
    link = returned(link, now_ms)        the phone says that the network is back
    pause_ms(link, chance)               after a failure: how long to leave it alone

What goes into it says `precedence`.

A request is taken by the server as a whole, so one that is cut was sent in vain; and each costs its
heads. Requests start small and grow while they take less than about two seconds, up to where heads
and cuts cost the same: to the square root of what arrives between two cuts. After the first cut the
next one is awaited after the same time, as on a bus between two hills or behind a proxy: no more is
begun than is answered before it, and the rest is waited out. A link that is up for longer, or is
cut sooner, has no such rule. After silence the next request brings nothing: it only asks whether
somebody is there; or, where only the answer may have been lost, what arrived.

The same decisions, on the same vectors: pwa/src/exchange/pace.ts.

Source: docs/protocol.md, "One-request sync".
"""

from dataclasses import dataclass, replace
from math import isqrt
from typing import Final

START_BYTES: Final = 1_000
"""Body of a first request, in bytes: three records of the smallest bucket; 1 s at 8 kbit/s."""

LEAST_BYTES: Final = 500
"""A request is not made smaller than this, in bytes: its headers would outweigh it."""

MOST_BYTES: Final = 512 * 1024
"""A request is not made larger, in bytes: a phone holds it in memory several times."""

SLOWEST_BYTES_S: Final = 1_000
"""Speed of a link that was not measured yet, in bytes a second: 8 kbit/s."""

SILENCE_MIN_MS: Final = 3_000
"""Shortest silence that is taken for a dead link, in milliseconds."""

SILENCE_MAX_MS: Final = 10_000
"""Longest, in milliseconds; a person who waits has given up by then."""

PATIENCE_AFTER: Final = 2
"""After so many silences in a row the next one may be twice as long, and so in turn: connecting at
8 kbit/s takes about 6 KB of handshakes, which no client can tell from silence."""

PAUSE_MIN_MS: Final = 1_000
"""Pause after one failure, in milliseconds; it doubles with each further one."""

PAUSE_MAX_MS: Final = 300_000
"""Longest pause, in milliseconds."""

_FRAIL_MS: Final = 10_000
"""A link whose windows are shorter carries about one request in each."""

_GOAL_MS: Final = 2_000
"""What a request should take."""

_GOAL_MIN_MS: Final = 1_000
_GOAL_MAX_MS: Final = 8_000
"""What it may take where the link is up for so short, and where a round trip alone is long."""

_HEAD_BYTES: Final = 160
"""What a request costs beside its body: 94 over HTTP/2, 217 over HTTP/1.1."""

_HOPED_BYTES: Final = 16_000
"""What a link carries before its first cut, for all that is known of it at first."""

_RULED_BYTES: Final = 2_500
"""A request may always have so much where it is known when the link is cut."""

_IDLE_MS: Final = 5_000
"""After so long without a request the link may be another one: a new window begins."""

_FORGET_MS: Final = 600_000
"""Cuts so long ago say nothing."""

_LIFE_MIN_MS: Final = 1_000
"""A link that carried nothing and ended sooner was never there."""

_REST_MAX_MS: Final = 10_000
_LIVES: Final = 3
_SAMPLES: Final = 8
_TRIPS: Final = 32
_KNOWN_TRIPS: Final = 4


@dataclass(frozen=True, slots=True)
class Trip:
    """A request on its way.

    Attributes:
        sent: Bytes of its body.
        got: Bytes of the answer's body; 0 where there was none.
        began_ms: When it went out, in milliseconds of any steady clock; after the handshakes where
            that is known.
        ended_ms: When its answer was complete, or when it was cut.
        setup_ms: How long a connection was made for it before that; 0 where none was, or where
            it is not known.
    """

    sent: int
    got: int
    began_ms: int
    ended_ms: int
    setup_ms: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """What is known of the connection; a new one knows nothing.

    Attributes:
        portion: Bytes of body that the next request may have.
        samples: Bytes and milliseconds of the last answered requests, the newest last.
        trips: How long the last answers were waited for beyond the time of their bytes, in
            milliseconds; with what was waited in vain.
        began_ms: When the present window began: the time since the last cut, or since a pause.
        ended_ms: When the last request ended.
        carried: Bytes that were answered in this window.
        lives: Lengths of the last windows that a cut ended, in milliseconds.
        load: Bytes that the first request of a window may have, since more was cut; 0 for any.
        cut_ms: When the last cut was.
        through: Bytes that were answered since the first cut that is remembered, and before it.
        cuts: How often it was cut since then.
        setup_ms: How long it took to make the last connection; 0 where that is not known.
        doubt: Bytes of the first request of a window when that was cut: they may have arrived.
        silences: Requests in a row that were given up.
        failures: Requests in a row that were not answered.
    """

    portion: int = START_BYTES
    samples: tuple[tuple[int, int], ...] = ()
    trips: tuple[int, ...] = ()
    began_ms: int = 0
    ended_ms: int = 0
    carried: int = 0
    lives: tuple[int, ...] = ()
    load: int = 0
    cut_ms: int = 0
    through: int = 0
    cuts: int = 0
    setup_ms: int = 0
    doubt: int = 0
    silences: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """What may be done next.

    Attributes:
        bytes: How large the body of the next request may be; a single record may be larger. 0: it
            brings nothing, and asks whether somebody is there.
        wait_ms: For how long nothing should be begun, in milliseconds. Who has something that
            somebody waits for need not keep to it.
        answer: Bytes of records that the answer may bring, 0 for any. One that brings more than
            the link carries is never heard, and what it says is taken is sent for ever.
    """

    bytes: int
    wait_ms: int = 0
    answer: int = 0

    def answer_to(self, *, brings: bool) -> int:
        """The same of a request that brings records or not: they share the time that there is."""
        return min(self.answer, LEAST_BYTES) if brings else self.answer


def answered(link: Link, trip: Trip) -> Link:
    """A request was answered, by whatever: the link carried it there and back."""
    link = _remembering(_entered(_outlived(link, trip), trip), trip.began_ms)
    size = trip.sent + trip.got
    took_ms = max(1, trip.ended_ms - trip.began_ms)
    samples = (*link.samples, (size, took_ms))[-_SAMPLES:]
    known = replace(link, samples=samples, ended_ms=trip.ended_ms, doubt=0, silences=0, failures=0)
    waited_ms = max(0, took_ms - _moving_ms(known, size))
    known = replace(
        known,
        trips=(*link.trips, waited_ms)[-_TRIPS:],
        carried=link.carried + size,
        through=link.through + size,
        # What got through at the bound raises it, little by little.
        load=link.load * 65 // 64 if 10 * trip.sent >= 9 * link.load else link.load,
    )
    goal_ms = _goal_ms(known)
    aimed = size * goal_ms // took_ms
    if aimed >= link.portion:
        # What was less than allowed says nothing of what is too much; nor does what came down.
        grown = max(link.portion, min(aimed, 2 * trip.sent))
        return replace(known, portion=min(MOST_BYTES, grown))
    if _life_ms(known) or min(known.lives, default=_FRAIL_MS) < _FRAIL_MS:
        # Where each window carries one request, what came through in it was not too large, however
        # long the rest of a handshake lay before it; it may grow up to what is known to be.
        grown = min(trip.sent * 3 // 2, max(START_BYTES, known.load * 15 // 16))
        return replace(known, portion=max(link.portion, grown))
    if 2 * size < link.portion and took_ms <= goal_ms:
        return known
    return replace(known, portion=max(LEAST_BYTES, link.portion // 2, aimed))


def cut(link: Link, trip: Trip, *, silent: bool) -> Link:
    """A request was not answered.

    Args:
        link: Before it.
        trip: How it went.
        silent: Whether it was given up by `patience_ms`; else the connection broke or there was
            none.
    """
    link = _remembering(_entered(link, trip), trip.began_ms)
    life_ms, waited_ms = trip.ended_ms - link.began_ms, trip.ended_ms - trip.began_ms
    if link.carried and link.setup_ms and waited_ms > 2 * _expected_ms(link, trip.sent):
        # So long a connection must have been made meanwhile, and was not told.
        link = replace(link, carried=0)
    # Elsewhere connections are timed and this one was not: how long it was up is not known.
    is_timed = link.carried > 0 or trip.setup_ms > 0 or link.setup_ms == 0
    least_ms = _LIFE_MIN_MS if is_timed else link.setup_ms // 2 + _LIFE_MIN_MS
    was_there = link.carried > 0 or waited_ms >= least_ms
    failed = replace(
        link,
        trips=(*link.trips, waited_ms)[-_TRIPS:] if silent else link.trips,
        ended_ms=trip.ended_ms,
        failures=link.failures + 1,
        silences=link.silences + 1 if silent else 0,
        began_ms=trip.ended_ms,
        carried=0,
    )
    if not was_there:
        return failed
    # A server that says nothing from the start is no link that is cut.
    is_cut = link.carried > 0 or not silent
    # A question was not too large; its answer may have been.
    is_question = trip.sent < LEAST_BYTES
    first = trip.sent if link.carried == 0 and not is_question else 0
    doubt = link.doubt // 2 if is_question else first
    is_told = is_timed and not silent
    return replace(
        failed,
        portion=max(LEAST_BYTES, first * 3 // 4) if first else link.portion,
        lives=(*link.lives, life_ms)[-_LIVES:] if is_told else link.lives,
        load=max(LEAST_BYTES, first * 4 // 5) if first and not silent else link.load,
        cut_ms=trip.ended_ms,
        cuts=link.cuts + is_cut,
        doubt=0 if silent else doubt,
    )


def returned(link: Link, now_ms: int) -> Link:
    """The phone says that a network is back, maybe another one: begin anew, at once and small."""
    return replace(
        link,
        portion=START_BYTES,
        samples=(),
        began_ms=now_ms,
        ended_ms=now_ms,
        carried=0,
        doubt=0,
        silences=0,
        failures=0,
    )


def allow(link: Link, now_ms: int) -> Turn:
    """How much the next request may bring, and when; and how much its answer."""
    link = _remembering(link, now_ms)
    turn = _allowed(link, now_ms)
    if link.cut_ms == 0:
        return turn
    shown = turn.bytes or min(link.doubt, link.portion) * 2 // 3
    return replace(turn, answer=max(LEAST_BYTES, shown))


def _allowed(link: Link, now_ms: int) -> Turn:
    # What may have arrived is shown by the answer to a question, which costs less than to send it.
    if link.silences > 0 or link.doubt >= START_BYTES:
        return Turn(0)
    life_ms = _life_ms(link)
    if life_ms == 0:
        return Turn(min(link.portion, _risk(link)))
    most = max(_RULED_BYTES, 2 * _even(link))
    fresh = min(link.portion, link.load or most, most)
    if _is_new(link, now_ms):
        # What was cut, and what came through, say more than any reckoning.
        bound = fresh if link.load else min(fresh, _within(link, life_ms, life_ms))
        return Turn(max(LEAST_BYTES, bound))
    left_ms = link.began_ms + life_ms - now_ms
    fits = _within(link, left_ms, life_ms)
    if fits >= LEAST_BYTES:
        return Turn(min(link.portion, most, fits))
    rest_ms = link.began_ms + _over_ms(link) - now_ms
    return Turn(fresh, min(_REST_MAX_MS, max(0, rest_ms)))


def patience_ms(link: Link, sent: int, now_ms: int) -> int:
    """How long the beginning of an answer may take, in milliseconds.

    The slowest of the last round trips and half of it more, between 3 and 10 seconds; and the time
    of the bytes at the measured speed. Before anything was measured, and after a time without
    requests, when a connection may have to be made, 10 seconds; and so long as the last one took,
    where that was long. After silence 13 seconds: Chromium asks a connection on which nothing came
    for 10 whether it is still there, gives it 10 more, and then makes another one by itself.

    Args:
        link: As it is.
        sent: Bytes of the request's body, any number.
        now_ms: When it goes out.
    """
    moving_ms = _moving_ms(link, sent)
    if link.silences % (PATIENCE_AFTER + 1) == PATIENCE_AFTER:
        return moving_ms + 2 * SILENCE_MAX_MS
    if not link.samples:
        return max(SILENCE_MAX_MS, moving_ms + SILENCE_MIN_MS)
    if len(link.trips) < _KNOWN_TRIPS or link.failures > 0 or _is_new(link, now_ms):
        more_ms = link.setup_ms if link.setup_ms > SILENCE_MIN_MS else 0
        more_ms = SILENCE_MIN_MS if link.silences else more_ms
        return moving_ms + SILENCE_MAX_MS + min(SILENCE_MAX_MS, more_ms)
    # Nobody knows whether a connection has to be made.
    slowest_ms = max(SILENCE_MIN_MS, max(link.trips) * 3 // 2) + link.setup_ms
    return moving_ms + min(SILENCE_MAX_MS, slowest_ms)


def pause_ms(link: Link, chance: float) -> int:
    """How long to leave the server alone after a failure, in milliseconds; 0 without one.

    Args:
        link: As it is.
        chance: From 0 to 1; half of the pause is by chance, so that a clinic does not call in step.
    """
    if link.failures == 0:
        return 0
    full = min(PAUSE_MAX_MS, PAUSE_MIN_MS << min(link.failures - 1, 20))
    return full // 2 + int(full // 2 * chance)


def _entered(link: Link, trip: Trip) -> Link:
    """The window in which a request went out, a new one where it must be."""
    if trip.setup_ms == 0 and not _is_new(link, trip.began_ms):
        return link
    # One that was never made says nothing of how long that takes.
    setup_ms = (trip.ended_ms > trip.began_ms and trip.setup_ms) or link.setup_ms
    return replace(link, began_ms=trip.began_ms, carried=0, setup_ms=setup_ms)


def _within(link: Link, left_ms: int, life_ms: int) -> int:
    """What is answered before the link is cut, with a tenth of its life to spare."""
    trips = sorted(link.trips[-_SAMPLES:])
    slow_ms = trips[len(trips) // 2] if trips else 0
    return speed_bytes_s(link) * max(0, left_ms - life_ms // 10 - slow_ms) // 1000


def _expected_ms(link: Link, size: int) -> int:
    """How long a request takes on a connection that is there, half a second at least."""
    return max(500, _moving_ms(link, size) + max(link.trips[-_SAMPLES:], default=0))


def _risk(link: Link) -> int:
    """What may be lost where nobody knows when the link is cut."""
    if link.failures > 0:
        return START_BYTES
    even, speed = _even(link), speed_bytes_s(link)
    if link.cuts:
        return max(even, speed * min(link.lives, default=0) // 20_000)
    return max(even, speed // 4)


def _even(link: Link) -> int:
    """Where heads of requests, and what is lost when the link is cut, cost the same."""
    return max(START_BYTES, isqrt(_HEAD_BYTES * (link.through + _HOPED_BYTES) // (link.cuts + 1)))


def _outlived(link: Link, trip: Trip) -> Link:
    """A connection that is up for longer than the rule said has none."""
    life_ms = _life_ms(link)
    is_another = trip.setup_ms > 0 or link.setup_ms == 0 or link.failures > 0
    is_idle = trip.began_ms - link.ended_ms >= _IDLE_MS
    is_longer = life_ms > 0 and trip.began_ms - link.began_ms >= _over_ms(link)
    if is_another or is_idle or not is_longer:
        return link
    return replace(link, lives=(), load=0)


def _is_new(link: Link, now_ms: int) -> bool:
    life_ms = _life_ms(link)
    idle_ms = now_ms - link.ended_ms
    return (
        link.began_ms == 0
        or idle_ms >= _IDLE_MS
        or (life_ms > 0 and now_ms - link.began_ms >= _over_ms(link))
        or (link.failures > 0 and link.carried == 0)
    )


def _remembering(link: Link, now_ms: int) -> Link:
    if link.cut_ms == 0:
        return replace(link, through=min(link.through, MOST_BYTES))
    if now_ms - link.cut_ms <= _FORGET_MS:
        return link
    return replace(link, lives=(), load=0, cut_ms=0, through=0, cuts=0)


def _life_ms(link: Link) -> int:
    """How long the link stays up, where that has a rule; else 0."""
    lives = link.lives[-2:]
    if not lives or (len(lives) == 1 and link.cuts > 1) or max(lives) * 10 > min(lives) * 13:
        return 0
    return min(lives)


def _over_ms(link: Link) -> int:
    """After so long a window is over, where there is a rule: the longer of the last two ones."""
    return max(link.lives[-2:]) * 11 // 10


def _goal_ms(link: Link) -> int:
    """What a request should take."""
    if life_ms := _life_ms(link):
        return max(_GOAL_MIN_MS, life_ms * 9 // 10)
    quickest_ms = min((ms for _, ms in link.samples), default=0)
    goal_ms = min(_GOAL_MAX_MS, max(_GOAL_MS, 3 * quickest_ms))
    if link.lives:
        goal_ms = min(goal_ms, max(_GOAL_MIN_MS, min(link.lives) // 4))
    return goal_ms


def _moving_ms(link: Link, size: int) -> int:
    """Time of so many bytes at the measured speed, without the way there and back."""
    return size * 1000 // speed_bytes_s(link)


def speed_bytes_s(link: Link) -> int:
    """Measured speed in bytes a second, both ways together; `SLOWEST_BYTES_S` before there is one.

    Two requests of different size tell the time of the bytes from the time of the way. One alone
    gives the time of both, which is no more than the speed.
    """
    if not link.samples:
        return SLOWEST_BYTES_S
    quick_size, quick_ms = min(link.samples, key=lambda sample: (sample[1], sample[0]))
    large_size, large_ms = max(link.samples, key=lambda sample: (sample[0], -sample[1]))
    if 2 * large_size >= 3 * quick_size:
        return max(1, (large_size - quick_size) * 1000 // max(1, large_ms - quick_ms))
    return max(1, large_size * 1000 // large_ms)
