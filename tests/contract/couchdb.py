"""The CouchDB that the contract runs on: the one of `$COUCHDB_URL`, else PouchDB's server.

`COUCHDB_URL=http://name:password@host:5984` names a real one; the databases that tests make there
begin with `rejoint-test-` and are removed again. Without it `pouchdb-server` is started in memory:
it speaks CouchDB's protocol with one process and numbers for sequences, but cannot purge.
"""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx

from rejoint_sync.stores.couch import CouchStore
from rejoint_sync.stores.couch_address import CouchAddress

MODULES = Path(__file__).parents[1] / "conformance" / "node_modules"
START_S_MAX = 60.0

POUCHDB_SERVER_CANNOT = {
    "test_a_range_is_in_byte_order_and_ends_before_its_end": "it sorts names by UTF-16",
    "test_all_leaves_are_named_when_asked_for": "it names leaves in no order",
    "test_older_ancestors_take_a_number_and_keep_the_body": "it learns no ancestors later",
    "test_a_leaf_may_win_and_lose_again_and_again": "it forgets that a losing leaf is deleted",
    "test_names_and_bodies_of_any_text_come_back": "its integers are doubles",
    "test_a_tombstone_may_have_them_too": "its tombstones have no attachments",
    **dict.fromkeys(
        (
            "test_a_document_purged_whole_is_not_there",
            "test_a_document_that_keeps_a_leaf_takes_a_number",
            "test_counts_follow",
            "test_a_purged_revision_may_come_back",
            "test_numbers_grow_also_when_the_newest_is_purged",
            "test_who_waits_is_woken",
            "test_a_write_that_adds_nothing_is_no_event",
        ),
        "it cannot purge",
    ),
    **dict.fromkeys(
        (
            "test_it_holds_from_the_next_change_on",
            "test_more_than_usual",
            "test_another_database_has_its_own",
        ),
        "it has no _revs_limit to set",
    ),
    "test_a_long_tree_joins_in_the_middle[couch-1]": "it learns no ancestors later",
    "test_a_count_follows_what_its_writer_says": "it compares counts of _local documents",
    **dict.fromkeys(
        (
            "test_they_are_listed_in_byte_order",
            "test_records_of_a_stream_are_hidden",
            "test_late_documents_are_let_in",
            "test_a_broken_wrap_is_replaced",
            "test_requests_to_join_are_kept_once",
            "test_subscriptions_are_listed_and_counted_by_key",
        ),
        "it does not list _local documents",
    ),
}
"""Tests of the contract that fail there, and why; a real CouchDB passes all."""


@contextlib.contextmanager
def couchdb(folder: Path) -> Iterator[str]:
    """A URL with name and password, `couchdb://name:password@host:port`."""
    given = os.environ.get("COUCHDB_URL")
    if given:
        yield given.replace("http", "couchdb", 1)
        return
    assert (MODULES / ".ready").exists(), "make setup installs pouchdb-server"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    node = Path(sys.executable).parent / "node"
    command = [str(node), str(MODULES / "pouchdb-server/bin/pouchdb-server"), "--in-memory"]
    options = ["--host", "127.0.0.1", "--port", str(port), "--no-stdout-logs", "--no-color"]
    with subprocess.Popen(
        [*command, *options],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            _wait(f"http://127.0.0.1:{port}", process)
            yield f"couchdb://127.0.0.1:{port}"
        finally:
            # `node` is a starter whose child serves.
            os.killpg(process.pid, signal.SIGKILL)


def is_real() -> bool:
    """Whether it is Apache CouchDB."""
    return "COUCHDB_URL" in os.environ


def fresh(url: str) -> CouchAddress:
    """An address under which nothing is there yet."""
    return CouchAddress.parse(f"{url.rstrip('/')}/rejoint-test-{secrets.token_hex(5)}-")


@contextlib.asynccontextmanager
async def open_store(url: str) -> AsyncIterator[CouchStore]:
    """An empty store; afterwards nothing is left of it."""
    address = fresh(url)
    store = await CouchStore.open(address)
    try:
        yield store
    finally:
        await store.close()
        clear(address)


def clear(address: CouchAddress) -> None:
    """Remove all databases of a prefix."""
    login = (address.user, address.password) if address.user else None
    with httpx.Client(base_url=address.url, auth=login) as client:
        for name in client.get("/_all_dbs").json():
            if name.startswith(address.prefix):
                client.delete("/" + name.replace("$", "%24"))


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_S_MAX
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(url)
            return
        time.sleep(0.1)
    raise AssertionError("pouchdb-server did not start")
