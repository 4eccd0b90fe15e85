"""One message to one push service: what arrives there, and what comes of each kind of trouble."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pywebpush import WebPusher

from push_service import Fault, PushService, open_push_service
from rejoint_server.push.messages import PAYLOAD_BYTES, Message, Reply, Unreachable, Unusable
from rejoint_server.push.posting import LOGIN_KEPT_S, TOKEN_S, Patience, Post
from rejoint_server.push.push_addresses import AddressRefused
from rejoint_server.push.push_keys import KeyRing
from rejoint_server.push.subscriptions import Subscription
from server.push.names import HOST, Names, lead, trusted

PATIENCE = Patience(total_s=20, connect_s=10, body_s=0.2)
PUBLIC = "142.250.1.95"
PAYLOAD = '{"v":1}'.ljust(PAYLOAD_BYTES)


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with open_push_service() as opened:
        yield opened
        assert opened.complaints == []


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    made = Post("mailto:ops@clinic.example", loopback=True, patience=PATIENCE)
    yield made
    await made.close()


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.opened(tmp_path / "push-keys.json", 1)


def message(ring: KeyRing, browser: dict[str, Any], **values: Any) -> Message:
    keys = browser["keys"]
    subscription = Subscription(
        browser["endpoint"], keys["p256dh"], keys["auth"], ring.current.id, at=1
    )
    return Message(
        **{
            "subscription": subscription,
            "origin": browser["endpoint"].partition("/wp/")[0],
            "key": ring.current,
            "payload": PAYLOAD,
            "ttl_s": 600,
            "topic": "t" * 32,
            **values,
        }
    )


def now_s() -> int:
    return int(time.time())


async def test_a_message_arrives_with_all_that_a_push_service_asks_for(
    service: PushService, post: Post, ring: KeyRing
) -> None:
    browser = service.subscribe(ring.current.public)
    before_s = now_s()
    assert await post.send(message(ring, browser), before_s) == Reply(201)
    (got,) = service.received(browser)
    assert (got.payload, got.ttl_s, got.topic, got.urgency) == (PAYLOAD, 600, "t" * 32, "normal")
    assert got.claims == {
        "aud": service.origin,
        "exp": before_s + TOKEN_S,
        "sub": "mailto:ops@clinic.example",
    }


async def test_a_message_sent_again_takes_the_place_of_the_one_that_waits(
    service: PushService, post: Post, ring: KeyRing
) -> None:
    browser = service.subscribe(ring.current.public)
    for topic in ("a", "a", "b"):
        await post.send(message(ring, browser, topic=topic), now_s())
    assert [one.topic for one in service.received(browser)] == ["a", "a", "b"]
    assert [one.topic for one in service.waiting(browser)] == ["a", "b"]


async def test_two_push_services_are_each_named_in_their_own_login(
    service: PushService, post: Post, ring: KeyRing
) -> None:
    async with open_push_service() as other:
        for one in (service, other, service):
            browser = one.subscribe(ring.current.public)
            assert await post.send(message(ring, browser), now_s()) == Reply(201)
        assert other.complaints == []


async def test_a_login_is_used_again_for_a_while(
    service: PushService, post: Post, ring: KeyRing
) -> None:
    begun_s = now_s()
    rotated = ring.rotated(2)
    old, new = (service.subscribe(key.public) for key in (ring.current, rotated.current))
    for later_s in (0, LOGIN_KEPT_S - 1, LOGIN_KEPT_S):
        assert await post.send(message(ring, old), begun_s + later_s) == Reply(201)
        assert await post.send(message(rotated, new), begun_s + later_s) == Reply(201)
    for browser in (old, new):
        ends = [one.claims["exp"] - begun_s - TOKEN_S for one in service.received(browser)]
        assert ends == [0, 0, LOGIN_KEPT_S]


async def test_requests_do_not_wait_for_what_a_message_takes(
    service: PushService, post: Post, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    encode = WebPusher.encode

    def noted(*given: Any) -> Any:
        threads.append(threading.current_thread())
        return encode(*given)

    monkeypatch.setattr(WebPusher, "encode", noted)
    browser = service.subscribe(ring.current.public)
    assert await post.send(message(ring, browser), now_s()) == Reply(201)
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


async def test_another_key_than_the_one_subscribed_for_is_refused_there(
    post: Post, ring: KeyRing
) -> None:
    async with open_push_service() as service:
        browser = service.subscribe(ring.rotated(2).current.public)
        assert await post.send(message(ring, browser), now_s()) == Reply(403)
        assert service.complaints == ["another key than the one subscribed for"]


async def test_the_strict_service_takes_no_login_that_is_over(post: Post, ring: KeyRing) -> None:
    async with open_push_service() as service:
        browser = service.subscribe(ring.current.public)
        for late_s in (-TOKEN_S - 1, 86_400):
            assert (await post.send(message(ring, browser), now_s() + late_s)).status == 403
        assert service.complaints == ["over, or good for more than a day"] * 2


@pytest.mark.parametrize("status", [400, 403, 404, 410, 413, 429, 500, 502, 503])
async def test_what_the_push_service_says_comes_back(
    service: PushService, post: Post, ring: KeyRing, status: int
) -> None:
    browser = service.subscribe(ring.current.public)
    service.fail(browser, Fault(status=status, headers={"Retry-After": "120"}, body_bytes=70))
    assert await post.send(message(ring, browser), now_s()) == Reply(status, "120")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(
    service: PushService, post: Post, ring: KeyRing, status: int
) -> None:
    browser, other = (service.subscribe(ring.current.public) for _ in range(2))
    service.fail(browser, Fault(status=status, headers={"Location": other["endpoint"]}))
    assert await post.send(message(ring, browser), now_s()) == Reply(status)
    assert service.requests(other) == 0


async def test_a_service_that_hangs_is_given_up(service: PushService, ring: KeyRing) -> None:
    browser = service.subscribe(ring.current.public)
    service.fail(browser, Fault(hangs=True))
    post = Post("mailto:a@b.example", loopback=True, patience=Patience(total_s=0.2))
    with pytest.raises(Unreachable):
        await asyncio.wait_for(post.send(message(ring, browser), now_s()), 60)
    await post.close()


async def test_a_body_without_an_end_does_not_hold_up_what_the_status_said(
    service: PushService, post: Post, ring: KeyRing
) -> None:
    browser = service.subscribe(ring.current.public)
    service.fail(browser, Fault(status=201, drips=True))
    assert await asyncio.wait_for(post.send(message(ring, browser), now_s()), 15) == Reply(201)


async def test_of_a_long_answer_little_is_read(service: PushService, ring: KeyRing) -> None:
    """There is time enough to read it whole, and more of it than buffers on the way hold."""
    browser = service.subscribe(ring.current.public)
    service.fail(browser, Fault(status=500, body_bytes=50_000_000))
    patience = Patience(total_s=60, connect_s=60, body_s=60)
    post = Post("mailto:a@b.example", loopback=True, patience=patience)
    assert await post.send(message(ring, browser), now_s()) == Reply(500)
    await asyncio.wait_for(service.was_cut.wait(), 60)
    await post.close()


async def test_a_connection_that_breaks_is_no_answer(
    service: PushService, post: Post, ring: KeyRing
) -> None:
    browser = service.subscribe(ring.current.public)
    service.fail(browser, Fault(resets=True, times=1))
    with pytest.raises(Unreachable) as broken:
        await post.send(message(ring, browser), now_s())
    assert broken.value.__cause__ is None
    assert await post.send(message(ring, browser), now_s()) == Reply(201)


async def test_a_browser_whose_key_is_none_is_not_sent_to(
    service: PushService, post: Post, ring: KeyRing
) -> None:
    browser = service.subscribe(ring.current.public)
    for wrong in ("", "AAAA", "B" + "A" * 86):
        broken = {**browser, "keys": {**browser["keys"], "p256dh": wrong}}
        with pytest.raises(Unusable):
            await post.send(message(ring, broken), now_s())
    assert service.requests(browser) == 0


async def test_a_hundred_messages_go_out_side_by_side(
    service: PushService, post: Post, ring: KeyRing
) -> None:
    browsers = [service.subscribe(ring.current.public) for _ in range(100)]
    await asyncio.gather(*(post.send(message(ring, one), now_s()) for one in browsers))
    assert [len(service.received(one)) for one in browsers] == [1] * 100


async def test_nothing_of_an_endpoint_is_logged(
    service: PushService, post: Post, ring: KeyRing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = service.subscribe(ring.current.public)
    for status in (500, 410, 201):
        service.fail(browser, Fault(status=status))
        await post.send(message(ring, browser), now_s())
    service.fail(browser, Fault(resets=True))
    with pytest.raises(Unreachable) as broken:
        await post.send(message(ring, browser), now_s())
    assert str(broken.value) == ""
    name = browser["endpoint"].rpartition("/")[2].partition("?")[0]
    # The push service in this process writes lines of its own.
    ours = [one for one in caplog.records if one.name not in ("aiohttp.access", "aiohttp.server")]
    assert [one.getMessage() for one in ours if name in one.getMessage()] == []
    assert browser["keys"]["auth"] not in caplog.text


async def far_post(
    monkeypatch: pytest.MonkeyPatch, service: PushService, tls: Any, names: Names
) -> tuple[Post, list[str]]:
    begun = lead(monkeypatch, PUBLIC, service.origin)
    return Post("mailto:a@b.example", patience=PATIENCE, tls=tls, resolver=names), begun


async def test_a_name_that_leads_here_after_it_was_trusted_is_not_followed(
    tmp_path: Path, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is public when the first message goes out, and this machine's own at the next."""
    server, client = trusted(tmp_path)
    async with open_push_service(tls=server, audience=f"https://{HOST}") as service:
        names = Names([PUBLIC], ["127.0.0.1"])
        post, begun = await far_post(monkeypatch, service, client, names)
        browser = service.subscribe(ring.current.public)
        service.fail(browser, Fault(status=201, headers={"Connection": "close"}, times=1))
        assert await post.send(message(ring, browser), now_s()) == Reply(201)
        with pytest.raises(AddressRefused):
            await post.send(message(ring, browser), now_s())
        assert names.asked == [HOST, HOST]
        assert begun == [PUBLIC]
        await post.close()


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["100.64.0.9"],
        ["::1"],
        ["::ffff:7f00:1"],
        ["10.1.2.3", "fd00::1", "127.0.0.1"],
    ],
    ids=" ".join,
)
async def test_a_name_that_leads_into_a_private_network_is_refused(
    tmp_path: Path, ring: KeyRing, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    server, client = trusted(tmp_path)
    async with open_push_service(tls=server, audience=f"https://{HOST}") as service:
        post, begun = await far_post(monkeypatch, service, client, Names(addresses))
        browser = service.subscribe(ring.current.public)
        with pytest.raises(AddressRefused):
            await post.send(message(ring, browser), now_s())
        assert begun == []
        await post.close()


async def test_of_several_addresses_only_public_ones_are_tried(
    tmp_path: Path, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, client = trusted(tmp_path)
    async with open_push_service(tls=server, audience=f"https://{HOST}") as service:
        names = Names(["127.0.0.1", "::1", PUBLIC])
        post, begun = await far_post(monkeypatch, service, client, names)
        browser = service.subscribe(ring.current.public)
        assert await post.send(message(ring, browser), now_s()) == Reply(201)
        assert begun == [PUBLIC]
        await post.close()


async def test_who_cannot_show_the_name_gets_nothing(
    tmp_path: Path, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, client = trusted(tmp_path, "other.example")
    async with open_push_service(tls=server, audience=f"https://{HOST}") as service:
        post, begun = await far_post(monkeypatch, service, client, Names([PUBLIC]))
        browser = service.subscribe(ring.current.public)
        with pytest.raises(Unreachable):
            await post.send(message(ring, browser), now_s())
        assert begun == [PUBLIC]
        assert service.requests(browser) == 0
        await post.close()
