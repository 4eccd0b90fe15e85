"""pouchdb-server 4.2 as a peer: its own `_replicate` from us and to us, everything in memory."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

import httpx
import pytest

from conformance.served import BIN, MODULES, Database
from conformance.worlds import expected, random_world

START_S_MAX = 60.0


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Its database `peer`, which is not there yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("peer")
    program = MODULES / "pouchdb-server" / "bin" / "pouchdb-server"
    options = ["--in-memory", "--port", str(port), "--no-stdout-logs"]
    process = subprocess.Popen(
        [BIN / "node", program, *options],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    found = Database(f"http://127.0.0.1:{port}", "peer", login=None)
    try:
        until = time.monotonic() + START_S_MAX
        while not answers(found):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        yield found
    finally:
        # `node` is a starter whose child serves.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(peer: Database) -> bool:
    try:
        return httpx.get(peer.server).status_code == 200
    except httpx.TransportError:
        return False


def replicate(peer: Database, source: str, target: str) -> dict[str, object]:
    body = {"source": source, "target": target}
    answer = httpx.post(f"{peer.server}/_replicate", json=body, timeout=60.0)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    assert found["ok"] is True
    assert found["doc_write_failures"] == 0
    return found


@pytest.mark.parametrize("attached", [(), ("notes.txt", "x-ray.png")])
def test_a_server_pulls_and_pushes_every_leaf(
    database: Database, peer: Database, attached: tuple[str, ...]
) -> None:
    here, there = random_world(29, 60, attachments=attached)
    if (
        attached
    ):  # a PouchDB that knows a document in part takes the winner's bytes: see test_pouchdb
        there = [
            branch for branch in there if branch.document_id not in {b.document_id for b in here}
        ]
    peer.drop()
    peer.create()
    peer.plant(there)
    database.plant(here)
    replicate(peer, database.url, peer.name)
    replicate(peer, peer.name, database.url)
    both = expected(here + there)
    assert database.leaves() == both
    assert peer.leaves() == both
    assert replicate(peer, database.url, peer.name)["docs_written"] == 0
    assert replicate(peer, peer.name, database.url)["docs_written"] == 0
