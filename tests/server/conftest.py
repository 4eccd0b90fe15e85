"""Servers for the tests of this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.scene import Scene, open_scene


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """A server of circles."""
    async with open_scene(tmp_path) as opened:
        yield opened


@pytest.fixture
async def couch(tmp_path: Path) -> AsyncIterator[Scene]:
    """A server with the policy `open` and an empty database `db1`."""
    async with open_scene(tmp_path, policy="open") as opened:
        assert (await opened.ask("PUT", "/db/db1")).status_code == 201
        yield opened
