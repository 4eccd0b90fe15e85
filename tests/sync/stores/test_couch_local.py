"""`_local` documents in CouchDB."""

import asyncio

import pytest

from contract.couchdb import is_real
from rejoint_sync.errors import BadRequest, NotOffered
from rejoint_sync.stores.couch import CouchStore


async def test_writers_at_once_are_all_counted(couch: CouchStore) -> None:
    counts = await asyncio.gather(*(couch.local_put("circle", "l", b"{}") for _ in range(10)))
    assert sorted(counts) == list(range(1, 11))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"_x":1}'])
async def test_what_is_no_document_is_refused(couch: CouchStore, body: bytes) -> None:
    if body == b'{"_x":1}' and not is_real():
        pytest.skip("pouchdb-server takes any member")
    with pytest.raises(BadRequest):
        await couch.local_put("circle", "l", body)


async def test_names_may_hold_anything(couch: CouchStore) -> None:
    for name in ("a/b", "dX:rep+1", "é?"):
        await couch.local_put("circle", name, b'{"v":1}')
        assert await couch.local_get("circle", name) == (1, b'{"v":1}')


async def test_a_list(couch: CouchStore) -> None:
    for name in ("a", "b", "c"):
        await couch.local_put("circle", name, b'{"v":1}')
    if not is_real():
        with pytest.raises(NotOffered):
            await couch.local_range("circle", "a", "c", limit=9)
        return
    found = await couch.local_range("circle", "a", "c", limit=9)
    assert [(one.id, one.count, one.body) for one in found] == [
        ("a", 1, b'{"v":1}'),
        ("b", 1, b'{"v":1}'),
    ]
    assert len(await couch.local_range("circle", "a", "z", limit=2)) == 2
