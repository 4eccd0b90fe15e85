"""What goes first into a request, how many of these, and what a month's budget allows."""

from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.exchange import pace, precedence
from rejoint_sync.exchange.precedence import Waiting

RECORD = 235


def test_a_record_larger_than_any_window_is_tried_and_holds_nobody_up() -> None:
    waiting = [Waiting("c", "sn:2611:d:c000001", 90_000), Waiting("c", "ev:2611:d:c000002", RECORD)]
    first, last = precedence.order(waiting, pace.START_BYTES)
    assert (first.id[:2], last.id[:2]) == ("ev", "sn")
    assert precedence.fit([last.size], pace.START_BYTES) == 1
    assert [one.id[:2] for one in precedence.order(waiting, 100_000)] == ["sn", "ev"]


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
    assert names(precedence.order(waiting, 1_000)) == [
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
    ordered = precedence.order(waiting, most)
    assert sorted(names(ordered)) == sorted(names(waiting))
    for circle in "ab":
        small = [one.id[-6:] for one in ordered if one.circle == circle and one.size <= most]
        assert small == sorted(small)


@given(st.lists(st.integers(0, 5_000), max_size=30), st.integers(500, 20_000))
def test_what_fits(sizes: list[int], most: int) -> None:
    count = precedence.fit(sizes, most)
    assert count >= min(1, len(sizes))
    assert count <= 1 or sum(sizes[:count]) <= most
    assert count == len(sizes) or sum(sizes[: count + 1]) > most


def test_media_wait_for_the_next_month_and_nothing_else_does() -> None:
    chunk, pain = Waiting("c", "ch:d:x", 60_000), Waiting("c", "ev:2611:d:c000001", 300)
    assert precedence.may_go(chunk, 0, 10**12)
    assert precedence.may_go(chunk, 1_000_000, 740_000)
    assert not precedence.may_go(chunk, 1_000_000, 740_001)
    assert precedence.may_go(pain, 1_000_000, 10**12)
    assert precedence.look_ms(1_000_000, 999_999) == precedence.LOOK_MS
    assert precedence.look_ms(1_000_000, 1_000_000) == precedence.LOOK_SPENT_MS
    assert precedence.look_ms(0, 10**12) == precedence.LOOK_MS
