"""CouchDB's own replicator, from us and to us, where `COUCHDB_URL` names one (with its admin)."""

import os
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from conformance.served import Database
from conformance.worlds import expected, random_world

COUCHDB_URL = os.environ.get("COUCHDB_URL", "")
ARRIVES_S_MAX = 60.0

pytestmark = pytest.mark.skipif(not COUCHDB_URL, reason="COUCHDB_URL is not set")


@pytest.fixture
def peer() -> Iterator[Database]:
    """An empty database there."""
    parts = urlsplit(COUCHDB_URL)
    base = f"{parts.scheme}://{parts.hostname}:{parts.port}"
    login = (parts.username or "", parts.password or "")
    fresh = Database(base, f"t{uuid.uuid4().hex[:12]}", login)
    fresh.create()
    yield fresh
    fresh.drop()


def replicate(peer: Database, source: str, target: str, **more: Any) -> Any:
    body = {"source": source, "target": target} | more
    answer = httpx.post(f"{peer.server}/_replicate", json=body, auth=peer.login, timeout=60.0)
    assert answer.status_code in (200, 202), answer.text
    return answer.json()


@pytest.mark.parametrize("attached", [(), ("notes.txt", "x-ray.png")])
def test_it_pulls_and_pushes_every_leaf(
    database: Database, peer: Database, attached: tuple[str, ...]
) -> None:
    here, there = random_world(37, 80, attachments=attached)
    database.plant(here)
    peer.plant(there)
    for source, target in ((database.url, peer.url), (peer.url, database.url)):
        done = replicate(peer, source, target)
        assert done["history"][0]["doc_write_failures"] == 0
    both = expected(here + there)
    assert database.leaves() == both
    assert peer.leaves() == both


def test_it_follows_and_is_followed(database: Database, peer: Database) -> None:
    here, there = random_world(41, 30)
    ways = ((database.url, peer.url), (peer.url, database.url))
    for source, target in ways:
        replicate(peer, source, target, continuous=True)
    try:
        for ours, theirs in zip(here, there, strict=False):
            database.plant([ours])
            peer.plant([theirs])
        rest = min(len(here), len(there))
        database.plant(here[rest:])
        peer.plant(there[rest:])
        both = expected(here + there)
        until = time.monotonic() + ARRIVES_S_MAX
        while (database.leaves(), peer.leaves()) != (both, both) and time.monotonic() < until:
            time.sleep(0.2)
        assert database.leaves() == both
        assert peer.leaves() == both
    finally:
        for source, target in ways:
            replicate(peer, source, target, continuous=True, cancel=True)


def test_only_what_the_selector_takes_travels(database: Database, peer: Database) -> None:
    docs = [{"_id": f"{k} {n}", "_rev": f"1-{n:032x}", "kind": k} for k in "ab" for n in range(20)]
    database.plant(docs)
    replicate(peer, database.url, peer.url, selector={"kind": "b"})
    assert sorted(peer.revisions()) == sorted(f"b {n}" for n in range(20))
    replicate(peer, database.url, peer.url, doc_ids=["a 3", "a 4"])
    assert len(peer.revisions()) == 22
