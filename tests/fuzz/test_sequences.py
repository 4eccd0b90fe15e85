"""A reader with any `since`, of another incarnation too, never misses a document."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fuzz.storm import SEQUENCES
from fuzz.target import Asked, Target, target


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("sequences"), "open") as opened:
        yield opened


def rows(served: Target, since: str) -> tuple[int, set[str]]:
    query = b"since=" + quote(since.encode("utf-8", "surrogatepass"), safe="").encode()
    answered = served.ask(Asked("GET", b"/db/db1/_changes", query))
    value = answered.json()
    return answered.status, {row["id"] for row in value.get("results", ())}


def last_seq(served: Target) -> str:
    return str(served.ask(Asked("GET", b"/db/db1/_changes")).json()["last_seq"])


@given(
    since=st.one_of(
        st.sampled_from(SEQUENCES),
        st.text(max_size=20),
        st.builds("{}-{}".format, st.integers(0, 10**16), st.text("0123456789abcxyz", max_size=17)),
    )
)
@example(since="0")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_unknown_sequence_starts_over_or_is_refused(served: Target, since: str) -> None:
    _, every = rows(served, "0")
    status, found = rows(served, since)
    _, incarnation = last_seq(served).split("-", 1)
    text = since.strip('"')
    # A bare number is written by people: it is taken for one of ours.
    ours = text.endswith(f"-{incarnation}") or text == "now" or text.isdigit()
    assert status in (200, 400)
    if status == 200 and not ours:
        assert found == every


def test_the_sequence_of_another_incarnation_starts_over(served: Target) -> None:
    _, every = rows(served, "0")
    number, incarnation = last_seq(served).split("-", 1)
    assert len(every) >= 3
    assert rows(served, f"{number}-{incarnation}") == (200, set())
    other = "zz" if incarnation != "zz" else "yy"
    for ahead in (1, int(number), int(number) + 1_000):
        assert rows(served, f"{ahead}-{other}") == (200, every)
