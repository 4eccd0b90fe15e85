"""Requests fit the link: simulated by arithmetic, with a clock that is a number."""

import itertools
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.exchange import pace
from rejoint_sync.exchange.pace import Link, Trip
from sync.exchange.roads import APP, DEVICE, Caller, Road, send

RECORD = 235
ANSWER = 60
RECORDS = [Random(n).choice([190, RECORD, RECORD, 280]) for n in range(300)]
PAYLOAD = sum(RECORDS)

callers = pytest.mark.parametrize("caller", [DEVICE, APP], ids=["device", "app"])


@callers
@pytest.mark.parametrize("rtt_ms", [0, 200])
def test_windows_of_3_s_at_8_kbit_s_cost_what_they_must(caller: Caller, rtt_ms: int) -> None:
    lives = itertools.repeat(3_000)
    road = Road(1_000, rtt_ms, lives, dark_ms=2_000, caller=caller)
    send(road, RECORDS)
    # No window carries more than that, and each costs the heads of one request.
    most = road.most(3_000)
    assert road.sent <= 1.1 * (1 + caller.first_up / most) * PAYLOAD
    assert road.dials <= 1.4 * PAYLOAD / most


@callers
def test_windows_that_carry_one_request_are_filled_though_the_first_too_large_is_lost(
    caller: Caller,
) -> None:
    slow = replace(caller, think_ms=2_500)
    road = Road(1_000, 0, itertools.repeat(3_000), dark_ms=2_000, caller=slow)
    send(road, RECORDS)
    most = road.most(3_000)
    assert road.sent <= 1.15 * (1 + caller.first_up / most) * PAYLOAD
    assert road.dials <= 1.5 * PAYLOAD / most


def test_windows_are_filled_though_part_of_a_handshake_is_sent_again_in_them() -> None:
    sent = dials = 0
    for seed in range(10):
        chance = Random(seed)
        again = (chance.randrange(2_000) for _ in itertools.count())
        lives = itertools.repeat(3_000)
        road = Road(1_000, 60, lives, again, dark_ms=2_000, caller=APP)
        send(road, RECORDS)
        sent, dials = sent + road.sent, dials + road.dials
    most = road.most(3_000)
    assert sent / 10 <= 1.42 * (1 + APP.first_up / most) * PAYLOAD
    assert dials / 10 <= 1.6 * PAYLOAD / most


@callers
@pytest.mark.parametrize("rtt_ms", [0, 100, 300])
def test_16_kbit_s_cut_every_20_s_is_asked_little_more_than_its_records(
    caller: Caller, rtt_ms: int
) -> None:
    road = Road(2_000, rtt_ms, every_ms=20_000, caller=caller)
    assert send(road, RECORDS) <= 3 * PAYLOAD / 2
    assert road.sent <= 1.17 * PAYLOAD


@callers
def test_cuts_without_a_rule_cost_little_on_average(caller: Caller) -> None:
    sent = 0
    for seed in range(20):
        chance = Random(seed)
        lives = (3_000 + int(chance.expovariate(1 / 20_000)) for _ in itertools.count())
        road = Road(2_000, 100, lives, caller=caller)
        send(road, RECORDS)
        sent += road.sent
    assert sent / 20 <= 1.25 * PAYLOAD


@callers
def test_a_link_that_bends_but_does_not_break_wastes_nothing(caller: Caller) -> None:
    road = Road(20_000, 800, trouble=0.4, caller=caller)
    assert send(road, RECORDS) <= 60_000
    assert road.sent == PAYLOAD + caller.first_up + caller.next_up * (road.requests - 1)
    assert road.requests <= 40


@callers
def test_a_good_link_is_used(caller: Caller) -> None:
    road = Road(1_000_000, 50, caller=caller)
    assert send(road, [RECORD] * 10_000) <= 4 * 10_000 * RECORD / 1_000
    assert road.requests <= 30


@given(
    st.integers(1_000, 16_000),
    st.integers(20, 800),
    st.integers(3_000, 60_000),
    st.integers(0, 5_000),
    st.sampled_from([(True, True), (True, False), (False, False)]),
)
def test_bodies_on_links_that_are_cut_by_a_rule(
    speed: int, rtt_ms: int, life_ms: int, setup_ms: int, tells: tuple[bool, bool]
) -> None:
    caller = Caller(setup_ms=setup_ms, tells=tells[0], tells_cuts=tells[1])
    # Who is told nothing of connections cannot tell the dark from the link.
    dark_ms = setup_ms // 2 if caller.tells else 0
    road = Road(speed, rtt_ms, itertools.repeat(life_ms), dark_ms=dark_ms, caller=caller)
    send(road, RECORDS)
    assert road.sent <= 1.2 * PAYLOAD


