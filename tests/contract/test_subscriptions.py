"""Subscriptions in every store."""

from dataclasses import replace

from rejoint_server.access.hints import open_notes
from rejoint_server.push.subscriptions import Subscription, Subscriptions
from rejoint_sync.stores import Store

ANN, BEN = "d" + "a" * 20, "d" + "b" * 20
FIRST = Subscription("https://push.example/1", "p", "a", key="k1", at=10)
SECOND = replace(FIRST, endpoint="https://push.example/2", at=20)


async def test_a_device_has_the_subscription_that_came_last(store: Store) -> None:
    await open_notes(store)
    kept = Subscriptions(store)
    assert await kept.of(ANN) is None
    assert await kept.put(ANN, FIRST)
    assert await kept.put(ANN, SECOND)
    assert await Subscriptions(store).of(ANN) == SECOND
    assert await kept.subscribed([ANN, BEN]) == {ANN}


async def test_what_is_known_is_not_written_again(store: Store) -> None:
    await open_notes(store)
    kept = Subscriptions(store)
    assert await kept.put(ANN, FIRST)
    assert not await kept.put(ANN, replace(FIRST, at=99))
    assert await kept.of(ANN) == FIRST
    assert await kept.put(ANN, replace(FIRST, key="k2"))


async def test_who_has_subscribed_anew_keeps_it_when_the_last_one_is_found_gone(
    store: Store,
) -> None:
    await open_notes(store)
    kept = Subscriptions(store)
    await kept.put(ANN, FIRST)
    await kept.put(ANN, SECOND)
    assert not await kept.drop(ANN, FIRST)
    assert await kept.of(ANN) == SECOND
    assert await kept.drop(ANN, SECOND)
    assert await kept.of(ANN) is None
    assert not await kept.drop(ANN)


async def test_subscriptions_are_listed_and_counted_by_key(store: Store) -> None:
    await open_notes(store)
    kept = Subscriptions(store)
    await kept.put(BEN, replace(FIRST, key="k2"))
    await kept.put(ANN, FIRST)
    await store.local_put("_server", "pusher", b"{}")
    assert [one async for one in kept.all()] == [(ANN, FIRST), (BEN, replace(FIRST, key="k2"))]
    assert await kept.count_by_key() == {"k1": 1, "k2": 1}
