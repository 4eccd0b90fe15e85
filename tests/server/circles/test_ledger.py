"""Nothing lands before it is in the journal; after a restore a log waits, or is frozen."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from rejoint_server.access.hints import open_notes
from rejoint_server.circles.aftermath import WAITING_SECONDS, Aftermath, Watched
from rejoint_server.circles.ledger import Ledger
from rejoint_server.clock import ManualClock
from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import CircleError, StoreFull, StoreUnavailable
from rejoint_sync.stores.journal import Journal, read
from rejoint_sync.stores.memory import MemoryStore
from server.scene import NOW_S, Person, open_scene


async def ledger_of(folder: Path, store: MemoryStore, clock: ManualClock) -> Ledger:
    made = Ledger(store, clock, Watched(folder), None)
    await made.start()
    return made


def circle() -> Membership:
    person = Person()
    person.genesis(NOW_S)
    assert person.membership is not None
    return person.membership


async def test_each_bundle_is_in_the_journal_before_it_is_in_the_store(tmp_path: Path) -> None:
    """And the sealed invitation, which is to vanish, is in none of it."""
    store = MemoryStore()
    journal = Journal.open(tmp_path / "journal")
    seen: list[tuple[int, int]] = []
    create, write = store.create, store.write

    async def watching(what: Any, *arguments: Any, **more: Any) -> Any:
        noted = [record for record in read(tmp_path / "journal") if record.bundle]
        seen.append((len(noted), len(seen)))
        return await what(*arguments, **more)

    async with open_scene(tmp_path, store, journal=journal) as scene:
        store.create = lambda *a, **m: watching(create, *a, **m)  # type: ignore[method-assign]
        store.write = lambda *a, **m: watching(write, *a, **m)  # type: ignore[method-assign]
        admin = await Person.founder(scene)
        await admin.admit(scene, "therapist")
    await journal.close()
    assert seen == [(1, 0), (2, 1), (3, 2)]
    noted = [record.bundle for record in read(tmp_path / "journal") if record.bundle]
    assert [bundle["log"]["_id"][-1] for bundle in noted] == ["0", "1", "2"]
    assert [len(bundle["wraps"]) for bundle in noted] == [1, 0, 1]
    assert all("inv" not in bundle for bundle in noted)
    assert "inv:" not in "".join(path.read_text("latin-1") for path in journal_files(tmp_path))


def journal_files(folder: Path) -> list[Path]:
    return list((folder / "journal").glob("*.journal"))


async def test_what_cannot_be_noted_is_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.open(tmp_path / "journal")
    async with open_scene(tmp_path, journal=journal) as scene:
        admin = await Person.founder(scene)
        bundle, _ = admin.invite(NOW_S, "therapist")

        async def full(*_: object) -> None:
            raise StoreFull("no room")

        path = f"/circles/{admin.circle}/log"
        with monkeypatch.context() as patch:
            patch.setattr(journal, "append", full)
            assert (await scene.ask("POST", path, json=bundle.to_json())).status_code == 507
        assert await scene.store.read(admin.circle, "log:000001") is None
        assert (await scene.ask("POST", path, json=bundle.to_json())).status_code == 201
    await journal.close()


async def test_of_two_for_one_place_the_last_in_the_journal_is_the_one_that_landed(
    tmp_path: Path,
) -> None:
    journal = Journal.open(tmp_path / "journal")
    async with open_scene(tmp_path, journal=journal) as scene:
        admin = await Person.founder(scene)
        start = admin.membership
        rivals = []
        for _ in range(4):
            admin.membership = start
            rivals.append(admin.invite(NOW_S, "therapist")[0])
        path = f"/circles/{admin.circle}/log"
        answers = await asyncio.gather(
            *(scene.ask("POST", path, json=one.to_json()) for one in rivals)
        )
        won = [one for one, answer in zip(rivals, answers, strict=True) if answer.is_success]
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    await journal.close()
    last = [record.bundle for record in read(tmp_path / "journal") if record.bundle][-1]
    assert [last["log"]["j"]] == [one.log["j"] for one in won]


async def test_a_circle_waits_for_each_live_device_and_no_longer(tmp_path: Path) -> None:
    store, clock, membership = MemoryStore(), ManualClock(NOW_S), circle()
    await open_notes(store)
    (device,) = membership.devices
    ledger = await ledger_of(tmp_path, store, clock)
    await ledger.require_open(membership, "d-other")
    Aftermath().after_restore(NOW_S - 100, NOW_S, complete=False).write(tmp_path)
    assert ledger.waiting_s == WAITING_SECONDS
    assert await ledger.waits_for(membership) == [device]
    with pytest.raises(StoreUnavailable, match="waits"):
        await ledger.require_open(membership, "d-other")
    # Who signs the entry after the newest one has shown it by that.
    await ledger.require_open(membership, device)
    await ledger.heard(membership.circle, device)
    await (await ledger_of(tmp_path, store, clock)).require_open(membership, "d-other")
    # A later restore: everybody is asked again.
    Aftermath().after_restore(NOW_S - 100, NOW_S + 1, complete=False).write(tmp_path)
    assert await ledger.waits_for(membership) == [device]
    clock.now += WAITING_SECONDS + 1
    await ledger.require_open(membership, "d-other")
    assert await ledger.waits_for(membership) == []


async def test_a_frozen_circle_stays_frozen(tmp_path: Path) -> None:
    store, clock, membership = MemoryStore(), ManualClock(NOW_S), circle()
    await open_notes(store)
    ledger = await ledger_of(tmp_path, store, clock)
    await ledger.freeze(membership.circle)
    for one in (ledger, await ledger_of(tmp_path, store, clock)):
        assert one.frozen == 1
        with pytest.raises(CircleError) as caught:
            await one.require_open(membership, next(iter(membership.devices)))
        assert (caught.value.code, caught.value.status) == ("fork", 403)
        one.require_unfrozen("c" + "0" * 40)