@given(st.integers(2_000, 50_000), st.integers(20, 500), st.integers(0, 2**32))
def test_bodies_on_links_that_are_cut_without_a_rule(speed: int, rtt_ms: int, seed: int) -> None:
    chance = Random(seed)
    lives = (3_000 + int(chance.expovariate(1 / 20_000)) for _ in itertools.count())
    road = Road(speed, rtt_ms, lives, caller=Caller(setup_ms=1_000))
    send(road, RECORDS)
    assert road.sent <= 1.3 * PAYLOAD


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
    assert (dark.setup_ms, dark.portion, dark.cuts) == (link.setup_ms, link.portion, 0)


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
    assert sent == pace.START_BYTES
    link = pace.answered(link, Trip(20, 3, now_ms, now_ms + 20))
    now_ms += 100
    left, requests = 300 * RECORD, 0
    while left > 0:
        size = min(left, pace.allow(link, now_ms).bytes)
        left, requests = left - size, requests + 1
        link = pace.answered(link, Trip(size, ANSWER, now_ms, now_ms + 20 + size // 1_000))
        now_ms += 100
    assert requests <= 15


def test_after_silence_it_is_only_asked_whether_somebody_is_there() -> None:
    link = pace.cut(Link(), Trip(1_000, 0, 1_000, 11_000), silent=True)
    assert pace.allow(link, 12_000) == pace.Turn(0, 0, pace.LEAST_BYTES)
    link = pace.answered(link, Trip(20, 3, 12_000, 12_100))
    assert pace.allow(link, 12_100).bytes >= pace.LEAST_BYTES


def test_answers_are_small_where_the_link_was_cut() -> None:
    link = walked(1_000, 1_000)
    assert pace.allow(link, link.ended_ms).answer_to(brings=True) == 0
    cut = pace.cut(link, Trip(1_000, 0, link.ended_ms, link.ended_ms + 900), silent=False)
    turn = pace.allow(cut, cut.ended_ms)
    assert turn.answer_to(brings=True) == pace.LEAST_BYTES
    assert turn.answer_to(brings=False) == turn.bytes > 0


def test_the_first_cut_is_awaited_again_and_a_link_that_outlives_it_has_no_rule() -> None:
    link = pace.answered(Link(), Trip(1_000, ANSWER, 1_000, 2_000, 500))
    for now_ms in range(2_000, 10_000, 1_000):
        link = pace.answered(link, Trip(1_000, ANSWER, now_ms, now_ms + 1_000))
    link = pace.cut(link, Trip(1_000, 0, 10_000, 11_000), silent=False)
    link = pace.answered(link, Trip(1_000, ANSWER, 12_000, 13_000, 500))
    now_ms = 13_000
    while pace.allow(link, now_ms).wait_ms == 0:
        link = pace.answered(link, Trip(1_000, ANSWER, now_ms, now_ms + 1_000))
        now_ms += 1_000
    assert now_ms <= 21_000
    now_ms += pace.allow(link, now_ms).wait_ms
    link = pace.answered(link, Trip(1_000, ANSWER, now_ms, now_ms + 1_000))
    assert (link.lives, pace.allow(link, now_ms + 1_000).wait_ms) == ((), 0)


def test_a_connection_that_took_long_is_waited_for_as_long_again() -> None:
    link = pace.answered(Link(), Trip(1_000, ANSWER, 6_000, 7_000, 5_000))
    link = pace.cut(link, Trip(1_000, 0, 7_000, 8_500), silent=False)
    moving_ms = 1_000 * 1_000 // pace.speed_bytes_s(link)
    assert pace.patience_ms(link, 1_000, 9_000) == 15_000 + moving_ms


def test_what_was_cut_while_a_connection_was_made_makes_requests_no_smaller() -> None:
    link = pace.answered(Link(), Trip(1_000, ANSWER, 6_000, 7_000, 5_000))
    later_ms = link.ended_ms + 6_000
    dark = pace.cut(link, Trip(1_000, 0, later_ms, later_ms + 3_000), silent=False)
    assert (dark.portion, dark.lives, dark.cuts) == (link.portion, (), 0)


def test_a_connection_that_was_made_again_untold_says_nothing_of_how_long_links_live() -> None:
    link = pace.answered(Link(), Trip(1_000, ANSWER, 6_000, 7_000, 5_000))
    lately = pace.cut(link, Trip(1_000, 0, 7_100, 8_000), silent=False)
    assert lately.lives == (2_000,)
    long_ago = pace.cut(link, Trip(1_000, 0, 7_100, 21_000), silent=False)
    assert (long_ago.lives, long_ago.cuts) == ((), 1)


def test_where_only_the_answer_may_be_lost_it_is_asked_first_what_arrived() -> None:
    link = pace.cut(Link(), Trip(2_000, 0, 1_000, 4_000, 500), silent=False)
    turn = pace.allow(link, 5_000)
    assert (turn.bytes, turn.answer_to(brings=False)) == (0, 1_000)
    again = pace.cut(link, Trip(20, 0, 5_500, 8_500, 500), silent=False)
    assert (again.portion, again.load) == (link.portion, link.load)
    assert pace.allow(again, 9_000).answer_to(brings=False) < 1_000
    link = pace.answered(link, Trip(20, 1_500, 5_500, 8_000, 500))
    assert pace.allow(link, 8_000).bytes > 0


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
    assert link.cuts == 1
    later_ms = link.cut_ms + 600_001
    assert pace.answered(link, Trip(10, 10, later_ms, later_ms + 100)).cuts == 0
