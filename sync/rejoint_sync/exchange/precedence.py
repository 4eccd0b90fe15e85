"""What goes first, how many of these fit into one request, and what a month's budget allows.

    order(waiting, turn.bytes)     the most valuable first
    fit(sizes, turn.bytes)         how many from the front go along
    may_go, media_left, look_ms    what the budget still allows

Decisions only. The same, on the same vectors: pwa/src/exchange/precedence.ts.

Source: docs/adr/0026-pace-and-background-sync.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rejoint_sync.exchange.pace import MOST_BYTES

LOOK_MS: Final = 30_000
"""Between two looks at the server while the app is in front, in milliseconds."""

LOOK_SPENT_MS: Final = 900_000
"""The same where the month's budget is used up."""

_BY_VALUE: Final = ("log wrap req", "ev", "pl pr", "nt", "cp", "at sn", "ch")
_RANKS: Final = {kind: rank for rank, kinds in enumerate(_BY_VALUE) for kind in kinds.split()}
"""Value of a kind, the smaller the more: sessions, pain and messages are `ev`; media come last."""

_OTHER_RANK: Final = 4
_MEDIA: Final = "ch:"
_MEDIA_PERCENT: Final = 80
"""Of a month's budget media take no more than this: the rest is for what always goes."""


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
