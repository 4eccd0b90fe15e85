"""What a ping says, and what it shows of itself."""

import json
import re
import string
from pathlib import Path

import pytest

from rejoint_server.push.messages import PAYLOAD_BYTES, later_of, payload_of, topic_of
from rejoint_server.push.push_keys import KeyRing
from rejoint_sync.reminders import Kind, Ping

ANN, BEN = "d" + "a" * 20, "d" + "b" * 20
KINDS: list[Kind] = ["reminder", "nudge", "note", "test"]


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.opened(tmp_path / "keys.json", 1).rotated(2)


def ping(kind: Kind, minute: int) -> Ping:
    return Ping(kind, minute, ttl_s=60)


@pytest.mark.parametrize("kind", KINDS)
def test_a_payload_is_json_of_one_length(ring: KeyRing, kind: Kind) -> None:
    payload = payload_of(ring.current, ANN, ping(kind, 7))
    later = later_of(ring.current, ANN, 7)
    assert json.loads(payload) == {"v": 1, "device": ANN, "kind": kind, "later": later}
    assert len(payload.encode()) == PAYLOAD_BYTES


def test_a_topic_is_the_pings_own_and_the_same_when_it_is_sent_again(ring: KeyRing) -> None:
    key = ring.current
    topics = {topic_of(key, device, ping("note", at)) for device in (ANN, BEN) for at in (7, 8)}
    assert len(topics) == 4
    assert topic_of(key, ANN, ping("note", 7)) in topics


def test_a_topic_says_nothing_of_its_kind(ring: KeyRing) -> None:
    topics = {topic_of(ring.current, ANN, ping(kind, 7)) for kind in KINDS}
    assert len(topics) == 1
    (topic,) = topics
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", topic)


def test_who_does_not_have_the_key_cannot_tell_whose_a_topic_is(ring: KeyRing) -> None:
    first, second = (topic_of(key, ANN, ping("note", 7)) for key in ring.keys)
    assert first != second
    assert not set(ANN[:8]) <= set(string.digits)
    assert ANN not in first


def test_the_word_for_later_is_of_one_ping_and_is_not_what_a_push_service_sees(
    ring: KeyRing,
) -> None:
    key = ring.current
    words = {later_of(key, device, at) for device in (ANN, BEN) for at in (7, 8)}
    assert len(words) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", word) for word in words)
    assert not words & {topic_of(key, ANN, ping("note", at))[:22] for at in (7, 8)}
