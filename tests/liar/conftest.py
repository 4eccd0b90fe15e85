"""One server for all tests of this folder; each test gets a copy of the same beginning."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from liar.server import NOW_S, LyingServer
from liar.world import World


@pytest.fixture(scope="session")
def server() -> Iterator[LyingServer]:
    running = LyingServer()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def beginning(server: LyingServer, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("beginning")
    server.use(folder / "data")
    made = World(server, folder)
    made.begin()
    server.leave()
    return made


@pytest.fixture(params=["one request", pytest.param("replication", marks=pytest.mark.long)])
def road(request: pytest.FixtureRequest) -> str:
    """By which road records travel: whether the server has one-request sync."""
    return str(request.param)


@pytest.fixture
def world(beginning: World, tmp_path: Path, road: str) -> Iterator[World]:
    # So long after the beginning every device looks again at what the server lists.
    beginning.server.clock.now = NOW_S + 4000
    made = beginning.copied(tmp_path / "world")
    made.server.offers_sync = road == "one request"
    yield made
    made.server.offers_sync = True
    made.server.leave()
