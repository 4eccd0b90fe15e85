"""`rejoint push test` beside a server."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from push_service import Fault, PushService, push_service_beside
from rejoint_server.__main__ import main
from rejoint_server.access.hints import open_notes
from rejoint_server.push.push_keys import KeyRing
from rejoint_server.push.subscriptions import Subscription, Subscriptions
from rejoint_sync.stores.sqlite import SqliteStore

DEVICE = "d" + "a" * 20


class Operator:
    """Who gives commands about one data directory."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = data
        self._capsys = capsys
        self.file = data / "push-keys.json"
        self.line = ""

    def subscribe(self, browser: dict[str, Any], device: str = DEVICE) -> None:
        asyncio.run(self._subscribe(browser, device))

    async def _subscribe(self, browser: dict[str, Any], device: str) -> None:
        store = await SqliteStore.open(self.data)
        await open_notes(store)
        key = KeyRing.opened(self.file, 1).current.id
        subscription = Subscription(browser["endpoint"], **browser["keys"], key=key, at=1)
        await Subscriptions(store).put(device, subscription)
        await store.close()

    def gives(self, *words: str, status: int = 0) -> Any:
        """Give a command; what it prints, and in `line` what it complains of."""
        assert main([*words, "--data", str(self.data)]) == status
        told = self._capsys.readouterr()
        self.line = told.err.removesuffix("\n")
        return json.loads(told.out) if told.out else None

    def tests(self, *more: str, status: int = 0, device: str = DEVICE) -> Any:
        words = ("push", "test", "--push-loopback", "--device", device)
        return self.gives(*words, *more, status=status)


@pytest.fixture
def operator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    return Operator(tmp_path / "data", capsys)


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with push_service_beside() as opened:
        yield opened


def test_the_ping_arrives_and_says_that_it_is_a_test(
    operator: Operator, service: PushService
) -> None:
    browser = service.subscribe(KeyRing.opened(operator.file, 1).current.public)
    operator.subscribe(browser)
    told = operator.tests("--push-contact", "mailto:ops@clinic.example")
    assert told == {"device": DEVICE, "service": "other", "outcome": "delivered", "why": "201"}
    (got,) = service.received(browser)
    said = json.loads(got.payload)
    assert (said["device"], said["kind"]) == (DEVICE, "test")
    assert got.claims["sub"] == "mailto:ops@clinic.example"
    assert service.complaints == []


@pytest.mark.parametrize(("status", "outcome"), [(410, "gone"), (503, "later"), (400, "given up")])
def test_trouble_is_told_and_changes_nothing(
    operator: Operator, service: PushService, status: int, outcome: str
) -> None:
    browser = service.subscribe(KeyRing.opened(operator.file, 1).current.public)
    operator.subscribe(browser)
    service.fail(browser, Fault(status=status))
    for _ in range(2):
        told = operator.tests(status=1)
        assert (told["outcome"], told["why"]) == (outcome, str(status))


def test_a_device_without_a_subscription_is_told_from_one_that_is_gone(
    operator: Operator, service: PushService
) -> None:
    operator.subscribe(service.subscribe(KeyRing.opened(operator.file, 1).current.public))
    told = operator.tests(status=1, device="d" + "b" * 20)
    assert (told["outcome"], told["why"]) == ("gone", "none")


def test_a_push_service_on_this_machine_is_only_for_who_says_so(
    operator: Operator, service: PushService
) -> None:
    browser = service.subscribe(KeyRing.opened(operator.file, 1).current.public)
    operator.subscribe(browser)
    told = operator.gives("push", "test", "--device", DEVICE, status=1)
    assert (told["outcome"], told["why"]) == ("given up", "host")
    assert service.requests(browser) == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ((), "push-keys.json is not there"),
        (("--device", "nobody"), "--device must be the name of a device"),
        (("--push-hosts", "push.example,*"), "--push-hosts: "),
        (("--push-contact", "ops"), "--push-contact: "),
        (("--store", "mysql://x"), "--store: "),
    ],
    ids=["no keys", "device", "hosts", "contact", "store"],
)
def test_what_is_wrong_is_one_line(operator: Operator, more: tuple[str, ...], words: str) -> None:
    assert operator.tests(*more, status=1) is None
    assert operator.line.startswith("rejoint: ")
    assert words in operator.line
    assert "\n" not in operator.line


def test_without_a_store_there_is_nobody_to_ping(operator: Operator) -> None:
    KeyRing.opened(operator.file, 1)
    assert operator.tests(status=1) is None
    assert operator.line == f"rejoint: there is no store in {operator.data}"
