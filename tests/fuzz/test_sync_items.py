"""`POST /sync` with bodies that nobody meant: refused or answered, never a mistake of ours."""

import gzip
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.target import REQUEST_BYTES_MAX, Answered, Asked, Target, target
from rejoint_sync.exchange.frames import MEDIA_TYPE, read, write
from rejoint_sync.exchange.messages import Begin, End, Records, read_answer_item, request_items
from rejoint_sync.exchange.packing import pack

LONG = os.environ.get("REJOINT_LONG") == "1"
quiet = settings(
    max_examples=3_000 if LONG else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TYPE = (b"content-type", MEDIA_TYPE.encode())
FIRST = write(request_items(Begin()))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("sync"), "circles") as opened:
        yield opened


def post(served: Target, body: bytes, *headers: tuple[bytes, bytes]) -> Answered:
    answered = served.ask(Asked("POST", b"/sync", b"", (TYPE, *headers), (body,)))
    if answered.status == 200:
        assert isinstance(read_answer_item(read(answered.body)[-1]), End)
    else:
        assert answered.status in (400, 413, 415)
    return answered


def circle(served: Target) -> bytes:
    return bytes.fromhex(served.person.circle[1:])


VALUES = st.recursive(
    st.integers(-3, 2**53 - 1)
    | st.binary(max_size=33)
    | st.text(max_size=9)
    | st.sampled_from([b"x" * 20, "0000", "2611", "{}", '{"log":{},"wraps":[]}', "log:000000"]),
    lambda inner: st.lists(inner, max_size=9),
    max_leaves=25,
)


@given(st.lists(st.lists(VALUES, max_size=6).map(lambda rest: [len(rest), *rest]), max_size=4))
@quiet
def test_any_items(served: Target, items: list[Any]) -> None:
    post(served, write(items))
    post(served, FIRST + write(items))


@given(st.integers(1, 6), st.lists(VALUES, max_size=4))
@quiet
def test_items_that_are_nearly_right(served: Target, number: int, rest: list[Any]) -> None:
    post(served, FIRST + write([[number, circle(served), *rest]]))
    post(served, FIRST + write([[1, circle(served), rest, 0]]))


@given(st.binary(max_size=80), st.integers(0, 2**53 - 1))
@quiet
def test_any_cursor_and_budget(served: Target, cursor: bytes, budget: int) -> None:
    assert post(served, write(request_items(Begin(cursor, budget)))).status == 200


@given(st.data())
@quiet
def test_one_bit_of_a_record(served: Target, data: st.DataObject) -> None:
    """Cut, flipped or as it is: it is stored whole or not at all."""
    person = served.person
    rows = pack([person.record()], person.keys.id)
    person.n -= 1
    body = bytearray(write(request_items(Begin(), [Records(person.circle, rows)])))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= 1 << data.draw(st.integers(0, 7))
    answered = post(served, bytes(body[: data.draw(st.integers(place, len(body)))]))
    if answered.status == 200:
        assert read(answered.body)


def test_too_much_of_everything(served: Target) -> None:
    many = [[1, number.to_bytes(20), [], 0] for number in range(9_000)]
    assert post(served, FIRST + write(many[:5_000])).status == 200
    bomb = gzip.compress(FIRST + bytes(64 * 1024 * 1024))
    assert post(served, bomb, (b"content-encoding", b"gzip")).status == 413
    assert post(served, FIRST + bytes(REQUEST_BYTES_MAX)).status == 413
    assert post(served, b"\x81" * 100_000).status == 400
    assert post(served, FIRST + b"\x9b\x00\x00\xff\xff\xff\xff\xff\xff").status == 400
    assert post(served, FIRST + b"\x82\x01\x5b\x00\x00\xff\xff\xff\xff\xff\xff").status == 400
