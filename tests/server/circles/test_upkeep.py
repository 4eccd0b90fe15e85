"""What is closed goes for good after 30 days, and what nobody needs is swept up."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from rejoint_server.access.hints import NOTES, Hints
from rejoint_server.circles.upkeep import CLOSED_SECONDS, DAY_S, Upkeep
from rejoint_sync.circle import entries
from rejoint_sync.circle.document import structural_rev
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.document import Document
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.stores.journal import Journal, read
from rejoint_sync.stores.memory import MemoryStore
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import STORE_FILE
from server.scene import Person, Scene, open_scene


def upkeep(scene: Scene) -> Upkeep:
    made = scene.application.upkeep
    assert made is not None
    return made


async def append(scene: Scene, person: Person, op: str) -> None:
    """Close or reopen a circle."""
    assert person.membership is not None
    act = {"close": entries.close, "reopen": entries.reopen}[op]
    log = act(person.membership, person.keys, ts=scene.clock.now_s())
    person.membership = person.membership.append(log)
    body = Bundle(log, ()).to_json()
    answer = await scene.ask("POST", f"/circles/{person.circle}/log", json=body)
    assert answer.status_code == 201, answer.text


async def day(scene: Scene, days: int = 1) -> None:
    scene.clock.now += days * DAY_S
    await upkeep(scene).once()
    assert upkeep(scene).failed == 0


@asynccontextmanager
async def sqlite_scene(folder: Path) -> AsyncIterator[tuple[Scene, SqliteStore, Journal]]:
    store = await SqliteStore.open(folder / "data")
    journal = Journal.open(folder / "journal")
    async with open_scene(folder / "data", store, journal=journal) as scene:
        yield scene, store, journal
    await store.close()
    await journal.close()


def bytes_of(folder: Path) -> bytes:
    """All that is in the store's files and in the journal."""
    files = [*folder.glob(f"data/{STORE_FILE}*"), *folder.glob("journal/*.journal")]
    assert len(files) >= 2
    return b"".join(path.read_bytes() for path in files)


async def ciphertexts(store: SqliteStore, circle: str) -> set[bytes]:
    """A piece of each sealed thing in a circle, records, wraps, entries and invitations."""
    found = set()
    for stored in await store.range(circle, "", "~", limit=10_000):
        for text in re.findall(rb'"[cjk]":"([^"]{40,})"', stored.leaves[0].tail):
            middle = len(text) // 2
            found.add(text[middle - 16 : middle + 16])
    return found


async def test_a_purged_circle_is_in_no_file(tmp_path: Path) -> None:
    """Circles are written in turns, so that their rows share pages of the file."""
    async with sqlite_scene(tmp_path) as (scene, store, _):
        admin = await Person.founder(scene)
        therapists = [await admin.new_patient_circle(scene) for _ in range(4)]
        closing, *others = therapists
        sealed: set[bytes] = set()
        for person in therapists:
            await person.admit(scene, "patient")
            bundle, _ = person.invite(scene.clock.now_s(), "caregiver")
            assert bundle.inv is not None
            if person is closing:
                sealed.add(bundle.inv["k"][40:72].encode())
            path = f"/circles/{person.circle}/log"
            assert (await scene.ask("POST", path, json=bundle.to_json())).status_code == 201
        for _ in range(40):
            for person in therapists:
                assert await person.push(scene, *(person.record() for _ in range(5))) == []
        for n in range(30):
            body = {"session": "x" * 50, "n": n}
            await scene.ask(
                "PUT",
                f"/db/{closing.circle}/_local/note{n}",
                json=body,
                headers=closing.login(scene),
            )
        sealed |= await ciphertexts(store, closing.circle)
        kept = {piece for one in others for piece in await ciphertexts(store, one.circle)}
        sealed -= kept  # the founder's public keys stand in each of these logs
        assert len(sealed) > 200
        await append(scene, closing, "close")
        before = bytes_of(tmp_path)
        assert all(piece in before for piece in sealed)
        await day(scene)
        await day(scene, 29)
        assert closing.circle in await store.databases()
        await day(scene)
        assert closing.circle not in await store.databases()
        after = bytes_of(tmp_path)
        assert [piece for piece in sealed if piece in after] == []
        still = {piece for one in others for piece in await ciphertexts(store, one.circle)}
        assert len(still) > 600
        assert still <= kept
        assert [piece for piece in still if piece not in after] == []


async def test_of_a_purged_circle_a_tombstone_stays(tmp_path: Path) -> None:
    async with sqlite_scene(tmp_path) as (scene, store, journal):
        admin = await Person.founder(scene)
        therapist = await admin.new_patient_circle(scene)
        patient = await therapist.admit(scene, "patient")
        await append(scene, therapist, "close")
        assert therapist.membership is not None
        head = therapist.membership.head
        await day(scene)
        assert (await scene.ask(
            "GET", f"/db/{therapist.circle}", headers=therapist.login(scene)
        )).status_code == 200  # fmt: skip
        await day(scene, 30)
        for method, path in (
            ("GET", f"/db/{therapist.circle}"),
            ("POST", f"/circles/{therapist.circle}/log"),
        ):
            body = (
                {"log": {"_id": "log:000000", "j": "x"}, "wraps": []} if method == "POST" else None
            )
            answer = await scene.ask(method, path, json=body, headers=therapist.login(scene))
            assert (answer.status_code, answer.json()["code"]) == (410, "closed")
        note = await store.local_get(NOTES, f"gone:{therapist.circle}")
        assert note is not None
        assert head.encode() in note[1]
        assert await Hints(store).circles_of(patient.keys.id) == []
        mine = await scene.json("GET", "/circles", headers=admin.login(scene))
        assert [row["circle"] for row in mine["circles"]] == [admin.circle]
        left = [
            record for record in read(tmp_path / "journal") if record.circle == therapist.circle
        ]
        assert [(record.bundle, record.gone) for record in left] == [(None, head)]
        assert journal.position.number >= left[0].number


