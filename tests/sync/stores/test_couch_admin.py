"""Administration of a CouchDB."""

import pytest

from contract.couchdb import fresh, is_real
from rejoint_sync.errors import DatabaseExists, NotFound, StoreUnavailable
from rejoint_sync.stores.couch import CouchStore
from rejoint_sync.stores.couch_address import CouchAddress
from rejoint_sync.stores.couch_admin import CouchAdmin


async def test_a_database_has_one_shard_and_is_for_administrators(couch: CouchStore) -> None:
    entry = await couch._register.entry("circle")
    security = (await couch._http.get(entry.written, "_security")).value
    assert security["members"]["roles"] == ["_admin"]
    if is_real():
        info = (await couch._http.get(entry.written)).value
        assert info["cluster"]["q"] == 1
        assert entry.nodes == await couch._admin.nodes_up()
        assert len(entry.nodes) == 1


async def test_errors_are_ours(couch: CouchStore, couchdb_url: str) -> None:
    entry = await couch._register.entry("circle")
    with pytest.raises(DatabaseExists):
        await couch._admin.create(entry.written)
    with pytest.raises(NotFound):
        await couch._admin.nodes_of(fresh(couchdb_url).register)
    if is_real():  # pouchdb-server says that it removed what was never there
        with pytest.raises(NotFound):
            await couch._admin.delete(fresh(couchdb_url).register)
    nowhere = CouchAdmin(CouchAddress("http://127.0.0.1:1", "ada", "secret"))
    with pytest.raises(StoreUnavailable):
        await nowhere.nodes_up()
