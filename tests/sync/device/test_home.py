"""The directory of a device: found again, locked, refused when it was changed."""

import asyncio
import os
import stat
import time
from pathlib import Path

import orjson
import pytest

from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.device.home import Home, HomeBusy, HomeUnusable, Identity


def files_in(path: str) -> list[str]:
    return sorted(entry.name for entry in os.scandir(path))


def identity() -> Identity:
    return Identity("http://server.example", "http://server.example", DeviceKeys.generate())


async def made(path: Path) -> Identity:
    async with await Home.open(path, make=True) as home:
        return home.adopt(identity())


async def test_an_adopted_device_is_found_again(tmp_path: Path) -> None:
    adopted = await made(tmp_path / "home")
    async with await Home.open(tmp_path / "home", make=False) as home:
        assert home.identity == adopted


async def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    await made(tmp_path / "home")
    assert stat.S_IMODE((tmp_path / "home" / "keys.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


async def test_a_directory_without_a_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HomeUnusable, match="no device lives in"):
        await Home.open(tmp_path, make=False)
    assert files_in(str(tmp_path)) == []


async def test_keys_that_others_may_read_are_refused(tmp_path: Path) -> None:
    await made(tmp_path)
    (tmp_path / "keys.json").chmod(0o644)
    with pytest.raises(HomeUnusable, match="others may read"):
        await Home.open(tmp_path, make=False)


def rewrite(path: Path, **changes: object) -> None:
    secret = orjson.loads(path.read_bytes()) | changes
    path.write_bytes(orjson.dumps(secret))


async def test_keys_of_another_device_are_refused(tmp_path: Path) -> None:
    await made(tmp_path)
    rewrite(tmp_path / "keys.json", keys=DeviceKeys.generate().to_secret())
    with pytest.raises(HomeUnusable, match="not those of this device"):
        await Home.open(tmp_path, make=False)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"v":1}',
        b'{"v":2,"server":"","connect":"","device":"","keys":{}}',
    ],
)
async def test_keys_that_are_not_keys_are_refused(tmp_path: Path, text: bytes) -> None:
    await made(tmp_path)
    (tmp_path / "keys.json").write_bytes(text)
    with pytest.raises(HomeUnusable, match="not that of a device"):
        await Home.open(tmp_path, make=False)


async def test_a_half_written_file_of_a_killed_command_is_no_device(tmp_path: Path) -> None:
    (tmp_path / "keys.new").write_bytes(b'{"v":1')
    adopted = await made(tmp_path)
    async with await Home.open(tmp_path, make=False) as home:
        assert home.identity == adopted


async def test_a_second_command_waits_for_the_first(tmp_path: Path) -> None:
    first = await Home.open(tmp_path, make=True)
    first.adopt(identity())
    second = asyncio.create_task(Home.open(tmp_path, make=False))
    await asyncio.sleep(0.1)
    assert not second.done()
    await first.__aexit__()
    async with await second:
        pass


async def test_a_second_command_gives_up_with_one_line(tmp_path: Path) -> None:
    await made(tmp_path)
    begin = time.monotonic()
    async with await Home.open(tmp_path, make=False):
        with pytest.raises(HomeBusy, match="another command is using"):
            await Home.open(tmp_path, make=False, wait_s=0.2)
    assert 0.2 <= time.monotonic() - begin < 5


async def test_a_refused_directory_is_not_left_locked(tmp_path: Path) -> None:
    await made(tmp_path)
    (tmp_path / "keys.json").chmod(0o644)
    with pytest.raises(HomeUnusable):
        await Home.open(tmp_path, make=False)
    (tmp_path / "keys.json").chmod(0o600)
    async with await Home.open(tmp_path, make=False, wait_s=0):
        pass


async def test_open_files_do_not_pile_up(tmp_path: Path) -> None:
    await made(tmp_path)
    for _ in range(3):
        async with await Home.open(tmp_path, make=False):
            pass
    before = len(files_in("/dev/fd"))
    for _ in range(3):
        async with await Home.open(tmp_path, make=False):
            pass
    assert len(files_in("/dev/fd")) == before
