"""The notes of a device come back as they were written."""

import orjson
import pytest

from rejoint_sync.device.home import HomeUnusable
from rejoint_sync.device.state import CircleState, DeviceState, Own, Pending
from rejoint_sync.replicator import Refusal
from rejoint_sync.stores.memory import MemoryStore


async def test_device_state_comes_back() -> None:
    store = MemoryStore()
    state = await DeviceState.read(store)
    assert state == DeviceState()
    state.offset_s = -90
    state.own.append(Own("c1", "i1"))
    await state.write(store)
    assert await DeviceState.read(store) == state


async def test_circle_state_comes_back() -> None:
    store = MemoryStore()
    await store.create("c1")
    assert await CircleState.read(store, "c1") == CircleState()
    state = CircleState(
        pin=(3, "hash"),
        n=7,
        fresh=[{"_id": "ev:1", "c": "sealed"}],
        unsent=["ev:1"],
        lam=9,
        seen=12,
        refused=[Refusal("ev:0", "target", "authz", "not allowed")],
        pending=Pending("join", {"log": {"_id": "log:000001"}}, {"circle": "c1"}),
        alarm="another log",
    )
    await state.write(store, "c1")
    assert await CircleState.read(store, "c1") == state


@pytest.mark.parametrize("note", [{}, [], {"v": 2}, {"v": 1}, {"v": 1, "pin": 3, "pending": None}])
async def test_a_note_of_another_form_is_refused(note: object) -> None:
    store = MemoryStore()
    await store.create("c1")
    await store.local_put("c1", "state", orjson.dumps(note))
    with pytest.raises(HomeUnusable):
        await CircleState.read(store, "c1")


def test_the_newest_refusal_of_a_document_is_kept() -> None:
    state = CircleState(refused=[Refusal("a", "target", "newer-log", "x")])
    state.set_aside([Refusal("b", "target", "authz", "y"), Refusal("a", "target", "authz", "z")])
    assert [(one.id, one.code) for one in state.refused] == [("b", "authz"), ("a", "authz")]