async def test_thirty_days_count_from_when_the_server_saw_it(scene: Scene) -> None:
    """The entry's own time is the signer's word: it may be that of an entry of long ago."""
    admin = await Person.founder(scene)
    therapist = await admin.new_patient_circle(scene)
    assert therapist.membership is not None
    scene.clock.now += 40 * DAY_S
    old_s = therapist.membership.stamps[-1].ts
    log = entries.close(therapist.membership, therapist.keys, ts=old_s)
    body = Bundle(log, ()).to_json()
    answer = await scene.ask("POST", f"/circles/{therapist.circle}/log", json=body)
    assert answer.status_code == 201
    await upkeep(scene).once()
    assert therapist.circle in await scene.store.databases()
    await day(scene, 29)
    assert therapist.circle in await scene.store.databases()
    await day(scene)
    assert therapist.circle not in await scene.store.databases()


async def test_a_circle_that_was_opened_again_stays(scene: Scene) -> None:
    admin = await Person.founder(scene)
    therapist = await admin.new_patient_circle(scene)
    await append(scene, therapist, "close")
    await day(scene, 20)
    await append(scene, therapist, "reopen")
    await append(scene, therapist, "close")
    await day(scene, 20)
    assert therapist.circle in await scene.store.databases()
    await append(scene, therapist, "reopen")
    await day(scene, 40)
    assert therapist.circle in await scene.store.databases()
    assert await scene.store.local_get(NOTES, f"closed:{therapist.circle}") is None


async def test_a_purge_that_was_cut_short_goes_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await Person.founder(scene)
    therapist = await admin.new_patient_circle(scene)
    await append(scene, therapist, "close")
    await day(scene)

    async def broken(*_: object) -> None:
        raise StoreUnavailable("the disk is away")

    with monkeypatch.context() as patch:
        patch.setattr(scene.store, "delete", broken)
        scene.clock.now += CLOSED_SECONDS
        await upkeep(scene).once()
        assert upkeep(scene).failed == 1
    # The secrets went first, and nobody is let in any more.
    assert await scene.store.range(therapist.circle, "wrap:", "wrap;", limit=9) == []
    await upkeep(scene).once()
    assert therapist.circle not in await scene.store.databases()
    answer = await scene.ask("GET", f"/db/{therapist.circle}", headers=therapist.login(scene))
    assert answer.status_code == 410


async def test_invitations_that_are_over_are_swept(scene: Scene) -> None:
    admin = await Person.founder(scene)
    therapist = await admin.new_patient_circle(scene)
    for exp_s in (60, 3600):
        bundle, _ = therapist.invite(scene.clock.now_s(), "caregiver", exp_s=exp_s)
        path = f"/circles/{therapist.circle}/log"
        assert (await scene.ask("POST", path, json=bundle.to_json())).status_code == 201
    scene.clock.now += 61

    async def left() -> list[str]:
        found = await scene.store.range(therapist.circle, "inv:", "inv;", limit=9)
        return [one.id for one in found if not one.leaves[0].deleted]

    await upkeep(scene).once()
    assert len(await left()) == 1
    scene.clock.now += 3600
    await upkeep(scene).once()
    assert await left() == []


async def test_wraps_that_no_entry_needs_are_swept_after_a_day(scene: Scene) -> None:
    """What a store that cannot write two things at once leaves behind."""
    admin = await Person.founder(scene)
    wraps = await scene.store.range(admin.circle, "wrap:", "wrap;", limit=9)
    values: list[dict[str, Any]] = [
        {"_id": f"wrap:c000002:{'A' * 16}:{admin.keys.id}", "k": b64u_encode(bytes(113))},
        {"_id": wraps[0].id[:-20] + "B" * 20, "k": b64u_encode(bytes(113))},
    ]
    strays = [Document.parse({**value, "_rev": structural_rev(value)}) for value in values]
    await scene.store.write(admin.circle, strays, new_edits=False)

    async def there() -> set[str]:
        found = await scene.store.range(admin.circle, "wrap:", "wrap;", limit=9)
        return {one.id for one in found}

    await upkeep(scene).once()
    scene.clock.now += DAY_S - 1
    await upkeep(scene).once()
    assert len(await there()) == 3
    scene.clock.now += 1
    await upkeep(scene).once()
    assert await there() == {wraps[0].id}


async def test_a_circle_in_which_nothing_changed_is_not_read_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await Person.founder(scene)
    await upkeep(scene).once()
    reads: list[str] = []
    store = scene.store
    assert isinstance(store, MemoryStore)
    inner = store.range

    async def counting(database: str, *arguments: Any, **more: Any) -> Any:
        reads.append(database)
        return await inner(database, *arguments, **more)

    monkeypatch.setattr(store, "range", counting)
    await day(scene)
    assert reads == []
    await admin.new_patient_circle(scene)
    reads.clear()
    await day(scene)
    assert admin.circle not in reads
    assert reads != []
