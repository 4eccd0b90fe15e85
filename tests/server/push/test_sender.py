"""What became of a ping: of each answer, and of what never got one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from push_service import Fault, PushService, open_push_service
from rejoint_server.access.hints import open_notes
from rejoint_server.clock import ManualClock
from rejoint_server.push.messages import PAYLOAD_BYTES, Carrier, Message, Reply, Unusable
from rejoint_server.push.posting import CONNECTIONS_MAX, Post
from rejoint_server.push.push_addresses import AddressRefused
from rejoint_server.push.push_keys import PushKeys
from rejoint_server.push.push_services import SERVICES, PushServices
from rejoint_server.push.sender import (
    AT_ONCE_MAX,
    PAUSE_S,
    PAUSE_S_MAX,
    PushSender,
    retry_after_s,
)
from rejoint_server.push.subscriptions import Subscription, Subscriptions
from rejoint_server.reminders import Outcome
from rejoint_server.settings import PUSH_HOSTS
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.reminders import Kind, Ping
from rejoint_sync.stores.memory import MemoryStore

DEVICE, OTHER = "d" + "a" * 20, "d" + "b" * 20
MINUTE = 29_916_666
GOOGLE = "https://fcm.googleapis.com/wp/a"


def ping(kind: Kind = "reminder", minute: int = MINUTE) -> Ping:
    return Ping(kind, minute, ttl_s=900)


class Sending:
    """A sender whose surroundings tests hold in their hands."""

    def __init__(self, folder: Path) -> None:
        self.store = MemoryStore()
        self.subscriptions = Subscriptions(self.store)
        self.keys = PushKeys(folder / "push-keys.json")
        self.clock = ManualClock(60 * MINUTE)
        self.notes: list[tuple[str, str, str]] = []
        self.chance = 0.0
        self.hosts = list(PUSH_HOSTS)

    async def open(self) -> None:
        await open_notes(self.store)
        self.keys.open(self.clock.now_s())

    async def subscribe(self, endpoint: str = GOOGLE, device: str = DEVICE, **more: str) -> None:
        key = self.keys.now().current.id
        given = {"p256dh": "p", "auth": "a", "key": key, **more}
        await self.subscriptions.put(device, Subscription(endpoint, at=1, **given))

    def sender(self, carrier: Callable[[], Carrier]) -> PushSender:
        async def opened() -> Carrier:
            return carrier()

        return PushSender(
            self.subscriptions,
            self.keys,
            PushServices(self.hosts, loopback=True),
            self.clock,
            open_carrier=opened,
            note=lambda *words: self.notes.append(words),
            chance=lambda: self.chance,
        )


class Answering:
    """A carrier that answers as it is told."""

    def __init__(self, *answers: Reply | Exception) -> None:
        self._answers = list(answers)
        self.sent: list[Message] = []

    async def send(self, message: Message, now_s: int) -> Reply:
        assert now_s
        self.sent.append(message)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        self.sent.clear()


@pytest.fixture
async def sending(tmp_path: Path) -> Sending:
    made = Sending(tmp_path)
    await made.open()
    return made


@pytest.fixture
async def service(sending: Sending) -> AsyncIterator[PushService]:
    async with open_push_service(sending.clock.monotonic_s) as opened:
        yield opened


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (200, "delivered"),
        (201, "delivered"),
        (202, "delivered"),
        (204, "delivered"),
        (301, "given up"),
        (307, "given up"),
        (400, "given up"),
        (401, "given up"),
        (403, "given up"),
        (404, "gone"),
        (408, "later"),
        (410, "gone"),
        (413, "given up"),
        (425, "later"),
        (429, "later"),
        (500, "later"),
        (502, "later"),
        (503, "later"),
        (507, "later"),
    ],
)
async def test_each_answer_has_its_meaning(sending: Sending, status: int, word: str) -> None:
    await sending.subscribe()
    sender = sending.sender(lambda: Answering(Reply(status)))
    assert (await sender.send(DEVICE, ping())).word == word
    assert sending.notes == [("google", word, str(status))]
    assert (await sending.subscriptions.of(DEVICE) is None) == (word == "gone")


async def test_an_address_that_is_not_public_is_not_tried_again(sending: Sending) -> None:
    await sending.subscribe()
    sender = sending.sender(lambda: Answering(AddressRefused()))
    assert await sender.send(DEVICE, ping()) == Outcome("given up")
    assert sending.notes == [("google", "given up", "address")]


async def test_keys_that_nothing_can_be_encrypted_for_are_given_up(sending: Sending) -> None:
    await sending.subscribe()
    sender = sending.sender(lambda: Answering(Unusable()))
    assert await sender.send(DEVICE, ping()) == Outcome("given up")
    assert sending.notes == [("google", "given up", "keys")]


async def test_a_device_without_a_subscription_is_gone(sending: Sending) -> None:
    sender = sending.sender(lambda: Answering(Reply(201)))
    assert await sender.send(DEVICE, ping()) == Outcome("gone")
    assert sending.notes == [("none", "gone", "none")]


async def test_a_push_service_that_was_taken_out_gets_nothing_and_loses_nothing(
    sending: Sending,
) -> None:
    await sending.subscribe()
    sending.hosts.remove("fcm.googleapis.com")
    carrier = Answering(Reply(201))
    sender = sending.sender(lambda: carrier)
    assert await sender.send(DEVICE, ping()) == Outcome("given up")
    assert carrier.sent == []
    assert await sending.subscriptions.of(DEVICE) is not None
    assert sending.notes == [("other", "given up", "host")]


async def test_without_the_key_it_was_made_for_a_subscription_gets_nothing_and_stays(
    sending: Sending,
) -> None:
    """A server that was given the wrong file must not make the others forget."""
    await sending.subscribe(key="another")
    carrier = Answering(Reply(201))
    sender = sending.sender(lambda: carrier)
    assert await sender.send(DEVICE, ping()) == Outcome("given up")
    assert sending.notes == [("google", "given up", "key")]
    assert carrier.sent == []
    assert await sending.subscriptions.of(DEVICE) is not None


async def test_an_earlier_key_still_reaches_who_subscribed_for_it(
    sending: Sending, tmp_path: Path
) -> None:
    await sending.subscribe()
    before = sending.keys.now().current
    sending.keys.now().rotated(2).write(tmp_path / "push-keys.json")
    carrier = Answering(Reply(201))
    assert await sending.sender(lambda: carrier).send(DEVICE, ping()) == Outcome("delivered")
    assert [one.key for one in carrier.sent] == [before]


async def test_who_subscribes_anew_while_the_last_one_is_found_gone_keeps_it(
    sending: Sending,
) -> None:
    class Meanwhile(Answering):
        async def send(self, message: Message, now_s: int) -> Reply:
            await sending.subscribe("https://fcm.googleapis.com/wp/new")
            return await super().send(message, now_s)

    await sending.subscribe()
    sender = sending.sender(lambda: Meanwhile(Reply(410)))
    assert await sender.send(DEVICE, ping()) == Outcome("gone")
    kept = await sending.subscriptions.of(DEVICE)
    assert kept is not None
    assert kept.endpoint == "https://fcm.googleapis.com/wp/new"


async def test_a_store_out_of_reach_is_for_later(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> None:
        raise StoreUnavailable("no")

    monkeypatch.setattr(sending.store, "local_get", fail)
    sender = sending.sender(lambda: Answering(Reply(201)))
    assert await sender.send(DEVICE, ping()) == Outcome("later", PAUSE_S)


@pytest.mark.parametrize(
    ("asked", "age_s", "chance", "expected_s"),
    [
        ("", 0, 0.0, PAUSE_S),
        ("120", 0, 0.0, 120),
        ("5", 0, 0.0, PAUSE_S),
        ("", 600, 0.0, 600),
        ("120", 600, 0.0, 600),
        ("", 86_400, 0.0, PAUSE_S_MAX),
        ("7200", 86_400, 0.0, 7200),
        ("120", 0, 0.5, 150),
        ("nonsense", 0, 0.0, PAUSE_S),
    ],
    ids=[
        "first",
        "as asked",
        "not too soon",
        "as long again",
        "longer than asked",
        "at most",
        "never sooner than asked",
        "by chance longer",
        "nonsense",
    ],
)
async def test_pauses_grow_and_are_as_long_as_the_push_service_wants(
    sending: Sending, asked: str, age_s: int, chance: float, expected_s: int
) -> None:
    await sending.subscribe()
    sending.clock.now += age_s
    sending.chance = chance
    sender = sending.sender(lambda: Answering(Reply(429, asked)))
    assert await sender.send(DEVICE, ping()) == Outcome("later", expected_s)


def test_a_retry_after_may_be_seconds_or_a_date() -> None:
    cases = {
        "0": 0,
        " 17 ": 17,
        "-1": 0,
        "1e9": 0,
        "9" * 40: 999_999_999,
        "Sun, 22 Nov 2026 05:00:30 GMT": 30,
        "Sun, 22 Nov 2026 04:59:00 GMT": 0,
        "Sunday, 22-Nov-26 05:00:30 GMT": 30,
        "Sun, 99 Nov 2026 05:00:30 GMT": 0,
        "٣": 0,
    }
    now_s = 1_795_323_600
    assert {text: retry_after_s(text, now_s) for text in cases} == cases


async def test_one_push_service_that_hangs_holds_up_no_other(sending: Sending) -> None:
    held = asyncio.Event()

    class Hanging(Answering):
        async def send(self, message: Message, now_s: int) -> Reply:
            if message.origin.endswith("mozilla.com"):
                await held.wait()
            return await super().send(message, now_s)

    carrier = Hanging(Reply(201))
    sender = sending.sender(lambda: carrier)
    devices = [f"d{number:020}" for number in range(AT_ONCE_MAX + 5)]
    for device in devices:
        await sending.subscribe("https://updates.push.services.mozilla.com/a", device)
    await sending.subscribe()
    tasks = [asyncio.create_task(sender.send(device, ping())) for device in devices]
    assert await sender.send(DEVICE, ping()) == Outcome("delivered")
    assert len(carrier.sent) == 1
    held.set()
    assert await asyncio.gather(*tasks) == [Outcome("delivered")] * len(devices)


def test_there_is_a_connection_for_every_message_that_may_be_under_way() -> None:
    """To wait for one counts as connecting, which has an end."""
    assert AT_ONCE_MAX * len(SERVICES) <= CONNECTIONS_MAX


async def test_no_more_than_so_many_are_under_way_at_once(sending: Sending) -> None:
    now = most = 0

    class Counting(Answering):
        async def send(self, message: Message, now_s: int) -> Reply:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1
            return await super().send(message, now_s)

    await sending.subscribe()
    carrier = Counting(Reply(201))
    sender = sending.sender(lambda: carrier)
    await asyncio.gather(*(sender.send(DEVICE, ping()) for _ in range(3 * AT_ONCE_MAX)))
    assert most == AT_ONCE_MAX


async def test_kinds_cannot_be_told_apart_by_a_push_service(
    sending: Sending, service: PushService
) -> None:
    """All that it sees of two pings is compared: lengths, headers, time to live, topics."""
    browser = service.subscribe(sending.keys.now().current.public)
    await sending.subscribe(browser["endpoint"], **browser["keys"])
    sender = sending.sender(lambda: Post("mailto:a@b.example", loopback=True))
    kinds: list[Kind] = ["reminder", "nudge", "note", "test"]
    for number, kind in enumerate(kinds):
        assert await sender.send(DEVICE, ping(kind, MINUTE + number)) == Outcome("delivered")
    await sender.close()
    got = service.received(browser)
    shown = {(one.body_bytes, one.headers, one.ttl_s, one.urgency, len(one.topic)) for one in got}
    assert len(shown) == 1
    assert len({one.topic for one in got}) == len(kinds)
    assert {len(one.payload) for one in got} == {PAYLOAD_BYTES}
    assert len({one.payload for one in got}) == len(kinds)
    assert service.complaints == []


async def test_a_ping_sent_again_takes_the_place_of_the_one_that_waits(
    sending: Sending, service: PushService
) -> None:
    browser = service.subscribe(sending.keys.now().current.public)
    await sending.subscribe(browser["endpoint"], **browser["keys"])
    for _ in range(2):  # a server that ended between sending and noting it, and its successor
        sender = sending.sender(lambda: Post("mailto:a@b.example", loopback=True))
        assert await sender.send(DEVICE, ping()) == Outcome("delivered")
        await sender.close()
    assert len(service.received(browser)) == 2
    assert len(service.waiting(browser)) == 1


async def test_a_browser_that_is_gone_is_forgotten(sending: Sending, service: PushService) -> None:
    browser = service.subscribe(sending.keys.now().current.public)
    await sending.subscribe(browser["endpoint"], **browser["keys"])
    service.expire(browser)
    sender = sending.sender(lambda: Post("mailto:a@b.example", loopback=True))
    assert await sender.send(DEVICE, ping()) == Outcome("gone")
    assert await sender.send(DEVICE, ping()) == Outcome("gone")
    assert service.requests(browser) == 1
    await sender.close()


async def test_people_who_share_a_browser_are_forgotten_each_by_their_own_ping(
    sending: Sending, service: PushService
) -> None:
    browser = service.subscribe(sending.keys.now().current.public)
    for device in (DEVICE, OTHER):
        await sending.subscribe(browser["endpoint"], device, **browser["keys"])
    service.expire(browser)
    sender = sending.sender(lambda: Post("mailto:a@b.example", loopback=True))
    assert await sender.send(DEVICE, ping()) == Outcome("gone")
    assert await sending.subscriptions.subscribed([DEVICE, OTHER]) == {OTHER}
    assert await sender.send(OTHER, ping()) == Outcome("gone")
    assert await sending.subscriptions.subscribed([DEVICE, OTHER]) == set()
    await sender.close()


async def test_a_service_that_is_well_again_gets_the_ping(
    sending: Sending, service: PushService
) -> None:
    browser = service.subscribe(sending.keys.now().current.public)
    await sending.subscribe(browser["endpoint"], **browser["keys"])
    service.fail(browser, Fault(status=503, headers={"Retry-After": "90"}, times=1))
    sender = sending.sender(lambda: Post("mailto:a@b.example", loopback=True))
    assert await sender.send(DEVICE, ping()) == Outcome("later", 90)
    sending.clock.now += 90
    assert await sender.send(DEVICE, ping()) == Outcome("delivered")
    await sender.close()
