"""Asking to be let in: what is kept, for how long, and who sees it."""

import pytest

from rejoint_server.circles.invitations import LOOKS_PER_HOUR
from rejoint_sync.circle import entries
from rejoint_sync.circle.invitation import invitation_id
from rejoint_sync.circle.keys import DeviceKeys
from server.ring import Ring
from server.scene import Scene


@pytest.fixture
async def ring(scene: Scene) -> Ring:
    """A patient's circle."""
    return await (await Ring.clinic(scene)).patient()


async def asked(ring: Ring, body: object) -> tuple[int, str]:
    path = f"/circles/{ring.circle}/requests"
    answer = await ring.scene.ask("POST", path, json={"req": body})
    return answer.status_code, answer.json().get("code", "")


async def test_a_request_is_kept_for_the_live_devices_until_it_is_answered(ring: Ring) -> None:
    secret, keys = await ring.invite(), DeviceKeys.generate()
    body = await ring.request(secret, keys)
    assert await asked(ring, body) == (201, "")
    assert await asked(ring, body) == (200, "")
    assert body["_id"] in await ring.seen(ring.founder)

    invitation = ring.membership.invitations[invitation_id(ring.circle, secret)]
    entry = entries.add(
        ring.membership,
        ring.founder,
        pub=keys.pub,
        role=invitation.role,
        member=invitation.member,
        s="c",
        ts=ring.now_s,
        iid=invitation.iid,
    )
    await ring.append(entry)
    assert body["_id"] not in await ring.seen(ring.founder)
    stored = await ring.scene.store.read(ring.circle, body["_id"])
    assert stored is not None
    assert stored.leaves[0].deleted
    assert await asked(ring, body) == (409, "invite")
    assert ring.membership.live(keys.id)


async def test_five_may_ask_by_one_invitation(ring: Ring) -> None:
    secret, other = await ring.invite(), await ring.invite()
    for _ in range(5):
        assert await asked(ring, await ring.request(secret)) == (201, "")
    assert await asked(ring, await ring.request(secret)) == (413, "limit")
    assert await asked(ring, await ring.request(other)) == (201, "")


async def test_requests_go_when_the_invitation_is_taken_back_or_over(ring: Ring) -> None:
    for over in ("uninvite", "time"):
        secret = await ring.invite()
        body = await ring.request(secret)
        assert (await asked(ring, body))[0] == 201
        if over == "uninvite":
            iid = invitation_id(ring.circle, secret)
            await ring.append(
                entries.uninvite(ring.membership, ring.founder, iid=iid, ts=ring.now_s)
            )
        else:
            ring.scene.clock.now += 3601
            assert await asked(ring, await ring.request(await ring.invite())) == (201, "")
        assert body["_id"] not in await ring.seen(ring.founder)
        assert await asked(ring, body) == (409, "invite")


async def test_what_is_no_request_is_refused(ring: Ring) -> None:
    secret = await ring.invite()
    body = await ring.request(secret)
    stranger = DeviceKeys.generate()
    renamed = body["_id"].rpartition(":")[0] + f":{stranger.id}"
    wrongs = {
        "schema": body | {"x": "y"},
        "kid": body | {"_id": renamed},
        "proof": body | {"proof": (await ring.request(secret))["proof"]},
    }
    for code, wrong in wrongs.items():
        assert await asked(ring, wrong) == (400, code)
    founder = await ring.request(secret, ring.founder)
    assert await asked(ring, founder) == (409, "dup")
    for nothing in ({}, {"_id": 1}, {"_id": "req:x:y"}, {"_id": "req::"}):
        assert await asked(ring, nothing) == (404, "invite")
    path = "/circles/c" + "0" * 40 + "/requests"
    answer = await ring.scene.ask("POST", path, json={"req": body})
    assert (answer.status_code, answer.json()["code"]) == (404, "invite")
    assert not [name for name in await ring.seen(ring.founder) if name.startswith("req:")]


async def test_a_direct_invitation_needs_nobodys_approval(ring: Ring) -> None:
    body = await ring.request(await ring.invite(mode="direct"))
    assert await asked(ring, body) == (409, "invite")


async def test_asking_is_counted(ring: Ring) -> None:
    body = await ring.request(await ring.invite())
    answers = [(await asked(ring, body))[0] for _ in range(LOOKS_PER_HOUR + 1)]
    assert answers == [201] + [200] * (LOOKS_PER_HOUR - 1) + [429]


async def test_an_append_looks_at_ended_invitations_once(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log full of used invitations costs an append nothing."""
    for _ in range(3):
        iid = invitation_id(ring.circle, await ring.invite())
        await ring.append(entries.uninvite(ring.membership, ring.founder, iid=iid, ts=ring.now_s))
    await ring.add("caregiver")
    looked: list[object] = []
    read_many = ring.scene.store.read_many

    async def counted(circle: str, names: list[str]) -> object:
        looked.extend(names)
        return await read_many(circle, names)

    monkeypatch.setattr(ring.scene.store, "read_many", counted)
    await ring.add("caregiver")
    assert looked == []
