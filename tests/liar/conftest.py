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


@pytest.fixture
def world(beginning: World, tmp_path: Path) -> Iterator[World]:
    beginning.server.clock.now = NOW_S + 600
    yield beginning.copied(tmp_path / "world")
    beginning.server.leave()
