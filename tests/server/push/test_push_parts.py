"""The parts together, as the settings say."""

from dataclasses import replace
from pathlib import Path

import pytest

from push_service import open_push_service
from rejoint_server.access.hints import open_notes
from rejoint_server.clock import SystemClock
from rejoint_server.push.push_keys import PushKeys
from rejoint_server.push.push_parts import open_sender
from rejoint_server.push.subscriptions import Subscription, Subscriptions
from rejoint_server.settings import Settings
from rejoint_sync.reminders import Ping
from rejoint_sync.stores.memory import MemoryStore

DEVICE = "d" + "a" * 20


@pytest.mark.parametrize("loopback", [True, False])
async def test_a_sender_does_what_the_settings_say(tmp_path: Path, *, loopback: bool) -> None:
    settings = Settings(
        data=tmp_path,
        public_url="https://clinic.example",
        push_keys=tmp_path / "keys" / "own.json",
        push_loopback=loopback,
    )
    store, keys, clock = MemoryStore(), PushKeys(settings.push_keys_file), SystemClock()
    await open_notes(store)
    keys.open(clock.now_s())
    assert (tmp_path / "keys" / "own.json").is_file()
    notes: list[tuple[str, str, str]] = []
    subscriptions = Subscriptions(store)
    sender = open_sender(settings, subscriptions, keys, clock, lambda *what: notes.append(what))
    async with open_push_service() as service:
        key = keys.now().current
        browser = service.subscribe(key.public)
        kept = Subscription(browser["endpoint"], **browser["keys"], key=key.id, at=1)
        await subscriptions.put(DEVICE, replace(kept, at=2))
        outcome = await sender.send(DEVICE, Ping("test", clock.now_s() // 60, 60))
        await sender.close()
        received = [one.claims["sub"] for one in service.received(browser)]
    assert outcome.word == ("delivered" if loopback else "given up")
    assert received == (["https://clinic.example"] if loopback else [])
    assert notes == [("other", "delivered", "201") if loopback else ("other", "given up", "host")]
