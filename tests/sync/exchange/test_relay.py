"""Relay files: the shared vectors, and what no change of a file gets past."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.circle.envelope import hpke_seal, public_point
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.errors import CircleError
from rejoint_sync.exchange import relay
from rejoint_sync.exchange.messages import Records
from sync.exchange.test_frames import FOLDER

VECTORS = json.loads((Path(FOLDER) / "relay.json").read_text())
AUDIENCE = VECTORS["audience"]
SCALAR = bytes.fromhex(VECTORS["server"]["scalar"])
POINT = public_point(SCALAR)
AUTHOR = DeviceKeys.from_secret(VECTORS["author"]["secret"])
BODY = bytes.fromhex(VECTORS["body"])
FILE = bytes.fromhex(VECTORS["file"])


def by_why(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", VECTORS[name], ids=lambda case: case["why"])


def test_a_file_of_the_vectors_is_opened() -> None:
    inside = relay.open_file(FILE, SCALAR, AUDIENCE)
    inside.verify(AUTHOR.pub)
    assert (inside.device, inside.body) == (AUTHOR.id, BODY)
    [item] = inside.records()
    assert item.again
    assert relay.body_of([item]) == BODY


def test_what_is_sealed_is_opened() -> None:
    file = relay.seal(BODY, AUTHOR, AUDIENCE, POINT)
    assert relay.open_file(file, SCALAR, AUDIENCE).body == BODY
    assert len(file) == len(FILE)
    assert relay.seal(BODY, AUTHOR, AUDIENCE, POINT) != file


@by_why("not_whole")
def test_anybody_sees_that_a_file_is_not_whole(case: dict[str, str]) -> None:
    with pytest.raises(CircleError) as error:
        relay.look(bytes.fromhex(case["file"]))
    assert error.value.code == case["code"]


@by_why("not_opened")
def test_the_server_refuses(case: dict[str, str]) -> None:
    file = bytes.fromhex(case["file"])
    relay.look(file)
    with pytest.raises(CircleError) as error:
        relay.open_file(file, SCALAR, AUDIENCE).verify(AUTHOR.pub)
    assert error.value.code == case["code"]


@by_why("not_carried")
def test_nothing_but_records_is_carried(case: dict[str, str]) -> None:
    body = bytes.fromhex(case["body"])
    file = relay.seal(body, AUTHOR, AUDIENCE, POINT)
    with pytest.raises(CircleError) as error:
        relay.open_file(file, SCALAR, AUDIENCE).records()
    assert error.value.code == "schema"


def test_a_file_as_text_comes_back() -> None:
    text = VECTORS["text"]
    assert relay.spelled(FILE) == text
    lines = "\ufeff" + "\r\n".join(text[at : at + 60] for at in range(0, len(text), 60)) + " \n"
    for data in (FILE, text.encode(), lines.encode()):
        assert relay.unspelled(data) == FILE
    for bad in (text[:-1], text + "=", text.replace(text[40], "*", 1)):
        with pytest.raises(CircleError) as error:
            relay.look(relay.unspelled(bad.encode()))
        assert error.value.code == "frame"
    assert relay.unspelled(b"anything else") == b"anything else"


def test_a_carrier_sees_for_which_server_it_is() -> None:
    outside = relay.look(FILE)
    relay.require_for(outside, POINT)
    with pytest.raises(CircleError) as error:
        relay.require_for(outside, public_point(bytes([7]) * 32))
    assert error.value.code == "target"


def test_a_carrier_sees_no_name_and_no_record() -> None:
    circle, device = bytes.fromhex("00"), AUTHOR.id.encode()
    [item] = relay.open_file(FILE, SCALAR, AUDIENCE).records()
    circle = bytes.fromhex(item.circle[1:])
    assert circle in BODY
    for known in (circle, device, AUDIENCE.encode(), *(row[-1] for row in item.packed)):
        assert known not in FILE


def test_files_of_one_bucket_are_equally_long() -> None:
    lengths = {len(relay.seal(bytes(n), AUTHOR, AUDIENCE, POINT)) for n in range(580, 720)}
    assert len(lengths) == 1


def test_another_device_did_not_sign_it() -> None:
    other = DeviceKeys.generate()
    with pytest.raises(CircleError) as error:
        relay.open_file(FILE, SCALAR, AUDIENCE).verify(other.pub)
    assert error.value.code == "kid"


def test_nothing_is_no_file() -> None:
    for nothing in ([], [Records("c" + "0" * 40, [])]):
        with pytest.raises(CircleError) as error:
            relay.body_of(nothing)
        assert error.value.code == "schema"


def test_a_file_is_as_long_as_it_may_be_and_no_longer() -> None:
    longest = relay.FILE_BYTES_MAX * 15 // 16 - 1000
    assert len(relay.seal(bytes(longest), AUTHOR, AUDIENCE, POINT)) <= relay.FILE_BYTES_MAX
    with pytest.raises(CircleError) as error:
        relay.seal(bytes(relay.FILE_BYTES_MAX - 500), AUTHOR, AUDIENCE, POINT)
    assert error.value.code == "limit"
    with pytest.raises(CircleError) as error:
        relay.look(FILE.ljust(relay.FILE_BYTES_MAX + 1, b"\0"))
    assert error.value.code == "limit"


def test_a_point_that_is_none_seals_nothing() -> None:
    with pytest.raises(CircleError) as error:
        relay.seal(BODY, AUTHOR, AUDIENCE, b"\4" + bytes(64))
    assert error.value.code == "schema"


@given(st.integers(0, len(FILE) * 8 - 1))
def test_every_flip_of_one_bit_is_seen_by_the_carrier(bit: int) -> None:
    changed = bytearray(FILE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CircleError):
        relay.look(bytes(changed))


@given(st.binary(max_size=200))
def test_whatever_is_sealed_is_opened_or_refused(plain: bytes) -> None:
    sealed = hpke_seal("P256", POINT, plain, info=b"rj1 relay\0")
    with pytest.raises(CircleError):
        relay.open_file(relay.wrapped(relay.key_mark(POINT), sealed), SCALAR, AUDIENCE)
