"""One real server for all clients of a test process, and a fresh database for each test.

`REJOINT_CONFORMANCE_URL` (with name and password) runs the same tests against another server: so
the tests themselves are tried on CouchDB.
"""

import os
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from conformance.served import MODULES, NAME, PASSWORD, Database
from e2e.server_process import ServerProcess


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the server, without name and password; its log is without errors at the end."""
    assert (MODULES / ".ready").exists(), "make setup installs the clients"
    other = os.environ.get("REJOINT_CONFORMANCE_URL")
    if other:
        parts = urlsplit(other)
        yield f"{parts.scheme}://{parts.hostname}:{parts.port}"
        return
    folder = tmp_path_factory.mktemp("server")
    log = folder / "server.log"
    login = f"{NAME}:{PASSWORD}"
    with ServerProcess(folder / "data", log, "--policy", "open", "--admin", login) as process:
        yield process.url
    text = log.read_text()
    assert "Traceback" not in text
    assert "level=error" not in text


@pytest.fixture
def database(server: str) -> Iterator[Database]:
    """An empty database."""
    fresh = Database(server, f"t{uuid.uuid4().hex[:12]}")
    fresh.create()
    yield fresh
    fresh.drop()


@pytest.fixture
def second(server: str) -> Iterator[Database]:
    """The name of another database, which is not there yet."""
    named = Database(server, f"u{uuid.uuid4().hex[:12]}")
    yield named
    named.drop()
