"""Keys are made once, are for their owner alone, and change under a running server."""

import os
import stat
from pathlib import Path

import pytest

from rejoint_server.push.push_keys import KEYS_MAX, KeyRing, PushKeys
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.envelope import public_point
from rejoint_sync.errors import StoreUnavailable


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new" / "push-keys.json"


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_the_first_start_makes_a_key_for_its_owner_alone(file: Path) -> None:
    before = os.umask(0)
    try:
        ring = KeyRing.opened(file, 17)
    finally:
        os.umask(before)
    assert mode(file) == 0o600
    assert KeyRing.opened(file, 18) == ring
    assert [key.made_s for key in ring.keys] == [17]
    assert b64u_decode(ring.current.public) == public_point(ring.current.scalar)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_of_two_servers_that_start_at_once_one_makes_the_key(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = KeyRing.opened(file, 1)
    monkeypatch.setattr(Path, "exists", lambda _: False)  # as the other saw it before
    assert KeyRing.opened(file, 2) == ours


def test_a_file_that_others_could_read_is_closed_to_them(file: Path) -> None:
    ring = KeyRing.opened(file, 1)
    file.chmod(0o644)
    assert KeyRing.read(file) == ring
    assert mode(file) == 0o600


def test_a_rotation_keeps_the_earlier_keys(file: Path) -> None:
    ring = KeyRing.opened(file, 1)
    rotated = ring.rotated(2)
    rotated.write(file)
    read = KeyRing.read(file)
    assert read == rotated
    assert mode(file) == 0o600
    assert read.current != ring.current
    assert read.of_id(ring.current.id) == ring.current
    assert read.of_public(ring.current.public) == ring.current
    assert read.of_id("another") is None


def test_keys_that_nobody_subscribed_for_can_go_and_the_newest_stays(file: Path) -> None:
    first = KeyRing.opened(file, 1)
    third = first.rotated(2).rotated(3)
    assert third.keeping({first.current.id}).keys == (third.current, first.current)
    assert third.keeping(set()).keys == (third.current,)


def test_there_is_an_end_to_the_keys_that_are_kept(file: Path) -> None:
    ring = KeyRing.opened(file, 0)
    for now_s in range(1, KEYS_MAX + 2):
        ring = ring.rotated(now_s)
    assert [key.made_s for key in ring.keys] == list(range(KEYS_MAX + 1, 1, -1))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"keys":[]}', '{"keys":[{"private":"AA","made":1}]}', '{"keys":[1]}']
)
def test_what_is_no_key_is_refused_without_being_shown(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(StoreUnavailable, match=r"push-keys\.json was changed by something else"):
        KeyRing.opened(file, 1)


def test_a_running_server_sees_another_file(file: Path) -> None:
    keys = PushKeys(file)
    keys.open(1)
    first = keys.now()
    assert keys.now() is first
    first.rotated(2).write(file)
    assert keys.now().of_id(first.current.id) == first.current
    assert keys.now().current.made_s == 2
    file.unlink()
    assert keys.now().current.made_s == 2


def test_there_is_no_key_before_the_first_start(file: Path) -> None:
    with pytest.raises(StoreUnavailable):
        PushKeys(file).now()
