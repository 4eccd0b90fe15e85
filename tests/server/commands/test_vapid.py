"""`rejoint vapid`: a new key, and what becomes of the earlier ones."""

import asyncio
from pathlib import Path

import pytest

from rejoint_server.access.hints import open_notes
from rejoint_server.push.push_keys import KeyRing, PushKeys
from rejoint_server.push.subscriptions import Subscription, Subscriptions
from rejoint_sync.stores.sqlite import SqliteStore
from server.commands.test_push import Operator


@pytest.fixture
def operator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    made = Operator(tmp_path / "data", capsys)
    KeyRing.opened(made.file, 1)
    asyncio.run(subscribed(made.data, {}))
    return made


async def subscribed(data: Path, keys: dict[str, str]) -> None:
    """Let exactly these devices have subscriptions, each for a key."""
    store = await SqliteStore.open(data)
    await open_notes(store)
    kept = Subscriptions(store)
    for device in [name async for name, _ in kept.all()]:
        await kept.drop(device)
    for device, key in keys.items():
        await kept.put(device, Subscription("https://push.example/x", "p", "a", key, at=1))
    await store.close()


def test_an_earlier_key_stays_until_nobody_needs_it(operator: Operator) -> None:
    first = KeyRing.read(operator.file).current.id
    asyncio.run(subscribed(operator.data, {"ann": first, "ben": first}))
    second, kept = operator.gives("vapid", "rotate")["keys"]
    assert kept == {"id": first, "made": 1, "subscriptions": 2}
    assert second["subscriptions"] == 0
    asyncio.run(subscribed(operator.data, {"ann": first, "ben": second["id"]}))
    keys = operator.gives("vapid", "rotate")["keys"]
    assert [key["subscriptions"] for key in keys] == [0, 1, 1]
    asyncio.run(subscribed(operator.data, {"ann": keys[0]["id"], "ben": keys[0]["id"]}))
    keys = operator.gives("vapid", "rotate")["keys"]
    assert [key["subscriptions"] for key in keys] == [0, 2]


def test_the_last_key_stays_for_who_subscribes_at_this_moment(operator: Operator) -> None:
    first = KeyRing.read(operator.file).current.id
    keys = operator.gives("vapid", "rotate")["keys"]
    assert [key["id"] for key in keys[1:]] == [first]


def test_a_key_that_somebody_else_has_is_not_kept(operator: Operator) -> None:
    first = KeyRing.read(operator.file).current.id
    asyncio.run(subscribed(operator.data, {"ann": first}))
    (key,) = operator.gives("vapid", "rotate", "--revoke")["keys"]
    assert key["id"] != first
    assert KeyRing.read(operator.file).of_id(first) is None


def test_a_running_server_has_the_new_key_at_once(operator: Operator) -> None:
    running = PushKeys(operator.file)
    before = running.now().current.id
    operator.gives("vapid", "rotate")
    assert running.now().current.id != before
    assert operator.file.stat().st_mode & 0o777 == 0o600


def test_to_look_changes_nothing(operator: Operator) -> None:
    before = operator.file.read_bytes()
    (key,) = operator.gives("vapid", "show")["keys"]
    assert key == {"id": KeyRing.read(operator.file).current.id, "made": 1, "subscriptions": 0}
    assert operator.file.read_bytes() == before


def test_nothing_secret_is_printed(operator: Operator) -> None:
    told = operator.gives("vapid", "rotate")
    assert all(set(key) == {"id", "made", "subscriptions"} for key in told["keys"])


def test_without_a_store_no_key_is_made(tmp_path: Path, operator: Operator) -> None:
    operator.data = tmp_path / "nowhere"
    assert operator.gives("vapid", "rotate", status=1) is None
    assert operator.line == f"rejoint: there is no store in {operator.data}"
    assert not operator.data.exists()
