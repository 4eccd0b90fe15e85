"""Cases of pace: a link through good and bad times, and what is decided at each step."""

from dataclasses import astuple, replace
from random import Random
from typing import Any

from rejoint_sync.exchange import pace, precedence
from rejoint_sync.exchange.pace import Link, Trip
from rejoint_sync.exchange.precedence import Waiting

WALKS = 6
STEPS = 30


def decided(link: Link, now_ms: int) -> dict[str, Any]:
    """Everything that is decided of a link at one moment."""
    turn = pace.allow(link, now_ms)
    return {
        "now_ms": now_ms,
        "allow": [turn.bytes, turn.wait_ms, turn.answer],
        "patience_ms": [pace.patience_ms(link, sent, now_ms) for sent in (0, 1_000, 100_000)],
        "pause_ms": [pace.pause_ms(link, chance) for chance in (0.0, 0.5, 1.0)],
        "speed": pace.speed_bytes_s(link),
        "link": shown(link),
    }


def shown(link: Link) -> list[Any]:
    """Its members in their order, tuples as arrays."""
    return [
        [list(part) if isinstance(part, tuple) else part for part in one]
        if isinstance(one, tuple)
        else one
        for one in astuple(link)
    ]


def walk(seed: int) -> list[dict[str, Any]]:
    """A link as a bad day treats it; each step says what happened and what is decided then."""
    chance = Random(f"pace {seed}")
    link, now_ms, steps = Link(), 1_000_000 * (seed + 1), []
    speed = chance.choice([1_000, 2_000, 20_000, 1_000_000])
    # Half of the links are cut after the same time again and again, which is a rule to be found.
    life_ms = chance.choice([3_000, 20_000]) if seed % 2 else 0
    dies_ms = now_ms + life_ms
    for _ in range(STEPS):
        turn = pace.allow(link, now_ms)
        now_ms += turn.wait_ms + chance.choice([0, 0, 0, 0, 700, 6_000])
        setup_ms = 0
        if life_ms and now_ms >= dies_ms:
            setup_ms = chance.choice([0, 1_500])
            dies_ms = now_ms + setup_ms + life_ms
        began_ms = now_ms + setup_ms
        sent = max(20, int(turn.bytes * chance.choice([0.1, 0.9, 1.0])))
        got = chance.choice([60, 300, sent])
        took_ms = 1 + (sent + got) * 1_000 // speed + chance.choice([30, 400, 2_500])
        is_cut = began_ms + took_ms > dies_ms if life_ms else chance.random() < 0.2
        if chance.random() < 0.04:
            now_ms += chance.choice([0, 700_000])
            link = pace.returned(link, now_ms)
            did: dict[str, Any] = {"returned": now_ms}
        elif is_cut:
            ended_ms = min(dies_ms, began_ms + took_ms) if life_ms else began_ms + took_ms // 2
            trip = Trip(sent, 0, began_ms, max(began_ms, ended_ms), setup_ms)
            silent = chance.random() < 0.3
            link = pace.cut(link, trip, silent=silent)
            did = {"cut": list(astuple(trip)), "silent": silent}
            now_ms = trip.ended_ms + pace.pause_ms(link, 0.5)
        else:
            trip = Trip(sent, got, began_ms, began_ms + took_ms, setup_ms)
            link, did = pace.answered(link, trip), {"answered": list(astuple(trip))}
            now_ms = trip.ended_ms
        steps.append(did | decided(link, now_ms))
    return steps


def order_cases() -> list[dict[str, Any]]:
    """What waits, and in which order it goes."""
    chance = Random("order")
    kinds = ["ev", "nt", "pl", "pr", "at", "sn"]
    cases = []
    for most in (500, 1_000, 100_000):
        waiting = [
            Waiting(
                chance.choice(["c1", "c2"]),
                f"{chance.choice(kinds)}:2611:d{chance.choice('AB')}:{chance.choice('ck')}{n:06d}",
                chance.choice([235, 400, 900, 30_000]),
            )
            for n in range(1, 30)
        ]
        waiting += [
            Waiting("c1", "ch:dA:x", 60_000),
            Waiting("c1", "ch:dA:w", 300),
            Waiting("c2", "cp:c:dA", 900),
            Waiting("c2", "log:000004", 700),
            Waiting("c2", "zz:later", 200),
            Waiting("c2", "req:dA:000004", 200),
        ]
        chance.shuffle(waiting)
        cases.append(
            {
                "most": most,
                "waiting": [list(astuple(one)) for one in waiting],
                "order": [waiting.index(one) for one in precedence.order(waiting, most)],
            }
        )
    return cases


def pace_vectors() -> dict[str, Any]:
    """All cases."""
    sizes = [[], [10], [900], [400, 400, 400], [500, 501], [2_000, 1]]
    chunk, pain = Waiting("c", "ch:d:x", 60_000), Waiting("c", "ev:2611:d:c000001", 300)
    months = [(0, 0), (0, 10**12), (1_000_000, 0), (1_000_000, 740_000), (1_000_000, 740_001)]
    months += [(1_000_000, 999_999), (1_000_000, 1_000_000), (7, 3), (10**9, 0)]
    return {
        "start": decided(Link(), 1_000),
        "walks": [walk(seed) for seed in range(WALKS)],
        "restarted": decided(replace(Link(), portion=800), 5),
        "order": order_cases(),
        "fit": [
            {"sizes": s, "most": m, "count": precedence.fit(s, m)}
            for s in sizes
            for m in (800, 1_001)
        ],
        "months": [
            {
                "limit": limit,
                "spent": spent,
                "media_left": precedence.media_left(limit, spent),
                "may_go": [precedence.may_go(one, limit, spent) for one in (chunk, pain)],
                "look_ms": precedence.look_ms(limit, spent),
            }
            for limit, spent in months
        ],
    }
