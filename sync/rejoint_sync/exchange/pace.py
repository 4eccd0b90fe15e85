"""How much to send at once, how long to wait for it, when to try again, and what goes first.

Decisions only: the time is an argument, so is chance, and nothing is kept but a `Link`, which is
what a device knows of its connection to the server. A sender does, again and again:

    turn = allow(link, now_ms)           wait `turn.wait_ms`; then put `turn.bytes` into a request
    patience_ms(link, sent, now_ms)      give up when no answer began after so long
    link = answered(link, trip)          it was answered
    link = cut(link, trip, silent=…)     it was not
    link = returned(link, now_ms)        the phone says that the network is back
    pause_ms(link, chance)               after a failure: how long to leave it alone

`order` says what goes into it, `fit` how many of these, `media_left` and `look_ms` what a monthly
budget still allows.

A request is taken by the server as a whole, so one that is cut was sent in vain. Requests start
small, grow while they take less than about two seconds, and shrink after a cut to what got through.
Where a link was cut twice after the same time, as on a bus between two hills or behind a proxy, no
more is begun than got through before; the rest of the time is waited out. Where cuts come without
a rule, a request is only as large as what it would waste is small beside what has arrived.

The same decisions, on the same vectors: pwa/src/exchange/pace.ts.

Source: docs/protocol.md, "One-request sync".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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

LOOK_MS: Final = 30_000
"""Between two looks at the server while the app is in front, in milliseconds."""

LOOK_SPENT_MS: Final = 900_000
"""The same where the month's budget is used up."""

_GOAL_MS: Final = 2_000
"""What a request should take."""

_GOAL_MAX_MS: Final = 8_000
"""What it may take where a round trip alone is long."""

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

_RANKS: Final = {
    "log": 0,
    "wrap": 0,
    "req": 0,
    "ev": 1,
    "pl": 2,
    "pr": 2,
    "nt": 3,
    "cp": 4,
    "at": 5,
    "sn": 5,
    "ch": 6,
}
"""Value of a kind, the smaller the more: sessions, pain and messages are `ev`; media come last."""

_OTHER_RANK: Final = 4
_MEDIA: Final = "ch:"
_MEDIA_PERCENT: Final = 80
"""Of a month's budget media take no more than this: the rest is for what always goes."""


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
        load: Bytes that got through in a window; 0 where that is not known.
        cut_ms: When the last cut was.
        through: Bytes that were answered since the first cut that is remembered, and before it.
        lost: Bytes that were sent in vain since then.
        setup_ms: How long it took to make the last connection; 0 where that is not known.
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
    lost: int = 0
    setup_ms: int = 0
    silences: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """What may be done next.

    Attributes:
        bytes: How large the body of the next request may be; a single record may be larger.
        wait_ms: For how long nothing should be begun, in milliseconds. Who has something that
            somebody waits for need not keep to it.
    """

    bytes: int
    wait_ms: int = 0


# -- the link --------------------------------------------------------------------------------------


