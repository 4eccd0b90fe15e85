"""The one-time secret: new at every start, spent once, healed after a crash."""

import pytest

from rejoint_server.access.hints import open_notes
from rejoint_server.access.setup import Setup
from rejoint_sync.errors import DatabaseExists, Forbidden, NotFound
from rejoint_sync.stores.memory import MemoryStore

CIRCLE, OTHER = "c" + "1" * 40, "c" + "2" * 40


@pytest.fixture
async def store() -> MemoryStore:
    made = MemoryStore()
    await open_notes(made)
    return made


async def found(store: MemoryStore, secret: str | None, circle: str = CIRCLE) -> None:
    await Setup(store).found(secret, circle, lambda: store.create(circle))


async def renew(store: MemoryStore, byte: bytes) -> str:
    secret = await Setup(store).renew(byte * 16)
    assert secret is not None
    return secret


async def test_is_spent_by_founding(store: MemoryStore) -> None:
    secret = await renew(store, b"a")
    assert len(secret) == 22
    await found(store, secret)
    for again in (secret, None, ""):
        with pytest.raises(Forbidden, match="already"):
            await found(store, again, OTHER)
    assert await Setup(store).renew(b"b" * 16) is None


async def test_a_newer_one_takes_the_place_of_the_older(store: MemoryStore) -> None:
    older, newer = await renew(store, b"a"), await renew(store, b"b")
    with pytest.raises(Forbidden, match="newest"):
        await found(store, older)
    await found(store, newer)


@pytest.mark.parametrize("secret", [None, "", "A" * 22])
async def test_another_does_not_do(store: MemoryStore, secret: str | None) -> None:
    with pytest.raises(Forbidden):
        await found(store, secret)
    await renew(store, b"b")
    with pytest.raises(Forbidden):
        await found(store, secret)
    with pytest.raises(NotFound):
        await store.info(CIRCLE)


async def crash() -> None:
    raise KeyboardInterrupt


async def test_a_crash_before_the_circle_is_stored_costs_nothing(store: MemoryStore) -> None:
    secret = await renew(store, b"a")
    with pytest.raises(KeyboardInterrupt):
        await Setup(store).found(secret, CIRCLE, crash)
    await found(store, secret, CIRCLE)


async def test_a_crash_and_a_restart_leave_both_ways_open_until_one_is_used(
    store: MemoryStore,
) -> None:
    older = await renew(store, b"a")
    with pytest.raises(KeyboardInterrupt):
        await Setup(store).found(older, CIRCLE, crash)
    newer = await renew(store, b"b")
    with pytest.raises(Forbidden):
        await found(store, older, OTHER)
    await found(store, older, CIRCLE)
    with pytest.raises(Forbidden):
        await found(store, newer, OTHER)


async def test_a_circle_that_cannot_be_made_spends_nothing(store: MemoryStore) -> None:
    secret = await renew(store, b"a")

    async def taken() -> None:
        raise DatabaseExists("taken")

    with pytest.raises(DatabaseExists):
        await Setup(store).found(secret, CIRCLE, taken)
    await found(store, secret, OTHER)
