"""Requests fit the link: simulated by arithmetic, with a clock that is a number."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.exchange import pace
from rejoint_sync.exchange.pace import Link, Trip, Waiting

RECORD = 235
ANSWER = 60


@dataclass
class Road:
    """A link as it is.

    Attributes:
        speed: Bytes a second, each way.
        rtt_ms: There and back.
        life_ms: For how long each connection stays up after the handshake.
        setup_ms: Time of the handshake.
        tells: Whether the client learns that a connection was made, and how long that took.
        tells_cuts: Whether it learns this also where the request was cut.
        dark_ms: After a cut nothing passes for so long; who dials meanwhile tries again after one
            second, and then after twice as long each time.
        trouble: Probability that a request takes up to four round trips more.
    """

    speed: int
    rtt_ms: int
    life_ms: Iterator[int] = field(default_factory=lambda: itertools.repeat(10**9))
    setup_ms: int = 0
    tells: bool = False
    tells_cuts: bool = True
    dark_ms: int = 0
    trouble: float = 0.0
    chance: Random = field(default_factory=lambda: Random(1))
    now_ms: int = 1_000_000
    dies_ms: int = 0
    sent: int = 0
    requests: int = 0

    def carry(self, size: int, patience_ms: int) -> tuple[bool, bool, Trip]:
        """Whether a request was answered, and whether it was given up."""
        self.requests += 1
        asked_ms, fresh = self.now_ms, self.now_ms >= self.dies_ms
        if fresh:
            again_ms, light_ms = 1_000, self.dies_ms + self.dark_ms
            while self.now_ms < light_ms:
                self.now_ms, again_ms = self.now_ms + again_ms, 2 * again_ms
            self.now_ms += self.setup_ms
            self.dies_ms = self.now_ms + next(self.life_ms)
        began_ms = self.now_ms
        late = self.chance.random() < self.trouble
        extra_ms = self.chance.randrange(4 * self.rtt_ms + 1) if late else 0
        up_ms = size * 1000 // self.speed
        done_ms = began_ms + up_ms + self.rtt_ms + extra_ms + ANSWER * 1000 // self.speed
        ends_ms = min(done_ms, self.dies_ms, asked_ms + patience_ms)
        self.sent += min(size, max(0, ends_ms - began_ms) * self.speed // 1000)
        self.now_ms = ends_ms
        got = ANSWER if ends_ms == done_ms else 0
        tells = self.tells and (self.tells_cuts or got > 0)
        shown_ms = min(began_ms, ends_ms) if tells else asked_ms
        trip = Trip(size, got, shown_ms, ends_ms, shown_ms - asked_ms)
        return ends_ms == done_ms, ends_ms == asked_ms + patience_ms, trip


def send(road: Road, records: int, limit_ms: int = 3_600_000, size: int = RECORD) -> int:
    """Send so many records; how many milliseconds it took."""
    link, left, started_ms = Link(), records, road.now_ms
    while left and road.now_ms - started_ms < limit_ms:
        turn = pace.allow(link, road.now_ms)
        road.now_ms += turn.wait_ms
        count = pace.fit([size] * left, turn.bytes)
        sent = count * size
        patience_ms = pace.patience_ms(link, sent, road.now_ms)
        ok, silent, trip = road.carry(sent, patience_ms)
        if ok:
            left -= count
            link = pace.answered(link, trip)
        else:
            if not silent:
                road.dies_ms = road.now_ms
            link = pace.cut(link, trip, silent=silent)
            road.now_ms += pace.pause_ms(link, 0.5)
    assert left == 0, f"{left} of {records} left after {limit_ms} ms"
    return road.now_ms - started_ms


def test_windows_of_3_s_at_8_kbit_s_carry_everything_and_waste_little() -> None:
    for rtt_ms, tells in itertools.product((50, 200, 400, 700), (False, True)):
        lives = itertools.repeat(3_000)
        road = Road(1_000, rtt_ms, life_ms=lives, setup_ms=5_000, tells=tells)
        send(road, 300, limit_ms=720_000)
        assert road.sent <= 1.15 * 300 * RECORD, (rtt_ms, tells)


def test_windows_after_which_it_is_dark_are_found_where_connections_are_timed() -> None:
    for rtt_ms, setup_ms, tells_cuts in itertools.product(
        (50, 200, 400), (1_700, 3_000, 5_000), (False, True)
    ):
        lives = itertools.repeat(3_000)
        road = Road(
            1_000, rtt_ms, lives, setup_ms, tells=True, tells_cuts=tells_cuts, dark_ms=2_000
        )
        send(road, 300, limit_ms=720_000)
        assert road.sent <= 1.15 * 300 * RECORD, (rtt_ms, setup_ms, tells_cuts)


def test_16_kbit_s_cut_every_20_s_take_no_more_than_three_times_the_time_of_the_bytes() -> None:
    for rtt_ms, tells in itertools.product((100, 300, 600), (False, True)):
        lives = itertools.repeat(20_000)
        road = Road(2_000, rtt_ms, life_ms=lives, setup_ms=3 * rtt_ms + 1_000, tells=tells)
        assert send(road, 300) <= 3 * 300 * RECORD / 2
        assert road.sent <= 1.15 * 300 * RECORD, (rtt_ms, tells)


def test_a_link_that_bends_but_does_not_break_wastes_nothing() -> None:
    road = Road(20_000, 800, trouble=0.4)
    assert send(road, 300) <= 60_000
    assert road.sent == 300 * RECORD


def test_a_good_link_is_used() -> None:
    road = Road(1_000_000, 50)
    assert send(road, 10_000) <= 2 * 10_000 * RECORD / 1_000
    assert road.requests <= 30


@given(
    st.integers(1_000, 16_000),
    st.integers(20, 800),
    st.integers(3_000, 60_000),
    st.integers(0, 5_000),
    st.sampled_from(["told", "not told"]),
)
def test_links_that_are_cut_by_a_rule(
    speed: int, rtt_ms: int, life_ms: int, setup_ms: int, known: str
) -> None:
    road = Road(speed, rtt_ms, itertools.repeat(life_ms), setup_ms, known == "told")
    send(road, 300)
    # Quick links grow at once to what is much of such a small payload: the first cut costs more.
    assert road.sent <= (1.15 if speed <= 4_000 else 1.25) * 300 * RECORD


@given(st.integers(2_000, 50_000), st.integers(20, 500), st.integers(0, 2**32))
def test_links_that_are_cut_without_a_rule(speed: int, rtt_ms: int, seed: int) -> None:
    chance = Random(seed)
    lives = (3_000 + int(chance.expovariate(1 / 20_000)) for _ in itertools.count())
    road = Road(speed, rtt_ms, lives, 1_000, tells=True)
    send(road, 300)
    assert road.sent <= 1.35 * 300 * RECORD


def test_a_record_larger_than_any_window_is_tried_and_holds_nobody_up() -> None:
    waiting = [Waiting("c", "sn:2611:d:c000001", 90_000), Waiting("c", "ev:2611:d:c000002", RECORD)]
    first, last = pace.order(waiting, pace.START_BYTES)
    assert (first.id[:2], last.id[:2]) == ("ev", "sn")
    assert pace.fit([last.size], pace.START_BYTES) == 1
    assert [one.id[:2] for one in pace.order(waiting, 100_000)] == ["sn", "ev"]


# -- time-outs and pauses --------------------------------------------------------------------------


def walked(*took_ms: int, size: int = 1_000) -> Link:
    """A link after answered requests, one after another."""
    link, now_ms = Link(), 1_000_000
    for ms in took_ms:
        link = pace.answered(link, Trip(size, 0, now_ms, now_ms + ms))
        now_ms += ms
    return link


def test_a_dead_server_is_noticed_in_10_s_and_on_a_quick_link_in_3() -> None:
    assert pace.patience_ms(Link(), 0, 1) == 10_000
    assert pace.patience_ms(Link(), pace.START_BYTES, 1) == 10_000
    link = walked(100, 120, 90, 300)
    assert pace.patience_ms(link, 0, link.ended_ms) == 3_000
    assert pace.patience_ms(link, 0, link.ended_ms + 60_000) == 10_000


def test_a_slow_answer_makes_the_next_wait_longer_and_never_beyond_10_s() -> None:
    link = walked(500, 500, 500, 4_500)
    assert pace.patience_ms(link, 0, link.ended_ms) == 1_500 * 4_000 // 1_000
    link = walked(500, 500, 500, 9_900)
    assert pace.patience_ms(link, 0, link.ended_ms) == 10_000


def test_who_was_given_up_twice_is_waited_for_longer() -> None:
    link = Link()
    waits = []
    for _ in range(4):
        waits.append(pace.patience_ms(link, 200, 1_000))
        link = pace.cut(link, Trip(200, 0, 1_000, 11_000), silent=True)
    assert waits == [10_000, 10_000, 20_200, 10_000]


@given(st.lists(st.integers(1, 20_000), max_size=50), st.integers(0, 10**6))
def test_patience_is_for_the_bytes_and_between_3_and_10_s(took: list[int], size: int) -> None:
    link = walked(*took)
    patience_ms = pace.patience_ms(link, size, link.ended_ms)
    moving_ms = size * 1_000 // pace.speed_bytes_s(link)
    assert moving_ms + 3_000 <= patience_ms <= moving_ms + 10_000


def test_a_connection_that_was_never_made_teaches_nothing() -> None:
    link = walked(1_000, 1_000)
    later_ms = link.ended_ms + 60_000
    dark = pace.cut(link, Trip(500, 0, later_ms + 10_000, later_ms + 10_000, 10_000), silent=True)
    assert (dark.setup_ms, dark.portion, dark.lost) == (link.setup_ms, link.portion, 0)


def test_how_long_a_link_was_up_is_learnt_only_where_the_connection_was_timed() -> None:
    link = pace.answered(Link(), Trip(1_000, 60, 3_000, 4_500, 2_000))
    link = pace.cut(link, Trip(1_000, 0, 4_500, 6_000), silent=False)
    assert link.lives == (3_000,)
    untimed = pace.cut(link, Trip(500, 0, 7_000, 15_000), silent=False)
    assert untimed.lives == (3_000,)
    timed = pace.cut(link, Trip(500, 0, 12_000, 15_000, 5_000), silent=False)
    assert timed.lives == (3_000, 3_000)


def test_a_server_that_was_mute_costs_little_and_is_soon_sent_much() -> None:
    link, now_ms, sent = Link(), 1_000_000, 0
    for _ in range(5):
        size = pace.allow(link, now_ms).bytes
        sent += size
        link = pace.cut(link, Trip(size, 0, now_ms, now_ms + 10_000), silent=True)
        now_ms += 10_000
    assert sent == pace.START_BYTES + 4 * pace.LEAST_BYTES
    left, requests = 300 * RECORD, 0
    while left > 0:
        size = min(left, pace.allow(link, now_ms).bytes)
        left, requests = left - size, requests + 1
        link = pace.answered(link, Trip(size, ANSWER, now_ms, now_ms + 20 + size // 1_000))
        now_ms += 100
    assert requests <= 15


def test_pauses_double_and_the_network_forgets_them() -> None:
    link, pauses = Link(), []
    for _ in range(12):
        link = pace.cut(link, Trip(100, 0, 1_000, 1_010), silent=False)
        pauses.append(pace.pause_ms(link, 1.0))
    assert pauses[:4] == [1_000, 2_000, 4_000, 8_000]
    assert pauses[-1] == pace.PAUSE_MAX_MS
    assert pace.pause_ms(link, 0.0) == pace.PAUSE_MAX_MS // 2
    back = pace.returned(link, 5_000)
    assert pace.pause_ms(back, 1.0) == 0
    assert pace.allow(back, 5_000) == pace.Turn(pace.START_BYTES)


def test_what_comes_down_makes_requests_no_larger() -> None:
    link, now_ms = Link(), 1_000_000
    for _ in range(20):
        link = pace.answered(link, Trip(20, 500_000, now_ms, now_ms + 500))
        now_ms += 500
    assert link.portion == pace.START_BYTES


def test_a_network_that_was_never_there_makes_requests_no_smaller() -> None:
    link = walked(100, 100, 100)
    refused = pace.cut(link, Trip(1_000, 0, 2_000_000, 2_000_020), silent=False)
    assert refused.portion == link.portion
    assert refused.lives == ()


def test_a_cut_of_ten_minutes_ago_is_forgotten() -> None:
    link = walked(1_000, 1_000)
    link = pace.cut(link, Trip(1_000, 0, link.ended_ms, link.ended_ms + 900), silent=False)
    assert link.lost == 1_000
    later_ms = link.cut_ms + 600_001
    assert pace.answered(link, Trip(10, 10, later_ms, later_ms + 100)).lost == 0


# -- what goes first, and how much in a month ------------------------------------------------------


def names(waiting: list[Waiting]) -> list[str]:
    return [one.id for one in waiting]


def test_feeds_go_by_what_is_most_valuable_in_them_and_are_never_torn() -> None:
    waiting = [
        Waiting("b", "ch:d:x", 400),
        Waiting("b", "nt:2611:d:k000001", 300),
        Waiting("a", "pr:2611:d:c000002", 300),
        Waiting("a", "nt:2611:d:c000001", 300),
        Waiting("a", "ev:2611:d:c000003", 300),
        Waiting("b", "cp:c:d", 300),
        Waiting("b", "log:000004", 900),
    ]
    assert names(pace.order(waiting, 1_000)) == [
        "log:000004",
        "nt:2611:d:c000001",
        "pr:2611:d:c000002",
        "ev:2611:d:c000003",
        "nt:2611:d:k000001",
        "cp:c:d",
        "ch:d:x",
    ]


@given(
    st.lists(
        st.builds(
            Waiting,
            st.sampled_from("ab"),
            st.builds(
                lambda kind, n: f"{kind}:2611:d:c{n:06d}",
                st.sampled_from(["ev", "nt", "pl", "sn", "at"]),
                st.integers(1, 999),
            ),
            st.integers(200, 5_000),
        ),
        max_size=30,
        unique_by=lambda one: (one.circle, one.id[-7:]),
    ),
    st.integers(500, 5_000),
)
def test_small_records_of_a_feed_stay_in_their_order(waiting: list[Waiting], most: int) -> None:
    ordered = pace.order(waiting, most)
    assert sorted(names(ordered)) == sorted(names(waiting))
    for circle in "ab":
        small = [one.id[-6:] for one in ordered if one.circle == circle and one.size <= most]
        assert small == sorted(small)


@given(st.lists(st.integers(0, 5_000), max_size=30), st.integers(500, 20_000))
def test_what_fits(sizes: list[int], most: int) -> None:
    count = pace.fit(sizes, most)
    assert count >= min(1, len(sizes))
    assert count <= 1 or sum(sizes[:count]) <= most
    assert count == len(sizes) or sum(sizes[: count + 1]) > most


def test_media_wait_for_the_next_month_and_nothing_else_does() -> None:
    chunk, pain = Waiting("c", "ch:d:x", 60_000), Waiting("c", "ev:2611:d:c000001", 300)
    assert pace.may_go(chunk, 0, 10**12)
    assert pace.may_go(chunk, 1_000_000, 740_000)
    assert not pace.may_go(chunk, 1_000_000, 740_001)
    assert pace.may_go(pain, 1_000_000, 10**12)
    assert pace.look_ms(1_000_000, 999_999) == pace.LOOK_MS
    assert pace.look_ms(1_000_000, 1_000_000) == pace.LOOK_SPENT_MS
    assert pace.look_ms(0, 10**12) == pace.LOOK_MS