def answered(link: Link, trip: Trip) -> Link:
    """A request was answered, by whatever: the link carried it there and back."""
    link = _remembering(_entered(link, trip), trip.began_ms)
    size = trip.sent + trip.got
    took_ms = max(1, trip.ended_ms - trip.began_ms)
    samples = (*link.samples, (size, took_ms))[-_SAMPLES:]
    known = replace(link, samples=samples, ended_ms=trip.ended_ms, silences=0, failures=0)
    waited_ms = max(0, took_ms - _moving_ms(known, size))
    known = replace(
        known,
        trips=(*link.trips, waited_ms)[-_TRIPS:],
        carried=link.carried + size,
        through=link.through + size,
    )
    goal_ms = _goal_ms(known)
    aimed = size * goal_ms // took_ms
    if aimed >= link.portion:
        # What was less than allowed says nothing of what is too much; nor does what came down.
        most = max(4 * START_BYTES, known.through // 6, speed_bytes_s(known) // 4)
        grown = max(link.portion, min(aimed, 2 * trip.sent, most))
        return replace(known, portion=min(MOST_BYTES, grown))
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
    life_ms = trip.ended_ms - link.began_ms
    was_there = link.carried > 0 or trip.ended_ms - trip.began_ms >= _LIFE_MIN_MS
    # Elsewhere connections are timed and this one was not: how long it was up is not known.
    is_timed = link.carried > 0 or trip.setup_ms > 0 or link.setup_ms == 0
    failed = replace(
        link,
        ended_ms=trip.ended_ms,
        failures=link.failures + 1,
        silences=link.silences + 1 if silent else 0,
        began_ms=trip.ended_ms,
        carried=0,
    )
    if silent:
        waited_ms = trip.ended_ms - trip.began_ms
        failed = replace(failed, trips=(*link.trips, waited_ms)[-_TRIPS:])
    if not was_there:
        return failed
    half = max(LEAST_BYTES, min(link.portion, max(trip.sent, LEAST_BYTES)) // 2)
    portion = max(half, link.carried) if link.carried < link.portion else half
    return replace(
        failed,
        portion=portion,
        lives=link.lives if silent or not is_timed else (*link.lives, life_ms)[-_LIVES:],
        load=link.load if silent or not is_timed else link.carried,
        cut_ms=trip.ended_ms,
        # A server that says nothing from the start is no link that is cut.
        lost=link.lost + (trip.sent if link.carried or not silent else 0),
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
        silences=0,
        failures=0,
    )


def allow(link: Link, now_ms: int) -> Turn:
    """How much the next request may bring, and when."""
    link = _remembering(link, now_ms)
    life_ms = _life_ms(link)
    if life_ms == 0 or link.silences > 0:
        return Turn(min(link.portion, _risk(link)))
    if link.load == 0 or _is_new(link, now_ms):
        return Turn(max(LEAST_BYTES, min(link.portion, link.load or link.portion)))
    left_ms = link.began_ms + life_ms - now_ms
    slowest_ms = max((ms for _, ms in link.samples), default=life_ms)
    if 2 * slowest_ms <= left_ms:
        return Turn(link.portion)
    left = link.load - link.carried
    if left >= LEAST_BYTES:
        return Turn(min(link.portion, left))
    wait_ms = left_ms + life_ms // 10
    return Turn(min(link.portion, link.load), min(_REST_MAX_MS, max(0, wait_ms)))


def patience_ms(link: Link, sent: int, now_ms: int) -> int:
    """How long the beginning of an answer may take, in milliseconds.

    The slowest of the last round trips and half of it more, between 3 and 10 seconds; and the time
    of the bytes at the measured speed. Before anything was measured, and after a time without
    requests, when a connection may have to be made, 10 seconds.

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
        return moving_ms + max(SILENCE_MAX_MS, link.setup_ms + SILENCE_MIN_MS)
    slowest_ms = max(link.trips) * 3 // 2
    return moving_ms + min(SILENCE_MAX_MS, max(SILENCE_MIN_MS, slowest_ms))


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
    life_ms, load = _life_ms(link), link.load
    # All of it arrived well before the link would have been cut: it may be more.
    if life_ms and link.carried >= load > 0 and link.ended_ms - link.began_ms < life_ms * 7 // 10:
        load = link.carried * 5 // 4
    return replace(link, began_ms=trip.began_ms, carried=0, load=load, setup_ms=setup_ms)


def _risk(link: Link) -> int:
    """What may be lost where nobody knows when the link is cut."""
    if link.failures > 0:
        return LEAST_BYTES
    return max(START_BYTES, _small(link), _spare(link)) if link.lost else MOST_BYTES


def _small(link: Link) -> int:
    """What is out for so short a time that a cut seldom meets it."""
    return speed_bytes_s(link) * min(link.lives, default=0) // 20_000


def _spare(link: Link) -> int:
    """What may be lost without more than an eighth being sent in vain."""
    return link.through // 8 - link.lost


def _is_new(link: Link, now_ms: int) -> bool:
    life_ms = _life_ms(link)
    idle_ms = now_ms - link.ended_ms
    return (
        link.began_ms == 0
        or idle_ms >= _IDLE_MS
        or (life_ms > 0 and now_ms - link.began_ms >= life_ms * 11 // 10)
        or (link.failures > 0 and link.carried == 0)
    )


def _remembering(link: Link, now_ms: int) -> Link:
    if link.cut_ms == 0:
        return replace(link, through=min(link.through, MOST_BYTES))
    if now_ms - link.cut_ms <= _FORGET_MS:
        return link
    return replace(link, lives=(), load=0, cut_ms=0, through=0, lost=0)


def _life_ms(link: Link) -> int:
    """How long the link stays up, where that has a rule; else 0."""
    lives = link.lives[-2:]
    if len(lives) < 2 or max(lives) * 10 > min(lives) * 13:
        return 0
    return min(lives)


def _goal_ms(link: Link) -> int:
    quickest_ms = min((ms for _, ms in link.samples), default=0)
    goal_ms = max(_GOAL_MS, 3 * quickest_ms)
    if link.lives:
        life_ms = min(link.lives)
        goal_ms = min(goal_ms, max(life_ms * 4 // 5 if _life_ms(link) else life_ms // 4, 1_000))
    return min(_GOAL_MAX_MS, goal_ms)


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
    if large_size >= 2 * quick_size:
        return max(1, (large_size - quick_size) * 1000 // max(1, large_ms - quick_ms))
    return max(1, large_size * 1000 // large_ms)


# -- what goes first -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that is to be sent.

    Attributes:
        circle: Where it belongs.
        id: Its `_id`, or `log:` and `wrap:` with anything.
        size: Its bytes in a request.
    """

    circle: str
    id: str
    size: int


def order(waiting: Iterable[Waiting], most: int) -> list[Waiting]:
    """The order in which to send: log entries, sessions, pain and messages; notes; media.

    Numbered records of one feed stay in their order, else readers would see a gap in it if the
    link broke between the two; so a feed goes by the most valuable record that waits in it. Only
    what is larger than `most` is overtaken, so that it holds nobody up.

    Args:
        waiting: In any order.
        most: Bytes that the next request may have: `Turn.bytes`.
    """
    chosen = list(waiting)
    best: dict[str, int] = {}
    for one in chosen:
        if one.size <= most:
            feed, _ = _place(one)
            best[feed] = min(best.get(feed, _OTHER_RANK + 9), _rank(one))

    def key(one: Waiting) -> tuple[bool, int, str, int]:
        feed, number = _place(one)
        is_large = one.size > most
        return is_large, _rank(one) if is_large else best[feed], feed, number

    return sorted(chosen, key=key)


def fit(sizes: Sequence[int], most: int) -> int:
    """How many from the front go into a request of `most` bytes; at least one, if there is any."""
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if total > most:
            return max(1, count)
    return len(sizes)


def _rank(one: Waiting) -> int:
    return _RANKS.get(one.id.partition(":")[0], _OTHER_RANK)


def _place(one: Waiting) -> tuple[str, int]:
    """The feed of a numbered record and its number; anything else is alone."""
    parts = one.id.split(":")
    if len(parts) == 4 and parts[3][1:].isdecimal():
        return f"{one.circle} {parts[2]} {parts[3][:1]}", int(parts[3][1:])
    return f"{one.circle} {one.id}", 0


# -- a month's budget ------------------------------------------------------------------------------


def media_left(limit: int, spent: int) -> int:
    """Bytes of media that may still go this month; logs, pain and all other records always go.

    Args:
        limit: The month's budget in bytes; 0 for none.
        spent: Bytes that went over the network this month.
    """
    if limit == 0:
        return MOST_BYTES
    return min(MOST_BYTES, max(0, limit * _MEDIA_PERCENT // 100 - spent))


def may_go(one: Waiting, limit: int, spent: int) -> bool:
    """Whether the month's budget lets it go; arguments as for `media_left`."""
    return not one.id.startswith(_MEDIA) or one.size <= media_left(limit, spent)


def look_ms(limit: int, spent: int) -> int:
    """Between two looks at the server, in milliseconds; arguments as for `media_left`."""
    return LOOK_SPENT_MS if limit > 0 and spent >= limit else LOOK_MS
